/* The kernels as plain loops, which are the definition of the bytes. scalar.c has them as they are; the files of the instruction sets
 * compile them again for the compiler to turn into vectors, which changes no result: there is no sum whose order could move. PLAIN(name)
 * names them. */
#ifndef TARE_SCHEMES_PLAIN_KERNELS_H
#define TARE_SCHEMES_PLAIN_KERNELS_H

#include <float.h>
#include <string.h>

#include "schemes/kernels.h"
#include "types/exact.h"

#ifndef PLAIN
#define PLAIN(name) plain_##name
#endif

/* Half to even; |a| <= 2^22. */
static inline float plain_nearest(float a)
{
	return a + 0x1.8p23f - 0x1.8p23f;
}

/* low where a is NaN. */
static inline float plain_clamp(float a, float low, float high)
{
	a = a > low ? a : low;
	return a < high ? a : high;
}

static inline float plain_f16(float a)
{
	return tare_f32_of_f16(tare_f16_of_f32(a));
}

static inline void PLAIN(range)(float *restrict lo, float *restrict hi, const tare_strip *s)
{
	for (size_t r = 0; r < s->rows; r++) {
		const float *x = s->x + r * s->stride;

		for (size_t c = 0; c < s->cols; c++) {
			lo[c] = x[c] < lo[c] ? x[c] : lo[c];
			hi[c] = x[c] > hi[c] ? x[c] : hi[c];
		}
	}
}

/* Sixteen at a time, folded in order. */
static inline void PLAIN(range_run)(float *restrict lo, float *restrict hi, const float *restrict x, size_t n)
{
	float low[16], high[16];
	size_t i;

	for (size_t k = 0; k < 16; k++) {
		low[k] = *lo;
		high[k] = *hi;
	}
	for (i = 0; i + 16 <= n; i += 16)
		for (size_t k = 0; k < 16; k++) {
			low[k] = x[i + k] < low[k] ? x[i + k] : low[k];
			high[k] = x[i + k] > high[k] ? x[i + k] : high[k];
		}
	for (; i < n; i++) {
		low[i % 16] = x[i] < low[i % 16] ? x[i] : low[i % 16];
		high[i % 16] = x[i] > high[i % 16] ? x[i] : high[i % 16];
	}
	for (size_t k = 0; k < 16; k++) {
		*lo = low[k] < *lo ? low[k] : *lo;
		*hi = high[k] > *hi ? high[k] : *hi;
	}
}

/* What does not fit an int32, or is NaN, becomes the least one when the reference converts it. */
static inline void PLAIN(codes_away)(int32_t *restrict code, const float *restrict x, const float *restrict inverse,
				     const float *restrict zero, size_t n, tare_code_range range)
{
	for (size_t i = 0; i < n; i++) {
		float v = x[i] * inverse[i], t = v + (v < 0 ? -0x1.fffffep-2f : 0x1.fffffep-2f);
		int32_t q;

		/* beyond 2^20 every zero point is clamped away */
		t = t < 0x1p31f ? t : -0x1p20f;
		t = plain_clamp(t, -0x1p20f, 0x1p20f);
		q = (int32_t)t + (int32_t)zero[i];
		q = q < range.low ? range.low : q;
		code[i] = q > range.high ? range.high : q;
	}
}

static inline void PLAIN(codes_sum)(int32_t *restrict code, const float *restrict x, const float *restrict scale,
				    const float *restrict zero, size_t n, tare_code_range range)
{
	const float low = (float)range.low, high = (float)range.high;

	for (size_t i = 0; i < n; i++) {
		float v = plain_nearest(plain_clamp(x[i] / scale[i] + zero[i], low, high));

		code[i] = (int32_t)(scale[i] == 0 ? zero[i] : v);
	}
}

static inline void PLAIN(codes_sum_f16)(int32_t *restrict code, const float *restrict x, const float *restrict scale,
					const float *restrict zero, size_t n, tare_code_range range)
{
	const float low = (float)range.low, high = (float)range.high;

	for (size_t i = 0; i < n; i++) {
		float v = plain_nearest(plain_clamp(plain_f16(plain_f16(x[i] / scale[i]) + zero[i]), low, high));

		code[i] = (int32_t)(scale[i] == 0 ? zero[i] : v);
	}
}

/* A quotient beyond 2^20 is clamped away whatever the zero point. NaN counts as 0. */
static inline void PLAIN(codes_quotient)(int32_t *restrict code, const float *restrict x, const float *restrict scale,
					 const float *restrict zero, size_t n, tare_code_range range)
{
	const float low = (float)range.low, high = (float)range.high;

	for (size_t i = 0; i < n; i++) {
		float v = x[i] / scale[i];

		v = v == v ? v : 0;
		v = plain_nearest(plain_clamp(v, -0x1p20f, 0x1p20f)) + zero[i];
		code[i] = (int32_t)plain_clamp(v, low, high);
	}
}

