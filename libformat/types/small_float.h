/* Floats of at most eight bits to f32, exactly, without relying on the host's treatment of subnormals. */
#ifndef TARE_TYPES_SMALL_FLOAT_H
#define TARE_TYPES_SMALL_FLOAT_H

#include "types/half.h"

/* code: sign (if any bit is left), exponent, mantissa, from high to low. NaN and infinity are the caller's business. */
static inline float tare_small_float(uint32_t code, unsigned exponent_bits, unsigned mantissa_bits, unsigned bias)
{
	uint32_t sign = code >> (exponent_bits + mantissa_bits) & 1;
	uint32_t magnitude = code & ((1u << (exponent_bits + mantissa_bits)) - 1);
	uint32_t normal = (magnitude << (23 - mantissa_bits)) + ((127 - bias) << 23);
	float least = tare_f32_of_bits((128 - bias - mantissa_bits) << 23);
	uint32_t subnormal = tare_bits_of_f32((float)(int32_t)magnitude * least);

	return tare_f32_of_bits(sign << 31 | (magnitude >> mantissa_bits ? normal : subnormal));
}

#endif
