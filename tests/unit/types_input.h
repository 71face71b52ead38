/* Weights to quantize, from integers alone, so that every machine makes the same: ordinary ones, and what searches stumble over. */
#ifndef TYPES_INPUT_H
#define TYPES_INPUT_H

#include <math.h>
#include <string.h>

#include "types/half.h"

enum input_kind {
	NORMAL, CUBED, OUTLIERS, ZEROS, SIGNED_ZEROS, CONSTANT, NEAR_CONSTANT, ALTERNATING, SPARSE, POSITIVE, NEGATIVE, INTEGERS, TIES,
	F16_ROUNDED, F16_SUBNORMAL,
	EASY_KINDS, /* on which no search may stumble */
	ONE_WEIGHT = EASY_KINDS, TINY,
	ORDINARY_KINDS,
	SUBNORMAL = ORDINARY_KINDS, HUGE_WEIGHTS, OVERFLOWING, INFINITE, ALL_INFINITE, SOME_NAN, ALL_NAN, ANY_BITS,
	ALL_KINDS
};

static inline uint32_t input_bits(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(*seed >> 32);
}

/* In [-1, 1). */
static inline float input_uniform(uint64_t *seed)
{
	return (float)((int32_t)(input_bits(seed) >> 8) - 0x800000) * 0x1p-23f;
}

/* Nearly normal: the sum of four uniform ones, variance 4/3. */
static inline float input_normal(uint64_t *seed)
{
	float a = input_uniform(seed) + input_uniform(seed), b = input_uniform(seed) + input_uniform(seed);

	return a + b;
}

static inline float input_weight(enum input_kind kind, size_t i, float level, uint64_t *seed)
{
	float v = input_normal(seed);
	uint32_t dice = input_bits(seed);

	switch (kind) {
	case NORMAL: return 0.02f * v;
	case CUBED: return 0.01f * v * v * v;
	case OUTLIERS: return dice % 16 ? 0.02f * v : 0.8f * v;
	case ZEROS: return 0;
	case SIGNED_ZEROS: return dice & 1 ? 0.0f : -0.0f;
	case CONSTANT: return level;
	case NEAR_CONSTANT: return (level < 0 ? -5.0f : 5.0f) + 0.001f * v;
	case ALTERNATING: return i & 1 ? level : -level;
	case SPARSE: return dice % 3 ? 0 : 0.02f * v;
	case POSITIVE: return v < 0 ? -v : v;
	case NEGATIVE: return v < 0 ? v : -v;
	case INTEGERS: return (float)((int)(dice % 17) - 8);
	case TIES: return 0.5f * level * (float)((int)(dice % 33) - 16);
	case F16_ROUNDED: return tare_f32_of_f16(tare_f16_of_f32(0.02f * v));
	case F16_SUBNORMAL: return (float)((int)(dice % 2047) - 1023) * 0x1p-24f;
	case ONE_WEIGHT: return i % 32 == 7 ? v : 0;
	case TINY: return 1e-14f * v;
	case SUBNORMAL: return tare_f32_of_bits(dice & 0x800fffff);
	case HUGE_WEIGHTS: return 1e30f * v;
	case OVERFLOWING: return dice & 1 ? 0x1.fffffep127f : -0x1.8p127f;
	case INFINITE: return dice % 8 ? 0.02f * v : dice & 8 ? tare_f32_of_bits(0x7f800000) : tare_f32_of_bits(0xff800000);
	case ALL_INFINITE: return tare_f32_of_bits(level < 0 ? 0xff800000 : 0x7f800000);
	case SOME_NAN: return dice % 8 ? 0.02f * v : tare_f32_of_bits(dice | 0x7f800001);
	case ALL_NAN: return tare_f32_of_bits(dice | 0x7f800001);
	default: return tare_f32_of_bits(dice);
	}
}

/* n weights in runs of `run` of one kind each, kinds below `kinds`. */
static inline void input_weights(float *x, size_t n, size_t run, int kinds, uint64_t *seed)
{
	for (size_t at = 0; at < n; at += run) {
		enum input_kind kind = (enum input_kind)(input_bits(seed) % (unsigned)kinds);
		float level = input_normal(seed);

		for (size_t i = 0; i < run && at + i < n; i++)
			x[at + i] = input_weight(kind, i, level, seed);
	}
}

/* Importances of n columns, of five sorts: ordinary, with zeros, tiny, huge, all equal. */
static inline void input_importances(float *w, size_t n, int sort, uint64_t *seed)
{
	static const float level[] = { 1, 1, 1e-25f, 1e25f, 3 };

	for (size_t i = 0; i < n; i++) {
		float v = input_normal(seed);

		w[i] = sort == 4 ? 3 : sort == 1 && input_bits(seed) % 3 == 0 ? 0 : level[sort] * v * v;
	}
}

#endif
