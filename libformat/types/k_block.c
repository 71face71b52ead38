#include "types/k_block.h"

void tare_k_encode(void *dst, size_t block_size, const float *src, size_t rows, size_t cols, const float *weights,
		   tare_k_encode_fn *encode_block)
{
	uint8_t *block = dst;
	float copy[TARE_K];

	for (; rows--; src += cols)
		for (size_t at = 0; at < cols; at += TARE_K, block += block_size)
			encode_block(block, tare_tame(TARE_K, src + at, copy), weights ? weights + at : NULL);
}
