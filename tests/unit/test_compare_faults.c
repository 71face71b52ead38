/* Two models compared, with each call failing in turn: an error, no leak, and no difference made up. */
#include "fault/inject.c"

#include "unit/small_model.h"

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
enum { SEVERAL = 3 };
#endif

/* A tensor that only one side has, one of another name, one of another type, one of another byte order. */
static const spec one[] = {
	{ "a", &tare_type_f32, 2, { 4, 64 } }, { "b", &tare_type_f16, 1, { 64 } }, { "blk.0.attn_q.weight", &tare_type_f32, 1, { 9 } },
	{ "gone", &tare_type_i32, 1, { 3 } },
};
static const spec other[] = {
	{ "a", &tare_type_q8_0, 2, { 4, 64 } }, { "B", &tare_type_f16, 1, { 64 } },
	{ "layers.0.self_attn.q_proj.weight", &tare_type_f32, 1, { 9 } }, { "new", &tare_type_i64, 1, { 3 } },
};

static size_t found;
static unsigned threads;

static tare_status compare_files(tare_error *err)
{
	const char *const ignored[] = { "nothing*" };
	tare_compare_options opt = { .run.threads = threads, .ignore = ignored, .n_ignore = 1, .exact = true };
	tare_model *a = NULL, *b = NULL;
	tare_comparison *c = NULL;
	tare_status st = tare_open(&a, in_scratch("a.gguf"), NULL, err);

	if (st == TARE_OK)
		st = tare_open(&b, in_scratch("b.gguf.zst"), NULL, err);
	if (st == TARE_OK)
		st = tare_compare(&c, a, b, &opt, err);
	assert_int_equal(c != NULL, st == TARE_OK);
	for (found = 0; c && tare_comparison_pair(c, found); found++)
		;
	tare_comparison_free(c);
	tare_close(a);
	tare_close(b);
	return st;
}

static void all_found(tare_status st, const tare_error *err, bool hit)
{
	if (st == TARE_OK)
		assert_int_equal(found, 5);
}

static void put_models(void)
{
	tare_buffer a = make(one, 4, false, 0, 0), b = make(other, 4, true, 0, 0), z = packed(&b);

	assert_true(put_file(in_scratch("a.gguf"), a.bytes, a.size));
	assert_true(put_file(in_scratch("b.gguf.zst"), z.bytes, z.size));
	free(a.bytes);
	free(b.bytes);
	free(z.bytes);
}

static void every_call(void **state)
{
	static const struct {
		enum fault_class what;
		long least;
	} kinds[] = { { FAULT_ALLOC, 30 }, { FAULT_OPEN, 2 }, { FAULT_MAP, 2 }, { FAULT_STAT, 2 }, { FAULT_THREAD, 0 } };
	struct fault_trial t = { compare_files, NULL, all_found };
	size_t i;

	put_models();
	for (threads = 1; threads <= SEVERAL; threads += 2)
		for (i = 0; i < sizeof kinds / sizeof *kinds; i++) {
			assert_true(each_call(&t, kinds[i].what, false) >= kinds[i].least);
			each_call(&t, kinds[i].what, true);
		}
}

static void texts(void **state)
{
	tare_str a = tare_str_of("a\nb\nc\n"), b = tare_str_of("a\nx\nc\nd\n");
	bool hit = true;
	char *text;
	long n;

	for (n = 1; hit && n < 1000; n++) {
		fault_arm(FAULT_ALLOC, n, false);
		text = tare_text_diff(a, b, 3);
		hit = fault_disarm();
		assert_int_equal(text == NULL, hit);
		free(text);
	}
	assert_true(n > 4 && n < 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(every_call), cmocka_unit_test(texts) };

	return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
