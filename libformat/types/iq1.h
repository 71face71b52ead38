/* What iq1_s and iq1_m share: groups of eight weights -1, 0, +1, all shifted up or down by an eighth, on a lattice of 2048 points.
 *
 * Encoding sorts the weights under one scale and tries every way to cut them into low, middle and high, with every shift. The best cut
 * gives scale, shift and levels; groups that are no point of the lattice then move to their best neighbour. */
#ifndef TARE_TYPES_IQ1_H
#define TARE_TYPES_IQ1_H

#include "types/lattice.h"
#include "types/lattice_map.h"

#define TARE_IQ1_SHIFT 0.125f

enum { TARE_IQ1_GROUP = 8, TARE_IQ1_SUB = 32 }; /* TARE_IQ1_SUB: weights under one scale, at most */

/* What the three levels are worth, shifted up or down; the fourth is none. */
extern const float tare_iq1_up[4], tare_iq1_down[4];

static inline void tare_iq1_decode(float *y, unsigned point, float scale, bool down)
{
	const float *level = down ? tare_iq1_down : tare_iq1_up;
	float value[4] = { scale * level[0], scale * level[1], scale * level[2], 0 };

	for (unsigned j = 0; j < TARE_IQ1_GROUP; j++)
		y[j] = value[tare_codebook_iq1[point] >> 2 * j & 3];
}

/* The scale of a block of iq1_m. */
static inline float tare_iq1_m_scale(const struct tare_iq1_m *b)
{
	unsigned bits = 0;

	for (unsigned i = 0; i < 4; i++)
		bits |= tare_get16(b->scale + 2 * i, false) >> 12 << 4 * i;
	return tare_f32_of_f16((uint16_t)bits);
}

/* importance: n, or NULL for x^2 alone. */
void tare_iq1_weigh(float *w, const float *x, size_t n, const float *importance, float sigma2);
float tare_iq1_largest(const float *x, size_t n);

/* The largest is below the limit, mostly said by the last. */
static inline bool tare_iq1_below(const float *x, size_t n, float limit)
{
	return tare_abs(x[n - 1]) < limit && tare_iq1_largest(x, n) < limit;
}

/* The places of x in ascending order, equal ones as they came. */
void tare_iq1_sort(uint8_t *place, const float *x, size_t n);

/* Where the sorted weights are cut, and what the scale came to: below `low` level 0, from `high` on level 2. */
struct tare_iq1_cut {
	unsigned low, high;
	unsigned shifts;  /* which combination of shifts */
	float scale;
	float best;       /* (sum of w x q)^2 / (sum of w q^2) */
	bool found;
};

/* Takes a cut if it is better. qx, q2: sums of w x q and w q^2. */
static inline void tare_iq1_consider(struct tare_iq1_cut *c, unsigned low, unsigned high, unsigned shifts, float qx, float q2)
{
	if (!(q2 > 0 && qx * qx > c->best * q2))
		return;
	c->scale = qx / q2;
	*c = (struct tare_iq1_cut){ low, high, shifts, c->scale, c->scale * qx, true };
}

/* Levels of n weights for a cut; turned round if the scale is negative, which is then made positive. Returns whether it was. */
bool tare_iq1_levels(uint8_t *level, struct tare_iq1_cut *c, const uint8_t *place, size_t n);

/* The costly steps, by scalar code or in lanes. */
struct tare_iq1_coder {
	/* tare_iq1_weigh() */
	void (*weigh)(float *w, const float *x, size_t n, const float *importance, float sigma2);
	/* Of n sub-blocks that follow each other, each: sorts it as tare_iq1_sort() and finds its best cut. place: SUB for each. At most
	 * TARE_IQ1_TOGETHER. */
	void (*cut)(struct tare_iq1_cut *c, uint8_t *place, const float *x, const float *w, size_t n);
	/* tare_lattice_nearest_of() */
	uint16_t (*nearest)(const struct tare_lattice *l, const uint16_t *list, size_t n, const float *x, const float *w, float scale,
			    const float *value);
};

enum { TARE_IQ1_TOGETHER = 16 };

extern const struct tare_iq1_coder tare_iq1_s_coder, tare_iq1_m_coder;

typedef void tare_iq1_encode_fn(void *dst, const float *src, size_t rows, size_t cols, const float *weights,
				const struct tare_iq1_coder *coder);
extern tare_iq1_encode_fn tare_iq1_s_encode_with, tare_iq1_m_encode_with;

/* The point for eight levels, or the nearest. value: tare_iq1_up or tare_iq1_down. *number: of the point. Returns its word. */
unsigned tare_iq1_place(const struct tare_iq1_coder *coder, const uint8_t *level, const float *x, const float *w, float scale,
			const float *value, bool *off, unsigned *number);

#endif
