/* Arithmetic of the block types with one result on every machine, where C or the processors leave it open.
 *
 * The reference quantizers cast floats to integers without looking at the range (undefined in C, 0x80000000 on the x86 they are built
 * for) and let NaN through (whose sign and payload differ from processor to processor). The rules here keep the reference's bytes where
 * it has any, and are the same everywhere:
 *   - a float outside int32, or NaN, becomes INT32_MIN when cast; narrower integers take its low bits (so 0);
 *   - a NaN weight counts as the canonical NaN, whose nearest integer is 0;
 *   - a scale that is NaN is stored as 0xfe00: the sign of a NaN made on x86 (one passed on from the weights may have had another);
 *   - decoding passes on the NaN of the scale, else of the minimum; a NaN that arises (0 x infinity) is 0xffc00000, as on x86. */
#ifndef TARE_TYPES_EXACT_H
#define TARE_TYPES_EXACT_H

#include <stddef.h>

#include "types/half.h"

#define TARE_NAN_BITS 0x7fc00000u      /* the canonical NaN among weights */
#define TARE_MADE_NAN_BITS 0xffc00000u /* a NaN that decoding made of infinities */

/* As a C cast towards zero, total. */
static inline int32_t tare_truncate(float f)
{
	return f >= -0x1p31f && f < 0x1p31f ? (int32_t)f : INT32_MIN;
}

/* Half away from zero, as roundf. The addend is the float below 0.5: adding 0.5 itself would lift 0.49999997 to 1. */
static inline int32_t tare_round_away(float f)
{
	return tare_truncate(f + (f < 0 ? -0x1.fffffep-2f : 0x1.fffffep-2f));
}

/* Nearest, ties to even, for |f| < 2^22. Beyond that the result wraps, as the reference's; infinity gives -2^22 and the canonical NaN 0. */
static inline int32_t tare_nearest(float f)
{
	return (int32_t)(tare_bits_of_f32(f + 0x1.8p23f) & 0x7fffff) - 0x400000;
}

static inline int32_t tare_clamp(int32_t v, int32_t low, int32_t high)
{
	return v < low ? low : v > high ? high : v;
}

static inline float tare_abs(float f)
{
	return tare_f32_of_bits(tare_bits_of_f32(f) & 0x7fffffff);
}

static inline bool tare_is_nan(float f)
{
	return (tare_bits_of_f32(f) & 0x7fffffff) > 0x7f800000;
}

static inline bool tare_is_finite(float f)
{
	return (tare_bits_of_f32(f) & 0x7f800000) != 0x7f800000;
}

/* The f16 scale of a block, at p. */
static inline void tare_put_scale(void *p, float f)
{
	tare_put16(p, tare_is_nan(f) ? 0xfe00 : tare_f16_of_f32(f), false);
}

static inline float tare_get_scale(const void *p)
{
	return tare_f32_of_f16(tare_get16(p, false));
}

/* The value of largest magnitude, the first of equals, with its sign; NaN never wins; 0 if all are zero or NaN. */
static inline float tare_extreme(const float *x, size_t n)
{
	float max = 0, extreme = 0;

	for (size_t i = 0; i < n; i++) {
		float a = tare_abs(x[i]);

		extreme = a > max ? x[i] : extreme;
		max = a > max ? a : max;
	}
	return extreme;
}

/* After decoding n values with a scale and minimum of which one is not finite: see the rules above. */
void tare_settle_nans(float *y, size_t n, float scale, float min);

static inline void tare_settle(float *y, size_t n, float scale, float min)
{
	if (!tare_is_finite(scale) || !tare_is_finite(min))
		tare_settle_nans(y, n, scale, min);
}

#endif
