/* Encoders of q1_0, q2_0, tq1_0, tq2_0. Compiled once per instruction set. */
#ifndef TARE_TYPES_LOW_BITS_LANES_H
#define TARE_TYPES_LOW_BITS_LANES_H

#include "types/kernels.h"
#include "types/lanes.h"
#include "types/low_bits.h"

/* tare_ternary_code() of n weights, a multiple of 16. */
V_INLINE void low_codes(uint8_t *code, const float *x, size_t n, float inverse)
{
	for (size_t i = 0; i < n; i += 16)
		v_round_away16(code + i, x + i, inverse);
	for (size_t i = 0; i < n; i++)
		code[i]++;
}

/* The product gathers four codes in its upper byte. */
V_INLINE void encode_q2_0(struct tare_q2_0 *b, const float *x, float d)
{
	uint8_t code[64];

	tare_put_scale(b->d, d);
	low_codes(code, x, 64, d > 0 ? 1 / d : 0);
	for (size_t i = 0; i < 16; i++)
		b->code[i] = (uint8_t)((tare_get32(code + 4 * i, false) * 0x01041040u) >> 24);
}

V_INLINE void encode_tq1_0(struct tare_tq1_0 *b, const float *x, float d)
{
	uint8_t code[256];

	low_codes(code, x, 256, d != 0 ? 1 / d : 0);
	tare_tq1_0_store(b, d, code);
}

V_INLINE void encode_tq2_0(struct tare_tq2_0 *b, const float *x, float d)
{
	uint8_t code[256];

	low_codes(code, x, 256, d != 0 ? 1 / d : 0);
	tare_tq2_0_store(b, d, code);
}

/* The scalar code does blocks with NaN, and those whose largest magnitude is infinite or below `least`. */
#define LOW_BITS_ENCODER(type, len, least)                                                                                  \
	void LANES_NAME(tare_##type##_encode)(void *dst, const float *src, size_t rows, size_t cols, const float *weights)  \
	{                                                                                                                   \
		struct tare_##type *b = dst;                                                                                \
                                                                                                                            \
		(void)weights;                                                                                              \
		for (size_t n = rows * cols / len; n--; b++, src += len) {                                                  \
			bool nan;                                                                                           \
			float d = v_magnitude(src, len, &nan);                                                              \
                                                                                                                            \
			if (nan || !(d >= least && tare_is_finite(d)))                                                      \
				tare_type_##type.encode(b, src, 1, len, NULL);                                              \
			else                                                                                                \
				encode_##type(b, src, d);                                                                   \
		}                                                                                                           \
	}

LOW_BITS_ENCODER(q2_0, 64, 0x1p-126f)
LOW_BITS_ENCODER(tq1_0, 256, 0)
LOW_BITS_ENCODER(tq2_0, 256, 0)

/* ---- q1_0: the sum of magnitudes is taken in order, so a lane a block ---- */

V_INLINE void q1_0_sums(float *sum, const float *x, size_t n)
{
	float t[128][LANES];
	const float *row[LANES];
	vf s = v_zero();

	for (size_t i = 0; i < LANES; i++)
		row[i] = x + 128 * (i < n ? i : n - 1);
	for (size_t c = 0; c < 128; c += 4) {
		v_transpose4(t, row, c);
		for (size_t i = c; i < c + 4; i++)
			s = s + v_abs(v_load(t[i]));
	}
	v_store(sum, s);
}

V_INLINE uint16_t q1_0_positive16(const float *x)
{
	unsigned bits = 0;

	for (size_t i = 0; i < 16; i += LANES) {
		vf v = v_load(x + i);

		bits |= m_bits(m_or(v_lt(v_zero(), v), v_eq(v_zero(), v))) << i;
	}
	return (uint16_t)bits;
}

void LANES_NAME(tare_q1_0_encode)(void *dst, const float *src, size_t rows, size_t cols, const float *weights)
{
	struct tare_q1_0 *b = dst;
	float sum[LANES];

	(void)weights;
	for (size_t n = rows * cols / 128, i = 0; i < n; i++, src += 128, b++) {
		if (i % LANES == 0)
			q1_0_sums(sum, src, n - i);
		tare_put_scale(b->d, sum[i % LANES] / 128);
		for (size_t k = 0; k < 8; k++)
			tare_put16(b->positive + 2 * k, q1_0_positive16(src + 16 * k), false);
	}
}

#endif
