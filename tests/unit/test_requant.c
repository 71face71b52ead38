/* Whole files: what every mix makes of a model, without and with an importance matrix, against the bytes of llama-quantize. The project's own
 * rows are of the model in fixtures (each tensor's bytes were compared with ggml_quantize_chunk of llama.cpp b11549, and order and metadata
 * with what llama-quantize does); the shared golden set has another model. The matrix is named as it was then, without a folder, for the
 * result says its name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tare.h"
#include "unit/scratch.h"

#include <openssl/evp.h>

static void digest_of_file(const char *path, char hex[65], uint64_t *size)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	FILE *f = fopen(path, "rb");
	static unsigned char part[1 << 16];
	unsigned char digest[32];
	size_t n, i;

	assert_non_null(f);
	assert_true(ctx && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL));
	*size = 0;
	while ((n = fread(part, 1, sizeof part, f))) {
		assert_true(EVP_DigestUpdate(ctx, part, n));
		*size += n;
	}
	assert_true(EVP_DigestFinal_ex(ctx, digest, NULL));
	for (i = 0; i < 32; i++)
		sprintf(hex + 2 * i, "%02x", digest[i]);
	EVP_MD_CTX_free(ctx);
	fclose(f);
}

/* What became of one row. */
typedef enum verdict { ROW_SAME, ROW_REFUSED, ROW_BEYOND_US, ROW_WRONG } verdict;

/* A type of the plan that this version does not write; NULL if it can write all. */
static const char *unwritten(const tare_plan *p)
{
	const tare_model *out = tare_plan_model(p);
	const tare_tensor *t;
	size_t i;

	for (i = 0; (t = tare_model_tensor(out, i)); i++)
		if (!tare_plan_step(p, i)->copies && !tare_type_can_encode(t->type))
			return tare_type_name(t->type);
	return NULL;
}

/* matrix: NULL for none. */
static tare_status quantize(const char *source, const char *mix, const char *matrix, const char *target, bool *beyond_us, tare_error *err)
{
	tare_plan_options options = { .path = target };
	tare_write_options write = { .run.threads = 2 };
	tare_recipe *r = NULL;
	tare_model *m = NULL;
	tare_plan *p = NULL;
	char recipe[200];
	tare_status st;

	snprintf(recipe, sizeof recipe, "tare: 1\nbase: %s\n%s%s\n", mix, matrix ? "imatrix: " : "", matrix ? matrix : "");
	st = tare_recipe_parse(&r, recipe, strlen(recipe), "test", err);
	if (st == TARE_OK)
		st = tare_open(&m, source, NULL, err);
	if (st == TARE_OK)
		st = tare_plan_new(&p, m, r, &options, err);
	if (st == TARE_OK)
		*beyond_us = unwritten(p);
	if (st == TARE_OK)
		st = tare_plan_write(p, &write, NULL, err);
	tare_plan_free(p);
	tare_close(m);
	tare_recipe_free(r);
	return st;
}

static verdict wrong(const char *mix, const char *expected, const char *got)
{
	print_error("%s: expected %s, got %s\n", mix, expected, got);
	return ROW_WRONG;
}

static verdict try_row(const char *source, const char *mix, const char *matrix, const char *bytes, const char *sha256)
{
	const char *target = in_scratch("out.gguf");
	tare_error err = TARE_ERROR_INIT;
	bool beyond_us = false;
	char hex[65];
	tare_status st = quantize(source, mix, matrix, target, &beyond_us, &err);
	uint64_t size;

	if (!strcmp(bytes, "refused"))
		return st == TARE_E_REFUSED && scratch_count() == 0 ? ROW_REFUSED : wrong(mix, "a refusal", "a file or another failure");
	if (st != TARE_OK)
		return beyond_us ? ROW_BEYOND_US : wrong(mix, sha256, err.message);
	digest_of_file(target, hex, &size);
	unlink(target);
	return size == strtoull(bytes, NULL, 10) && !strcmp(hex, sha256) ? ROW_SAME : wrong(mix, sha256, hex);
}

