/* Bytes of the result that come before their turn: a scheme makes the scales of a weight together with its codes, and in the file they
 * stand behind them. They are kept in memory while they are few, else in a temporary file, and go out when their turn comes. */
#ifndef TARE_RECIPE_ASIDE_H
#define TARE_RECIPE_ASIDE_H

#include "io/spool.h"
#include "recipe/output.h"

typedef struct tare_aside_item {
	size_t index;            /* tensor of the outline */
	tare_spool spool;
} tare_aside_item;

typedef struct tare_aside {
	tare_output *output;
	const tare_limits *lim;
	tare_aside_item *items;  /* in the order of the result's bytes; malloc'ed */
	size_t count, cap;
} tare_aside;

/* More bytes of a tensor whose turn has not come. */
tare_status tare_aside_put(tare_aside *a, size_t index, const void *bytes, size_t size, tare_error *err);
/* All that stands before this place goes out. Tensors kept must be whole. */
tare_status tare_aside_flush(tare_aside *a, uint32_t file, uint64_t offset, tare_error *err);
void tare_aside_free(tare_aside *a);

#endif
