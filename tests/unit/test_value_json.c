/* Metadata values as JSON and back: every kind, exactly. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/bytes.h"
#include "base/escape.h"
#include "unit/json_values.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

static tare_model *model;

static int set_up(void **state)
{
	return tare_model_new(&model, NULL, NULL);
}

static int tear_down(void **state)
{
	tare_close(model);
	return 0;
}

static tare_value read_value(const char *kind, const char *json)
{
	tare_error err = TARE_ERROR_INIT;
	tare_value v;

	if (value_from_json(model, kind, json, &v, &err) != TARE_OK)
		fail_msg("%s %s: %s", kind, json, err.message);
	return v;
}

/* json is read as a value of this kind and written again: as it was. */
static void there_and_back(const char *kind, const char *json)
{
	tare_value v = read_value(kind, json);
	char *text = tare_value_json(&v);

	assert_non_null(text);
	assert_string_equal(text, json);
	free(text);
}

static void refused(const char *kind, const char *json, const char *message)
{
	tare_error err = TARE_ERROR_INIT;
	tare_value v;

	assert_int_equal(value_from_json(model, kind, json, &v, &err), TARE_E_DATA);
	if (!strstr(err.message, message))
		fail_msg("%s %s: '%s', expected '%s'", kind, json, err.message, message);
}

static void test_integers(void **state)
{
	there_and_back("u8", "0");
	there_and_back("u8", "255");
	there_and_back("i8", "-128");
	there_and_back("i8", "127");
	there_and_back("u16", "65535");
	there_and_back("i16", "-32768");
	there_and_back("u32", "4294967295");
	there_and_back("i32", "-2147483648");
	there_and_back("u64", "18446744073709551615");
	there_and_back("u64", "9223372036854775808");
	there_and_back("i64", "-9223372036854775808");
	there_and_back("i64", "9223372036854775807");
	assert_int_equal(read_value("i8", "-1").as.i, -1);
}

static void test_other_scalars(void **state)
{
	there_and_back("bool", "true");
	there_and_back("bool", "false");
	there_and_back("bool", "7");
	there_and_back("f32", "0.1");
	there_and_back("f32", "-0.0");
	there_and_back("f32", "\"nan\"");
	there_and_back("f32", "\"inf\"");
	there_and_back("f32", "\"-inf\"");
	there_and_back("f64", "0.1");
	there_and_back("f64", "1e+300");
	there_and_back("f64", "\"-inf\"");
	there_and_back("str", "\"\"");
	there_and_back("str", "\"a\\u0000b\\n\\\"\\\\/\xc3\xa9\"");
	there_and_back("str", "{\"hex\":\"00ff80\"}");
	assert_int_equal(read_value("str", "\"a\\u0000b\"").as.string.len, 3);
}

static void test_arrays(void **state)
{
	there_and_back("arr:u8", "[]");
	there_and_back("arr:i16", "[-1,0,32767]");
	there_and_back("arr:bool", "[true,false,2]");
	there_and_back("arr:f32", "[0.5,\"nan\",\"inf\"]");
	there_and_back("arr:f64", "[0.1]");
	there_and_back("arr:str", "[\"\",\"a\\n\",{\"hex\":\"ff\"}]");
	there_and_back("arr:u64", "[18446744073709551615]");
	there_and_back("arr:arr", "[]");
	there_and_back("arr:arr:u32", "[[1,2],[],[3]]");
	there_and_back("arr:arr:arr:str", "[[[\"a\"],[]],[]]");
	assert_int_equal(read_value("arr:arr:u32", "[[1],[2]]").as.array.count, 2);
	assert_int_equal(read_value("arr:i16", "[1,2,3]").as.array.size, 6);
}

static void test_refusals(void **state)
{
	refused("u8", "256", "256 does not fit into u8");
	refused("u8", "-1", "found -1 where a whole number");
	refused("u8", "1.0", "found 1.0 where a whole number");
	refused("u8", "\"1\"", "found a string where a number was expected");
	refused("u64", "18446744073709551616", "found 18446744073709551616 where");
	refused("i8", "128", "128 does not fit into i8");
	refused("i8", "-129", "-129 does not fit into i8");
	refused("i64", "9223372036854775808", "does not fit into i64");
	refused("i64", "-9223372036854775809", "does not fit into i64");
	refused("i32", "1e2", "1e2 does not fit into i32");
	refused("bool", "256", "256 does not fit into bool");
	refused("bool", "null", "found null where true or false");
	refused("f32", "1e39", "1e39 is too large for f32");
	refused("f64", "1e309", "1e309 is too large for f64");
	refused("f32", "\"NaN\"", "expected a number, \"nan\"");
	refused("f32", "{\"hex\":\"00\"}", "expected a number, \"nan\"");
	refused("str", "1", "found a number where a string was expected");
	refused("str", "{\"hex\":\"0\"}", "even number of digits");
	refused("str", "{\"hex\":\"0g\"}", "not two hexadecimal digits");
	refused("str", "{\"hex\":\"00\",\"a\":1}", "nothing else");
	refused("str", "{}", "expected {\"hex\"");
	refused("arr:u8", "[1,300]", "300 does not fit into u8");
	refused("arr:u8", "{}", "found an object where an array was expected");
	refused("arr:nothing", "[]", "'nothing' is no kind of value");
	refused("arr", "[]", "'arr' is no kind of value");
	refused("arr:arr", "[[1]]", "'arr' is no kind of value");
	refused("arr:arr", "[{\"u8\":1}]", "expected an array within the array");
	refused("arr:arr", "[{\"arr:u8\":[1],\"arr:u16\":[1]}]", "expected one array");
	refused("u8", "1 2", "more follows");
	refused("", "1", "'' is no kind of value");
}