static inline void PLAIN(nbits_settle_symmetric)(tare_nbits_scales *restrict q, const float *restrict lo,
						 const float *restrict hi, size_t n, uint32_t bits, bool f16)
{
	float half = (float)(1 << (bits - 1));

	for (size_t c = 0; c < n; c++) {
		float m = tare_abs(hi[c]) > tare_abs(lo[c]) ? hi[c] : lo[c];

		q->scale[c] = -m / half;
		q->zero[c] = half;
	}
	for (size_t c = 0; f16 && c < n; c++)
		q->scale[c] = plain_f16(q->scale[c]);
}

/* The zero point belongs to the scale before rounding, half away from zero. */
static inline void PLAIN(nbits_settle_asymmetric)(tare_nbits_scales *restrict q, const float *restrict lo,
						  const float *restrict hi, size_t n, uint32_t bits, bool f16)
{
	float max = (float)((1 << bits) - 1);

	for (size_t c = 0; c < n; c++) {
		float low = lo[c] < 0 ? lo[c] : 0, high = hi[c] > 0 ? hi[c] : 0;
		float s = (high - low) / max, z = s != 0 ? 0 - low / s : low;

		q->scale[c] = s;
		q->zero[c] = (float)(int32_t)(plain_clamp(z, 0, max) + 0x1.fffffep-2f);
	}
	for (size_t c = 0; f16 && c < n; c++)
		q->scale[c] = plain_f16(q->scale[c]);
}

static inline void PLAIN(nbits_settle)(tare_nbits_scales *q, const float *lo, const float *hi, size_t n, uint32_t bits,
				       bool symmetric, bool f16)
{
	if (symmetric)
		PLAIN(nbits_settle_symmetric)(q, lo, hi, n, bits, f16);
	else
		PLAIN(nbits_settle_asymmetric)(q, lo, hi, n, bits, f16);
	for (size_t c = 0; c < n; c++) {
		float inverse = 1 / q->scale[c];

		q->inverse[c] = q->scale[c] != 0 ? inverse : 0;
	}
}

/* Codes of a column, one a byte, in their places. */
static inline void plain_pack(uint8_t *restrict out, const uint8_t *restrict code, size_t n, uint32_t bits)
{
	size_t per = 8 / bits;

	for (size_t i = 0; i < n; i++) {
		uint8_t v = (uint8_t)(code[i] << i % per * bits);

		out[i / per] = i % per ? out[i / per] | v : v;
	}
}

/* The zero point is added before rounding, half away from zero; NaN becomes code 0. */
static inline void PLAIN(nbits_codes)(uint8_t *out, size_t out_stride, const tare_strip *s, const tare_nbits_scales *q,
				      uint32_t bits)
{
	uint8_t code[TARE_STRIP_ROWS];
	float max = (float)((1 << bits) - 1);

	for (size_t c = 0; c < s->cols; c++) {
		for (size_t r = 0; r < s->rows; r++)
			code[r] = (uint8_t)(plain_clamp(s->x[r * s->stride + c] * q->inverse[c] + q->zero[c], 0, max) + 0x1.fffffep-2f);
		plain_pack(out + c * out_stride, code, s->rows, bits);
	}
}

/* In double precision, half to even; NaN becomes code 0. */
static inline uint8_t plain_divided(float x, double divisor, float zero, double max)
{
	double v = (double)x / divisor + (double)zero;

	v = v > 0 ? v : 0;
	v = v < max ? v : max;
	return (uint8_t)(v + 0x1.8p52 - 0x1.8p52);
}

static inline void PLAIN(nbits_divided)(uint8_t *out, size_t out_stride, const tare_strip *s, const tare_nbits_scales *q,
					uint32_t bits)
{
	uint8_t code[TARE_STRIP_ROWS][TARE_STRIP_COLS], column[TARE_STRIP_ROWS];
	double max = (1 << bits) - 1;

	for (size_t r = 0; r < s->rows; r++)
		for (size_t c = 0; c < s->cols; c++)
			code[r][c] = plain_divided(s->x[r * s->stride + c], q->divisor[c], q->zero[c], max);
	for (size_t c = 0; c < s->cols; c++) {
		for (size_t r = 0; r < s->rows; r++)
			column[r] = code[r][c];
		plain_pack(out + c * out_stride, column, s->rows, bits);
	}
}

static inline void PLAIN(transpose)(float *restrict dst, size_t dst_stride, const float *restrict src, size_t src_stride,
				    size_t rows, size_t cols)
{
	for (size_t r = 0; r < rows; r++)
		for (size_t c = 0; c < cols; c++)
			dst[c * dst_stride + r] = src[r * src_stride + c];
}

#endif
