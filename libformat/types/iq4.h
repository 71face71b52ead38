/* What iq4_nl and iq4_xs share: sixteen levels, denser around zero. */
#ifndef TARE_TYPES_IQ4_H
#define TARE_TYPES_IQ4_H

#include "types/exact.h"

enum { TARE_IQ4_LEN = 32 };

extern const int8_t tare_iq4_level[16];

/* 32 weights: low nibbles hold the first half, high nibbles the second. */
static inline void tare_iq4_decode(float *restrict y, const uint8_t *restrict code, float d)
{
	for (size_t j = 0; j < TARE_IQ4_LEN / 2; j++) {
		y[j] = d * tare_iq4_level[code[j] & 15];
		y[j + TARE_IQ4_LEN / 2] = d * tare_iq4_level[code[j] >> 4];
	}
}

#endif
