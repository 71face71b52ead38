/* What iq4_nl and iq4_xs share: sixteen levels, denser around zero, and the search for the scale of 32 weights. */
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

/* The mean square of n weights, doubled: what importances are measured against. */
float tare_iq4_sigma2(const float *x, size_t n);
/* The scale that serves 32 weights best; 0 if they are all next to zero; a NaN is the canonical one. importance: 32, or NULL. */
float tare_iq4_scale(const float *x, const float *importance, float sigma2);
/* Codes of the levels nearest to x times inverse. */
void tare_iq4_encode(uint8_t *restrict code, const float *restrict x, float inverse);

#endif
