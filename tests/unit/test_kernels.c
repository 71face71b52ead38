/* Every vector version against the scalar code of its type, which defines the bytes: random and edge blocks, all row counts around a
 * batch, with and without importances. Versions that this machine cannot run are passed over; TARE_CPU narrows the choice. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "types_input.h"
#include "versions.h"

enum { MAX_WEIGHTS = 40 * 256, GUARD = 64 };

struct buffers {
	float x[MAX_WEIGHTS], w[MAX_WEIGHTS], y[MAX_WEIGHTS], y_scalar[MAX_WEIGHTS];
	uint8_t bytes[MAX_WEIGHTS * 8 + GUARD], scalar[MAX_WEIGHTS * 8 + GUARD];
};

static void compare_encoders(const struct version *v, struct buffers *b, size_t rows, size_t cols, bool weighted)
{
	const tare_type *t = v->type;
	size_t size = rows * cols / t->block_len * t->block_size;
	const float *w = weighted ? b->w : NULL;

	memset(b->bytes, 0xa5, sizeof b->bytes);
	memset(b->scalar, 0xa5, sizeof b->scalar);
	t->encode(b->scalar, b->x, rows, cols, w);
	v->kernel->encode(b->bytes, b->x, rows, cols, w);
	for (size_t i = 0; i < size + GUARD; i++)
		if (b->bytes[i] != b->scalar[i])
			fail_msg("%s: %zu rows of %zu%s: byte %zu of block %zu is %02x, scalar %02x", v->name, rows, cols,
				 weighted ? ", weighted" : "", i % t->block_size, i / t->block_size, b->bytes[i], b->scalar[i]);
}

/* Any bytes; in every second block a scale, where blocks have theirs, that is zero, subnormal, infinite or no number. */
static void input_blocks(uint8_t *bytes, size_t nblocks, size_t size, uint64_t *seed)
{
	static const uint16_t edge[] = { 0, 0x8000, 1, 0x8001, 0x7bff, 0x7c00, 0xfc00, 0x7c01, 0x7e00, 0xffff };

	for (size_t i = 0; i < nblocks * size; i++)
		bytes[i] = (uint8_t)input_bits(seed);
	for (; nblocks-- && size >= 4; bytes += size) {
		uint32_t dice = input_bits(seed);
		const size_t at[4] = { 0, 2, size - 4, size - 2 };

		if (dice & 1)
			tare_put16(bytes + at[dice >> 1 & 3], edge[(dice >> 8) % (sizeof edge / sizeof edge[0])], false);
	}
}

static void compare_decoders(const struct version *v, struct buffers *b, size_t nblocks, uint64_t *seed)
{
	const tare_type *t = v->type;
	size_t n = nblocks * t->block_len;

	input_blocks(b->bytes, nblocks, t->block_size, seed);
	memset(b->y, 0xa5, sizeof b->y);
	memset(b->y_scalar, 0xa5, sizeof b->y_scalar);
	t->decode(b->y_scalar, b->bytes, nblocks);
	v->kernel->decode(b->y, b->bytes, nblocks);
	for (size_t i = 0; i < n; i++)
		if (tare_bits_of_f32(b->y[i]) != tare_bits_of_f32(b->y_scalar[i]))
			fail_msg("%s: weight %zu of block %zu is %a, scalar %a", v->name, i % t->block_len, i / t->block_len,
				 (double)b->y[i], (double)b->y_scalar[i]);
	assert_memory_equal(b->y, b->y_scalar, sizeof b->y);
}

static void as_the_scalar_code(void **state)
{
	const struct version *v = *state;
	struct buffers *b = malloc(sizeof *b);
	const size_t run[] = { 32, 256, MAX_WEIGHTS };
	size_t len = v->type->block_len;
	uint64_t seed = 4711;

	assert_non_null(b);
	for (int round = 0; round < 60; round++) {
		size_t cols = len * (1 + input_bits(&seed) % (len < 256 ? 24 : 5)), rows = 1 + input_bits(&seed) % (MAX_WEIGHTS / cols);

		input_weights(b->x, rows * cols, run[round % 3], round % 2 ? ALL_KINDS : ORDINARY_KINDS, &seed);
		input_importances(b->w, cols, round / 3 % 5, &seed);
		if (v->kernel->encode) {
			if (!(v->type->flags & TARE_TYPE_NEEDS_WEIGHTS))
				compare_encoders(v, b, rows, cols, false);
			compare_encoders(v, b, rows, cols, true);
		}
		if (v->kernel->decode)
			compare_decoders(v, b, 1 + input_bits(&seed) % (MAX_WEIGHTS / len), &seed);
	}
	free(b);
}

int main(void)
{
	return run_versions("vector versions", as_the_scalar_code, false);
}
