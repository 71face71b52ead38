/* How one weight is spread over several stored tensors, its *parts*: codes, scales, zero points. One row (schemes.def) and one file a
 * scheme; arithmetic alone, nothing of graphs and files.
 *
 * tare_scheme_lay() says, from a weight's shape, what parts there will be and into how many *tiles* the work divides. A tile reads a
 * rectangle of the weight's stored values and makes a contiguous run of bytes of each part; tiles in order fill the parts in order. (A
 * tile may be empty.)
 * Where one scale spans more than a tile (per tensor, per channel, very wide blocks), tiles come in *bands*: all tiles of a band must be
 * measured, in any order and in any number of states that are then joined, before the first of them is encoded. Neither the size of the
 * tiles nor the instruction set changes a byte.
 *
 *   for each band                                      (layouts without bands: only the last loop, with state NULL)
 *       tare_scheme_begin(l, state)
 *       for each tile of the band                      tare_scheme_measure(l, tile, values, state)
 *       tare_scheme_settle(l, state)
 *       for each tile of the band                      tare_scheme_encode(l, tile, values, NULL, state, out)
 *
 * Values that are not finite give defined bytes and never trap; refusing them is the caller's business. Scalar code defines the bytes;
 * kernels.h has the vector versions. */
#ifndef TARE_SCHEMES_SCHEME_H
#define TARE_SCHEMES_SCHEME_H

#include "types/type.h"

typedef enum tare_algorithm {
	TARE_ALGORITHM_DEFAULT, /* that of the format's own tools */
	TARE_ALGORITHM_RTN,     /* onnxruntime's "rtn": plain rounding, the smallest and largest value at the ends */
	TARE_ALGORITHM_K_QUANT, /* onnxruntime's "k_quant" */
	TARE_ALGORITHM_SEARCH,  /* ours: the least weighted squared error over zero points and scales */
	TARE_ALGORITHM_COUNT
} tare_algorithm;

typedef enum tare_grain {
	TARE_GRAIN_BLOCK,       /* a scale for `block` values along the axis */
	TARE_GRAIN_CHANNEL,     /* a scale for each index of the axis */
	TARE_GRAIN_TENSOR,
} tare_grain;

typedef struct tare_scheme_options {
	tare_algorithm algorithm;
	tare_grain grain;
	uint64_t block;
	uint32_t axis;          /* of the weight as stored; a MatMul weight [K,N] has its blocks along 0, one stored [N,K] along 1 */
	uint32_t bits;          /* of a code */
	bool symmetric;         /* zero has the middle code */
	bool has_sign;          /* codes are signed; matmulnbits knows only unsigned ones */
	bool reduce_range;      /* dynamic_int8: half the codes, for machines whose products would saturate */
	bool zero_points;       /* stored also where the operator would assume the same ones (gather_block_quantized, qdq) */
	const tare_type *scale; /* of the scales: f32, f16, bf16 */
} tare_scheme_options;

enum { TARE_PART_CODES, TARE_PART_SCALES, TARE_PART_ZEROS, TARE_PARTS };
enum { TARE_SCHEME_DIMS = 8 };

typedef struct tare_scheme_part {
	char suffix[40];        /* what the format's tools append to the weight's name: "_Q4" */
	const char *type;       /* by its name: u8, i8, i4, u4, f32, ... */
	uint32_t n_dims;
	uint64_t dim[TARE_SCHEME_DIMS];
	uint64_t size;          /* bytes; elements of less than a byte are packed over the whole tensor, the first in the low bits */
} tare_scheme_part;

typedef struct tare_scheme tare_scheme;

/* Plain data, to be copied freely. Private from `outer` on, all of it written by lay. */
typedef struct tare_scheme_layout {
	const tare_scheme *scheme;
	tare_scheme_options opt;
	uint32_t n_parts;          /* 2: no zero points */
	tare_scheme_part part[TARE_PARTS];
	uint64_t n_tiles;
	uint64_t tiles_per_band;   /* 0: tiles stand alone and are not measured. */
	size_t state_size;         /* of a band, 0 without bands; malloc'ed memory serves */
	uint64_t outer, depth, inner; /* the weight as stored, around the axis */
	uint64_t block, blocks;    /* along the axis; the last may be cut short */
	uint64_t unit, units;      /* the smallest that can be a tile, in the scheme's own measure */
	uint64_t per_tile;         /* units in a tile, or with bands tiles in a unit */
	uint64_t step_outer, step_block, step_inner; /* grid.h: of the index of a scale */
	uint32_t rounding;         /* grid.h: enum tare_rounding */
	int32_t low, high;         /* grid.h: codes */
} tare_scheme_layout;

