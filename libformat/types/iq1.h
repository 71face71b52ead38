/* What iq1_s and iq1_m share: groups of eight weights -1, 0, +1, all shifted up or down by an eighth, on a lattice of 2048 points. */
#ifndef TARE_TYPES_IQ1_H
#define TARE_TYPES_IQ1_H

#include "types/lattice.h"

#define TARE_IQ1_SHIFT 0.125f

enum { TARE_IQ1_GROUP = 8 };

static inline void tare_iq1_decode(float *y, unsigned point, float scale, bool down)
{
	float shift = down ? -TARE_IQ1_SHIFT : TARE_IQ1_SHIFT;
	float value[4] = { scale * (-1 + shift), scale * shift, scale * (1 + shift), 0 };

	for (unsigned j = 0; j < TARE_IQ1_GROUP; j++)
		y[j] = value[tare_codebook_iq1[point] >> 2 * j & 3];
}

#endif
