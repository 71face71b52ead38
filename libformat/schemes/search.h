/* What the search for scale and zero point tries; the same for the scalar code and the vectors. */
#ifndef TARE_SCHEMES_SEARCH_H
#define TARE_SCHEMES_SEARCH_H

#include <stddef.h>

enum { TARE_SEARCH_TRIALS = 7 };

/* The range of a block is tried as if it had so many levels more than there are: more levels are finer steps, with the ends cut off. */
static const float tare_search_levels[3][TARE_SEARCH_TRIALS] = {
	{ -0.25f, 0, 0.25f, 0.5f, 0.8f, 1.1f, 1.5f },   /* 2 bits */
	{ -0.7f, -0.2f, 0.3f, 0.8f, 1.4f, 2.1f, 3 },    /* 4 bits */
	{ -1, -0.5f, 0, 0.5f, 1, 2, 4 },                /* 8 bits */
};

static inline const float *tare_search_levels_of(unsigned bits)
{
	return tare_search_levels[bits == 2 ? 0 : bits == 4 ? 1 : 2];
}

#endif
