/* Importance matrices once more with each call failing in turn: an error, nothing left behind, and under the sanitizers no leak. */
#include "fault/inject.c"

#include "matrices.h"

#include "unit/each_call.h"
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

static void nothing_left(tare_status st, const tare_error *err, bool hit)
{
	assert_int_equal(scratch_count(), 0);
}

static void noticed_and_nothing_left(tare_status st, const tare_error *err, bool hit)
{
	noticed(st, err, hit);
	nothing_left(st, err, hit);
}

static void whole_or_nothing(tare_status st, const tare_error *err, bool hit)
{
	bool in_place = st == TARE_OK || strstr(err->message, "in place"); /* the folder's own sync is the very last step */

	assert_int_equal(scratch_count(), in_place);
	scratch_empty(NULL);
}

static void every_time(enum fault_class what, fault_deed *deed, long least)
{
	struct fault_trial t = { deed, NULL, deed == write_it ? whole_or_nothing : what == FAULT_ALLOC ? noticed_and_nothing_left : nothing_left };

	assert_true(each_call(&t, what, false) >= least);
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
