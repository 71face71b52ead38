/* f16 and bf16 to f32 and back, the same on every machine, without relying on the host's treatment of subnormals.
 *
 * To f16 and bf16: nearest, ties to even; beyond the largest, infinity. NaN becomes the quiet NaN 0x7e00 with its sign in f16, and keeps
 * its upper bits in bf16, as the software conversions of ggml do (hardware keeps the payload in f16: a vector version must mend that). */
#ifndef TARE_TYPES_HALF_H
#define TARE_TYPES_HALF_H

#include "base/bytes.h"

#ifdef __F16C__
#include <immintrin.h>
#endif

static inline float tare_f32_of_f16(uint16_t h)
{
#ifdef __F16C__
	return _cvtsh_ss(h); /* the same for all 65536, and subnormals whatever the host does with them */
#else
	uint32_t sign = (uint32_t)(h & 0x8000) << 16, magnitude = h & 0x7fff;
	uint32_t normal = (magnitude << 13) + (112u << 23);
	uint32_t special = (magnitude << 13) | 0x7f800000 | (magnitude > 0x7c00 ? 0x400000 : 0);
	uint32_t subnormal = tare_bits_of_f32((float)(int32_t)magnitude * 0x1p-24f);
	uint32_t finite = magnitude < 0x400 ? subnormal : normal;

	return tare_f32_of_bits(sign | (magnitude >= 0x7c00 ? special : finite));
#endif
}

static inline uint16_t tare_f16_of_f32(float f)
{
	uint32_t u = tare_bits_of_f32(f), magnitude = u & 0x7fffffff;
	uint32_t normal = (magnitude - (112u << 23) + 0xfff + (magnitude >> 13 & 1)) >> 13;
	/* Below 2^-14 the unit in the last place of 0.5 + |f| is that of a subnormal f16: the addition rounds. */
	uint32_t subnormal = tare_bits_of_f32(tare_f32_of_bits(magnitude < 0x38800000 ? magnitude : 0) + 0.5f) - 0x3f000000;
	uint32_t finite = magnitude < 0x38800000 ? subnormal : normal;
	uint32_t special = magnitude > 0x7f800000 ? 0x7e00 : 0x7c00;

	return (uint16_t)(u >> 16 & 0x8000) | (uint16_t)(magnitude >= 0x477ff000 ? special : finite);
}

static inline float tare_f32_of_bf16(uint16_t h)
{
	return tare_f32_of_bits((uint32_t)h << 16);
}

static inline uint16_t tare_bf16_of_f32(float f)
{
	uint32_t u = tare_bits_of_f32(f);
	uint32_t nan = (u >> 16) | 64, finite = (u + 0x7fff + (u >> 16 & 1)) >> 16;

	return (uint16_t)((u & 0x7fffffff) > 0x7f800000 ? nan : finite);
}

#endif
