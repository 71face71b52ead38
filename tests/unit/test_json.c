/* The JSON walker against jansson, which knows the grammar; and where the walker knows more. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/json.h"

#include <jansson.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

static tare_status walk(const char *text, size_t size, tare_error *err)
{
	tare_arena arena = { 0 };
	tare_limits lim;
	tare_json j;
	tare_status st;

	tare_limits_init(&lim);
	st = tare_json_start(&j, text, size, 100, "text", &lim, &arena, err);
	if (st == TARE_OK)
		st = tare_json_skip(&j);
	if (st == TARE_OK)
		st = tare_json_end(&j);
	tare_arena_free(&arena);
	return st;
}

static void expect(const char *text, const char *message)
{
	tare_error err = TARE_ERROR_INIT;
	char shown[1200];

	walk(text, strlen(text), &err);
	tare_error_text(&err, shown, sizeof shown);
	if (strcmp(message, err.status ? shown : "ok"))
		fail_msg("%s: '%s', expected '%s'", text, err.status ? shown : "ok", message);
}

static void test_messages(void **state)
{
	expect("{}", "ok");
	expect(" [1,-2.5e+3,\"\\u00e9\",null,true,false,{\"a\":[]}] ", "ok");
	expect("18446744073709551616", "ok");
	expect("", "text: the JSON text ends where a value was expected (byte 100)");
	expect("{\"a\":1", "text: the JSON text ends where ',' or '}' was expected (byte 106)");
	expect("{\"a\":1]", "text: found ']' where ',' or '}' was expected (byte 106)");
	expect("[1,]", "text: found ']' where a value was expected (byte 103)");
	expect("[,1]", "text: found ',' where a value was expected (byte 101)");
	expect("{\"a\",1}", "text: found ',' where ':' after a key was expected (byte 104)");
	expect("\"abc", "text: a string is not closed (byte 100)");
	expect("\"a\\u12x4\"", "text: a backslash in a string begins no valid escape (byte 102)");
	expect("\"\\udc00\"", "text: a backslash in a string begins no valid escape (byte 101)");
	expect("\"a\nb\"", "text: control byte 0x0a in a string: expected \\u000a (byte 102)");
	expect("nul", "text: misspelt 'null' (byte 100)");
	expect("1.", "text: the JSON text ends where a digit was expected (byte 102)");
	expect("-", "text: the JSON text ends where a digit was expected (byte 101)");
	expect("01", "text: a number begins with a superfluous 0 (byte 100)");
	expect("1e999", "text: number 1e999 is out of range (byte 100)");
	expect("1 2", "text: more follows after the JSON text has ended (byte 102)");
	expect("\xc3(", "text: byte 0xc3 is not UTF-8 (byte 100)");
}

static void test_depth(void **state)
{
	char text[200] = { 0 };
	tare_error err = TARE_ERROR_INIT;

	memset(text, '[', 65);
	memset(text + 65, ']', 65);
	assert_int_equal(walk(text + 1, 128, &err), TARE_OK);
	assert_int_equal(walk(text, 130, &err), TARE_E_LIMIT);
}

/* ---- the same verdict as jansson's ---- */

static const char *const pieces[] = {
	"{", "}", "[", "]", ",", ":", "\"a\"", "\"b\\n\"", "\"\\u00e9\"", "\"\\ud83d\\ude00\"", "\"\\ud800\"", "\"", "0", "-0", "12", "-7", "1.5",
	"1e3", "01", "1.", "-", "true", "false", "null", "nul", " ", "\n", "\xc3\xa9", "\xff", "\\", "/", "{\"k\":1}", "[1,2]", "\"a\":"
};

static uint32_t next(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 8;
}

/* Half of the texts are made of whole pieces at random, half are a good text with one of them in it. */
static void make_text(char *out, uint32_t *seed)
{
	static const char good[] = "{\"a\":[1,2.5,{\"b\":null}],\"c\":\"d\\u0041\",\"e\":{}}";
	size_t n = sizeof pieces / sizeof *pieces, i, at;

	*out = '\0';
	if (next(seed) & 1) {
		for (i = next(seed) % 8; i; i--)
			strcat(out, pieces[next(seed) % n]);
		return;
	}
	at = next(seed) % sizeof good;
	memcpy(out, good, at);
	strcpy(out + at, pieces[next(seed) % n]);
	strcat(out, good + at + next(seed) % 2 * (at + 1 < sizeof good));
}

static void test_against_jansson(void **state)
{
	uint32_t seed = 7;
	unsigned accepted = 0;
	char text[256];
	int i;

	for (i = 0; i < 20000; i++) {
		json_t *tree;

		make_text(text, &seed);
		tree = json_loadb(text, strlen(text), JSON_DECODE_ANY, NULL);
		if ((walk(text, strlen(text), NULL) == TARE_OK) != (tree != NULL))
			fail_msg("jansson %s: %s", tree ? "accepts" : "refuses", text);
		accepted += tree != NULL;
		json_decref(tree);
	}
	assert_true(accepted > 1000);
}

/* ---- strings ---- */

static void read_string(const char *text, const char *bytes, size_t size)
{
	tare_arena arena = { 0 };
	tare_limits lim;
	tare_json j;
	tare_str s;

	tare_limits_init(&lim);
	assert_int_equal(tare_json_start(&j, text, strlen(text), 0, "text", &lim, &arena, NULL), TARE_OK);
	assert_int_equal(tare_json_string(&j, &s), TARE_OK);
	assert_int_equal(s.len, size);
	assert_memory_equal(s.ptr, bytes, size);
	tare_arena_free(&arena);
}

