#include "base/escape.h"
#include "base/error.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#define STR(literal) ((tare_str){ literal, sizeof(literal) - 1 })

static void utf8(void **state)
{
	static const struct {
		const char *bytes;
		size_t n, len;
	} cases[] = {
		{ "a", 1, 1 }, { "\0", 1, 1 }, { "\x7f", 1, 1 }, { "", 0, 0 },
		{ "\xc2\x80", 2, 2 }, { "\xdf\xbf", 2, 2 }, { "\xc2", 1, 0 }, { "\xc0\x80", 2, 0 }, { "\xc1\xbf", 2, 0 }, { "\xc2\x41", 2, 0 },
		{ "\xe0\xa0\x80", 3, 3 }, { "\xe0\x9f\xbf", 3, 0 }, { "\xed\x9f\xbf", 3, 3 }, { "\xed\xa0\x80", 3, 0 }, { "\xed\xbf\xbf", 3, 0 },
		{ "\xee\x80\x80", 3, 3 }, { "\xef\xbf\xbf", 3, 3 }, { "\xe2\x82", 2, 0 }, { "\xe2\x28\xa1", 3, 0 },
		{ "\xf0\x90\x80\x80", 4, 4 }, { "\xf0\x8f\xbf\xbf", 4, 0 }, { "\xf4\x8f\xbf\xbf", 4, 4 }, { "\xf4\x90\x80\x80", 4, 0 },
		{ "\xf5\x80\x80\x80", 4, 0 }, { "\xf8\x88\x80\x80\x80", 5, 0 }, { "\x80", 1, 0 }, { "\xff", 1, 0 }, { "\xf0\x90\x80", 3, 0 },
	};
	size_t i;

	for (i = 0; i < sizeof cases / sizeof cases[0]; i++)
		assert_int_equal(tare_utf8_len((const uint8_t *)cases[i].bytes, cases[i].n), cases[i].len);
	assert_true(tare_utf8_valid("gr\xc3\xbc\xc3\x9f \xf0\x9f\x98\x80", 11));
	assert_true(tare_utf8_valid("", 0));
	assert_true(tare_utf8_valid("a\0b", 3));
	assert_false(tare_utf8_valid("gr\xc3", 3));
}

static void what_may_not_reach_a_terminal(void **state)
{
	char buf[256];

#define ESCAPES(in, out) assert_string_equal(tare_escape(STR(in), 0, buf, sizeof buf), out)
	ESCAPES("plain", "plain");
	ESCAPES("", "");
	ESCAPES("a\nb\tc\rd", "a\\nb\\tc\\rd");
	ESCAPES("back\\slash", "back\\\\slash");
	ESCAPES("nul\0!", "nul\\x00!");
	ESCAPES("\x1b[31m\x7f", "\\x1b[31m\\x7f");
	ESCAPES("\xc2\x9b" "31m", "\\xc2\\x9b31m");
	ESCAPES("gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f");
	ESCAPES("\xff\xc3", "\\xff\\xc3");
	ESCAPES("a\xe2\x80\xae" "b", "a\\xe2\\x80\\xaeb");
	ESCAPES("\xe2\x81\xa6", "\\xe2\\x81\\xa6");
	ESCAPES("\xef\xbb\xbf", "\\xef\\xbb\\xbf");
	ESCAPES("\xd8\x9c", "\\xd8\\x9c");
	ESCAPES("\xe2\x82\xac", "\xe2\x82\xac");
#undef ESCAPES
}

static void cuts(void **state)
{
	char buf[256], small[8];
	size_t size;

	assert_string_equal(tare_escape(STR("abcdefghij"), 10, buf, sizeof buf), "abcdefghij");
	assert_string_equal(tare_escape(STR("abcdefghijk"), 10, buf, sizeof buf), "abcdefg...");
	assert_string_equal(tare_escape(STR("abcdefg"), 0, small, sizeof small), "abcdefg");
	assert_string_equal(tare_escape(STR("abcdefgh"), 0, small, sizeof small), "abcd...");
	assert_string_equal(tare_escape(STR("\x01\x02\x03"), 0, small, sizeof small), "\\x01...");
	/* No buffer is too small to be safe, and no character is cut in two. */
	for (size = 0; size < 20; size++) {
		memset(buf, '#', sizeof buf);
		tare_escape(STR("\xe2\x82\xac\x01\xe2\x82\xac\\\xff\xc3\xbc"), 0, buf, size);
		assert_int_equal(buf[size], '#');
		if (size)
			assert_true(tare_utf8_valid(buf, strlen(buf)));
	}
}

