/* Importance matrices: what the fixtures promise, values as llama-quantize takes them, figures, and what is not one. */
#include "matrices.h"

#include "recipe/mix.h"

#include <dirent.h>
#include <math.h>

/* ---- fixtures ---- */

/* The line "imatrix: ..." of a fixture; false if it has none. */
static bool verdict_of(const char *name, char *out, size_t size)
{
	char path[512], line[512];
	bool found = false;
	FILE *f;

	snprintf(path, sizeof path, "fixtures/imatrix/%s.txt", name);
	f = fopen(path, "r");
	assert_non_null(f);
	while (!found && fgets(line, sizeof line, f))
		found = !strncmp(line, "imatrix: ", 9);
	fclose(f);
	line[strcspn(line, "\n")] = '\0';
	snprintf(out, size, "%s", found ? line + 9 : "");
	return found;
}

static void check_fixture(const char *name)
{
	char want[512], why[1200];
	tare_error err = TARE_ERROR_INIT;
	tare_imatrix *im;
	tare_model *m;
	tare_status st;

	if (!verdict_of(name, want, sizeof want))
		return;
	assert_int_equal(tare_open(&m, matrix_fixture(name), NULL, &err), TARE_OK);
	st = tare_imatrix_read(&im, m, &err);
	assert_int_equal(st == TARE_OK, im != NULL);
	assert_int_equal(st == TARE_OK, !strcmp(want, "ok"));
	tare_error_text(&err, why, sizeof why);
	if (st != TARE_OK) {
		assert_int_equal(st, TARE_E_DATA);
		assert_string_equal(err.file, matrix_fixture(name));
		assert_contains(why, want);
	}
	tare_imatrix_free(im);
	tare_close(m);
}

static void test_fixtures(void **state)
{
	DIR *d = opendir("fixtures/imatrix");
	const struct dirent *e;
	char name[256];
	size_t n = 0;

	assert_non_null(d);
	while ((e = readdir(d))) {
		snprintf(name, sizeof name, "%s", e->d_name);
		if (!strstr(name, ".txt"))
			continue;
		*strstr(name, ".txt") = '\0';
		check_fixture(name);
		n++;
	}
	closedir(d);
	assert_true(n > 40);
}

/* The byte that is wrong, in both forms. */
static void test_places(void **state)
{
	static const struct {
		const char *name;
		uint64_t value;
	} rows[] = { { "good-but-nan", 2 }, { "good-but-infinite", 3 }, { "good-dat-but-nan", 1 } };
	size_t i;

	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		tare_error err = TARE_ERROR_INIT;
		tare_imatrix *im;
		tare_model *m;
		size_t last;

		assert_int_equal(tare_open(&m, matrix_fixture(rows[i].name), NULL, &err), TARE_OK);
		last = strstr(rows[i].name, "dat") ? m->n_tensors - 1 : 0;
		assert_int_equal(tare_imatrix_read(&im, m, &err), TARE_E_DATA);
		assert_int_equal(err.offset, m->tensors[last].offset + 4 * rows[i].value);
		tare_close(m);
	}
}

/* ---- values ---- */

static void check_values(const char *fixture, const char *entry, const float *want, size_t n)
{
	opened x = open_matrix(matrix_fixture(fixture));
	size_t i = tare_imatrix_find(x.im, tare_str_of(entry)), from, len;
	float got[64];

	assert_int_not_equal(i, SIZE_MAX);
	assert_int_equal(x.im->entries[i].values, n);
	for (from = 0; from < n; from++)
		for (len = 1; len <= n - from; len++) {
			tare_importance_get(&x.im->entries[i], from, len, got);
			assert_memory_equal(got, want + from, len * sizeof *got);
		}
	close_matrix(x);
}

static void test_values(void **state)
{
	static const float plain[] = { 1 / 1024.0f, 2 / 1024.0f, 4 / 1024.0f, 8 / 1024.0f };
	static const float experts[] = { 0.25f, 0.5f, 1, 2, 1, 1, 1, 1, 1, 2, 3, 4 };
	static const float means[] = { 1, 2, 3, 4 }, as_they_are[] = { 3, 6, 9, 12 };

	check_values("good-minimal", "w", plain, 4);
	check_values("good-big-endian", "w", plain, 4);
	check_values("good-other-tensors", "w", plain, 4);
	check_values("good-experts", "w", experts, 12);
	check_values("good-dat", "blk.0.attn_q.weight", means, 4);
	check_values("good-dat-calls-0", "w", as_they_are, 4);
}

