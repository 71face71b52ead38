/* GGUF in several files: names, writing, opening by any of them, merging, and sets that are not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "files.h"

#include "scratch.h"

static void test_names(void **state)
{
	tare_gguf_name n;
	char *made;

	assert_true(tare_gguf_name_parse("a/b-00002-of-00003.gguf", &n));
	assert_int_equal(n.prefix, 3);
	assert_int_equal(n.number, 2);
	assert_int_equal(n.count, 3);
	made = tare_gguf_name_make("a/b-00002-of-00003.gguf", &n, 1);
	assert_string_equal(made, "a/b-00001-of-00003.gguf");
	free(made);
	assert_true(tare_gguf_name_parse("b-00002-of-00003.gguf.zst", &n) && n.packed);
	assert_false(tare_gguf_name_parse("b-00004-of-00003.gguf", &n));
	assert_false(tare_gguf_name_parse("b-00000-of-00003.gguf", &n));
	assert_false(tare_gguf_name_parse("b-0001-of-0003.gguf", &n));
	assert_false(tare_gguf_name_parse("00001-of-00003.gguf", &n));
	assert_false(tare_gguf_name_parse("b-00001-of-00003.bin", &n));
	assert_false(tare_gguf_name_parse("", &n));
	n = tare_gguf_name_for("out.gguf");
	n.count = 12;
	made = tare_gguf_name_make("out.gguf", &n, 12);
	assert_string_equal(made, "out-00012-of-00012.gguf");
	free(made);
	n = tare_gguf_name_for("x-00001-of-00002.gguf");
	assert_int_equal(n.prefix, 1);
}

/* m in shards in the folder; returns their number. */
static size_t write_shards(const tare_model *m, const char *name, uint64_t count, uint64_t size)
{
	const tare_layout_options opt = { .path = in_scratch(name), .split_count = count, .split_size = size };
	tare_model *out = laid_out(m, &opt);
	size_t i, n = out->n_files;

	for (i = 0; i < n; i++) {
		blob b = render(m, out, (uint32_t)i);

		assert_true(put_file(out->files[i].path, b.bytes, b.size));
		free(b.bytes);
	}
	tare_close(out);
	return n;
}

static void test_shards(void **state)
{
	tare_model *m = must_open("fixtures/models/stories260K.gguf", NULL), *set;
	const char *path;
	tare_value v;

	assert_int_equal(write_shards(m, "s.gguf", 10, 0), 5);
	set = must_open(path = in_scratch("s-00003-of-00005.gguf"), NULL);
	assert_int_equal(tare_model_file_count(set), 5);
	assert_int_equal(tare_model_metadata_count(set), tare_model_metadata_count(m));
	assert_false(tare_model_find(set, "split.count", &v));
	check_same_tensors(m, set);
	tare_close(set);
	set = must_open(path, &(tare_open_options){ .single = true });
	assert_int_equal(set->n_tensors, 10);
	assert_true(tare_model_find(set, "split.no", &v) && v.kind == TARE_U16 && v.as.u == 2);
	assert_true(tare_model_find(set, "split.count", &v) && v.kind == TARE_U16 && v.as.u == 5);
	assert_true(tare_model_find(set, "split.tensors.count", &v) && v.kind == TARE_I32 && v.as.i == 48);
	tare_close(set);
	tare_close(m);
}

/* By size, strictly read; and merged again, the very same file. */
static void test_split_and_merge(void **state)
{
	const tare_open_options strict = { .strict = true };
	const tare_layout_options whole = { .path = "x.gguf" };
	tare_model *m = must_open("fixtures/models/stories260K.gguf", NULL), *set, *out;
	blob before = slurp("fixtures/models/stories260K.gguf"), after;
	size_t i, n;

	n = write_shards(m, "z.gguf", 0, 300000);
	assert_true(n >= 4);
	set = must_open(in_scratch("z-00001-of-00005.gguf"), &strict);
	for (i = 0; i < n; i++)
		assert_true(set->files[i].size - set->files[i].data_offset <= 300000);
	out = laid_out(set, &whole);
	after = render(set, out, 0);
	assert_int_equal(after.size, before.size);
	assert_memory_equal(after.bytes, before.bytes, before.size);
	free(before.bytes);
	free(after.bytes);
	tare_close(out);
	tare_close(set);
	tare_close(m);
}

