/* The streaming pipeline: tiles go round from the source through the workers to whoever takes them, in the order of the result's bytes.
 *
 * Private memory, beside the models' own headers: per worker two strips of values, one of stored bytes (64 KiB with 4096 values) and one
 * row of importances; per slot a tile's bytes (at most 256 KiB, mostly half of that or less, and as much again when the source is a
 * stream); what a scheme makes of a tile, and what it measures of a band. Slots are twice as many as workers, fewer if they would pass
 * ROOM together; then there are fewer workers too. Neither the number of slots nor that of workers shows in the result. */
#ifndef TARE_RECIPE_ROUND_H
#define TARE_RECIPE_ROUND_H

#include "recipe/spread.h"

typedef struct tare_round {
	const tare_plan *p;
	const tare_run_options *run;
	bool measure;
	/* A tile's result: tiles come in the order of the result's bytes, on the calling thread. */
	tare_status (*take)(void *user, tare_tile *t, tare_error *err);
	void *user;
	size_t *order;           /* tensors of the result in the order of their bytes */
	size_t n_order;          /* without those that are skipped */
	size_t rank;             /* fed next: order[rank], from value or byte `at` */
	uint64_t at;
	uint64_t released;       /* bytes of the tensor being drained */
	uint64_t done, total;    /* bytes of the source */
	uint8_t **states;        /* per spread with bands: what was measured of each band; malloc'ed, as are they */
	tare_tile_room room;
	unsigned threads;
	size_t n_slots;
	tare_tile *slots;
	tare_bench *benches;
	uint8_t *memory;         /* of slots and benches */
} tare_round;

/* Can every step of the plan be carried out? */
tare_status tare_round_check(const tare_plan *p, tare_error *err);
/* p, run, measure, take and user are set, the rest is zero. skip: steps that are left out, NULL for none; the rest is made ready. */
tare_status tare_round_prepare(tare_round *r, const bool *skip, tare_error *err);
tare_status tare_round_go(tare_round *r, tare_error *err);
/* round_measure.c: goes over the weights whose scales belong to more than a tile, before the round itself. */
tare_status tare_round_measure(tare_round *r, tare_error *err);
/* What was measured of a band; NULL without bands. */
const void *tare_round_state(const tare_round *r, const tare_spread *s, uint64_t band);
void tare_round_end(tare_round *r);

#endif
