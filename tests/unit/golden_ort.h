/* Rows of golden/ort/<set>/MANIFEST.tsv: what onnxruntime's tools make of a weight. Include after cmocka's headers. */
#ifndef GOLDEN_ORT_H
#define GOLDEN_ORT_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "schemes/scheme.h"

enum { ORT_COLUMNS = 16 };

typedef struct ort_row {
	char line[1024];
	char *field[ORT_COLUMNS]; /* case algo bits block sym dtype K N axis input tensor onnx_type shape file offset length (sha256) */
} ort_row;

enum { ORT_CASE, ORT_ALGO, ORT_BITS, ORT_BLOCK, ORT_SYM, ORT_DTYPE, ORT_K, ORT_N, ORT_AXIS, ORT_INPUT, ORT_TENSOR, ORT_ONNX_TYPE, ORT_SHAPE,
       ORT_FILE, ORT_OFFSET, ORT_LENGTH };

static inline const char *ort_shared(void)
{
	return getenv("TARE_SHARED");
}

static inline FILE *ort_open(const char *set, const char *file, const char *mode)
{
	char path[1024];
	FILE *f;

	snprintf(path, sizeof path, "%s/golden/ort/%s/%s", ort_shared(), set, file);
	f = fopen(path, mode);
	if (!f)
		fail_msg("cannot read %s", path);
	return f;
}

static inline bool ort_next(FILE *f, ort_row *r)
{
	char *p = r->line;

	if (!fgets(r->line, sizeof r->line, f))
		return false;
	for (size_t i = 0; i < ORT_COLUMNS; i++) {
		r->field[i] = p;
		p += strcspn(p, "\t\n");
		if (*p)
			*p++ = 0;
	}
	return true;
}

/* Bytes of a file, in malloc'ed memory. */
static inline uint8_t *ort_bytes(const char *set, const char *file, size_t offset, size_t *size)
{
	FILE *f = ort_open(set, file, "rb");
	uint8_t *b;

	if (!*size) {
		fseek(f, 0, SEEK_END);
		*size = (size_t)ftell(f) - offset;
	}
	b = malloc(*size + 1);
	assert_non_null(b);
	fseek(f, (long)offset, SEEK_SET);
	assert_int_equal(fread(b, 1, *size, f), *size);
	fclose(f);
	return b;
}

/* A weight quantized whole: the parts, malloc'ed. */
typedef struct quantized {
	tare_scheme_layout l;
	uint8_t *part[TARE_PARTS];
	void (*adjust)(const tare_scheme_layout *l, void *state, const void *user); /* after settling; NULL: nothing */
	const void *user;
} quantized;

static inline void quantized_free(quantized *q)
{
	for (size_t p = 0; p < TARE_PARTS; p++)
		free(q->part[p]);
}

static inline void quantize_band(quantized *q, const tare_values *v, const float *importance, uint64_t from, uint64_t to, void *state)
{
	const tare_scheme_layout *l = &q->l;
	tare_scheme_tile t;

	for (uint64_t pass = state ? 0 : 1; pass < 2; pass++) {
		if (pass && state)
			tare_scheme_settle(l, state);
		if (pass && state && q->adjust)
			q->adjust(l, state, q->user);
		for (uint64_t i = from; i < to; i++) {
			uint8_t *out[TARE_PARTS] = { NULL };
			tare_values at = *v;

			tare_scheme_tile_at(l, i, &t);
			at.at = (const uint8_t *)v->at + t.first * v->type->block_size;
			at.stride = t.stride;
			for (size_t p = 0; p < l->n_parts; p++) {
				assert_true(t.part[p].offset + t.part[p].size <= l->part[p].size);
				out[p] = p && !t.opens_band ? NULL : q->part[p] + t.part[p].offset;
			}
			if (pass)
				tare_scheme_encode(l, &t, &at, importance, state, out);
			else
				tare_scheme_measure(l, &t, &at, state);
		}
	}
}

/* Tiles of about tile_size bytes. Every byte of the parts is written, or else is 0xa5. */
static inline void quantize(quantized *q, const tare_scheme *s, const tare_scheme_options *opt, uint32_t n_dims, const uint64_t *dim,
			    const tare_values *v, const float *importance, size_t tile_size)
{
	tare_error err = TARE_ERROR_INIT;
	uint64_t step;
	void *state;

	if (tare_scheme_lay(&q->l, s, opt, n_dims, dim, tile_size, &err) != TARE_OK)
		fail_msg("%s", err.message);
	step = q->l.tiles_per_band ? q->l.tiles_per_band : q->l.n_tiles;
	state = q->l.tiles_per_band ? malloc(q->l.state_size) : NULL;
	for (size_t p = 0; p < TARE_PARTS; p++) {
		q->part[p] = malloc(q->l.part[p].size + 1);
		assert_non_null(q->part[p]);
		memset(q->part[p], 0xa5, q->l.part[p].size + 1);
	}
	for (uint64_t i = 0; i < q->l.n_tiles; i += step) {
		if (state)
			tare_scheme_begin(&q->l, state);
		quantize_band(q, v, importance, i, i + step < q->l.n_tiles ? i + step : q->l.n_tiles, state);
	}
	for (size_t p = 0; p < TARE_PARTS; p++)
		assert_int_equal(q->part[p][q->l.part[p].size], 0xa5);
	free(state);
}

#endif
