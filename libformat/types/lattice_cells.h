/* Short lists of candidates for the groups of a lattice (lattice_map.h) whose levels are rounded from values.
 *
 * Measured in units of the trial scale, level k stands at 2k + 1. Where a value lies between the points at which two levels are equally
 * near (all integers) says not only which level it is rounded to, but in which order the levels follow by distance: its cell. For the
 * cells of a whole group, candidate p of the neighbours cannot be chosen if an earlier candidate is at least as near in every weight:
 * rounding is monotone, so the sum for it is at most that of p, and of equal sums the first is taken. (One of the later candidates would
 * not do: where importances are 0 it may come to the same.) So p is left out. This holds with rounding for values that are not within
 * some 1e-5 of an integer; callers must use the whole list for those, and for all that is not finite. */
#ifndef TARE_TYPES_LATTICE_CELLS_H
#define TARE_TYPES_LATTICE_CELLS_H

#include "types/lattice_map.h"

enum {
	TARE_CELL_KEYS = 65536,
	TARE_CELL_ON = 1,       /* in an entry: the levels are a point */
	TARE_CELL_COUNT = 1,    /* shift of the eight bits of the number of candidates */
	TARE_CELL_FIRST = 9,    /* shift of where they start */
};

/* A key has, the first weight lowest: for groups of eight two bits, the whole part (1 ... 4, modulo 4) of the value held to 1.5 ... 4.5;
 * for groups of four four bits, the whole part of the value held to 1.5 ... 14.5. */
struct tare_lattice_cells {
	const struct tare_lattice *lattice;
	uint32_t *entry;      /* by key */
	uint16_t *candidate;  /* words; TARE_LATTICE_SPARE more than there are */
	uint32_t candidates;  /* how many there are */
};

/* Built at the first call, by one thread; never fails, never freed. */
const struct tare_lattice_cells *tare_lattice_cells_iq2_xxs(void);
const struct tare_lattice_cells *tare_lattice_cells_iq2_xs(void);
const struct tare_lattice_cells *tare_lattice_cells_iq2_s(void);
const struct tare_lattice_cells *tare_lattice_cells_iq3_xxs(void);
const struct tare_lattice_cells *tare_lattice_cells_iq3_s(void);

#endif
