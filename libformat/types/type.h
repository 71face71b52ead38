/* What a weight is on disk: one row and one file per type. types.def lists them.
 *
 * Scalar code defines the bytes. A vector version (struct tare_kernel) gives the same bytes and is chosen once per run by
 * tare_type_encode()/tare_type_decode(): the last row of `kernels` whose CPU flags are all present. */
#ifndef TARE_TYPES_TYPE_H
#define TARE_TYPES_TYPE_H

#include "tare.h"

/* nblocks blocks to f32. Total on every input: never traps. */
typedef void tare_decode_fn(float *dst, const void *src, size_t nblocks);
/* rows x cols values (cols a multiple of block_len) to rows of blocks, row after row. weights: cols importances, or NULL.
 * Rows are independent: any split into rows gives the same bytes. Without weights blocks are independent too, so that several rows may be
 * given as one long one, or a part of one. Non-finite input gives defined bytes. */
typedef void tare_encode_fn(void *dst, const float *src, size_t rows, size_t cols, const float *weights);
/* Reverses the byte order of every multi-byte field of nblocks blocks, in place. */
typedef void tare_swap_fn(void *blocks, size_t nblocks);

struct tare_kernel {
	unsigned cpu;           /* flags of base/cpu.h that must all be there; ends the list with 0 */
	tare_decode_fn *decode; /* NULL: not this one */
	tare_encode_fn *encode;
};

enum {
	TARE_TYPE_QUANTIZED = 1u << 0,
	TARE_TYPE_INTEGER = 1u << 1,
	TARE_TYPE_NEEDS_WEIGHTS = 1u << 2, /* encoding needs an importance matrix */
	TARE_TYPE_REMOVED = 1u << 3,       /* a number once used: no layout */
	TARE_TYPE_IGNORES_WEIGHTS = 1u << 5, /* of a quantized type: importances do not change what is encoded */
	TARE_TYPE_BITSTREAM = 1u << 4,     /* blocks run over row ends: only the whole tensor must divide, */
	TARE_TYPE_PADDED = 1u << 6,        /* or not even that: its last block is filled up */
};

struct tare_type {
	const char *name;       /* as users write it: "q4_K" */
	int32_t gguf_id;        /* number in GGUF; -1: GGUF cannot hold it */
	uint32_t block_len;     /* elements */
	uint32_t block_size;    /* bytes */
	unsigned flags;
	tare_decode_fn *decode; /* NULL: no values in f32 (not for any listed type with a layout) */
	tare_encode_fn *encode; /* NULL: cannot be written */
	tare_swap_fn *swap;     /* NULL: bytes only, nothing to swap */
	const char *fields;     /* of a quantized type's block: see tare_type_fields() */
	const struct tare_kernel *kernels; /* vector versions, worst first; NULL: none */
};

#define TYPE(name) extern const struct tare_type tare_type_##name;
#include "types/types.def"
#undef TYPE

/* NULL if no type has this number. */
const tare_type *tare_type_of_gguf(int64_t id);
tare_decode_fn *tare_type_decode(const tare_type *t);
tare_encode_fn *tare_type_encode(const tare_type *t);
/* Blocks that hold n elements. */
static inline uint64_t tare_type_blocks(const tare_type *t, uint64_t n)
{
	return n / t->block_len + (n % t->block_len != 0);
}

/* Bytes of a tensor; false if the shape does not divide into blocks or overflows. n_dims may be 0 (one element). */
bool tare_type_size(const tare_type *t, const uint64_t *dim, uint32_t n_dims, uint64_t *size);

#endif
