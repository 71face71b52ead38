/* What mxfp4 and nvfp4 share: E2M1 codes (sign in bit 3), as doubled integers times half the scale. */
#ifndef TARE_TYPES_FP4_H
#define TARE_TYPES_FP4_H

#include "types/exact.h"

/* Twice the value. The negative zero of code 8 is lost, as in ggml. */
static inline float tare_fp4_doubled(unsigned code)
{
	static const int8_t doubled[16] = { 0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12 };

	return doubled[code & 15];
}

/* 2 n weights from n bytes: the low nibbles first, then the high ones. half: half the scale. */
static inline void tare_fp4_decode(float *restrict y, const uint8_t *restrict code, size_t n, float half)
{
	for (size_t j = 0; j < n; j++) {
		y[j] = tare_fp4_doubled(code[j]) * half;
		y[j + n] = tare_fp4_doubled(code[j] >> 4) * half;
	}
}

#endif
