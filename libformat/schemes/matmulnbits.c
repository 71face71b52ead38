/* matmulnbits: com.microsoft.MatMulNBits. A matrix of K x N; blocks run along K, and everything is stored column by column:
 *   codes   u8 [N, blocks, block * bits / 8], along K, low bits first
 *   scales  [N, blocks]
 *   zeros   u8 [N, bytes of `blocks` codes], low bits first; none if symmetric
 * value = (code - zero) * scale, zero 2^(bits-1) where none is stored. Codes of onnxruntime's own algorithms are its bytes, down to the
 * lanes that no value has. A tile is some columns, whole. */
#include <stdio.h>

#include "base/checked.h"
#include "base/error.h"
#include "schemes/kernels.h"
#include "schemes/nbits.h"
#include "schemes/scheme.h"
#include "schemes/values.h"

enum { CACHE_LINE = 64 };

static uint64_t columns_of(const tare_scheme_layout *l)
{
	return l->outer * l->inner;
}

/* Is a column contiguous in the weight as stored, [N,K]? */
static bool is_turned(const tare_scheme_layout *l)
{
	return l->outer > 1;
}

static size_t block_bytes(const tare_scheme_layout *l)
{
	return (size_t)(l->block * l->opt.bits / 8);
}

static size_t zero_bytes(const tare_scheme_layout *l)
{
	return (size_t)((l->blocks * l->opt.bits + 7) / 8);
}

static bool block_is_known(const tare_scheme_options *o)
{
	bool searches = o->algorithm == TARE_ALGORITHM_K_QUANT || o->algorithm == TARE_ALGORITHM_SEARCH;
	uint64_t most = o->bits == 2 || searches ? TARE_STRIP_ROWS : TARE_NBITS_MAX_BLOCK;

	return tare_is_power_of_two(o->block) && o->block >= 16 && o->block <= most;
}

static tare_status check(const tare_scheme_layout *l, uint32_t n_dims, tare_error *err)
{
	const tare_scheme_options *o = &l->opt;

	if (o->bits != 2 && o->bits != 4 && o->bits != 8)
		return tare_fail(err, TARE_E_ARG, TARE_NOWHERE, "scheme matmulnbits: %u bits: expected 2, 4 or 8", o->bits);
	if (o->algorithm >= TARE_ALGORITHM_COUNT)
		return tare_fail(err, TARE_E_ARG, TARE_NOWHERE, "scheme matmulnbits: unknown algorithm");
	if (o->grain != TARE_GRAIN_BLOCK || o->has_sign || o->reduce_range)
		return tare_fail(err, TARE_E_ARG, TARE_NOWHERE, "scheme matmulnbits: codes are unsigned, in blocks, and use the whole range");
	if (!block_is_known(o))
		return tare_fail(err, TARE_E_ARG, TARE_NOWHERE,
				 "scheme matmulnbits: blocks of %llu: expected a power of two, 16 or more (up to 256 with 2 bits, k_quant and "
				 "search)", (unsigned long long)o->block);
	if (o->algorithm == TARE_ALGORITHM_K_QUANT && o->symmetric)
		return tare_fail(err, TARE_E_ARG, TARE_NOWHERE, "scheme matmulnbits: k_quant is never symmetric");
	if (n_dims != 2)
		return tare_fail(err, TARE_E_UNSUPPORTED, TARE_NOWHERE, "scheme matmulnbits: %u dimensions: expected 2", n_dims);
	return TARE_OK;
}

static void name_parts(tare_scheme_layout *l)
{
	const tare_scheme_options *o = &l->opt;
	bool grouped = o->algorithm == TARE_ALGORITHM_RTN || o->algorithm == TARE_ALGORITHM_K_QUANT;
	tare_scheme_part *p = l->part;

	if (grouped)
		snprintf(p[0].suffix, sizeof p->suffix, "_Q%uG%llu", o->bits, (unsigned long long)o->block);
	else
		snprintf(p[0].suffix, sizeof p->suffix, "_Q%u", o->bits);
	snprintf(p[1].suffix, sizeof p->suffix, grouped ? "_scale" : "_scales");
	snprintf(p[2].suffix, sizeof p->suffix, grouped ? "_zp" : "_zero_points");
}

