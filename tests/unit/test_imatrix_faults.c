/* Importance matrices once more with each call failing in turn: an error, nothing left behind, and under the sanitizers no leak. */
#include "fault/inject.c"

#include "matrices.h"

#include "unit/scratch.h"

static const char *source;   /* of the deed */
static const char *target;

static tare_status read_it(tare_error *err)
{
	tare_imatrix *im = NULL;
	tare_imatrix_entry e;
	tare_model *m;
	tare_status st = tare_open(&m, source, NULL, err);

	if (st == TARE_OK)
		st = tare_imatrix_read(&im, m, err);
	assert_int_equal(im != NULL, st == TARE_OK);
	if (im)
		assert_true(tare_imatrix_entry_at(im, 0, &e));
	tare_imatrix_free(im);
	tare_close(m);
	return st;
}

static tare_status write_it(tare_error *err)
{
	tare_imatrix *im[2] = { NULL, NULL };
	tare_model *m[2] = { NULL, NULL };
	tare_status st = TARE_OK;
	size_t i;

	for (i = 0; i < 2 && st == TARE_OK; i++) {
		st = tare_open(&m[i], i ? matrix_fixture("good-dat") : source, NULL, err);
		if (st == TARE_OK)
			st = tare_imatrix_read(&im[i], m[i], err);
	}
	if (st == TARE_OK)
		st = tare_imatrix_write(im, 2, target, NULL, NULL, err);
	for (i = 0; i < 2; i++) {
		tare_imatrix_free(im[i]);
		tare_close(m[i]);
	}
	return st;
}

static tare_model *llama;
static tare_recipe *recipe;

static tare_status plan_it(tare_error *err)
{
	tare_plan *p;
	tare_status st = tare_plan_new(&p, llama, recipe, NULL, err);

	assert_int_equal(!p, st != TARE_OK);
	tare_plan_free(p);
	return st;
}

/* deed with its first, second ... call of a class failing, until it succeeds without. */
static void every_time(enum fault_class what, tare_status (*deed)(tare_error *err), long least)
{
	tare_status st = TARE_E_NOMEM;
	bool hit = true;
	long n;

	for (n = 1; hit; n++) {
		tare_error err = TARE_ERROR_INIT;

		fault_arm(what, n, false);
		st = deed(&err);
		hit = fault_disarm();
		if (hit && st == TARE_OK && what == FAULT_ALLOC && deed != write_it) /* sweeping old files together may fail */
			fail_msg("allocation %ld failed and nobody noticed", n);
		if (hit && st != TARE_OK && st != (what == FAULT_ALLOC ? TARE_E_NOMEM : TARE_E_IO))
			fail_msg("call %ld: %d %s", n, (int)st, err.message);
		if (!strstr(err.message, "in place")) /* the folder's own sync is the very last step */
			assert_int_equal(scratch_count(), st == TARE_OK && deed == write_it);
		scratch_empty(NULL);
	}
	assert_int_equal(st, TARE_OK);
	assert_true(n > least);
}

static void test_read(void **state)
{
	source = matrix_fixture("good-stories260K");
	every_time(FAULT_ALLOC, read_it, 5);
	source = matrix_fixture("good-dat");
	every_time(FAULT_ALLOC, read_it, 5);
	every_time(FAULT_OPEN, read_it, 1);
	every_time(FAULT_MAP, read_it, 1);
}

static void test_write(void **state)
{
	static const enum fault_class kinds[] = { FAULT_ALLOC, FAULT_OPEN, FAULT_WRITE, FAULT_SYNC };
	static const char *const names[] = { "x.gguf", "x.dat" };
	size_t i, k;

	source = matrix_fixture("good-experts");
	for (k = 0; k < 2; k++)
		for (i = 0; i < sizeof kinds / sizeof *kinds; i++) {
			target = in_scratch(names[k]);
			every_time(kinds[i], write_it, 1);
		}
}

static void test_plan(void **state)
{
	char text[700];

	llama = small_llama(1);
	snprintf(text, sizeof text, "tare: 1\nbase: Q4_K_M\nimatrix: %s\nexclude_weights: [ffn]\nrules:\n"
		 "  - {match: [\"*attn*\", output.weight], keep: true}\n", matrix_fixture("good-stories260K"));
	recipe = recipe_of(text);
	every_time(FAULT_ALLOC, plan_it, 10);
	tare_recipe_free(recipe);
	tare_close(llama);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_read), cmocka_unit_test(test_write), cmocka_unit_test(test_plan) };

	return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