static void test_order(void **state)
{
	opened x = open_matrix(matrix_fixture("good-stories260K"));
	size_t i;

	assert_int_equal(tare_imatrix_count(x.im), 36);
	assert_true(x.im->chunk_count == 14 && x.im->chunk_size == 512);
	for (i = 1; i < x.im->n_entries; i++)
		assert_true(tare_str_cmp(x.im->entries[i - 1].name, x.im->entries[i].name) < 0);
	for (i = 0; i < x.im->n_entries; i++)
		assert_int_equal(tare_imatrix_find(x.im, x.im->entries[i].name), i);
	assert_int_equal(tare_imatrix_find(x.im, tare_str_of("token_embd.weight")), SIZE_MAX);
	close_matrix(x);
}

/* Halves of counts go away from zero, as lround() has them. */
static float count_value;

static float the_count(uint64_t i)
{
	return count_value;
}

static void test_rounding(void **state)
{
	static const struct {
		float count;
		int64_t want;
	} rows[] = { { 0, 0 }, { 0.49f, 0 }, { 0.5f, 1 }, { 1.5f, 2 }, { 2.5f, 3 }, { 0.49999997f, 0 }, { 8388609, 8388609 }, { 4e18f, (int64_t)4e18f } };
	size_t i;

	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		matrix x = matrix_begin();
		tare_imatrix *im;
		tare_buffer b;
		tare_model *m;

		count_value = rows[i].count;
		matrix_floats(&x, "w", ".in_sum2", 3, matrix_rising);
		matrix_floats(&x, "w", ".counts", 1, the_count);
		b = matrix_end(&x);
		assert_int_equal(tare_open_memory(&m, b.bytes, b.size, NULL, NULL), TARE_OK);
		assert_int_equal(tare_imatrix_read(&im, m, NULL), TARE_OK);
		assert_true(tare_importance_count(&im->entries[0], 0) == rows[i].want);
		tare_imatrix_free(im);
		tare_close(m);
		free(b.bytes);
	}
}

/* ---- figures ---- */

static void test_figures(void **state)
{
	opened x = open_matrix(matrix_fixture("good-experts"));
	tare_imatrix_entry e;

	assert_true(tare_imatrix_entry_at(x.im, 0, &e));
	assert_false(tare_imatrix_entry_at(x.im, 1, &e));
	assert_true(e.values == 12 && e.slices == 3 && e.empty == 1 && e.count == 4 && !e.zeros && !e.outliers && e.peak == 11);
	assert_true(e.min == 0.25 && e.max == 4 && e.mean == 13.75 / 8);
	assert_true(fabs(e.evenness - 13.75 * 13.75 / (8 * (0.0625 + 0.25 + 1 + 4 + 1 + 4 + 9 + 16))) < 1e-15);
	close_matrix(x);
}

static float spike(uint64_t i)
{
	return i == 700 ? 1e4f : i % 2 ? 0 : 1;
}

static void test_outliers(void **state)
{
	matrix x = matrix_begin();
	tare_imatrix_entry e;
	tare_imatrix *im;
	tare_buffer b;
	tare_model *m;

	count_value = 1;
	matrix_floats(&x, "w", ".in_sum2", 3000, spike);
	matrix_floats(&x, "w", ".counts", 1, the_count);
	count_value = 0;
	matrix_floats(&x, "x", ".in_sum2", 5, spike);
	matrix_floats(&x, "x", ".counts", 1, the_count);
	b = matrix_end(&x);
	assert_int_equal(tare_open_memory(&m, b.bytes, b.size, NULL, NULL), TARE_OK);
	assert_int_equal(tare_imatrix_read(&im, m, NULL), TARE_OK);
	assert_true(tare_imatrix_entry_at(im, 0, &e));
	assert_true(e.zeros == 1500 && e.outliers == 1 && e.peak == 700 && e.max == 1e4 && e.min == 0 && e.evenness < 0.01);
	assert_true(tare_imatrix_entry_at(im, 1, &e));
	assert_true(e.empty == 1 && e.mean == 0 && e.min == 0 && e.max == 0 && e.evenness == 0);
	tare_imatrix_free(im);
	tare_close(m);
	free(b.bytes);
}

/* ---- what is not one ---- */

