/* The grid schemes: measuring, encoding, decoding. */
#include "schemes/grid.h"

#include "base/bytes.h"
#include "schemes/values.h"

enum { RUN = 256, COLS = TARE_STRIP_COLS };

void tare_grid_put(uint8_t *out, uint64_t at, const int32_t *code, size_t n, uint32_t bits)
{
	size_t i = 0;

	switch (bits) {
	case 8:
		for (; i < n; i++)
			out[at + i] = (uint8_t)code[i];
		return;
	case 16:
		for (; i < n; i++)
			tare_put16(out + 2 * (at + i), (uint16_t)code[i], false);
		return;
	default:
		if (at % 2 && n)
			out[at++ / 2] |= (uint8_t)((uint32_t)code[i++] << 4);
		for (; i + 2 <= n; i += 2, at += 2)
			out[at / 2] = (uint8_t)((code[i] & 15) | (uint32_t)code[i + 1] << 4);
		if (i < n)
			out[at / 2] |= (uint8_t)(code[i] & 15);
	}
}

int32_t tare_grid_get(const uint8_t *in, uint64_t at, uint32_t bits, bool has_sign)
{
	uint32_t v = bits == 4 ? in[at / 2] >> at % 2 * 4 & 15u : bits == 8 ? in[at] : tare_get16(in + 2 * at, false);
	uint32_t sign = has_sign ? 1u << (bits - 1) : 0;

	return (int32_t)(v ^ sign) - (int32_t)sign;
}

void tare_grid_measure(const tare_scheme_layout *l, const tare_scheme_tile *t, const tare_values *v, void *state)
{
	const tare_scheme_kernels *k = tare_scheme_best_kernels();
	float *lo = state, *hi = lo + l->state_size / (2 * sizeof *lo), buf[RUN];
	uint64_t base = tare_grid_first_scale(l, t->band), scale;
	bool varies;

	for (uint64_t at = 0, n; at < t->cols; at += n) {
		const float *x;

		n = tare_grid_run(l, t->first + at, t->cols - at < RUN ? t->cols - at : RUN, &scale, &varies);
		x = tare_values_run(v, 0, at, (size_t)n, buf);
		if (varies)
			k->range(lo + (scale - base), hi + (scale - base), &(tare_strip){ x, (size_t)n, 1, (size_t)n });
		else
			k->range_run(lo + (scale - base), hi + (scale - base), x, (size_t)n);
	}
}

/* What encodes a tile: scales and zero points of the run at hand, one a value. */
struct coder {
	const tare_scheme_layout *l;
	const tare_values *v;
	const tare_scheme_kernels *k;
	uint8_t *codes;
	float scale[RUN], zero[RUN];
};

/* The reference multiplies by the inverse with one of its roundings. */
static float divisor(const tare_scheme_layout *l, float scale)
{
	if (l->rounding != TARE_ROUND_AWAY)
		return scale;
	return scale != 0 ? 1 / scale : 0;
}

/* n values that are the tile's from value `at` on. */
static void encode_run(struct coder *c, uint64_t at, const float *x, size_t n)
{
	int32_t code[RUN];

	c->k->codes[c->l->rounding](code, x, c->scale, c->zero, n, (tare_code_range){ c->l->low, c->l->high });
	tare_grid_put(c->codes, at, code, n, c->l->opt.bits);
}

static void store_scales(const tare_scheme_layout *l, uint8_t *const *out, uint64_t at, const float *scale, const float *zero, size_t n)
{
	for (size_t i = 0; i < n && out[TARE_PART_SCALES]; i++)
		tare_scale_put(l->opt.scale, out[TARE_PART_SCALES], at + i, scale[i]);
	for (size_t i = 0; i < n && l->n_parts > TARE_PART_ZEROS && out[TARE_PART_ZEROS]; i++) {
		int32_t z = (int32_t)zero[i];

		tare_grid_put(out[TARE_PART_ZEROS], at + i, &z, 1, l->opt.bits);
	}
}

static void fill(struct coder *c, const float *scale, const float *zero, size_t n, bool varies)
{
	for (size_t i = 0; i < n; i++) {
		c->scale[i] = divisor(c->l, varies ? scale[i] : *scale);
		c->zero[i] = varies ? zero[i] : *zero;
	}
}

/* With scales that are settled. */
static void encode_banded(struct coder *c, const tare_scheme_tile *t, const float *state, uint8_t *const *out)
{
	const tare_scheme_layout *l = c->l;
	size_t count = l->state_size / (2 * sizeof *state);
	float buf[RUN];
	uint64_t base = tare_grid_first_scale(l, t->band), scale;
	bool varies;

	store_scales(l, out, 0, state, state + count, (size_t)(tare_grid_first_scale(l, t->band + 1) - base));
	for (uint64_t at = 0, n; at < t->cols && c->codes; at += n) {
		n = tare_grid_run(l, t->first + at, t->cols - at < RUN ? t->cols - at : RUN, &scale, &varies);
		scale -= base;
		fill(c, state + scale, state + count + scale, (size_t)n, varies);
		encode_run(c, at, tare_values_run(c->v, 0, at, (size_t)n, buf), (size_t)n);
	}
}

/* A strip of a block row: s's rows of the tile are l->inner values apart, the first at value `at`. Its scales are settled. */
static void encode_strip(struct coder *c, uint64_t at, const tare_strip *s)
{
	for (size_t r = 0; r < s->rows && c->codes; r++)
		encode_run(c, at + r * c->l->inner, s->x + r * s->stride, s->cols);
}

