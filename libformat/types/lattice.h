/* What the types on lattices share: points of a codebook to weights. */
#ifndef TARE_TYPES_LATTICE_H
#define TARE_TYPES_LATTICE_H

#include "types/codebook.h"
#include "types/exact.h"
#include "types/lattice_blocks.h"

/* Seven signs stored; the eighth makes the number of negative ones even. */
static inline unsigned tare_lattice_eighth_sign(unsigned seven)
{
	return seven | (unsigned)__builtin_parity(seven) << 7;
}

/* n weights of a point of the given bits a weight. value: of each level; signs: bit j set negates weight j. */
static inline void tare_lattice_decode(float *restrict y, size_t n, unsigned bits, unsigned point, const float *value, unsigned signs)
{
	static const float sign[2] = { 1, -1 };

	for (unsigned j = 0; j < n; j++)
		y[j] = value[point >> bits * j & ((1u << bits) - 1)] * sign[signs >> j & 1];
}

/* What the levels are worth, in the units of each type. iq1_*: before the shift. */
static const int8_t tare_lattice_levels_iq1[4] = { -8, 0, 8, 0 };
static const int8_t tare_lattice_levels_iq2[4] = { 8, 25, 43, 43 };
static const int8_t tare_lattice_levels_iq3_xxs[8] = { 4, 12, 20, 28, 36, 44, 52, 62 };
static const int8_t tare_lattice_levels_iq3_s[8] = { 1, 3, 5, 7, 9, 11, 13, 15 };

/* The values of the levels of iq2_*, times scale. */
static inline void tare_lattice_values2(float value[4], float scale)
{
	for (unsigned k = 0; k < 4; k++)
		value[k] = scale * tare_lattice_levels_iq2[k];
}

static inline float tare_lattice_sum_squares(const float *x, size_t n)
{
	float sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += x[i] * x[i];
	return sum;
}

#endif