static void test_not_one(void **state)
{
	tare_error err = TARE_ERROR_INIT;
	tare_imatrix *im;
	tare_model *m;

	assert_int_equal(tare_open(&m, "fixtures/models/stories260K.gguf", NULL, NULL), TARE_OK);
	assert_false(tare_model_is_imatrix(m));
	assert_contains(failure(tare_imatrix_read(&im, m, &err), TARE_E_DATA, &err), "it is no importance matrix");
	assert_null(im);
	tare_close(m);
}

/* The reader's own messages, where the contents tell nothing. */
static void test_named(void **state)
{
	static const struct {
		const char *bytes;
		size_t size;
		const char *want;
	} rows[] = {
		{ "", 0, "0 entries are declared, expected 1 or more" },
		{ "\1\0\0", 3, "0 entries are declared" },
		{ "\0\0\0\0\0\0\0\0", 8, "0 entries are declared" },
		{ "\377\377\377\377\0\0\0\0", 8, "-1 entries are declared" },
		{ "\1\0\0\0\1\0\0\0w\3\0\0\0\1\0\0\0", 17, "1 entries are declared, but the 13 bytes that follow have room for 0 at most" },
	};
	const tare_open_options opt = { .from = "imatrix-dat" };
	tare_error err = TARE_ERROR_INIT;
	tare_limits lim;
	tare_model *m;
	size_t i;

	for (i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_contains(failure(tare_open_memory(&m, rows[i].bytes, rows[i].size, &opt, &err), TARE_E_DATA, &err), rows[i].want);
	tare_limits_init(&lim);
	assert_int_equal(tare_limits_set(&lim, "tensors=1", NULL), TARE_OK);
	assert_contains(failure(tare_open(&m, matrix_fixture("good-dat"), &(tare_open_options){ .limits = &lim }, &err), TARE_E_LIMIT, &err), "tensors");
}

/* A form without a magic must not claim what belongs to others. */
static void test_probe(void **state)
{
	static const char *const others[] = {
		"fixtures/models/stories260K.gguf", "fixtures/README.md", "libformat/tare.h", "Makefile", "tests/golden/types.tsv",
	};
	uint8_t head[TARE_PROBE];
	size_t i, n;
	FILE *f;

	for (i = 0; i < sizeof others / sizeof *others; i++) {
		f = fopen(others[i], "rb");
		assert_non_null(f);
		n = fread(head, 1, sizeof head, f);
		fclose(f);
		assert_int_equal(tare_format_imatrix_dat.probe(head, n), 0);
	}
	for (i = 0; i < 64; i++)
		assert_true(tare_format_imatrix_dat.probe(head, i) == 0);
	assert_string_equal(tare_format_name_of_path("x/imatrix.dat"), "imatrix-dat");
	assert_string_equal(tare_format_name_of_path("x/imatrix.dat.zst"), "imatrix-dat");
	assert_null(tare_format_name_of_path("x/imatrix"));
}

static void test_cannot_be_laid_out(void **state)
{
	tare_model *m = small_llama(1);
	tare_error err = TARE_ERROR_INIT;

	assert_contains(failure(tare_format_imatrix_dat.layout(m, NULL, &err), TARE_E_UNSUPPORTED, &err), "holds importance matrices only");
	tare_close(m);
}

/* ---- types ---- */

/* Those that are said to be deaf to importances are, and no others. */
static void test_deaf_types(void **state)
{
	enum { COLS = 512 };
	float x[COLS], some[COLS], other[COLS];
	uint8_t a[4 * COLS], b[4 * COLS];
	const tare_type *t;
	size_t i, k, n;

	for (k = 0; k < COLS; k++) {
		x[k] = sinf((float)k * 1.7f) * (float)(k % 13);
		some[k] = 1;
		other[k] = (float)(k % 7) * (float)(k % 7) + 0.01f;
	}
	for (i = 0; (t = tare_type_at(i)); i++) {
		if (!t->encode || !tare_type_is_quantized(t))
			continue;
		n = COLS / t->block_len * t->block_size;
		t->encode(a, x, 1, COLS, some);
		t->encode(b, x, 1, COLS, other);
		if ((memcmp(a, b, n) != 0) != tare_type_uses_importances(t))
			fail_msg("%s", t->name);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fixtures), cmocka_unit_test(test_places),	  cmocka_unit_test(test_values),
		cmocka_unit_test(test_order),	 cmocka_unit_test(test_rounding), cmocka_unit_test(test_figures),
		cmocka_unit_test(test_outliers), cmocka_unit_test(test_not_one),  cmocka_unit_test(test_named),
		cmocka_unit_test(test_probe),	 cmocka_unit_test(test_deaf_types), cmocka_unit_test(test_cannot_be_laid_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
