/* Tiles: the pieces in which the pipeline takes a tensor from its source to the target. They are cut by the tensor's shape and types
 * alone, never by the number of threads, so that the sums of the loss come out the same.
 *
 * Without importances a tensor is one long row cut at block boundaries: rows as wide as a vocabulary cost no more memory than others.
 * With importances, rows stay whole, because a type may look at all of a row. */
#ifndef TARE_RECIPE_TILE_H
#define TARE_RECIPE_TILE_H

#include "recipe/plan.h"

typedef struct tare_cut {
	uint64_t total;      /* values; bytes of a tensor that is copied */
	uint64_t unit;       /* of these, what stays together */
	uint64_t strip;      /* decoded at a time by one worker: a multiple of unit */
	uint64_t tile;       /* a multiple of strip */
} tare_cut;

typedef struct tare_tile {
	size_t index;        /* of the tensor in the result */
	uint64_t at, n;      /* values, or bytes of a tensor that is copied */
	bool last;           /* of its tensor */
	uint64_t src_offset; /* of its bytes in the source tensor */
	size_t src_size;
	const uint8_t *src;
	uint64_t out_offset; /* in the tensor of the result */
	size_t out_size;
	const uint8_t *out;  /* what is to be written; from tare_tile_work on */
	uint8_t *in_buf;     /* for bytes from a stream; NULL if there is none */
	uint8_t *out_buf;
	tare_loss_sum sum;
	uint64_t nans, infs;
} tare_tile;

/* One worker's scratch memory. */
typedef struct tare_bench {
	float *x, *y;        /* a strip of values: the source's, the result's */
	uint8_t *swapped;    /* a strip as stored in a foreign byte order */
	float *weights;      /* importances of a row, */
	const tare_importance *weighted; /* these ones (NULL: none yet), */
	uint64_t slice;      /* of this slice */
} tare_bench;

/* Bytes of buffers that go round for any step of a plan. */
typedef struct tare_tile_room {
	size_t in, out;      /* of a tile */
	size_t values;       /* of a strip */
	size_t swapped;      /* of a strip */
	size_t weights;      /* of a row: values */
} tare_tile_room;

/* True if step i's bytes go to the target as they are, without passing through a tile's own buffer. */
bool tare_step_is_direct(const tare_plan *p, size_t i);
tare_cut tare_cut_of(const tare_plan *p, size_t i);
void tare_tile_room_for(const tare_plan *p, size_t i, tare_tile_room *room);
/* Makes t the tile of tensor `index` that begins at `at`; its bytes (src) are still to be fetched. */
void tare_tile_begin(const tare_plan *p, tare_tile *t, size_t index, uint64_t at);
/* n values from value `done` of the tile, as the plan treats what is not finite, in b->x. */
tare_status tare_tile_decode(const tare_plan *p, tare_tile *t, tare_bench *b, uint64_t done, size_t n, tare_error *err);
/* Importances of a slice, kept in b->weights for the rows to come. */
const float *tare_tile_importances(tare_bench *b, const tare_importance *e, uint64_t slice, uint64_t cols);
/* n_rows whole rows of b->x, from row `row` of the tensor, in to's type. */
void tare_tile_encode_rows(tare_bench *b, const tare_tensor *to, const tare_importance *e, uint64_t row, uint64_t n_rows, uint8_t *out);
/* decode -> what is not finite -> encode -> measure, or copy. */
tare_status tare_tile_work(const tare_plan *p, tare_tile *t, tare_bench *b, bool measure, tare_error *err);

#endif
