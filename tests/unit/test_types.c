/* The list of types, sizes, half-precision conversions, byte swapping, and the public calls. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "types/exact.h"
#include "types/type.h"
#include "types_input.h"

/* As GGUF's specification has them. */
static const struct {
	int32_t id;
	const char *name;
	uint32_t len, size;
} table[] = {
	{ 0, "f32", 1, 4 }, { 1, "f16", 1, 2 }, { 2, "q4_0", 32, 18 }, { 3, "q4_1", 32, 20 }, { 6, "q5_0", 32, 22 }, { 7, "q5_1", 32, 24 },
	{ 8, "q8_0", 32, 34 }, { 9, "q8_1", 32, 36 }, { 10, "q2_K", 256, 84 }, { 11, "q3_K", 256, 110 }, { 12, "q4_K", 256, 144 },
	{ 13, "q5_K", 256, 176 }, { 14, "q6_K", 256, 210 }, { 15, "q8_K", 256, 292 }, { 16, "iq2_xxs", 256, 66 }, { 17, "iq2_xs", 256, 74 },
	{ 18, "iq3_xxs", 256, 98 }, { 19, "iq1_s", 256, 50 }, { 20, "iq4_nl", 32, 18 }, { 21, "iq3_s", 256, 110 }, { 22, "iq2_s", 256, 82 },
	{ 23, "iq4_xs", 256, 136 }, { 24, "i8", 1, 1 }, { 25, "i16", 1, 2 }, { 26, "i32", 1, 4 }, { 27, "i64", 1, 8 }, { 28, "f64", 1, 8 },
	{ 29, "iq1_m", 256, 56 }, { 30, "bf16", 1, 2 }, { 34, "tq1_0", 256, 54 }, { 35, "tq2_0", 256, 66 }, { 39, "mxfp4", 32, 17 },
	{ 40, "nvfp4", 64, 36 }, { 41, "q1_0", 128, 18 }, { 42, "q2_0", 64, 18 },
};

static void numbers_of_gguf(void **state)
{
	size_t known = 0;

	for (int64_t id = -2; id < 300; id++) {
		const tare_type *t = tare_type_of_gguf(id);

		if (!t)
			continue;
		assert_in_range(known, 0, sizeof table / sizeof *table - 1);
		assert_int_equal(id, table[known].id);
		assert_string_equal(tare_type_name(t), table[known].name);
		assert_int_equal(tare_type_block_len(t), table[known].len);
		assert_int_equal(tare_type_block_size(t), table[known].size);
		known++;
	}
	assert_int_equal(known, sizeof table / sizeof *table);
	assert_null(tare_type_of_gguf(INT64_MAX));
	assert_null(tare_type_of_gguf(INT64_MIN));
}

static void every_type_is_whole(void **state)
{
	for (size_t i = 0; tare_type_at(i); i++) {
		const tare_type *t = tare_type_at(i);

		assert_ptr_equal(tare_type_find(t->name), t);
		assert_true(t->block_len > 0 && t->block_size > 0);
		if (t->gguf_id >= 0)
			assert_ptr_equal(tare_type_of_gguf(t->gguf_id), t);
		if (*t->name != 'c')
			assert_true(tare_type_can_decode(t));
	}
	assert_null(tare_type_at(SIZE_MAX));
}

static void names_in_any_case(void **state)
{
	assert_string_equal(tare_type_name(tare_type_find("Q4_k")), "q4_K");
	assert_string_equal(tare_type_name(tare_type_find("BF16")), "bf16");
	assert_null(tare_type_find("q4"));
	assert_null(tare_type_find("q4_K_M"));
	assert_null(tare_type_find(""));
	assert_null(tare_type_find(NULL));
}

static bool size_is(const char *name, const uint64_t *dim, uint32_t n_dims, uint64_t expected)
{
	uint64_t size;

	return tare_type_size(tare_type_find(name), dim, n_dims, &size) && size == expected;
}

