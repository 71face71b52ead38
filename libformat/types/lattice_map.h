/* From levels of a group of weights to a point of a codebook: exactly, or the candidates near by.
 *
 * A key names the levels of one group: for lattices of eight weights and three levels the digits in base 3, for four weights and eight
 * levels three bits each, the first weight lowest. A word is a point as codebook.h has it. */
#ifndef TARE_TYPES_LATTICE_MAP_H
#define TARE_TYPES_LATTICE_MAP_H

#include <stddef.h>
#include <stdint.h>

enum {
	TARE_LATTICE_OFF = 0xffff,
	TARE_LATTICE_SPARE = 16, /* words behind a list that may be read along with it */
};

struct tare_lattice {
	const uint16_t *point;
	unsigned points, group, levels;
	unsigned shells;        /* how many different distances count as near */
	unsigned neighbours;    /* of all keys together */
	uint16_t *index;        /* by key: number of its point, or TARE_LATTICE_OFF */
	uint32_t *first;        /* by key: its neighbours start here and end where those of the next key start */
	uint16_t *near;         /* words; by distance between levels, then by number of the point. None for a key that is a point */
};

/* Built at the first call (milliseconds), by one thread; never fails, never freed. */
const struct tare_lattice *tare_lattice_iq2_xxs(void);
const struct tare_lattice *tare_lattice_iq2_xs(void);
const struct tare_lattice *tare_lattice_iq2_s(void);
const struct tare_lattice *tare_lattice_iq3_xxs(void);
const struct tare_lattice *tare_lattice_iq3_s(void);
const struct tare_lattice *tare_lattice_iq1(void);

/* The number of a point of the codebook. */
unsigned tare_lattice_number(const struct tare_lattice *l, unsigned word);

/* Of the neighbours of a key that is no point, the first for which the sum of w (scale value[level] - x)^2 is least, added up in the
 * order of the weights. If it is not finite for any (where ggml aborts): the first. value: one for each level, at least four. */
uint16_t tare_lattice_nearest(const struct tare_lattice *l, unsigned key, const float *x, const float *w, float scale, const float *value);
/* The same for a list of n candidates, at least one. */
uint16_t tare_lattice_nearest_of(const struct tare_lattice *l, const uint16_t *list, size_t n, const float *x, const float *w, float scale,
				 const float *value);

#endif