static void test_shards_aligned(void **state)
{
	const tare_open_options strict = { .strict = true };
	tare_model *m = open_fixture("good-alignment-64"), *set;

	assert_int_equal(write_shards(m, "a.gguf", 1, 0), 2);
	set = must_open(in_scratch("a-00002-of-00002.gguf"), &strict);
	check_same_tensors(m, set);
	assert_int_equal(set->alignment, 64);
	tare_close(set);
	/* A tensor larger than the size asked for has a shard of its own. */
	assert_int_equal(write_shards(m, "b.gguf", 0, 8), 2);
	assert_int_equal(write_shards(m, "c.gguf", 2, 64), 2);
	assert_int_equal(write_shards(m, "d.gguf", 1, 1000), 2);
	assert_int_equal(write_shards(m, "e.gguf", 2, 1000), 1);
	tare_close(m);
}

/* What can be wrong with a set. */
static void test_shards_wrong(void **state)
{
	tare_model *m = must_open("fixtures/models/stories260K.gguf", NULL), *small = open_fixture("good-alignment-64");
	const char *path, *other;
	blob b;

	write_shards(m, "w.gguf", 20, 0);
	path = in_scratch("w-00001-of-00003.gguf");
	other = in_scratch("w-00002-of-00003.gguf");
	b = slurp(other);
	assert_int_equal(unlink(other), 0);
	refused(path, NULL, TARE_E_IO, "shard 2 of 3 is missing");
	assert_true(put_file(other, b.bytes, b.size));
	other = in_scratch("w-00003-of-00003.gguf");
	assert_true(put_file(other, b.bytes, b.size));
	refused(path, NULL, TARE_E_DATA, "split.no is 1, but the name says shard 3");
	other = in_scratch("w-00001-of-00004.gguf");
	assert_true(put_file(other, b.bytes, b.size));
	refused(other, NULL, TARE_E_DATA, "split.count is 3, but the name says 4");
	free(b.bytes);
	/* A shard of another model, of the same number of shards. */
	write_shards(small, "v.gguf", 1, 0);
	write_shards(m, "v.gguf", 24, 0);
	path = in_scratch("v-00001-of-00002.gguf");
	b = slurp(path);
	write_shards(small, "v.gguf", 1, 0);
	assert_true(put_file(path, b.bytes, b.size));
	refused(path, NULL, TARE_E_DATA, "split.tensors.count differs");
	free(b.bytes);
	tare_close(small);
	tare_close(m);
}

/* Shards of the same shape that hold the same tensors, or too few. */
static void test_shards_mixed(void **state)
{
	tare_model *m = open_fixture("good-gap");
	const char *first, *second;
	blob b;

	write_shards(m, "m.gguf", 1, 0);
	first = in_scratch("m-00001-of-00002.gguf");
	second = in_scratch("m-00002-of-00002.gguf");
	b = slurp(second);
	memcpy(memmem(b.bytes, b.size, "\1\0\0\0\0\0\0\0b", 9), "\1\0\0\0\0\0\0\0a", 9);
	assert_true(put_file(second, b.bytes, b.size));
	refused(first, NULL, TARE_E_DATA, "tensor 'a' is there twice");
	b.bytes[8] = 0; /* no tensors */
	assert_true(put_file(second, b.bytes, b.size));
	refused(second, NULL, TARE_E_DATA, "hold 1 tensors, but split.tensors.count is 2");
	free(b.bytes);
	tare_close(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names), cmocka_unit_test(test_shards), cmocka_unit_test(test_split_and_merge),
		cmocka_unit_test(test_shards_aligned), cmocka_unit_test(test_shards_wrong),
		cmocka_unit_test(test_shards_mixed),
	};

	return cmocka_run_group_tests_name("gguf shards", tests, scratch_make, scratch_remove);
}