static void shape_parts(tare_scheme_layout *l)
{
	uint64_t n = columns_of(l);

	l->part[TARE_PART_CODES].type = l->part[TARE_PART_ZEROS].type = "u8";
	l->part[TARE_PART_SCALES].type = l->opt.scale->name;
	l->part[TARE_PART_CODES].n_dims = 3;
	l->part[TARE_PART_SCALES].n_dims = l->part[TARE_PART_ZEROS].n_dims = 2;
	for (size_t p = 0; p < TARE_PARTS; p++) {
		l->part[p].dim[0] = n;
		l->part[p].dim[1] = p == TARE_PART_ZEROS ? zero_bytes(l) : l->blocks;
	}
	l->part[TARE_PART_CODES].dim[2] = block_bytes(l);
	l->part[TARE_PART_CODES].size = n * l->blocks * block_bytes(l);
	l->part[TARE_PART_SCALES].size = n * l->blocks * l->opt.scale->block_size;
	l->part[TARE_PART_ZEROS].size = n * zero_bytes(l);
	l->n_parts = l->opt.symmetric && !l->opt.zero_points ? 2 : 3;
}

static tare_status lay(tare_scheme_layout *l, uint32_t n_dims, const uint64_t *dim, size_t tile_size, tare_error *err)
{
	uint64_t column, most;

	TARE_TRY(check(l, n_dims, err));
	l->block = l->opt.block;
	l->blocks = (l->depth + l->block - 1) / l->block;
	if (!tare_mul(columns_of(l), l->blocks, &most) || !tare_mul(most, l->block, &most) || most > INT64_MAX)
		return tare_fail(err, TARE_E_UNSUPPORTED, TARE_NOWHERE, "scheme matmulnbits: blocks of %llu make the weight too large",
				 (unsigned long long)l->block);
	name_parts(l);
	shape_parts(l);
	column = l->blocks * block_bytes(l);
	most = column < tile_size ? tile_size / column : 1;
	l->unit = 1;
	l->units = columns_of(l);
	l->per_tile = most > TARE_STRIP_COLS ? most - most % TARE_STRIP_COLS : most;
	l->n_tiles = (l->units + l->per_tile - 1) / l->per_tile;
	return TARE_OK;
}

static void tile(const tare_scheme_layout *l, tare_scheme_tile *t)
{
	uint64_t at = t->index * l->per_tile, n = l->units - at < l->per_tile ? l->units - at : l->per_tile;

	t->first = is_turned(l) ? at * l->depth : at;
	t->rows = is_turned(l) ? n : l->depth;
	t->cols = is_turned(l) ? l->depth : n;
	t->stride = is_turned(l) ? l->depth : l->inner;
	for (uint32_t p = 0; p < l->n_parts; p++) {
		uint64_t column = l->part[p].size / l->units;

		t->part[p].offset = at * column;
		t->part[p].size = (size_t)(n * column);
	}
}

/* One tile being encoded: places of the strip's first column, and scratch memory. */
struct work {
	const tare_scheme_layout *l;
	const tare_values *v;
	const tare_scheme_kernels *k;
	const float *importance;
	uint8_t *codes, *scales, *zeros; /* of the tile; NULL: not wanted */
	uint64_t col;                    /* of the strip */
	size_t cols;
	float none[TARE_STRIP_COLS];     /* the least of no values */
	float buf[TARE_STRIP_ROWS * TARE_STRIP_COLS];
};

/* rows values of each of the strip's columns, from value `at`. */
static tare_strip fetch(struct work *w, uint64_t at, size_t rows)
{
	if (is_turned(w->l))
		return tare_values_turned(w->v, w->col, w->cols, at, rows, w->buf, w->k);
	return tare_values_strip(w->v, at, rows, w->col, w->cols, w->buf);
}

static uint64_t rows_of(const struct work *w, uint64_t block)
{
	uint64_t left = w->l->depth - block * w->l->block;

	return left < w->l->block ? left : w->l->block;
}

static void range_of(struct work *w, uint64_t block, uint64_t rows, float *lo, float *hi)
{
	memcpy(lo, w->none, sizeof w->none);
	for (size_t c = 0; c < TARE_STRIP_COLS; c++)
		hi[c] = -lo[c];
	for (uint64_t done = 0, n; done < rows; done += n) {
		tare_strip s;

		n = rows - done < TARE_STRIP_ROWS ? rows - done : TARE_STRIP_ROWS;
		s = fetch(w, block * w->l->block + done, (size_t)n);
		w->k->range(lo, hi, &s);
	}
}

/* rows values of a block of each column, from value `at` of it. Past the end are zeros: what all algorithms but the default see there. */
static tare_strip fetch_padded(struct work *w, uint64_t block, uint64_t at, size_t rows)
{
	uint64_t there = rows_of(w, block);
	size_t real = there > at + rows ? rows : there > at ? (size_t)(there - at) : 0;
	tare_strip s = { 0 };

	if (real)
		s = fetch(w, block * w->l->block + at, real);
	if (real == rows)
		return s;
	for (size_t r = 0; r < rows; r++)
		for (size_t c = 0; c < w->cols; c++)
			w->buf[r * TARE_STRIP_COLS + c] = r < real ? s.x[r * s.stride + c] : 0;
	return (tare_strip){ w->buf, TARE_STRIP_COLS, rows, w->cols };
}

