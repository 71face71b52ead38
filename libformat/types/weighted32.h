/* The legacy types with an importance matrix: each block of 32 is searched as a K sub-block is, its weights softened by the mean square
 * of the whole row. */
#ifndef TARE_TYPES_WEIGHTED32_H
#define TARE_TYPES_WEIGHTED32_H

#include "types/k_search.h"

/* One block: x without stray NaNs, w the weights of the search. */
typedef void tare_weighted_fn(void *block, const float *x, const float *w);

tare_weighted_fn tare_q4_0_encode_weighted, tare_q4_1_encode_weighted, tare_q5_0_encode_weighted, tare_q5_1_encode_weighted;

TARE_SEARCH void tare_encode_weighted32(void *dst, size_t block_size, const float *src, size_t rows, size_t cols, const float *weights,
					tare_weighted_fn *encode_block)
{
	uint8_t *block = dst;
	float copy[32], w[32];

	for (; rows--; src += cols) {
		float sum = 0, variance;

		for (size_t i = 0; i < cols; i++)
			sum += src[i] * src[i];
		variance = sum / (float)cols;
		for (size_t at = 0; at < cols; at += 32, block += block_size) {
			const float *x = tare_tame(32, src + at, copy);

			tare_soften(32, w, weights + at, x, variance);
			encode_block(block, x, w);
		}
	}
}

#endif
