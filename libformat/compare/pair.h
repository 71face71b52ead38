/* Finding out which tensor of b is which of a: first by name (pair.c), then by content, then by role. */
#ifndef TARE_COMPARE_PAIR_H
#define TARE_COMPARE_PAIR_H

#include "compare/compare.h"

/* Who goes with whom so far. All arrays are malloc'ed. */
typedef struct tare_couples {
	size_t *of_a;            /* per tensor of a: its partner in b, SIZE_MAX: none yet */
	size_t *of_b;
	tare_paired *how;        /* per tensor of a that has a partner */
} tare_couples;

/* A tensor that has no partner yet. */
typedef struct tare_single {
	bool in_b;
	bool common;             /* the other side has one with the same content's head, or the same role */
	size_t index;
	const tare_tensor *tensor;
	uint64_t hash[2];        /* of its content, for pair_content.c */
	const char *role;        /* NULL: not known, */
	int layer;
	const char *end;         /* "weight", "bias" or "": where the role's name ends */
} tare_single;

/* All that are left and have bytes, malloc'ed. */
tare_status tare_singles(const tare_comparison *c, const tare_couples *p, tare_single **out, size_t *n, tare_error *err);
/* By role, layer and ending: negative, 0, positive. Those without a role are first. */
int tare_single_by_role(const tare_single *s, const tare_single *t);
/* s is of a and t of b, or the other way round. */
void tare_couple(tare_couples *p, const tare_single *s, const tare_single *t, tare_paired how);

tare_status tare_pair_by_content(tare_comparison *c, tare_couples *p, tare_error *err);
tare_status tare_pair_by_role(tare_comparison *c, tare_couples *p, tare_error *err);

#endif