static bool no_size(const char *name, const uint64_t *dim, uint32_t n_dims)
{
	uint64_t size;

	return !tare_type_size(tare_type_find(name), dim, n_dims, &size);
}

static void sizes_of_tensors(void **state)
{
	assert_true(size_is("f32", NULL, 0, 4));
	assert_true(no_size("q4_0", NULL, 0));
	assert_true(size_is("f16", (uint64_t[]){ 3, 5 }, 2, 30));
	assert_true(size_is("q4_K", (uint64_t[]){ 7, 512 }, 2, 7 * 2 * 144));
	assert_true(no_size("q4_K", (uint64_t[]){ 256, 100 }, 2)); /* rows must divide, not the whole */
	assert_true(size_is("q4_K", (uint64_t[]){ 7, 0 }, 2, 0));
	assert_true(size_is("f32", (uint64_t[]){ 1ull << 40, 1ull << 40, 0 }, 3, 0));
	assert_true(no_size("i8", (uint64_t[]){ 1ull << 32, 1ull << 32 }, 2));
	assert_true(no_size("f32", (uint64_t[]){ 1ull << 62 }, 1));
	assert_true(size_is("i8", (uint64_t[]){ UINT64_MAX }, 1, UINT64_MAX));
}

/* The plain definition: the sum of the bits' values. */
static float f16_value(uint32_t h)
{
	uint32_t exponent = h >> 10 & 31, mantissa = h & 1023;
	float v = exponent ? (float)(1024 + mantissa) : (float)mantissa;

	for (uint32_t e = exponent ? exponent : 1; e > 25; e--)
		v *= 2;
	for (uint32_t e = exponent ? exponent : 1; e < 25; e++)
		v /= 2;
	return h & 0x8000 ? -v : v;
}

static void f16_to_f32(void **state)
{
	for (uint32_t h = 0; h < 0x10000; h++) {
		uint32_t u = tare_bits_of_f32(tare_f32_of_f16((uint16_t)h)), sign = (h & 0x8000) << 16;

		if ((h & 0x7fff) == 0x7c00)
			assert_int_equal(u, sign | 0x7f800000);
		else if ((h & 0x7fff) > 0x7c00)
			assert_int_equal(u, sign | 0x7fc00000 | (h & 0x3ff) << 13);
		else
			assert_int_equal(u, tare_bits_of_f32(f16_value(h)));
	}
}

/* At every f16, half way to the next and one f32 to either side of that. */
static void f32_to_f16(void **state)
{
	for (uint16_t h = 0; h < 0x7c00; h++) {
		float a = f16_value(h), b = h == 0x7bff ? 65536.0f : f16_value(h + 1u), half = a + (b - a) / 2;
		uint32_t u = tare_bits_of_f32(half);
		uint16_t even = h & 1 ? (uint16_t)(h + 1) : h;

		assert_int_equal(tare_f16_of_f32(a), h);
		assert_int_equal(tare_f16_of_f32(-a), h | 0x8000);
		assert_int_equal(tare_f16_of_f32(half), even);
		assert_int_equal(tare_f16_of_f32(-half), even | 0x8000);
		assert_int_equal(tare_f16_of_f32(tare_f32_of_bits(u - 1)), h);
		assert_int_equal(tare_f16_of_f32(tare_f32_of_bits(u + 1)), h + 1);
	}
	assert_int_equal(tare_f16_of_f32(0x1p127f), 0x7c00);
	assert_int_equal(tare_f16_of_f32(tare_f32_of_bits(0xff800000)), 0xfc00);
	assert_int_equal(tare_f16_of_f32(tare_f32_of_bits(1)), 0);
	assert_int_equal(tare_f16_of_f32(tare_f32_of_bits(0x7f800001)), 0x7e00);
	assert_int_equal(tare_f16_of_f32(tare_f32_of_bits(0xffc12345)), 0xfe00);
}

