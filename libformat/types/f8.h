/* The 8-bit floats of safetensors (OCP OFP8, the "fnuz" variants of Graphcore and AMD, and the exponent-only E8M0 of OCP MX).
 *
 * NaN becomes the quiet NaN with the sign of the code (fnuz and E8M0: positive); f8_e5m2, which is the upper half of an f16, keeps
 * its payload. */
#ifndef TARE_TYPES_F8_H
#define TARE_TYPES_F8_H

#include "types/small_float.h"

#define TARE_F8_NAN 0x7fc00000u

/* No infinity; all ones is NaN. */
static inline float tare_f8_e4m3(uint8_t c)
{
	return (c & 0x7f) == 0x7f ? tare_f32_of_bits((uint32_t)(c & 0x80) << 24 | TARE_F8_NAN) : tare_small_float(c, 4, 3, 7);
}

/* "Finite, NaN unsigned zero": the code of negative zero is the only NaN. */
static inline float tare_f8_e4m3fnuz(uint8_t c)
{
	return c == 0x80 ? tare_f32_of_bits(TARE_F8_NAN) : tare_small_float(c, 4, 3, 8);
}

static inline float tare_f8_e5m2(uint8_t c)
{
	return tare_f32_of_f16((uint16_t)(c << 8));
}

static inline float tare_f8_e5m2fnuz(uint8_t c)
{
	return c == 0x80 ? tare_f32_of_bits(TARE_F8_NAN) : tare_small_float(c, 5, 2, 16);
}

/* 2^(c - 127); the smallest is subnormal in f32. */
static inline float tare_f8_e8m0(uint8_t c)
{
	return tare_f32_of_bits(c == 0xff ? TARE_F8_NAN : c ? (uint32_t)c << 23 : 0x00400000);
}

#endif
