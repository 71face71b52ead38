#include "base/cursor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static const uint8_t bytes[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 };

static void both_orders(void **state)
{
	tare_cursor c = { .base = bytes, .size = sizeof bytes };

	assert_int_equal(tare_cursor_u8(&c), 1);
	assert_int_equal(tare_cursor_u16(&c), 0x0302);
	assert_int_equal(tare_cursor_u32(&c), 0x07060504);
	assert_true(tare_cursor_u64(&c) == 0x0f0e0d0c0b0a0908u);
	assert_false(c.bad);
	assert_int_equal(c.at, 15);
	c = (tare_cursor){ .base = bytes, .size = sizeof bytes, .big = true };
	assert_int_equal(tare_cursor_u16(&c), 0x0102);
	assert_int_equal(tare_cursor_u32(&c), 0x03040506);
	assert_true(tare_cursor_u64(&c) == 0x0708090a0b0c0d0eu);
}

/* Nothing moves or comes any more, even what would still be there. */
static void errors_stick(void **state)
{
	tare_cursor c = { .base = bytes, .size = 5, .at = 2 };

	assert_int_equal(tare_cursor_u32(&c), 0);
	assert_true(c.bad);
	assert_int_equal(c.at, 2);
	assert_int_equal(tare_cursor_u8(&c), 0);
	assert_false(tare_cursor_has(&c, 1));
	assert_null(tare_cursor_bytes(&c, 0));
	assert_int_equal(c.at, 2);
}

static void the_very_end(void **state)
{
	tare_cursor c = { .base = bytes, .size = 4 };

	assert_true(tare_cursor_has(&c, 4));
	assert_false(tare_cursor_has(&c, 5));
	assert_false(tare_cursor_has(&c, UINT64_MAX));
	assert_false(c.bad);
	assert_ptr_equal(tare_cursor_bytes(&c, 4), bytes);
	assert_non_null(tare_cursor_bytes(&c, 0));
	assert_false(c.bad);
	assert_null(tare_cursor_bytes(&c, UINT64_MAX));
	assert_true(c.bad);
}

static void nothing_at_all(void **state)
{
	tare_cursor c = { .base = NULL, .size = 0 };

	assert_non_null(tare_cursor_bytes(&c, 0));
	assert_null(tare_cursor_bytes(&c, 1));
}

typedef struct drip {
	uint64_t there, all;
	int asked;
} drip;

static uint64_t more(void *ctx, uint64_t want)
{
	drip *d = ctx;

	d->asked++;
	d->there = want < d->all ? want : d->all;
	return d->there;
}

static void grows_on_demand(void **state)
{
	drip d = { 0, 10, 0 };
	tare_cursor c = { .base = bytes, .size = 0, .more = more, .ctx = &d };

	assert_int_equal(tare_cursor_u32(&c), 0x04030201);
	assert_int_equal(d.there, 4);
	assert_int_equal(tare_cursor_u32(&c), 0x08070605);
	assert_int_equal(d.asked, 2);
	assert_false(tare_cursor_has(&c, 3));
	assert_true(tare_cursor_has(&c, 2));
	assert_int_equal(d.asked, 3);
	/* A sum that overflows is not even asked for. */
	assert_false(tare_cursor_has(&c, UINT64_MAX - 3));
	assert_int_equal(d.asked, 3);
	assert_int_equal(tare_cursor_u32(&c), 0);
	assert_true(c.bad);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_orders),
		cmocka_unit_test(errors_stick),
		cmocka_unit_test(the_very_end),
		cmocka_unit_test(nothing_at_all),
		cmocka_unit_test(grows_on_demand),
	};

	return cmocka_run_group_tests_name("cursor", tests, NULL, NULL);
}