static void bf16_both_ways(void **state)
{
	for (uint32_t h = 0; h < 0x10000; h++) {
		uint32_t quiet = (h & 0x7fff) > 0x7f80 ? h | 64 : h;

		assert_int_equal(tare_bits_of_f32(tare_f32_of_bf16((uint16_t)h)), h << 16);
		assert_int_equal(tare_bf16_of_f32(tare_f32_of_bf16((uint16_t)h)), quiet);
	}
	assert_int_equal(tare_bf16_of_f32(tare_f32_of_bits(0x3f808000)), 0x3f80);
	assert_int_equal(tare_bf16_of_f32(tare_f32_of_bits(0x3f818000)), 0x3f82);
	assert_int_equal(tare_bf16_of_f32(tare_f32_of_bits(0x3f808001)), 0x3f81);
	assert_int_equal(tare_bf16_of_f32(tare_f32_of_bits(0x7f7fffff)), 0x7f80);
	assert_int_equal(tare_bf16_of_f32(tare_f32_of_bits(0x7f800001)), 0x7fc0);
}

static void rounding_is_total(void **state)
{
	assert_int_equal(tare_round_away(0.49999997f), 0);
	assert_int_equal(tare_round_away(-0.5f), -1);
	assert_int_equal(tare_round_away(2.5f), 3);
	assert_int_equal(tare_nearest(2.5f), 2);
	assert_int_equal(tare_nearest(-3.5f), -4);
	assert_int_equal(tare_nearest(tare_f32_of_bits(TARE_NAN_BITS)), 0);
	assert_int_equal(tare_truncate(-1.9f), -1);
	assert_int_equal(tare_truncate(tare_f32_of_bits(TARE_NAN_BITS)), INT32_MIN);
	assert_int_equal(tare_truncate(0x1p31f), INT32_MIN);
	assert_int_equal(tare_truncate(-0x1p31f), INT32_MIN);
	assert_int_equal(tare_truncate(0x1.fffffep30f), 0x7fffff80);
}

/* Swapping twice restores any bytes; swapping once changes no field's set of bytes. */
static void swapping_twice_is_nothing(void **state)
{
	enum { BLOCKS = 3 };
	uint8_t before[BLOCKS * 512], bytes[BLOCKS * 512];
	uint64_t seed = 1;

	for (size_t i = 0; tare_type_at(i); i++) {
		const tare_type *t = tare_type_at(i);
		size_t size = BLOCKS * t->block_size;
		int changed = 0;

		assert_true(size <= sizeof bytes);
		for (size_t k = 0; k < size; k++)
			before[k] = bytes[k] = (uint8_t)input_bits(&seed);
		if (!t->swap)
			continue;
		t->swap(bytes, BLOCKS);
		for (size_t k = 0; k < size; k++)
			changed += bytes[k] != before[k];
		assert_true(changed);
		t->swap(bytes, BLOCKS);
		assert_memory_equal(bytes, before, size);
	}
}

static void swapping_moves_the_fields(void **state)
{
	uint8_t q5_1[24], q8_K[292];

	for (size_t i = 0; i < sizeof q5_1; i++)
		q5_1[i] = (uint8_t)i;
	tare_type_find("q5_1")->swap(q5_1, 1);
	assert_memory_equal(q5_1, ((uint8_t[]){ 1, 0, 3, 2, 7, 6, 5, 4, 8 }), 9);
	for (size_t i = 0; i < sizeof q8_K; i++)
		q8_K[i] = (uint8_t)i;
	tare_type_find("q8_K")->swap(q8_K, 1);
	assert_memory_equal(q8_K, ((uint8_t[]){ 3, 2, 1, 0, 4, 5 }), 6);
	assert_memory_equal(q8_K + 260, ((uint8_t[]){ 5, 4, 7, 6 }), 4);
}

