/* A register of LANES floats, the few operations that the searches need, and nothing of what they mean: one lane is one super-block
 * (or block), and every lane does what the scalar code does, in its order.
 *
 * The instructions that the compiler may use choose one of lanes_avx512.h, lanes_avx2.h, lanes_4.h, which give
 *   vf, vm            floats; truth of each lane. + - * / are the plain operators
 *   v_min, v_max      a < b ? a : b; a > b ? a : b (so b, if they are equal or one is NaN)
 *   v_lt, v_eq        false where a NaN is compared; v_unordered: true there
 *   v_select(m, a, b) a where m, else b
 *   v_one_more(m, a)  a + 1 where m, else a
 *   v_nearest_wrapped tare_nearest() of exact.h as a float, wrapping as that does
 *   v_transpose4      four columns of LANES rows
 *   v_narrow16        of sixteen values tare_nearest(), clamped to low..high, minus low, as bytes
 *   v_truncate16      of sixteen values the low byte of tare_truncate()
 *   v_widen16         sixteen bytes, with or without sign, as floats
 *   v_from_f16, v_to_f16  sixteen at a time, as half.h
 *   m_of_bits         true in lane i if bit i is set
 *   v_pairs           bits 2i and 2i + 1 of a word as a float, in lane i
 *   b16_pick          sixteen bytes of a table of sixteen */
#ifndef TARE_TYPES_LANES_H
#define TARE_TYPES_LANES_H

#include <stdbool.h>

#if defined(__AVX512BW__)
#include "types/lanes_avx512.h"
#elif defined(__AVX2__)
#include "types/lanes_avx2.h"
#else
#include "types/lanes_4.h"
#endif

#define V_INLINE static inline __attribute__((always_inline))

V_INLINE bool m_any(vm a)
{
	return m_bits(a) != 0;
}

/* Nearest, ties to even, for |a| < 2^22 (else garbage: the caller has made sure, or marks the lane). */
V_INLINE vf v_nearest(vf a)
{
	return a + v_set(0x1.8p23f) - v_set(0x1.8p23f);
}

/* False where v_nearest() cannot be trusted, NaN included. */
V_INLINE vm v_in_range(vf a)
{
	return v_lt(v_abs(a), v_set(4194303.0f));
}

V_INLINE vf v_zero(void)
{
	return v_set(0);
}

enum { SIXTEEN = 16 / LANES }; /* registers that hold sixteen floats */

/* tare_k_requantize() of sixteen weights; scale is not 0. */
V_INLINE void v_requantize16(uint8_t *code, const float *x, float scale, float min, int low, int high)
{
	vf v[SIXTEEN];

	for (size_t i = 0; i < SIXTEEN; i++)
		v[i] = (v_load(x + i * LANES) + v_set(min)) / v_set(scale);
	v_narrow16(code, v, low, high);
}

/* Sixteen codes as a search rounds them: nearest(inverse * (x - from)). */
V_INLINE void v_round16(uint8_t *code, const float *x, float inverse, float from, int low, int high)
{
	vf v[SIXTEEN];

	for (size_t i = 0; i < SIXTEEN; i++)
		v[i] = v_set(inverse) * (v_load(x + i * LANES) - v_set(from));
	v_narrow16(code, v, low, high);
}

/* The largest and smallest lane. No NaN among them. */
V_INLINE float v_largest(vf a)
{
	float f[LANES];

	v_store(f, a);
	for (size_t half = LANES / 2; half; half /= 2)
		for (size_t i = 0; i < half; i++)
			f[i] = f[i] > f[i + half] ? f[i] : f[i + half];
	return f[0];
}

V_INLINE float v_smallest(vf a)
{
	float f[LANES];

	v_store(f, a);
	for (size_t half = LANES / 2; half; half /= 2)
		for (size_t i = 0; i < half; i++)
			f[i] = f[i] < f[i + half] ? f[i] : f[i + half];
	return f[0];
}

/* The largest magnitude of n weights, a multiple of 16, NaN passed over; *nan: whether there was one. */
V_INLINE float v_magnitude(const float *x, size_t n, bool *nan)
{
	vf max = v_zero();
	vm bad = m_none();

	for (size_t i = 0; i < n; i += LANES) {
		vf v = v_load(x + i);

		bad = m_or(bad, v_unordered(v, v));
		max = v_max(v_abs(v), max);
	}
	*nan = m_any(bad);
	return v_largest(max);
}

/* The low bytes of tare_round_away(x * factor), sixteen of them. */
V_INLINE void v_round_away16(uint8_t *code, const float *x, float factor)
{
	vf v[SIXTEEN];

	for (size_t i = 0; i < SIXTEEN; i++) {
		v[i] = v_load(x + i * LANES) * v_set(factor);
		v[i] = v[i] + v_select(v_lt(v[i], v_zero()), v_set(-0x1.fffffep-2f), v_set(0x1.fffffep-2f));
	}
	v_truncate16(code, v);
}

/* Sixteen weights: scale * code - min. */
V_INLINE void v_decode16(float *y, tare_b16 code, bool has_sign, float scale, float min)
{
	uint8_t byte[16];
	vf v[SIXTEEN];

	tare_b16_store(byte, code);
	v_widen16(v, byte, has_sign);
	for (size_t i = 0; i < SIXTEEN; i++)
		v_store(y + i * LANES, v_set(scale) * v[i] - v_set(min));
}

/* Sixteen weights of codes with a sign: scale * code. */
V_INLINE void v_decode_signed16(float *y, tare_b16 code, float scale)
{
	v_decode16(y, code, true, scale, 0);
}

/* The decoder of a type from decode_TYPE(), which makes len weights of a block. */
#define LANES_DECODER(type, len)                                                                  \
	void LANES_NAME(tare_##type##_decode)(float *dst, const void *src, size_t nblocks)        \
	{                                                                                         \
		const struct tare_##type *b = src;                                                \
                                                                                                  \
		for (; nblocks--; dst += (len))                                                   \
			decode_##type(dst, b++);                                                  \
	}

#endif
