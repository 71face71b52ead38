/* Decoding and encoding are total: any bytes, any floats, all of the result written, nothing that depends on what lay there before, and
 * rows that do not know of each other. Run under ASan and UBSan this is also the test that nothing traps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "types/type.h"
#include "types_input.h"

enum { MOST_BYTES = 512, MOST_WEIGHTS = 256 };

static void decode_twice(const tare_type *t, const uint8_t *block)
{
	float a[MOST_WEIGHTS], b[MOST_WEIGHTS];

	memset(a, 0x55, sizeof a);
	memset(b, 0xaa, sizeof b);
	t->decode(a, block, 1);
	t->decode(b, block, 1);
	if (memcmp(a, b, t->block_len * sizeof *a) != 0)
		fail_msg("%s: first byte %u, second %u", t->name, block[0], block[1]);
}

/* Two bytes again and again: every single byte, and of the pairs every fifth, another fifth for each type. */
static void repeated_bytes_decode(void **state)
{
	for (unsigned i = 0; tare_type_at(i); i++) {
		const tare_type *t = tare_type_at(i);
		uint8_t block[MOST_BYTES];

		assert_true(t->block_size <= MOST_BYTES && t->block_len <= MOST_WEIGHTS);
		for (unsigned pair = i % 5; t->decode && pair < 0x10000 + 5 * 256; pair += 5) {
			unsigned bytes = pair < 0x10000 ? pair : (pair - 0x10000) / 5 * 0x101;

			for (size_t k = 0; k < t->block_size; k++)
				block[k] = (uint8_t)(bytes >> 8 * (k % 2));
			decode_twice(t, block);
		}
	}
}

/* Every f16 as the scale, be it at the start or at the end, among random codes. */
static void any_scale_decodes(void **state)
{
	uint64_t seed = 3;

	for (unsigned i = 0; tare_type_at(i); i++) {
		const tare_type *t = tare_type_at(i);
		uint8_t block[MOST_BYTES];

		if (!t->decode || !(t->flags & TARE_TYPE_QUANTIZED))
			continue;
		for (size_t k = 0; k < t->block_size; k++)
			block[k] = (uint8_t)input_bits(&seed);
		for (unsigned scale = i % 7; scale < 0x10000; scale += 7) {
			tare_put16(block, (uint16_t)scale, false);
			tare_put16(block + t->block_size - 2, (uint16_t)scale, false);
			decode_twice(t, block);
		}
	}
}

struct rows {
	float *x, *w;
	size_t count, cols;
};

static void encode_twice(const tare_type *t, const struct rows *r, const float *w)
{
	size_t row = r->cols / t->block_len * t->block_size, size = r->count * row;
	uint8_t *whole = malloc(size), *single = malloc(size);

	assert_non_null(whole);
	assert_non_null(single);
	memset(whole, 0x55, size);
	memset(single, 0xaa, size);
	t->encode(whole, r->x, r->count, r->cols, w);
	for (size_t i = 0; i < r->count; i++)
		t->encode(single + i * row, r->x + i * r->cols, 1, r->cols, w);
	for (size_t k = 0; k < size; k++)
		if (whole[k] != single[k])
			fail_msg("%s%s: byte %zu of block %zu of %zu columns", t->name, w ? " with importances" : "", k % t->block_size,
				 k / t->block_size, r->cols);
	free(whole);
	free(single);
}

/* A run of one kind is as long as a sub-block of some types and shorter or longer than that of others. */
static void any_floats_encode(void **state)
{
	static float x[3 * 1280], w[1280];
	struct rows r = { .x = x, .w = w, .count = 3 };
	uint64_t seed = 11;

	for (int round = 0; round < 24; round++) {
		r.cols = 256 * (1 + (size_t)round % 5);
		input_weights(x, r.count * r.cols, round % 3 ? 32 : 16, ALL_KINDS, &seed);
		input_importances(w, r.cols, round % 5, &seed);
		for (size_t i = 0; tare_type_at(i); i++) {
			const tare_type *t = tare_type_at(i);

			if (!t->encode)
				continue;
			encode_twice(t, &r, w);
			if (!(t->flags & TARE_TYPE_NEEDS_WEIGHTS))
				encode_twice(t, &r, NULL);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(repeated_bytes_decode),
		cmocka_unit_test(any_scale_decodes),
		cmocka_unit_test(any_floats_encode),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
