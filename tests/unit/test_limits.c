#include "base/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static void defaults_are_the_table(void **state)
{
	tare_limits lim;
	const tare_limit_info *info;
	size_t i;

	tare_limits_init(&lim);
	for (i = 0; (info = tare_limit_at(i)); i++) {
		assert_true(lim.value[i] == info->fallback);
		assert_true(info->fallback > 0);
		assert_true(strlen(info->name) > 0 && strlen(info->text) > 0);
	}
	assert_int_equal(i, TARE_LIMIT_COUNT);
	assert_null(tare_limit_at(SIZE_MAX));
}

static void every_limit_can_be_set(void **state)
{
	tare_limits lim;
	char text[64];
	size_t i;

	tare_limits_init(&lim);
	for (i = 0; i < TARE_LIMIT_COUNT; i++) {
		snprintf(text, sizeof text, "%s=%zu", tare_limit_at(i)->name, i + 17);
		assert_int_equal(tare_limits_set(&lim, text, NULL), TARE_OK);
	}
	for (i = 0; i < TARE_LIMIT_COUNT; i++)
		assert_int_equal(lim.value[i], i + 17);
}

static void units(void **state)
{
	static const struct {
		const char *text;
		uint64_t value;
	} good[] = {
		{ "string=0", 0 }, { "string=7", 7 }, { "string=3k", 3072 }, { "string=3K", 3072 }, { "string=5M", 5u << 20 },
		{ "string=2g", 2ull << 30 }, { "string=1T", 1ull << 40 }, { "string=18446744073709551615", UINT64_MAX },
		{ "string=16777215T", 16777215ull << 40 },
	};
	tare_limits lim;
	size_t i;

	tare_limits_init(&lim);
	for (i = 0; i < sizeof good / sizeof good[0]; i++) {
		assert_int_equal(tare_limits_set(&lim, good[i].text, NULL), TARE_OK);
		assert_true(lim.value[TARE_LIMIT_string] == good[i].value);
	}
}

static void nonsense_changes_nothing(void **state)
{
	static const char *const bad[] = {
		"", "=", "string", "string=", "string= 5", "string=-1", "string=+1", "string=x", "string=5 ", "string=5KB", "string=5KK",
		"string=0x10", "string=1e3", "string=18446744073709551616", "string=99999999999999999999999", "string=16777216T", "strin=5",
		"strings=5", "String=5", "nosuch=5", "string=5P", "=5", "string=K", "string==5",
	};
	tare_limits lim, before;
	size_t i;

	tare_limits_init(&lim);
	for (i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		tare_error err = TARE_ERROR_INIT;

		tare_limits_init(&before);
		assert_int_equal(tare_limits_set(&lim, bad[i], &err), TARE_E_ARG);
		assert_true(strlen(err.message) > 0);
		assert_memory_equal(&lim, &before, sizeof lim);
	}
}

static void untrusted_text_is_escaped(void **state)
{
	tare_limits lim;
	tare_error err = TARE_ERROR_INIT;

	tare_limits_init(&lim);
	assert_int_equal(tare_limits_set(&lim, "string=\x1b[2J", &err), TARE_E_ARG);
	assert_null(strchr(err.message, '\x1b'));
	assert_non_null(strstr(err.message, "\\x1b[2J"));
}

static void check_names_the_way_out(void **state)
{
	tare_limits lim;
	tare_error err = TARE_ERROR_INIT;

	tare_limits_init(&lim);
	lim.value[TARE_LIMIT_tensors] = 10;
	assert_int_equal(tare_limit_check(&lim, TARE_LIMIT_tensors, 10, 5, "tensors", &err), TARE_OK);
	assert_int_equal(err.status, TARE_OK);
	assert_int_equal(tare_limit_check(&lim, TARE_LIMIT_tensors, 11, 5, "tensors", &err), TARE_E_LIMIT);
	assert_int_equal(err.offset, 5);
	assert_string_equal(err.message, "tensors: 11 is over the limit of 10 (--limit tensors=N raises it)");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults_are_the_table),
		cmocka_unit_test(every_limit_can_be_set),
		cmocka_unit_test(units),
		cmocka_unit_test(nonsense_changes_nothing),
		cmocka_unit_test(untrusted_text_is_escaped),
		cmocka_unit_test(check_names_the_way_out),
	};

	return cmocka_run_group_tests_name("limits", tests, NULL, NULL);
}
