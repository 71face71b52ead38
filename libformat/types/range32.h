/* The plain rounding of q4_1 and q5_1: codes spread evenly from the smallest to the largest of 32 weights. */
#ifndef TARE_TYPES_RANGE32_H
#define TARE_TYPES_RANGE32_H

#include <float.h>

#include "types/exact.h"

struct tare_range {
	float scale, min;
};

static inline struct tare_range tare_range32(uint8_t *restrict code, const float *restrict x, int32_t max_code)
{
	float min = FLT_MAX, max = -FLT_MAX, d, inverse;

	for (size_t j = 0; j < 32; j++) {
		min = x[j] < min ? x[j] : min;
		max = x[j] > max ? x[j] : max;
	}
	d = (max - min) / (float)max_code;
	inverse = d != 0 ? 1 / d : 0;
	for (size_t j = 0; j < 32; j++) {
		int8_t c = (int8_t)tare_truncate((x[j] - min) * inverse + 0.5f);

		code[j] = (uint8_t)(c < max_code ? c : max_code);
	}
	return (struct tare_range){ d, min };
}

#endif
