/* f16 and bf16, small floats, integers. Compiled once per instruction set. */
#ifndef TARE_TYPES_PLAIN_LANES_H
#define TARE_TYPES_PLAIN_LANES_H

#include "types/f8.h"
#include "types/integer.h"
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

/* Sixteen bytes, a sign and seven bits, to f16 with the seven moved up. */
V_INLINE void f8_to_f16(uint16_t *f16, tare_b16 code, int shift)
{
	typedef uint16_t sixteen_words __attribute__((vector_size(32)));
	sixteen_words w = __builtin_convertvector(code, sixteen_words);

	w = (w & 0x80) << 8 | (w & 0x7f) << shift;
	memcpy(f16, &w, sizeof w);
}

/* Small floats: f16 with more bits, times a power of two; but for sixteen with any code for which that is not so. */
#define F8_DECODER(type, shift, factor, other)                                                             \
	void LANES_NAME(tare_f8_##type##_decode)(float *dst, const void *src, size_t nblocks)              \
	{                                                                                                  \
		const uint8_t *p = src;                                                                    \
		size_t i = 0;                                                                              \
                                                                                                           \
		for (; i + 16 <= nblocks; i += 16) {                                                       \
			tare_b16 c = tare_b16_load(p + i);                                                 \
			uint16_t f16[16];                                                                  \
			vf v[SIXTEEN];                                                                     \
                                                                                                           \
			if (tare_b16_any((tare_b16)(other))) {                                             \
				for (size_t k = i; k < i + 16; k++)                                        \
					dst[k] = tare_f8_##type(p[k]);                                     \
				continue;                                                                  \
			}                                                                                  \
			f8_to_f16(f16, c, shift);                                                          \
			v_from_f16(v, f16);                                                                \
			for (size_t k = 0; k < SIXTEEN; k++)                                               \
				v_store(dst + i + k * LANES, v[k] * v_set(factor));                        \
		}                                                                                          \
		for (; i < nblocks; i++)                                                                   \
			dst[i] = tare_f8_##type(p[i]);                                                     \
	}

F8_DECODER(e4m3, 7, 0x1p8f, (c & 0x7f) == 0x7f)
F8_DECODER(e4m3fnuz, 7, 0x1p7f, c == 0x80)
F8_DECODER(e5m2, 8, 1, (c & 0x7c) == 0x7c)
F8_DECODER(e5m2fnuz, 8, 0.5f, ((c & 0x7c) == 0x7c) | (c == 0x80))

/* From here on plain loops, which the compiler turns into vectors well. */
#define PLAIN_DECODER(type, value)                                                                         \
	void LANES_NAME(tare_##type##_decode)(float *restrict dst, const void *restrict src, size_t nblocks) \
	{                                                                                                  \
		const uint8_t *p = src;                                                                    \
                                                                                                           \
		for (size_t i = 0; i < nblocks; i++)                                                       \
			dst[i] = (float)(value);                                                           \
	}

TARE_INTEGERS(PLAIN_DECODER)
PLAIN_DECODER(f8_e8m0, tare_f8_e8m0(p[i]))
PLAIN_DECODER(bf16, tare_f32_of_bf16(tare_get16(p + 2 * i, false)))

void LANES_NAME(tare_bf16_encode)(void *restrict dst, const float *restrict src, size_t rows, size_t cols, const float *weights)
{
	size_t n = rows * cols;
	uint8_t *p = dst;

	(void)weights;
	for (size_t i = 0; i < n; i++)
		tare_put16(p + 2 * i, tare_bf16_of_f32(src[i]), false);
}

#endif
