/* Looks at everything there is in a model, so that a sanitizer sees what is out of bounds, and lays it out again in memory. For the tests
 * of damaged input and the fuzz targets. */
#ifndef TARE_TESTS_WALK_H
#define TARE_TESTS_WALK_H

#include "formats/format.h"

#include <stdlib.h>

static inline uint64_t walk_bytes(const void *bytes, uint64_t size)
{
	const uint8_t *p = bytes;
	uint64_t sum = 0, i;

	for (i = 0; i < size; i++)
		sum += p[i];
	return sum;
}

static inline uint64_t walk_value(const tare_value *v, int depth)
{
	tare_array_iter it;
	tare_value element;
	uint64_t sum = 0;

	if (v->kind == TARE_STRING)
		return walk_bytes(v->as.string.ptr, v->as.string.len);
	if (v->kind != TARE_ARRAY)
		return v->as.u;
	/* Each level of nested arrays is walked again by the one above it. */
	if (depth > 8)
		return walk_bytes(v->as.array.bytes, v->as.array.size);
	tare_array_start(&it, &v->as.array);
	while (tare_array_next(&it, &element))
		sum += walk_value(&element, depth + 1);
	return sum;
}

static inline uint64_t walk_tensor(const tare_model *m, const tare_tensor *t)
{
	uint64_t sum = walk_bytes(t->name.ptr, t->name.len) + walk_bytes(t->dim, t->n_dims * sizeof *t->dim);
	const uint8_t *p = tare_source_at(m->files[t->file].source, t->offset, t->size);

	return sum + (p ? walk_bytes(p, t->size < 65536 ? t->size : 65536) : 0) + tare_tensor_rows(t) * tare_tensor_cols(t);
}

static inline uint64_t walk_model(const tare_model *m)
{
	uint64_t sum = 0;
	tare_value v;
	tare_str key;
	size_t i;

	for (i = 0; tare_model_metadata(m, i, &key, &v); i++)
		sum += walk_bytes(key.ptr, key.len) + walk_value(&v, 0);
	for (i = 0; i < m->n_tensors; i++)
		sum += walk_tensor(m, &m->tensors[i]);
	for (i = 0; tare_model_warning(m, i); i++)
		sum += walk_bytes(tare_model_warning(m, i), strlen(tare_model_warning(m, i)));
	return sum;
}

/* A copy of m's outline: what a plan that changes nothing gives. */
static inline tare_status outline_of(tare_model **out, const tare_model *m, tare_error *err)
{
	tare_status st;
	size_t i;

	st = tare_model_new(out, NULL, err);
	if (st != TARE_OK)
		return st;
	(*out)->big_endian = m->big_endian;
	(*out)->ordered = m->ordered;
	(*out)->home_big = m->home_big;
	for (i = 0; i < m->n_meta && st == TARE_OK; i++)
		st = tare_model_add_metadata(*out, m->meta[i].key, &m->meta[i].value, TARE_NOWHERE, err);
	for (i = 0; i < m->n_tensors && st == TARE_OK; i++)
		st = tare_model_add_tensor(*out, &m->tensors[i], TARE_NOWHERE, err);
	if (st != TARE_OK) {
		tare_close(*out);
		*out = NULL;
	}
	return st;
}

/* Lays m out as `format` would write it, and counts the bytes of every header. */
static inline tare_status relayout(const tare_model *m, const tare_format *format, const tare_layout_options *opt, tare_error *err)
{
	tare_model *out;
	tare_status st;
	uint32_t i;

	TARE_TRY(outline_of(&out, m, err));
	st = format->layout(out, opt, err);
	for (i = 0; st == TARE_OK && i < out->n_files; i++) {
		tare_sink count = { 0 };

		st = format->header(out, i, &count, err);
		if (st == TARE_OK && count.count != out->files[i].data_offset)
			abort();
	}
	tare_close(out);
	return st;
}

#endif
