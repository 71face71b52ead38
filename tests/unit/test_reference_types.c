/* The bytes of every type against files of the reference, in the folder TARE_SHARED names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

#include "types/half.h"
#include "types/type.h"

enum { ROWS = 48, COLS = 1024, N = ROWS * COLS, MAX_TESTS = 200 };

/* A whole file below TARE_SHARED, with a NUL behind it. */
static uint8_t *shared_file(const char *folder, const char *file, size_t *size)
{
	char name[4096];
	uint8_t *bytes;
	FILE *f;

	snprintf(name, sizeof name, "%s/%s/%s", getenv("TARE_SHARED"), folder, file);
	f = fopen(name, "rb");
	if (!f)
		fail_msg("%s is not there", name);
	assert_int_equal(fseek(f, 0, SEEK_END), 0);
	*size = (size_t)ftell(f);
	rewind(f);
	bytes = malloc(*size + 1);
	assert_non_null(bytes);
	assert_int_equal(fread(bytes, 1, *size, f), *size);
	bytes[*size] = 0;
	fclose(f);
	return bytes;
}

static size_t size_of(const tare_type *t, size_t n)
{
	return n / t->block_len * t->block_size;
}

static void assert_hash(const void *bytes, size_t size, const char *expected)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	char text[65];

	assert_true(EVP_Digest(bytes, size, digest, NULL, EVP_sha256(), NULL));
	for (size_t i = 0; i < 32; i++)
		snprintf(text + 2 * i, 3, "%02x", digest[i]);
	assert_string_equal(text, expected);
}

/* ---- golden/ggml: one input quantized to every type, without and with importances ---- */

struct golden {
	char file[64], encoded[65], decoded[65];
};

static void compare_encoding(const tare_type *t, const uint8_t *expected, size_t size, bool weighted)
{
	size_t unused;
	float *x = (float *)(void *)shared_file("golden/ggml", "input.f32", &unused);
	float *w = (float *)(void *)shared_file("golden/ggml", "imatrix.f32", &unused);
	uint8_t *found = malloc(size);

	assert_non_null(found);
	assert_int_equal(tare_encode(t, x, ROWS, COLS, weighted ? w : NULL, found, NULL), TARE_OK);
	for (size_t i = 0; i < size; i++)
		if (found[i] != expected[i])
			fail_msg("%s: byte %zu of block %zu differs", t->name, i % t->block_size, i / t->block_size);
	free(found);
	free(w);
	free(x);
}

static void golden_file(void **state)
{
	const struct golden *g = *state;
	char name[64];
	size_t size;
	uint8_t *bytes = shared_file("golden/ggml", g->file, &size);
	float *y = malloc(N * sizeof *y);
	const tare_type *t;

	assert_non_null(y);
	snprintf(name, sizeof name, "%.*s", (int)strcspn(g->file, "."), g->file);
	t = tare_type_find(name);
	assert_non_null(t);
	assert_int_equal(size, size_of(t, N));
	assert_hash(bytes, size, g->encoded);
	if (tare_type_can_encode(t))
		compare_encoding(t, bytes, size, strstr(g->file, ".imatrix."));
	assert_int_equal(tare_decode(t, bytes, N / t->block_len, y, NULL), TARE_OK);
	assert_hash(y, N * sizeof *y, g->decoded);
	free(y);
	free(bytes);
}

static size_t add_golden(struct CMUnitTest *tests, size_t n)
{
	static struct golden g[MAX_TESTS];
	size_t size;
	char *table = (char *)shared_file("golden/ggml", "MANIFEST.tsv", &size), *rest = NULL;

	for (char *line = strtok_r(table, "\n", &rest); line && n < MAX_TESTS; line = strtok_r(NULL, "\n", &rest)) {
		if (sscanf(line, "%63s %*s %64s %64s", g[n].file, g[n].encoded, g[n].decoded) != 3 || !strstr(g[n].file, ".bin"))
			continue;
		tests[n] = (struct CMUnitTest){ g[n].file, golden_file, NULL, NULL, &g[n] };
		n++;
	}
	free(table);
	return n;
}

/* ---- corpus: real tensors with their values by another decoder, rounded to bf16 ---- */

/* u32 type, elements, bytes, bytes of the values; then the tensor and the values. */
static void real_tensor(void **state)
{
	size_t size, n;
	uint8_t *bytes = shared_file("corpus/golden-dequant/gguf_reference", *state, &size);
	const tare_type *t = tare_type_of_gguf(tare_get32(bytes, false));
	float *y;

	assert_non_null(t);
	n = tare_get32(bytes + 4, false);
	assert_int_equal(size_of(t, n), tare_get32(bytes + 8, false));
	assert_int_equal(size, 16 + size_of(t, n) + 2 * n);
	y = malloc(n * sizeof *y);
	assert_non_null(y);
	assert_int_equal(tare_decode(t, bytes + 16, n / t->block_len, y, NULL), TARE_OK);
	for (size_t i = 0; i < n; i++)
		if (tare_bf16_of_f32(y[i]) != tare_get16(bytes + 16 + size_of(t, n) + 2 * i, false))
			fail_msg("weight %zu differs: %a", i, (double)y[i]);
	free(y);
	free(bytes);
}

static size_t add_real(struct CMUnitTest *tests, size_t n)
{
	static char names[MAX_TESTS][256];
	char path[4096];
	DIR *folder;

	snprintf(path, sizeof path, "%s/corpus/golden-dequant/gguf_reference", getenv("TARE_SHARED"));
	folder = opendir(path);
	for (struct dirent *e; folder && (e = readdir(folder)) && n < MAX_TESTS;) {
		if (e->d_name[0] == '.')
			continue;
		snprintf(names[n], sizeof *names, "%s", e->d_name);
		tests[n] = (struct CMUnitTest){ names[n], real_tensor, NULL, NULL, names[n] };
		n++;
	}
	if (folder)
		closedir(folder);
	return n;
}

static void no_shared_folder(void **state)
{
	skip();
}

int main(void)
{
	static struct CMUnitTest tests[MAX_TESTS] = { cmocka_unit_test(no_shared_folder) };
	size_t n = 1;

	if (getenv("TARE_SHARED")) {
		n = add_golden(tests, 0);
		n = add_real(tests, n);
	}
	return _cmocka_run_group_tests("the reference's types", tests, n, NULL, NULL);
}
