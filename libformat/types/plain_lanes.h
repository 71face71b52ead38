/* f16 and bf16. Compiled once per instruction set. */
#ifndef TARE_TYPES_PLAIN_LANES_H
#define TARE_TYPES_PLAIN_LANES_H

#include "types/kernels.h"
#include "types/lanes.h"

void LANES_NAME(tare_f16_decode)(float *dst, const void *src, size_t nblocks)
{
	const uint8_t *p = src;
	size_t i = 0;

	for (; i + 16 <= nblocks; i += 16) {
		vf v[SIXTEEN];

		v_from_f16(v, p + 2 * i);
		for (size_t k = 0; k < SIXTEEN; k++)
			v_store(dst + i + k * LANES, v[k]);
	}
	for (; i < nblocks; i++)
		dst[i] = tare_f32_of_f16(tare_get16(p + 2 * i, false));
}

void LANES_NAME(tare_f16_encode)(void *dst, const float *src, size_t rows, size_t cols, const float *weights)
{
	size_t n = rows * cols, i = 0;
	uint8_t *p = dst;

	(void)weights;
	for (; i + 16 <= n; i += 16) {
		vf v[SIXTEEN];

		for (size_t k = 0; k < SIXTEEN; k++)
			v[k] = v_load(src + i + k * LANES);
		v_to_f16(p + 2 * i, v);
	}
	for (; i < n; i++)
		tare_put16(p + 2 * i, tare_f16_of_f32(src[i]), false);
}

/* Integers alone: the compiler does it well. */
void LANES_NAME(tare_bf16_decode)(float *restrict dst, const void *restrict src, size_t nblocks)
{
	const uint8_t *p = src;

	for (size_t i = 0; i < nblocks; i++)
		dst[i] = tare_f32_of_bf16(tare_get16(p + 2 * i, false));
}

void LANES_NAME(tare_bf16_encode)(void *restrict dst, const float *restrict src, size_t rows, size_t cols, const float *weights)
{
	size_t n = rows * cols;
	uint8_t *p = dst;

	(void)weights;
	for (size_t i = 0; i < n; i++)
		tare_put16(p + 2 * i, tare_bf16_of_f32(src[i]), false);
}

#endif
