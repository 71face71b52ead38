/* GGUF files of the shared corpus: sound ones are the same when rewritten, damaged ones are refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "files.h"

static const char *shared(const char *name, char *buf, size_t size)
{
	const char *root = getenv("TARE_SHARED");

	if (!root)
		skip();
	snprintf(buf, size, "%s/%s", root, name);
	return buf;
}

/* Written by llama.cpp or gguf-py, and the same when rewritten. */
static void test_corpus_rewrite(void **state)
{
	static const char *const names[] = {
		"corpus/gguf/docker/dummy.gguf", "corpus/gguf/docker/dummy-00001-of-00002.gguf",
		"corpus/gguf/docker/dummy-00002-of-00002.gguf", "corpus/gguf/inferno/tiny.gguf", "corpus/gguf/inferno/tiny_bias.gguf",
		"corpus/gguf/zackshen/test-le-v3.gguf", "corpus/gguf/llama.cpp-vocab/ggml-vocab-gpt-2.gguf",
		"corpus/gguf/llama.cpp-vocab/ggml-vocab-bert-bge.gguf", "corpus/gguf/llama.cpp-vocab/ggml-vocab-phi-3.gguf",
		"golden/requant/tiny-phi3-f16.gguf", "golden/requant/tiny-phi3-f16.imatrix.gguf",
	};
	char path[512];
	size_t i, wrong = 0;

	for (i = 0; i < sizeof names / sizeof *names; i++)
		if (!rewrites_same(shared(names[i], path, sizeof path))) {
			print_error("%s is not the same when rewritten\n", names[i]);
			wrong++;
		}
	assert_int_equal(wrong, 0);
}

static void test_corpus_shards(void **state)
{
	char path[512];
	tare_model *set = must_open(shared("corpus/gguf/docker/dummy-00002-of-00002.gguf", path, sizeof path), NULL);
	tare_model *whole = must_open(shared("corpus/gguf/docker/dummy.gguf", path, sizeof path), NULL);

	check_same_tensors(whole, set);
	assert_int_equal(set->n_meta, whole->n_meta);
	tare_close(whole);
	tare_close(set);
}

/* Damaged though published as good, and how. */
static void test_corpus_damaged(void **state)
{
	static const char *const names[][2] = {
		{ "gguf/iree/empty.gguf", "key 'general.architecture' is there twice" },
		{ "gguf/iree/single.gguf", "is there twice" },
		{ "gguf/iree/single_v2.gguf", "is there twice" },
		{ "gguf/iree/multiple.gguf", "is there twice" },
		{ "gguf/iree/parameter_weight_bias_1.gguf", "is there twice" },
		{ "gguf/zackshen/test-be-v3.gguf", "is there twice" },
		{ "gguf/bitnet-rs/mini.gguf", "are left in the file" },
		{ "gguf/las7/tiny.gguf", "the payload would start at byte" },
		{ "hostile/gguf/empty.gguf", "the file is empty" },
		{ "hostile/lfs-pointers/mimi-tiny.gguf", "Git LFS pointer" },
	};
	char path[512], name[256];
	size_t i;

	for (i = 0; i < sizeof names / sizeof *names; i++) {
		snprintf(name, sizeof name, "corpus/%s", names[i][0]);
		refused(shared(name, path, sizeof path), NULL, i < 8 ? TARE_E_DATA : TARE_E_FORMAT, names[i][1]);
	}
}

/* All others of the corpus are sound, and ggml reads them: so does the strict reading. */
static void test_corpus_sound(void **state)
{
	static const char *const names[] = {
		"bitnet-rs/bert-base-uncased.gguf", "bitnet-rs/bitnet-b1.58-2B.gguf", "bitnet-rs/corrupted-embedded-tokenizer.gguf",
		"bitnet-rs/gpt-neo-1.3b.gguf", "bitnet-rs/gpt2-50k.gguf", "bitnet-rs/gpt2-medium.gguf", "bitnet-rs/llama2-32k.gguf",
		"bitnet-rs/llama3-128k.gguf", "bitnet-rs/llama3-with-hf-tokenizer.gguf", "bitnet-rs/t5-base.gguf", "bitnet-rs/vocab-1000.gguf",
		"docker/dummy-00001-of-00002.gguf", "docker/dummy.gguf", "inferno/tiny.gguf", "inferno/tiny_bias.gguf", "las7/empty.gguf",
		"llama.cpp-vocab/ggml-vocab-bert-bge.gguf", "llama.cpp-vocab/ggml-vocab-falcon.gguf", "llama.cpp-vocab/ggml-vocab-gpt-2.gguf",
		"llama.cpp-vocab/ggml-vocab-llama-spm.gguf", "llama.cpp-vocab/ggml-vocab-phi-3.gguf", "weightless_tiny.gguf",
		"zackshen/test-le-v3.gguf",
	};
	const tare_open_options strict = { .strict = true };
	char path[512], name[256];
	size_t i;

	for (i = 0; i < sizeof names / sizeof *names; i++) {
		tare_model *m;

		snprintf(name, sizeof name, "corpus/gguf/%s", names[i]);
		m = must_open(shared(name, path, sizeof path), &strict);
		walk_model(m);
		assert_null(tare_model_warning(m, 0));
		tare_close(m);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_corpus_rewrite), cmocka_unit_test(test_corpus_shards),
		cmocka_unit_test(test_corpus_damaged),
		cmocka_unit_test(test_corpus_sound),
	};

	return cmocka_run_group_tests_name("gguf corpus", tests, NULL, NULL);
}
