/* Going through the payload of pairs of tensors, piece by piece, on several threads. Pieces are cut by the tensors alone, and taken in the
 * order of a's bytes. What has been taken is let go of, so that memory does not grow with the models. */
#ifndef TARE_COMPARE_WALK_H
#define TARE_COMPARE_WALK_H

#include "compare/compare.h"
#include "compare/sums.h"

/* A piece of a pair. */
typedef struct tare_stretch {
	tare_pair *pair;
	const tare_tensor *a, *b;
	uint64_t at, n;          /* bytes or values, as the walk counts */
	bool last;               /* of its pair */
	bool differs;            /* bytes.c: from first_byte on */
	uint64_t first_byte;
	tare_value_sums sums;    /* values.c */
} tare_stretch;

/* One worker's own memory. */
typedef struct tare_desk {
	float x[TARE_STRIP], y[TARE_STRIP];
	uint8_t swapped[2][TARE_STRIP_BYTES];
} tare_desk;

typedef struct tare_walk {
	tare_comparison *c;
	/* What the pair's length is in the unit of the walk; 0: it is passed over. */
	uint64_t (*length)(const struct tare_walk *w, const tare_pair *p);
	/* Where a piece of a pair is in the bytes of one of its tensors: the unit's place. */
	uint64_t (*byte_of)(const tare_tensor *t, uint64_t at);
	uint64_t stretch;        /* units in a piece */
	tare_status (*work)(const struct tare_walk *w, tare_stretch *s, tare_desk *desk, tare_error *err);
	void (*take)(struct tare_walk *w, const tare_stretch *s);
	size_t *order;           /* pairs, malloc'ed; from here on tare_walk_run()'s own */
	size_t n, rank;
	uint64_t at;
	tare_desk *desks;
} tare_walk;

tare_status tare_walk_run(tare_walk *w, tare_error *err);
/* size bytes of a tensor from byte `at` on, little-endian if its type has an order; in `swapped` if they had to be turned round (size is
 * then at most TARE_STRIP_BYTES, in whole blocks). */
tare_status tare_walk_bytes(tare_model *m, const tare_tensor *t, uint64_t at, size_t size, uint8_t *swapped, const uint8_t **out,
			    tare_error *err);

#endif