static void refusals_say_why(void **state)
{
	tare_error err = TARE_ERROR_INIT;
	float x[256] = { 0 }, w[256] = { 0 };
	uint8_t y[2048] = { 0 };

	assert_int_equal(tare_decode(tare_type_find("c64"), y, 1, x, &err), TARE_E_UNSUPPORTED);
	assert_string_equal(err.message, "type c64 has no values in f32");
	tare_error_clear(&err);
	assert_int_equal(tare_encode(tare_type_find("i8"), x, 1, 32, NULL, y, &err), TARE_E_UNSUPPORTED);
	assert_string_equal(err.message, "type i8 cannot be written");
	tare_error_clear(&err);
	assert_int_equal(tare_encode(tare_type_find("q4_K"), x, 1, 100, NULL, y, &err), TARE_E_ARG);
	assert_string_equal(err.message, "rows of 100 do not divide into q4_K's blocks of 256");
	tare_error_clear(&err);
	assert_int_equal(tare_encode(tare_type_find("f32"), x, SIZE_MAX / 2, 4, NULL, y, &err), TARE_E_ARG);
	tare_error_clear(&err);
	w[3] = -1;
	assert_int_equal(tare_encode(tare_type_find("q4_K"), x, 1, 256, w, y, &err), TARE_E_ARG);
	assert_string_equal(err.message, "importance of column 3 is -1: expected a finite number, not negative");
	w[3] = tare_f32_of_bits(TARE_NAN_BITS);
	assert_int_equal(tare_encode(tare_type_find("q4_K"), x, 1, 256, w, y, NULL), TARE_E_ARG);
	w[3] = tare_f32_of_bits(0x7f800000);
	assert_int_equal(tare_encode(tare_type_find("q4_K"), x, 1, 256, w, y, NULL), TARE_E_ARG);
}

static void nothing_is_nothing(void **state)
{
	for (size_t i = 0; tare_type_at(i); i++) {
		const tare_type *t = tare_type_at(i);

		if (t->decode)
			assert_int_equal(tare_decode(t, NULL, 0, NULL, NULL), TARE_OK);
		if (t->encode && !(t->flags & TARE_TYPE_NEEDS_WEIGHTS)) {
			assert_int_equal(tare_encode(t, NULL, 0, t->block_len, NULL, NULL, NULL), TARE_OK);
			assert_int_equal(tare_encode(t, NULL, 5, 0, NULL, NULL, NULL), TARE_OK);
		}
	}
}

/* Any bytes decode, at any alignment, and integers to their value. */
static void integers_decode(void **state)
{
	const uint8_t bytes[] = { 0, 0xff, 0x80, 0, 0, 0, 0, 0, 0x80 };
	float y;

	tare_decode(tare_type_find("i8"), bytes + 1, 1, &y, NULL);
	assert_true(y == -1);
	tare_decode(tare_type_find("u8"), bytes + 1, 1, &y, NULL);
	assert_true(y == 255);
	tare_decode(tare_type_find("i16"), bytes + 1, 1, &y, NULL);
	assert_true(y == (float)(int16_t)0x80ff);
	tare_decode(tare_type_find("u32"), bytes + 1, 1, &y, NULL);
	assert_true(y == 0x80ff);
	tare_decode(tare_type_find("i64"), bytes + 1, 1, &y, NULL);
	assert_true(y == -0x1p63f);
	tare_decode(tare_type_find("u64"), bytes + 1, 1, &y, NULL);
	assert_true(y == 0x1p63f);
	tare_decode(tare_type_find("bool"), bytes + 1, 1, &y, NULL);
	assert_true(y == 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_of_gguf),
		cmocka_unit_test(every_type_is_whole),
		cmocka_unit_test(names_in_any_case),
		cmocka_unit_test(sizes_of_tensors),
		cmocka_unit_test(f16_to_f32),
		cmocka_unit_test(f32_to_f16),
		cmocka_unit_test(bf16_both_ways),
		cmocka_unit_test(rounding_is_total),
		cmocka_unit_test(swapping_twice_is_nothing),
		cmocka_unit_test(swapping_moves_the_fields),
		cmocka_unit_test(refusals_say_why),
		cmocka_unit_test(nothing_is_nothing),
		cmocka_unit_test(integers_decode),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
