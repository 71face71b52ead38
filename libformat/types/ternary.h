/* What the encoders of tq1_0 and tq2_0 share. */
#ifndef TARE_TYPES_TERNARY_H
#define TARE_TYPES_TERNARY_H

#include "types/exact.h"

/* The largest magnitude of n weights. As in ggml, a NaN makes it start anew: a block has a NaN scale only if its last weight is NaN. */
static inline float tare_ternary_scale(const float *x, size_t n)
{
	float max = 0;

	for (size_t i = 0; i < n; i++) {
		float a = tare_abs(x[i]);

		max = max > a ? max : a;
	}
	return max;
}

/* -1, 0, 1 to 0, 1, 2. Infinity and NaN count as zero; after a NaN in the block larger values may come out, of which the low bits stay. */
static inline uint8_t tare_ternary_code(float x, float inverse)
{
	return (uint8_t)((uint32_t)tare_round_away(x * inverse) + 1);
}

#endif