/* What a tile reads and makes. Value (r, c) of the rectangle is value first + r * stride + c of the weight as stored. */
typedef struct tare_scheme_tile {
	uint64_t index, band;
	bool opens_band;           /* the tile that should write the scales and zero points: the others of its band would write the same */
	uint64_t first, rows, cols, stride;
	struct {
		uint64_t offset;   /* in the part */
		size_t size;
	} part[TARE_PARTS];
} tare_scheme_tile;

/* The values of a rectangle, where the mapped source has them or in a buffer. */
typedef struct tare_values {
	const tare_type *type;     /* any with block_len 1 */
	const void *at;            /* the first, at any alignment, little-endian */
	uint64_t stride;           /* values from one row to the next */
} tare_values;

struct tare_scheme {
	const char *name;          /* as recipes write it */
	const char *text;          /* one line for people */
	/* Checks l->opt against the weight's shape (outer, depth, inner are set) and fills in the rest. */
	tare_status (*lay)(tare_scheme_layout *l, uint32_t n_dims, const uint64_t *dim, size_t tile_size, tare_error *err);
	void (*tile)(const tare_scheme_layout *l, tare_scheme_tile *t);
	void (*measure)(const tare_scheme_layout *l, const tare_scheme_tile *t, const tare_values *v, void *state);
	/* The least and greatest of n scales' values, FLT_MAX and -FLT_MAX where there was none, become scale and zero point. */
	void (*settle)(const tare_scheme_layout *l, float *lo, float *hi, size_t n);
	void (*encode)(const tare_scheme_layout *l, const tare_scheme_tile *t, const tare_values *v, const float *importance,
		       const void *state, uint8_t *const *out);
	void (*decode)(const tare_scheme_layout *l, const tare_scheme_tile *t, const uint8_t *const *in, uint64_t row, uint64_t rows,
		       uint64_t col, uint64_t cols, float *dst, size_t dst_stride);
};

#define SCHEME(name) extern const struct tare_scheme tare_scheme_##name;
#include "schemes/schemes.def"
#undef SCHEME

const tare_scheme *tare_scheme_at(size_t i);                /* NULL past the last */
const tare_scheme *tare_scheme_find(const char *name);      /* NULL if none */
const char *tare_algorithm_name(tare_algorithm a);          /* "k_quant" */
bool tare_algorithm_find(const char *name, tare_algorithm *a);

/* tile_size: about how many bytes of codes a tile should make; 0: a good size. Fails with TARE_E_ARG for options that the scheme does not
 * know, with TARE_E_UNSUPPORTED for a weight that it cannot take, and says why. */
tare_status tare_scheme_lay(tare_scheme_layout *l, const tare_scheme *s, const tare_scheme_options *opt, uint32_t n_dims,
			    const uint64_t *dim, size_t tile_size, tare_error *err);
/* index < l->n_tiles. */
void tare_scheme_tile_at(const tare_scheme_layout *l, uint64_t index, tare_scheme_tile *t);

/* A state is l->state_size bytes, aligned as malloc does. */
void tare_scheme_begin(const tare_scheme_layout *l, void *state);
void tare_scheme_measure(const tare_scheme_layout *l, const tare_scheme_tile *t, const tare_values *v, void *state);
void tare_scheme_join(const tare_scheme_layout *l, void *state, const void *more);
/* From ranges to scales and zero points; once, after the last join. */
void tare_scheme_settle(const tare_scheme_layout *l, void *state);
/* After settling: the scale of each channel (of the tensor: one), which may be raised (tare_bias_raise() of bias.h) before encoding. */
float *tare_scheme_scales(const tare_scheme_layout *l, void *state, size_t *n);

/* Writes tile.part[p].size bytes to out[p] for each part; parts whose out is NULL are not made. importance: a value for each index of the
 * axis, finite and not negative, or NULL; only TARE_ALGORITHM_SEARCH looks at it. state: settled, NULL without bands. Needs no memory
 * but some 200 KB of stack. */
void tare_scheme_encode(const tare_scheme_layout *l, const tare_scheme_tile *t, const tare_values *v, const float *importance,
			const void *state, uint8_t *const out[TARE_PARTS]);
/* rows x cols values of the tile's rectangle, from (row, col) of it, as the runtime sees them: f32((code - zero) * scale), rounded to f16
 * where the scales are f16 (and likewise bf16). in: what encode wrote, or the same bytes of parts in a file. */
void tare_scheme_decode(const tare_scheme_layout *l, const tare_scheme_tile *t, const uint8_t *const in[TARE_PARTS], uint64_t row,
			uint64_t rows, uint64_t col, uint64_t cols, float *dst, size_t dst_stride);

#endif