static void settle_rtn(struct work *w, uint64_t block, tare_nbits_scales *q)
{
	float lo[TARE_STRIP_COLS], hi[TARE_STRIP_COLS];
	uint64_t rows = rows_of(w, block);

	range_of(w, block, rows, lo, hi);
	for (size_t c = 0; c < w->cols; c++) {
		if (rows < w->l->block) {
			lo[c] = lo[c] < 0 ? lo[c] : 0;
			hi[c] = hi[c] > 0 ? hi[c] : 0;
		}
		tare_nbits_settle_rtn(q, c, lo[c], hi[c], w->l->opt.bits, w->l->opt.symmetric, w->l->opt.scale == &tare_type_f16);
	}
}

static void settle_fit(struct work *w, uint64_t block, tare_nbits_scales *q)
{
	float importance[TARE_STRIP_ROWS] = { 0 };
	tare_nbits_fit f = {
		.strip = fetch_padded(w, block, 0, (size_t)w->l->block), .bits = w->l->opt.bits, .symmetric = w->l->opt.symmetric,
		.f16 = w->l->opt.scale == &tare_type_f16, .running = w->l->blocks == 1 && w->l->units > 1,
	};

	if (w->importance) {
		memcpy(importance, w->importance + block * w->l->block, (size_t)rows_of(w, block) * sizeof *importance);
		f.importance = importance;
	}
	if (w->l->opt.algorithm == TARE_ALGORITHM_K_QUANT)
		w->k->k_quant(q, &f);
	else
		w->k->search(q, &f);
}

static void settle_block(struct work *w, uint64_t block, tare_nbits_scales *q)
{
	float lo[TARE_STRIP_COLS], hi[TARE_STRIP_COLS];

	switch (w->l->opt.algorithm) {
	case TARE_ALGORITHM_RTN:
		settle_rtn(w, block, q);
		return;
	case TARE_ALGORITHM_K_QUANT:
	case TARE_ALGORITHM_SEARCH:
		settle_fit(w, block, q);
		return;
	default:
		range_of(w, block, rows_of(w, block), lo, hi);
		w->k->nbits_settle(q, lo, hi, w->cols, w->l->opt.bits, w->l->opt.symmetric, w->l->opt.scale == &tare_type_f16);
	}
}

/* What is past the last value of a column is 0, but for the rest of a byte that it shares: the tool leaves there the same lanes of the
 * byte before, if that lies in the same run of 8 / bits blocks. */
static void leave_stale(struct work *w, uint8_t *column)
{
	uint64_t per = 8 / w->l->opt.bits, at = w->l->depth / per, used = w->l->depth % per * w->l->opt.bits;

	if (used && at % w->l->block)
		column[at] |= (uint8_t)(column[at - 1] >> used << used);
}

static void encode_codes(struct work *w, uint64_t block, const tare_nbits_scales *q)
{
	size_t bytes = block_bytes(w->l), stride = (size_t)w->l->blocks * bytes;
	bool pads = w->l->opt.algorithm != TARE_ALGORITHM_DEFAULT;
	uint64_t rows = pads ? w->l->block : rows_of(w, block);
	uint8_t *out = w->codes + w->col * stride + block * bytes;

	if (rows < w->l->block)
		for (size_t c = 0; c < w->cols; c++)
			memset(out + c * stride, 0, bytes);
	for (uint64_t done = 0; done < rows; done += TARE_STRIP_ROWS) {
		size_t n = rows - done < TARE_STRIP_ROWS ? (size_t)(rows - done) : TARE_STRIP_ROWS;
		tare_strip s = fetch_padded(w, block, done, n);

		(pads ? w->k->nbits_divided : w->k->nbits_codes)(out + done * w->l->opt.bits / 8, stride, &s, q, w->l->opt.bits);
	}
}

static void store_scales(struct work *w, uint64_t block, const tare_nbits_scales *q)
{
	uint64_t zb = zero_bytes(w->l), bit = block * w->l->opt.bits;

	for (size_t c = 0; c < w->cols && w->scales; c++)
		tare_scale_put(w->l->opt.scale, w->scales, (w->col + c) * w->l->blocks + block, q->scale[c]);
	for (size_t c = 0; c < w->cols && w->zeros; c++)
		w->zeros[(w->col + c) * zb + bit / 8] |= (uint8_t)((unsigned)q->zero[c] << bit % 8);
}