static FILE *open_table(const char *path)
{
	char line[256];
	FILE *f = fopen(path, "r");

	assert_non_null(f);
	assert_non_null(fgets(line, sizeof line, f));
	return f;
}

/* The mix Q4_K_M's row is "Q4_K_M 0 SIZE SHA256"; rows made with an importance matrix have a 1. Runs in the folder of matrix (NULL: rows
 * without one are tried). counts: of each verdict. */
static void run_table(const char *table, const char *source, const char *matrix, unsigned *counts)
{
	char line[512], mix[32], imatrix[8], bytes[32], sha256[65], model[PATH_MAX], folder[PATH_MAX], *slash;
	int home = open(".", O_RDONLY | O_DIRECTORY);
	FILE *f = open_table(table);

	assert_true(home >= 0 && realpath(source, model));
	snprintf(folder, sizeof folder, "%s", matrix ? matrix : "./");
	slash = strrchr(folder, '/');
	*slash = '\0';
	assert_int_equal(chdir(folder), 0);
	while (fgets(line, sizeof line, f)) {
		assert_int_equal(sscanf(line, "%31s %7s %31s %64s", mix, imatrix, bytes, sha256), 4);
		if (!strcmp(imatrix, matrix ? "1" : "0"))
			counts[try_row(model, mix, matrix ? slash + 1 : NULL, bytes, sha256)]++;
	}
	fclose(f);
	assert_int_equal(fchdir(home), 0);
	close(home);
	print_message("# %u whole files equal, %u refused, %u beyond this version, %u wrong\n", counts[ROW_SAME], counts[ROW_REFUSED],
		      counts[ROW_BEYOND_US], counts[ROW_WRONG]);
	assert_int_equal(counts[ROW_WRONG], 0);
}

static void own_rows(void **state)
{
	unsigned counts[4] = { 0 };

	run_table("tests/golden/requant.tsv", "fixtures/models/stories260K.gguf", NULL, counts);
	assert_true(counts[ROW_SAME] >= 27 && counts[ROW_REFUSED] == 8);
}

static void own_rows_with_a_matrix(void **state)
{
	const char *build = getenv("BUILD");
	unsigned counts[4] = { 0 };
	char matrix[PATH_MAX];

	snprintf(matrix, sizeof matrix, "%s/fixtures/imatrix/good-stories260K.bin", build ? build : "build");
	run_table("tests/golden/requant.tsv", "fixtures/models/stories260K.gguf", matrix, counts);
	assert_true(counts[ROW_SAME] == 27 && counts[ROW_REFUSED] == 8);
}

static void shared_rows(void **state)
{
	const char *shared = getenv("TARE_SHARED");
	char table[PATH_MAX], model[PATH_MAX];
	unsigned counts[4] = { 0 };

	if (!shared)
		skip();
	snprintf(table, sizeof table, "%s/golden/requant/tiny-phi3-f16.files.tsv", shared);
	snprintf(model, sizeof model, "%s/golden/requant/tiny-phi3-f16.gguf", shared);
	run_table(table, model, NULL, counts);
	assert_true(counts[ROW_SAME] >= 24 && counts[ROW_REFUSED] == 9);
}

static void shared_rows_with_a_matrix(void **state)
{
	const char *shared = getenv("TARE_SHARED");
	char table[PATH_MAX], model[PATH_MAX], matrix[PATH_MAX];
	unsigned counts[4] = { 0 };

	if (!shared)
		skip();
	snprintf(table, sizeof table, "%s/golden/requant/tiny-phi3-f16.files.tsv", shared);
	snprintf(model, sizeof model, "%s/golden/requant/tiny-phi3-f16.gguf", shared);
	snprintf(matrix, sizeof matrix, "%s/golden/requant/tiny-phi3-f16.imatrix.gguf", shared);
	run_table(table, model, matrix, counts);
	assert_int_equal(counts[ROW_SAME], 35);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(own_rows),
		cmocka_unit_test(own_rows_with_a_matrix),
		cmocka_unit_test(shared_rows),
		cmocka_unit_test(shared_rows_with_a_matrix),
	};

	return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