static void test_strings(void **state)
{
	read_string("\"plain\"", "plain", 5);
	read_string("\"\"", "", 0);
	read_string("\"a\\u0000b\"", "a\0b", 3);
	read_string("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t", 8);
	read_string("\"\\u007f\\u0080\\u07ff\\u0800\\uFFFF\"", "\x7f\xc2\x80\xdf\xbf\xe0\xa0\x80\xef\xbf\xbf", 11);
	read_string("\"\\ud83d\\ude00 \\udbff\\udfff\"", "\xf0\x9f\x98\x80 \xf4\x8f\xbf\xbf", 9);
}

static void put(const char *bytes, size_t size, const char *text)
{
	tare_buffer b = { 0 };
	tare_sink s = { .put = tare_buffer_put, .ctx = &b };

	assert_int_equal(tare_json_put_string(&s, (tare_str){ bytes, size }, NULL), TARE_OK);
	assert_string_equal(b.bytes, text);
	free(b.bytes);
}

/* As serde_json writes: control bytes short where there is a short form, else \u00 and two small digits; nothing else. */
static void test_writing_strings(void **state)
{
	put("", 0, "\"\"");
	put("a/\x7f\xc3\xa9", 5, "\"a/\x7f\xc3\xa9\"");
	put("\"\\\b\f\n\r\t\0\x1f", 9, "\"\\\"\\\\\\b\\f\\n\\r\\t\\u0000\\u001f\"");
}

/* ---- numbers ---- */

static void number(const char *text, tare_json_number *n)
{
	tare_arena arena = { 0 };
	tare_limits lim;
	tare_json j;

	tare_limits_init(&lim);
	assert_int_equal(tare_json_start(&j, text, strlen(text), 0, "text", &lim, &arena, NULL), TARE_OK);
	assert_int_equal(tare_json_number_read(&j, n), TARE_OK);
	tare_arena_free(&arena);
}

static void test_numbers(void **state)
{
	tare_json_number n;
	double d;
	float f;

	number("18446744073709551615", &n);
	assert_true(n.fits && n.whole && !n.negative && n.magnitude == UINT64_MAX);
	number("18446744073709551616", &n);
	assert_true(!n.fits && n.whole);
	number("-0", &n);
	assert_true(n.fits && n.negative && !n.magnitude);
	number("1.0", &n);
	assert_false(n.whole);
	number("0.1", &n);
	assert_true(tare_json_f64(&n, &d) && d == 0.1);
	assert_true(tare_json_f32(&n, &f) && f == 0.1f);
	number("3.5e38", &n);
	assert_false(tare_json_f32(&n, &f));
	assert_true(tare_json_f64(&n, &d));
}

static void real(double v, bool single, const char *text)
{
	tare_buffer b = { 0 };
	tare_sink s = { .put = tare_buffer_put, .ctx = &b };

	assert_int_equal(single ? tare_json_put_f32(&s, (float)v, NULL) : tare_json_put_f64(&s, v, NULL), TARE_OK);
	assert_string_equal(b.bytes, text);
	free(b.bytes);
}

static void test_writing_reals(void **state)
{
	real(0, false, "0.0");
	real(-0.0, true, "-0.0");
	real(1, true, "1.0");
	real(-12345, false, "-12345.0");
	real(0.1, true, "0.1");
	real(0.1, false, "0.1");
	real(1e-5f, true, "1e-05");
	real(16777216, true, "16777216.0");
	real(1.0 / 3, true, "0.33333334");
	real(1.0 / 3, false, "0.3333333333333333");
	real(5e-324, false, "5e-324");
	real(1.401298464e-45, true, "1e-45");
	real(3.4028234663852886e38, true, "3.4028235e+38");
	real(1e22, false, "1e+22");
}

static void every_real_comes_back(uint32_t *seed)
{
	uint64_t bits = (uint64_t)next(seed) << 40 ^ (uint64_t)next(seed) << 20 ^ next(seed);
	tare_buffer b = { 0 };
	tare_sink s = { .put = tare_buffer_put, .ctx = &b };
	tare_json_number n;
	double v, back;
	float f, fback;

	memcpy(&v, &bits, sizeof v);
	memcpy(&f, &bits, sizeof f);
	if (v - v == 0) {
		assert_int_equal(tare_json_put_f64(&s, v, NULL), TARE_OK);
		number(b.bytes, &n);
		assert_true(tare_json_f64(&n, &back));
		assert_memory_equal(&v, &back, sizeof v);
	}
	b.size = 0;
	if (f - f == 0) {
		assert_int_equal(tare_json_put_f32(&s, f, NULL), TARE_OK);
		number(b.bytes, &n);
		assert_true(tare_json_f32(&n, &fback));
		assert_memory_equal(&f, &fback, sizeof f);
	}
	free(b.bytes);
}

static void test_reals_come_back(void **state)
{
	uint32_t seed = 3;
	int i;

	for (i = 0; i < 20000; i++)
		every_real_comes_back(&seed);
}

static void test_locale(void **state)
{
	tare_json_number n;
	double v;

	if (!setlocale(LC_ALL, "de_DE.UTF-8") && !setlocale(LC_ALL, "fr_FR.UTF-8"))
		skip();
	real(0.1, false, "0.1");
	number("2.5", &n);
	assert_true(tare_json_f64(&n, &v) && v == 2.5);
	setlocale(LC_ALL, "C");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_messages),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_against_jansson),
		cmocka_unit_test(test_strings),
		cmocka_unit_test(test_writing_strings),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_writing_reals),
		cmocka_unit_test(test_reals_come_back),
		cmocka_unit_test(test_locale),
	};

	return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
