/* Every allocation and every call of the system that the pipeline makes fails once, and on: the old file stays whole until the new one is,
 * nothing else is left, nothing leaks (a sanitizer sees those). Includes the fault injector first. */
#include "fault/inject.c"

#include "unit/small_model.h"

#include "model/scan.h"
#include "recipe/plan.h"
#include "unit/each_call.h"
#include "unit/scratch.h"

/* Sanitizers need memory of their own for a thread, and take it badly when there is none. */
#ifdef __has_feature
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif
#ifdef __SANITIZE_ADDRESS__
enum { SEVERAL = 1 };
#else
enum { SEVERAL = 2 };
#endif

static tare_buffer source_bytes, result_bytes;
static const char recipe[] =
	"tare: 1\n"
	"base: {type: q4_0}\n"
	"allow_requantize: true\n"
	"fallback: adjust\n"
	"gates: {sqnr_db: {min: 5}, size: {max: 1G}}\n";

static tare_status load(tare_model **m, tare_recipe **r, const char *from, tare_error *err)
{
	*r = NULL;
	TARE_TRY(tare_open(m, from, NULL, err));
	return tare_recipe_parse(r, recipe, strlen(recipe), "recipe.yaml", err);
}

static tare_status whole_job(const char *from, const char *to, unsigned threads, tare_error *err)
{
	tare_plan_options options = { .path = to };
	tare_write_options write = { .run.threads = threads, .measure = true };
	tare_report *report = NULL;
	tare_model *m = NULL;
	tare_recipe *r = NULL;
	tare_plan *p = NULL;
	tare_status st = load(&m, &r, from, err);

	if (st == TARE_OK)
		st = tare_plan_new(&p, m, r, &options, err);
	if (st == TARE_OK)
		st = tare_plan_write(p, &write, &report, err);
	if (st == TARE_OK)
		free(tare_report_json(report));
	tare_report_free(report);
	tare_plan_free(p);
	tare_recipe_free(r);
	tare_close(m);
	return st;
}

static tare_status scan_job(const char *from, unsigned threads, tare_error *err)
{
	tare_scan_result results[N];
	uint8_t digest[32];
	tare_model *m;
	tare_status st = tare_open(&m, from, NULL, err);

	if (st == TARE_OK)
		st = tare_scan(m, TARE_SCAN_HASH | TARE_SCAN_STATS, &(tare_run_options){ .threads = threads }, results, err);
	if (st == TARE_OK)
		st = tare_content_digest(m, results, digest, err);
	tare_close(m);
	return st;
}

static void set_up_target(const char *path)
{
	scratch_empty(NULL);
	assert_true(put_file(in_scratch("in.gguf"), source_bytes.bytes, source_bytes.size));
	assert_true(put_file(path, "old", 3));
}

static const char *target;

static void before(void)
{
	target = in_scratch("out.gguf");
	set_up_target(target);
}

static void old_or_new(tare_status st, const tare_error *err, bool hit)
{
	bool is_new = file_holds(target, result_bytes.bytes, result_bytes.size);

	assert_true(is_new || (st != TARE_OK && file_holds(target, "old", 3)));
	assert_int_equal(scratch_count(), 2);
}

/* With two, which of them meets the failure is open, and the outcome must not be. */
static unsigned threads;

static tare_status write_it(tare_error *err)
{
	return whole_job(in_scratch("in.gguf"), target, threads, err);
}

static tare_status scan_it(tare_error *err)
{
	return scan_job(in_scratch("in.gguf"), SEVERAL, err);
}

static void fail_each(enum fault_class what, bool on, unsigned with, long least)
{
	threads = with;
	assert_true(each_call(&(struct fault_trial){ write_it, before, old_or_new }, what, on) >= least);
}

static void allocations(void **state)
{
	fail_each(FAULT_ALLOC, false, 1, 60);
	fail_each(FAULT_ALLOC, true, SEVERAL, 60);
}

static void writing(void **state)
{
	fail_each(FAULT_WRITE, false, SEVERAL, 1);
	fail_each(FAULT_RESERVE, false, 1, 1);
	fail_each(FAULT_SYNC, false, 1, 2);
	fail_each(FAULT_LINK, true, 1, 1);
	fail_each(FAULT_RENAME, true, 1, 1);
	fail_each(FAULT_NAMELESS, true, 1, 1);
}

static void reading_and_the_rest(void **state)
{
	fail_each(FAULT_OPEN, false, 1, 1);
	fail_each(FAULT_MAP, false, 1, 1);
	fail_each(FAULT_STAT, false, 1, 1);
	fail_each(FAULT_THREAD, false, 4, 3);
	fail_each(FAULT_THREAD, true, 4, 3);
}

static void scans(void **state)
{
	static const enum fault_class what[] = { FAULT_ALLOC, FAULT_THREAD, FAULT_MAP, FAULT_OPEN };
	size_t i;

	before();
	for (i = 0; i < sizeof what / sizeof *what; i++)
		assert_true(each_call(&(struct fault_trial){ scan_it, NULL, NULL }, what[i], false) > 0 ||
			    (what[i] == FAULT_THREAD && SEVERAL == 1));
}

static int make_both(void **state)
{
	tare_error err = TARE_ERROR_INIT;

	if (scratch_make(state))
		return -1;
	source_bytes = make(small, N, false, 0, 0);
	set_up_target(in_scratch("out.gguf"));
	/* libcrypto sets itself up once, and does not try again if that failed: it shall not be what fails. */
	if (scan_job(in_scratch("in.gguf"), 1, &err) != TARE_OK ||
	    whole_job(in_scratch("in.gguf"), in_scratch("out.gguf"), 1, &err) != TARE_OK) {
		print_error("%s\n", err.message);
		return -1;
	}
	result_bytes = slurp(in_scratch("out.gguf"));
	return 0;
}

static int drop_both(void **state)
{
	free(source_bytes.bytes);
	free(result_bytes.bytes);
	return scratch_remove(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(allocations),
		cmocka_unit_test(writing),
		cmocka_unit_test(reading_and_the_rest),
		cmocka_unit_test(scans),
	};

	return cmocka_run_group_tests(tests, make_both, drop_both);
}