/* Every byte pair comes out printable, whole and short enough. */
static void every_pair(void **state)
{
	char in[2], buf[16];
	const char *p;
	int a, b;

	for (a = 0; a < 256; a++) {
		for (b = 0; b < 256; b++) {
			in[0] = (char)a;
			in[1] = (char)b;
			tare_escape((tare_str){ in, 2 }, 0, buf, sizeof buf);
			assert_true(strlen(buf) >= 1 && strlen(buf) <= 8);
			assert_true(tare_utf8_valid(buf, strlen(buf)));
			for (p = buf; *p; p++)
				assert_true((unsigned char)*p >= 0x20 && *p != 0x7f);
		}
	}
}

static void order(void **state)
{
	assert_true(tare_str_cmp(STR("a"), STR("b")) < 0);
	assert_true(tare_str_cmp(STR("ab"), STR("a")) > 0);
	assert_true(tare_str_cmp(STR("\xff"), STR("a")) > 0);
	assert_int_equal(tare_str_cmp(STR(""), (tare_str){ NULL, 0 }), 0);
	assert_true(tare_str_cmp(STR("a\0b"), STR("a\0c")) < 0);
	assert_true(tare_str_eq(STR("a\0b"), STR("a\0b")));
	assert_false(tare_str_eq(STR("a\0b"), STR("a\0c")));
	assert_true(tare_str_eq(STR(""), (tare_str){ NULL, 0 }));
}

static void shown_in_a_message(void **state)
{
	tare_error err = TARE_ERROR_INIT;
	char long_name[500], text[1200];

	memset(long_name, 'x', sizeof long_name);
	assert_int_equal(tare_fail(&err, TARE_E_DATA, 12, "tensors '%s' and '%s'", TARE_SHOW(STR("a\x1b")),
				   TARE_SHOW(((tare_str){ long_name, sizeof long_name }))), TARE_E_DATA);
	assert_non_null(strstr(err.message, "'a\\x1b' and 'xxxx"));
	assert_true(strlen(err.message) < 130);
	assert_int_equal(tare_error_in_file(&err, "dir/\x07.gguf"), TARE_E_DATA);
	(void)tare_error_in_file(&err, "another");
	tare_error_text(&err, text, sizeof text);
	assert_int_equal(strncmp(text, "dir/\\x07.gguf: tensors ", 23), 0);
	assert_string_equal(text + strlen(text) - 10, " (byte 12)");
	(void)tare_fail(&err, TARE_E_IO, 1, "a later one");
	assert_null(strstr(err.message, "later"));
}

static void errors_of_every_kind(void **state)
{
	tare_error err = TARE_ERROR_INIT;
	char text[1200], huge[2000];

	assert_int_equal(tare_fail_errno(&err, ENOSPC, "cannot write %d", 5), TARE_E_IO);
	assert_int_equal(err.sys_errno, ENOSPC);
	assert_string_equal(tare_error_text(&err, text, sizeof text), "cannot write 5: No space left on device");
	tare_error_clear(&err);
	assert_int_equal(tare_fail_at(&err, TARE_E_RECIPE, 12, 5, "no"), TARE_E_RECIPE);
	(void)tare_error_in_file(&err, "r.yaml");
	assert_string_equal(tare_error_text(&err, text, sizeof text), "r.yaml:12:5: no");
	tare_error_clear(&err);
	memset(huge, 'y', sizeof huge - 1);
	huge[sizeof huge - 1] = '\0';
	(void)tare_fail_errno(&err, EIO, "%s", huge);
	assert_int_equal(strlen(err.message), sizeof err.message - 1);
	assert_int_equal(tare_fail_nomem(NULL), TARE_E_NOMEM);
	assert_int_equal(tare_fail_errno(NULL, EIO, "x"), TARE_E_IO);
	assert_int_equal(tare_fail_at(NULL, TARE_E_RECIPE, 1, 1, "x"), TARE_E_RECIPE);
	tare_error_clear(NULL);
}

static void endings(void **state)
{
	assert_int_equal(tare_strip_ending("a.gguf", 6, ".gguf"), 1);
	assert_int_equal(tare_strip_ending("a.GGuf", 6, ".gguf"), 1);
	assert_int_equal(tare_strip_ending("a.ggu@", 6, ".gguf"), 6);
	assert_int_equal(tare_strip_ending(".gguf", 5, ".gguf"), 5);
	assert_int_equal(tare_strip_ending("a.gguf.zst", 6, ".gguf"), 1);
	assert_int_equal(tare_strip_ending("", 0, ".gguf"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(utf8),
		cmocka_unit_test(what_may_not_reach_a_terminal),
		cmocka_unit_test(cuts),
		cmocka_unit_test(every_pair),
		cmocka_unit_test(order),
		cmocka_unit_test(endings),
		cmocka_unit_test(shown_in_a_message),
		cmocka_unit_test(errors_of_every_kind),
	};

	return cmocka_run_group_tests_name("escape", tests, NULL, NULL);
}
