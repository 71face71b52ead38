/* What the golden hashes of types are taken of: rows of all kinds, encoded, and any bytes at all, decoded. Nothing but libformat/types and
 * the C library is in use here. */
#ifndef TARE_TESTS_GOLDEN_TYPES_H
#define TARE_TESTS_GOLDEN_TYPES_H

#include "types/type.h"
#include "types_input.h"

#include <stdlib.h>

enum { GOLDEN_ROWS = 48, GOLDEN_COLS = 1024, GOLDEN_VALUES = GOLDEN_ROWS * GOLDEN_COLS };

static inline const float *golden_input(void)
{
	static float x[GOLDEN_VALUES];
	uint64_t seed = 20260821;

	input_weights(x, GOLDEN_VALUES / 3, 32, ORDINARY_KINDS, &seed);
	input_weights(x + GOLDEN_VALUES / 3, GOLDEN_VALUES / 3, 256, ORDINARY_KINDS, &seed);
	input_weights(x + GOLDEN_VALUES / 3 * 2, GOLDEN_VALUES / 3, 32, ALL_KINDS, &seed);
	return x;
}

static inline const float *golden_importances(void)
{
	static float w[GOLDEN_COLS];
	uint64_t seed = 40;

	input_importances(w, GOLDEN_COLS, 0, &seed);
	return w;
}

static inline size_t golden_size(const tare_type *t)
{
	return GOLDEN_VALUES / t->block_len * t->block_size;
}

/* golden_size() bytes, malloc'ed; NULL if the type is not encoded so, or memory is short. */
static inline uint8_t *golden_encoded(const tare_type *t, tare_encode_fn *encode, const float *weights)
{
	uint8_t *bytes = encode && (weights || !(t->flags & TARE_TYPE_NEEDS_WEIGHTS)) ? malloc(golden_size(t)) : NULL;

	if (bytes)
		encode(bytes, golden_input(), GOLDEN_ROWS, GOLDEN_COLS, weights);
	return bytes;
}

/* GOLDEN_VALUES values, malloc'ed, of blocks of any bytes at all; NULL if the type is not decoded, or memory is short. */
static inline float *golden_decoded(const tare_type *t, tare_decode_fn *decode)
{
	uint8_t *bytes = malloc(golden_size(t));
	float *y = decode && bytes ? malloc(GOLDEN_VALUES * sizeof *y) : NULL;
	uint64_t seed = 7;
	size_t i;

	for (i = 0; y && i < golden_size(t); i++)
		bytes[i] = (uint8_t)input_bits(&seed);
	if (y)
		decode(y, bytes, GOLDEN_VALUES / t->block_len);
	free(bytes);
	return y;
}

#endif
