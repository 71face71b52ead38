/* The floats of 4, 6 and 8 bits: every code against its definition, computed here by ldexp, and the order of codes in bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "types/type.h"

#include <math.h>
#include <string.h>

struct layout {
	const char *type;
	int exponent_bits, mantissa_bits, bias;
	float largest;
};

static const struct layout layouts[] = {
	{ "f4", 2, 1, 1, 6 },
	{ "f6_e2m3", 2, 3, 1, 7.5f },
	{ "f6_e3m2", 3, 2, 3, 28 },
	{ "f8_e4m3", 4, 3, 7, 448 },
	{ "f8_e4m3fnuz", 4, 3, 8, 240 },
	{ "f8_e5m2", 5, 2, 15, 57344 },
	{ "f8_e5m2fnuz", 5, 2, 16, 57344 },
};

static double by_definition(const struct layout *l, int code)
{
	int mantissa = code & ((1 << l->mantissa_bits) - 1);
	int exponent = code >> l->mantissa_bits & ((1 << l->exponent_bits) - 1);
	double fraction = ldexp(mantissa, -l->mantissa_bits);
	double magnitude = exponent ? ldexp(1 + fraction, exponent - l->bias) : ldexp(fraction, 1 - l->bias);

	return code >> (l->exponent_bits + l->mantissa_bits) ? -magnitude : magnitude;
}

/* What is not a number by the formula: 'n' NaN, 'i' infinity. */
static char special(const struct layout *l, int code)
{
	if (!strcmp(l->type, "f8_e4m3"))
		return (code & 127) == 127 ? 'n' : 0;
	if (!strcmp(l->type, "f8_e5m2"))
		return (code & 127) > 124 ? 'n' : (code & 127) == 124 ? 'i' : 0;
	if (strstr(l->type, "fnuz"))
		return code == 128 ? 'n' : 0;
	return 0;
}

static void check(const struct layout *l, int code, float got)
{
	double want = by_definition(l, code);

	switch (special(l, code)) {
	case 'n':
		assert_true(isnan(got));
		return;
	case 'i':
		assert_true(isinf(got) && !signbit(got) == !(code >> 7));
		return;
	default:
		assert_true(got == want && !signbit(got) == !signbit(want));
	}
}

static void set_code(uint8_t *block, unsigned bits, unsigned k, unsigned code)
{
	for (unsigned b = 0; b < bits; b++)
		if (code >> b & 1)
			block[(bits * k + b) / 8] |= (uint8_t)(1u << (bits * k + b) % 8);
}

/* Every code at every place of a block, between neighbours of all zeros and all ones. */
static void every_code(void **state)
{
	for (size_t i = 0; i < sizeof layouts / sizeof *layouts; i++) {
		const struct layout *l = layouts + i;
		const tare_type *t = tare_type_find(l->type);
		unsigned bits = 1 + (unsigned)(l->exponent_bits + l->mantissa_bits);

		assert_non_null(t);
		assert_int_equal(t->block_size * 8, t->block_len * bits);
		for (unsigned code = 0; code < 1u << bits; code++)
			for (unsigned k = 0; k < 2 * t->block_len; k++) {
				uint8_t block[3] = { 0 };
				float y[4];

				for (unsigned j = 0; j < t->block_len; j++)
					set_code(block, bits, j, j == k % t->block_len ? code : k < t->block_len ? 0 : (1u << bits) - 1);
				t->decode(y, block, 1);
				check(l, (int)code, y[k % t->block_len]);
			}
	}
}

static void largest(void **state)
{
	for (size_t i = 0; i < sizeof layouts / sizeof *layouts; i++) {
		double max = 0;

		for (int code = 0; code < 1 << (1 + layouts[i].exponent_bits + layouts[i].mantissa_bits); code++)
			if (!special(layouts + i, code))
				max = fmax(max, by_definition(layouts + i, code));
		assert_true(max == layouts[i].largest);
	}
}

static void powers_of_two(void **state)
{
	const tare_type *t = tare_type_find("f8_e8m0");

	for (int code = 0; code < 256; code++) {
		uint8_t byte = (uint8_t)code;
		float y;

		t->decode(&y, &byte, 1);
		assert_true(code == 255 ? isnan(y) : y == ldexp(1, code - 127));
	}
}

/* Written out by hand. */
static void order_in_bytes(void **state)
{
	static const uint8_t four[2] = { 0x21, 0xf7 };          /* codes 1 2 7 15 */
	static const uint8_t six[3] = { 0x81, 0x30, 0x10 };     /* codes 1 2 3 4 */
	float y[4];

	tare_type_find("f4")->decode(y, four, 2);
	assert_true(y[0] == 0.5f && y[1] == 1 && y[2] == 6 && y[3] == -6);
	tare_type_find("f6_e2m3")->decode(y, six, 1);
	assert_true(y[0] == 0.125f && y[1] == 0.25f && y[2] == 0.375f && y[3] == 0.5f);
	tare_type_find("f6_e3m2")->decode(y, six, 1);
	assert_true(y[0] == 0.0625f && y[1] == 0.125f && y[2] == 0.1875f && y[3] == 0.25f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_code),
		cmocka_unit_test(largest),
		cmocka_unit_test(powers_of_two),
		cmocka_unit_test(order_in_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