/* ---- the exact form ---- */

/* The exact form of v, read again, has the same bytes. */
static void exact(const tare_value *v, const char *expected)
{
	tare_buffer b = { 0 }, first = { 0 }, second = { 0 };
	tare_sink s = { .put = tare_buffer_put, .ctx = &b };
	tare_value back;

	assert_int_equal(tare_value_put_json(&s, v, true, NULL), TARE_OK);
	assert_string_equal(b.bytes, expected);
	back = read_value(tare_value_kind_text(v), b.bytes);
	s.ctx = &first;
	assert_int_equal(tare_value_put(v, &s, NULL), TARE_OK);
	s.ctx = &second;
	assert_int_equal(tare_value_put(&back, &s, NULL), TARE_OK);
	assert_int_equal(first.size, second.size);
	assert_memory_equal(first.bytes, second.bytes, first.size);
	free(b.bytes);
	free(first.bytes);
	free(second.bytes);
}

static void test_nan_payloads(void **state)
{
	tare_value v = { .kind = TARE_F32 };
	uint64_t bits = 0x7ff0000000000001;

	v.as.f32 = tare_f32_of_bits(0x7fc00000);
	exact(&v, "\"nan\"");
	v.as.f32 = tare_f32_of_bits(0xffc00001);
	exact(&v, "{\"hex\":\"ffc00001\"}");
	v.kind = TARE_F64;
	memcpy(&v.as.f64, &bits, sizeof bits);
	exact(&v, "{\"hex\":\"7ff0000000000001\"}");
}

/* Arrays of several kinds within one array: only the exact form can say so. */
static void test_mixed_nesting(void **state)
{
	tare_value a = read_value("arr:u8", "[1,2]"), b = read_value("arr:str", "[\"x\",{\"hex\":\"ff\"}]"), c = read_value("arr:arr", "[]"), all;
	tare_array_builder builder = { .kind = TARE_ARRAY };

	assert_int_equal(tare_array_add(&builder, &a, NULL), TARE_OK);
	assert_int_equal(tare_array_add(&builder, &b, NULL), TARE_OK);
	assert_int_equal(tare_array_add(&builder, &c, NULL), TARE_OK);
	assert_int_equal(tare_array_finish(&builder, model, &all, NULL), TARE_OK);
	exact(&all, "[{\"arr:u8\":[1,2]},{\"arr:str\":[\"x\",{\"hex\":\"ff\"}]},{\"arr:arr\":[]}]");
}

/* An array in the other byte order reads as the same values. */
/* However deep an array is, the model keeps its bytes once. */
static void test_deep_nesting(void **state)
{
	enum { DEPTH = 50, COUNT = 20000 };
	char kind[4 * DEPTH + 4] = "", *json = malloc(2 * DEPTH + 2 * COUNT + 1), *p = json;
	size_t before, i;
	tare_value v;

	assert_non_null(json);
	for (i = 0; i < DEPTH; i++) {
		strcat(kind, "arr:");
		*p++ = '[';
	}
	strcat(kind, "u8");
	for (i = 0; i < COUNT; i++) {
		*p++ = '7';
		*p++ = i + 1 < COUNT ? ',' : ']';
	}
	memset(p, ']', DEPTH - 1);
	p[DEPTH - 1] = '\0';
	before = mallinfo2().uordblks;
	v = read_value(kind, json);
	assert_int_equal(v.as.array.size, COUNT + 12 * (DEPTH - 1));
	assert_true(mallinfo2().uordblks - before < 4 * COUNT);
	free(json);
}

static void test_big_endian(void **state)
{
	static const uint8_t bytes[] = { 0, 0, 0, 1, 0, 0, 1, 0 };
	tare_value v = { .kind = TARE_ARRAY, .as.array = { .kind = TARE_U32, .big_endian = true, .count = 2, .bytes = bytes, .size = 8 } };
	char *text = tare_value_json(&v);

	assert_string_equal(text, "[1,256]");
	free(text);
}

/* 300,000 tokens: fast, because nothing is looked at twice. */
static void test_many_tokens(void **state)
{
	tare_array_builder b = { .kind = TARE_STRING };
	tare_value v = { .kind = TARE_STRING }, all, back;
	char token[32], *json;
	int i;

	for (i = 0; i < 300000; i++) {
		v.as.string = (tare_str){ token, (size_t)snprintf(token, sizeof token, "tok\"%d\n", i) };
		assert_int_equal(tare_array_add(&b, &v, NULL), TARE_OK);
	}
	assert_int_equal(tare_array_finish(&b, model, &all, NULL), TARE_OK);
	json = tare_value_json(&all);
	assert_non_null(json);
	back = read_value("arr:str", json);
	assert_int_equal(back.as.array.count, 300000);
	assert_int_equal(back.as.array.size, all.as.array.size);
	assert_memory_equal(back.as.array.bytes, all.as.array.bytes, all.as.array.size);
	free(json);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_integers),
		cmocka_unit_test(test_other_scalars),
		cmocka_unit_test(test_arrays),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_nan_payloads),
		cmocka_unit_test(test_mixed_nesting),
		cmocka_unit_test(test_deep_nesting),
		cmocka_unit_test(test_big_endian),
		cmocka_unit_test(test_many_tokens),
	};

	return cmocka_run_group_tests_name("value_json", tests, set_up, tear_down);
}