/* n columns of a block row; `row` is where it begins. A block that is too long for a strip is read twice. */
static void encode_columns(struct coder *c, const tare_values *row, uint64_t at, uint64_t rows, uint64_t col, size_t n, float *lo,
			   float *hi, float *buf)
{
	tare_strip s = { 0 };

	for (uint64_t r = 0; r < rows; r += TARE_STRIP_ROWS) {
		s = tare_values_strip(row, r, rows - r < TARE_STRIP_ROWS ? (size_t)(rows - r) : TARE_STRIP_ROWS, col, n, buf);
		c->k->range(lo, hi, &s);
	}
	c->l->scheme->settle(c->l, lo, hi, n);
	fill(c, lo, hi, n, true);
	for (uint64_t r = 0; r < rows; r += TARE_STRIP_ROWS) {
		if (rows > TARE_STRIP_ROWS)
			s = tare_values_strip(row, r, rows - r < TARE_STRIP_ROWS ? (size_t)(rows - r) : TARE_STRIP_ROWS, col, n, buf);
		encode_strip(c, at + r * c->l->inner + col, &s);
	}
}

/* One block row: rows x inner values from value `at` of the tile, with scales from `scale` of it. */
static void encode_row(struct coder *c, uint64_t at, uint64_t rows, uint64_t scale, uint8_t *const *out)
{
	const uint64_t inner = c->l->inner;
	const tare_values row = { c->v->type, (const uint8_t *)c->v->at + at * c->v->type->block_size, inner };
	float lo[COLS], hi[COLS], buf[TARE_STRIP_ROWS * COLS];

	for (uint64_t col = 0; col < inner; col += COLS) {
		size_t n = inner - col < COLS ? (size_t)(inner - col) : COLS;

		for (size_t i = 0; i < n; i++) {
			lo[i] = 0x1.fffffep127f;
			hi[i] = -0x1.fffffep127f;
		}
		encode_columns(c, &row, at, rows, col, n, lo, hi, buf);
		store_scales(c->l, out, scale + col, lo, hi, n);
	}
}

/* One block of contiguous values. */
static void encode_block(struct coder *c, uint64_t at, uint64_t rows, uint64_t scale, uint8_t *const *out)
{
	float lo = 0x1.fffffep127f, hi = -0x1.fffffep127f, buf[RUN];

	for (uint64_t done = 0; done < rows; done += RUN) {
		size_t n = rows - done < RUN ? (size_t)(rows - done) : RUN;

		c->k->range_run(&lo, &hi, tare_values_run(c->v, 0, at + done, n, buf), n);
	}
	c->l->scheme->settle(c->l, &lo, &hi, 1);
	store_scales(c->l, out, scale, &lo, &hi, 1);
	fill(c, &lo, &hi, rows < RUN ? (size_t)rows : RUN, false);
	for (uint64_t done = 0; done < rows && c->codes; done += RUN) {
		size_t n = rows - done < RUN ? (size_t)(rows - done) : RUN;

		encode_run(c, at + done, tare_values_run(c->v, 0, at + done, n, buf), n);
	}
}

static void encode_whole(struct coder *c, const tare_scheme_tile *t, uint8_t *const *out)
{
	const tare_scheme_layout *l = c->l;
	uint64_t k = t->first / l->inner % l->depth, scale = 0, rows;

	for (uint64_t at = 0; at < t->cols; at += rows * l->inner, scale += l->inner) {
		rows = l->depth - k < l->block ? l->depth - k : l->block;
		k = k + rows == l->depth ? 0 : k + rows;
		if (l->inner > 1)
			encode_row(c, at, rows, scale, out);
		else
			encode_block(c, at, rows, scale, out);
	}
}

/* Halves of bytes are added to what is there. */
static void clear(const tare_scheme_layout *l, const tare_scheme_tile *t, uint8_t *const *out, size_t part)
{
	if (l->opt.bits == 4 && out[part])
		memset(out[part], 0, t->part[part].size);
}

void tare_grid_encode(const tare_scheme_layout *l, const tare_scheme_tile *t, const tare_values *v, const float *importance,
		      const void *state, uint8_t *const *out)
{
	struct coder c = { .l = l, .v = v, .k = tare_scheme_best_kernels(), .codes = out[TARE_PART_CODES] };

	(void)importance;
	clear(l, t, out, TARE_PART_CODES);
	if (l->n_parts > TARE_PART_ZEROS)
		clear(l, t, out, TARE_PART_ZEROS);
	if (l->tiles_per_band)
		encode_banded(&c, t, state, out);
	else
		encode_whole(&c, t, out);
}

void tare_grid_decode(const tare_scheme_layout *l, const tare_scheme_tile *t, const uint8_t *const *in, uint64_t row, uint64_t rows,
		      uint64_t col, uint64_t cols, float *dst, size_t dst_stride)
{
	const tare_scheme_options *o = &l->opt;
	const uint8_t *zeros = l->n_parts > TARE_PART_ZEROS ? in[TARE_PART_ZEROS] : NULL;
	uint64_t base = t->part[TARE_PART_SCALES].offset / o->scale->block_size, at;
	bool varies;

	(void)row, (void)rows, (void)dst_stride; /* there is one row */
	for (uint64_t done = 0, n; done < cols; done += n) {
		n = tare_grid_run(l, t->first + col + done, cols - done, &at, &varies);
		for (uint64_t i = 0; i < n; i++) {
			uint64_t g = at - base + (varies ? i : 0);
			int32_t z = zeros ? tare_grid_get(zeros, g, o->bits, o->has_sign) : 0;
			int32_t q = tare_grid_get(in[TARE_PART_CODES], col + done + i, o->bits, o->has_sign);

			dst[done + i] = tare_scale_round(o->scale, (float)(q - z) * tare_scale_get(o->scale, in[TARE_PART_SCALES], g));
		}
	}
}
