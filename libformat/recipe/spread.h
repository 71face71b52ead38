/* A weight that a scheme spreads over several tensors of the result, its parts, as the pipeline takes it: tile by tile of the scheme, each
 * making bytes of every part. Where a scale belongs to more than a tile, all of the weight is measured first (round_measure.c). */
#ifndef TARE_RECIPE_SPREAD_H
#define TARE_RECIPE_SPREAD_H

#include "recipe/tile.h"

/* How many bands the layout has; 0: tiles stand alone. */
uint64_t tare_spread_bands(const tare_spread *s);
/* Can it be carried out? */
tare_status tare_spread_check(const tare_plan *p, const tare_spread *s, tare_error *err);
void tare_spread_room_for(const tare_plan *p, const tare_spread *s, tare_tile_room *room);
/* Makes t the tile number `at`, of a weight whose part `due` is the first in the result; its bytes (src) are still to be fetched. */
void tare_spread_begin(const tare_plan *p, const tare_spread *s, tare_tile *t, size_t due, uint64_t at);
/* The tile's share of what is measured, into state. */
tare_status tare_spread_measure(const tare_plan *p, tare_tile *t, tare_bench *b, void *state, tare_error *err);
/* What is not finite -> encode -> measure the loss. state: of the tile's band, settled; NULL without bands. */
tare_status tare_spread_work(const tare_plan *p, tare_tile *t, tare_bench *b, const void *state, bool measure, tare_error *err);

#endif