/* Places for zero points of blocks that are not there hold the middle. */
static void fill_zeros(struct work *w, uint64_t n)
{
	uint64_t zb = zero_bytes(w->l);

	memset(w->zeros, 0, n * zb);
	for (uint64_t c = 0; c < n; c++)
		for (uint64_t bit = w->l->blocks * w->l->opt.bits; bit % 8; bit += w->l->opt.bits)
			w->zeros[c * zb + bit / 8] |= (uint8_t)(1u << (w->l->opt.bits - 1) << bit % 8);
}

static void encode_block(struct work *w, uint64_t block)
{
	tare_nbits_scales q;

	settle_block(w, block, &q);
	store_scales(w, block, &q);
	if (w->codes)
		encode_codes(w, block, &q);
}

/* Columns lie far from each other: as many blocks of each are made in a row as fill a line of the cache. */
static void encode_columns(struct work *w, uint64_t n)
{
	const uint64_t blocks = w->l->blocks, together = block_bytes(w->l) < CACHE_LINE ? CACHE_LINE / block_bytes(w->l) : 1;

	for (uint64_t first = 0; first < blocks; first += together)
		for (w->col = 0; w->col < n; w->col += w->cols) {
			w->cols = n - w->col < TARE_STRIP_COLS ? (size_t)(n - w->col) : TARE_STRIP_COLS;
			for (uint64_t block = first; block < first + together && block < blocks; block++)
				encode_block(w, block);
		}
}

static void encode(const tare_scheme_layout *l, const tare_scheme_tile *t, const tare_values *v, const float *importance,
		   const void *state, uint8_t *const *out)
{
	struct work w = {
		.l = l, .v = v, .k = tare_scheme_best_kernels(), .importance = importance, .codes = out[TARE_PART_CODES],
		.scales = out[TARE_PART_SCALES], .zeros = l->n_parts > TARE_PART_ZEROS ? out[TARE_PART_ZEROS] : NULL,
	};
	uint64_t n = is_turned(l) ? t->rows : t->cols;

	(void)state;
	for (size_t c = 0; c < TARE_STRIP_COLS; c++)
		w.none[c] = 0x1.fffffep127f;
	if (w.zeros)
		fill_zeros(&w, n);
	encode_columns(&w, n);
	for (uint64_t c = 0; c < n && w.codes && l->opt.algorithm == TARE_ALGORITHM_DEFAULT; c++)
		leave_stale(&w, w.codes + c * l->blocks * block_bytes(l));
}

/* Values at..at+n of column c, one after the other. */
static void decode_column(const tare_scheme_layout *l, const uint8_t *const *in, uint64_t c, uint64_t at, uint64_t n, float *dst,
			  size_t step)
{
	const uint8_t *code = in[TARE_PART_CODES] + c * l->blocks * block_bytes(l);
	const uint8_t *zero = l->n_parts > TARE_PART_ZEROS ? in[TARE_PART_ZEROS] + c * zero_bytes(l) : NULL;
	unsigned bits = l->opt.bits, mask = (1u << bits) - 1, per = 8 / bits;

	for (uint64_t i = at, end; i < at + n; i = end) {
		uint64_t block = i / l->block;
		int z = zero ? (int)(zero[block / per] >> block % per * bits & mask) : 1 << (bits - 1);
		float scale = tare_scale_get(l->opt.scale, in[TARE_PART_SCALES], c * l->blocks + block);

		end = (block + 1) * l->block < at + n ? (block + 1) * l->block : at + n;
		for (uint64_t k = i; k < end; k++)
			dst[(k - at) * step] = tare_scale_round(l->opt.scale, (float)((int)(code[k / per] >> k % per * bits & mask) - z) * scale);
	}
}

static void decode(const tare_scheme_layout *l, const tare_scheme_tile *t, const uint8_t *const *in, uint64_t row, uint64_t rows,
		   uint64_t col, uint64_t cols, float *dst, size_t dst_stride)
{
	for (uint64_t r = 0; r < rows && is_turned(l); r++)
		decode_column(l, in, row + r, col, cols, dst + r * dst_stride, 1);
	for (uint64_t c = 0; c < cols && !is_turned(l); c++)
		decode_column(l, in, col + c, row, rows, dst + c, dst_stride);
}

const struct tare_scheme tare_scheme_matmulnbits = {
	.name = "matmulnbits", .text = "MatMulNBits: 2, 4 or 8 bits in blocks along K", .lay = lay, .tile = tile, .encode = encode,
	.decode = decode,
};
