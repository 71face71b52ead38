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
	const tare_spread *spread; /* NULL: one tensor becomes one. Else `at` counts tiles of the scheme, */
	size_t due;          /* the part that is first in the result, whose bytes go out at once; else `index` */
	tare_scheme_tile rectangle; /* this is the one, */
	uint8_t *made[TARE_PARTS]; /* and these are its bytes of each part, in out_buf */
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
	void *state;         /* room for what is measured of a band; NULL if no spread has any */
} tare_tile;

/* Bytes of one tensor of the result. */
typedef struct tare_tile_part {
	size_t index;        /* of the tensor */
	uint64_t offset;     /* in it */
	const uint8_t *bytes;
	size_t size;
} tare_tile_part;

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
	size_t state;        /* of a band that is measured */
} tare_tile_room;

/* True if step i's bytes go to the target as they are, without passing through a tile's own buffer. */
bool tare_step_is_direct(const tare_plan *p, size_t i);
tare_cut tare_cut_of(const tare_plan *p, size_t i);
void tare_tile_room_for(const tare_plan *p, size_t i, tare_tile_room *room);
/* Makes t the tile of tensor `index` that begins at `at`; its bytes (src) are still to be fetched. */
void tare_tile_begin(const tare_plan *p, tare_tile *t, size_t index, uint64_t at);
/* The i-th of the tensors that a tile has bytes of; false past the last. Most tiles have one. */
bool tare_tile_part_at(const tare_tile *t, unsigned i, tare_tile_part *out);
/* NaN and infinity among n values in x, which begin with value `at` of the source tensor, are dealt with as the plan says, and counted. */
tare_status tare_tile_nonfinite(const tare_plan *p, tare_tile *t, float *x, size_t n, uint64_t at, tare_error *err);
/* n values from value `done` of the tile, as the plan treats what is not finite, in b->x. */
tare_status tare_tile_decode(const tare_plan *p, tare_tile *t, tare_bench *b, uint64_t done, size_t n, tare_error *err);
/* Importances of a slice, kept in b->weights for the rows to come. */
const float *tare_tile_importances(tare_bench *b, const tare_importance *e, uint64_t slice, uint64_t cols);
/* n_rows whole rows of b->x, from row `row` of the tensor, in to's type. */
void tare_tile_encode_rows(tare_bench *b, const tare_tensor *to, const tare_importance *e, uint64_t row, uint64_t n_rows, uint8_t *out);
/* decode -> what is not finite -> encode -> measure, or copy. */
tare_status tare_tile_work(const tare_plan *p, tare_tile *t, tare_bench *b, bool measure, tare_error *err);

#endif
