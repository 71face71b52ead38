/* A model written again as a format, in memory: what the pipeline does, without it. */
#ifndef TESTS_UNIT_REWRITE_H
#define TESTS_UNIT_REWRITE_H

#include "unit/small_model.h"

typedef struct rewritten {
	tare_model *in, *out;
	tare_buffer files[16];
} rewritten;

static inline tare_model *outline_of(const tare_model *in, const tare_format *format)
{
	tare_model *out;
	size_t i;

	assert_int_equal(tare_model_new(&out, NULL, NULL), TARE_OK);
	out->format = format;
	out->big_endian = out->home_big = in->home_big;
	out->ordered = in->ordered;
	for (i = 0; i < in->n_meta; i++)
		assert_int_equal(tare_model_add_metadata(out, in->meta[i].key, &in->meta[i].value, TARE_NOWHERE, NULL), TARE_OK);
	for (i = 0; i < in->n_tensors; i++)
		assert_int_equal(tare_model_add_tensor(out, &in->tensors[i], TARE_NOWHERE, NULL), TARE_OK);
	return out;
}

static inline void copy_payload(const rewritten *r, size_t i, uint8_t *to)
{
	const tare_tensor *t = &r->in->tensors[i];
	const uint8_t *from = tare_source_at(r->in->files[t->file].source, t->offset, t->size);

	assert_non_null(from);
	memcpy(to, from, t->size);
	if (r->in->big_endian != r->out->big_endian && t->type && t->type->swap)
		t->type->swap(to, t->size / t->type->block_size);
}

static inline void render(rewritten *r, uint32_t file)
{
	const tare_file *f = &r->out->files[file];
	tare_buffer *b = &r->files[file];
	tare_sink sink = { .put = tare_buffer_put, .ctx = b, .big = r->out->big_endian };
	char *grown;
	size_t i;

	assert_int_equal(r->out->format->header(r->out, file, &sink, NULL), TARE_OK);
	assert_int_equal(b->size, f->data_offset);
	grown = realloc(b->bytes, f->size + 1);
	assert_non_null(grown);
	b->bytes = grown;
	memset(b->bytes + b->size, 0, f->size - b->size);
	b->size = b->cap = f->size;
	for (i = 0; i < r->out->n_tensors; i++)
		if (r->out->tensors[i].file == file)
			copy_payload(r, i, (uint8_t *)b->bytes + r->out->tensors[i].offset);
}

/* in stays the caller's. */
static inline rewritten rewrite(tare_model *in, const tare_format *format, const tare_layout_options *opt)
{
	rewritten r = { .in = in, .out = outline_of(in, format) };
	tare_error err = TARE_ERROR_INIT;
	size_t i;

	if (format->layout(r.out, opt, &err) != TARE_OK)
		fail_msg("%s", err.message);
	assert_true(r.out->n_files <= 16);
	for (i = 0; i < r.out->n_files; i++)
		render(&r, (uint32_t)i);
	return r;
}

static inline void free_rewritten(rewritten *r)
{
	size_t i;

	for (i = 0; i < 16; i++)
		free(r->files[i].bytes);
	tare_close(r->out);
}

static inline tare_model *must_open_memory(const tare_buffer *b)
{
	tare_error err = TARE_ERROR_INIT;
	tare_model *m;

	if (tare_open_memory(&m, b->bytes, b->size, NULL, &err) != TARE_OK)
		fail_msg("%s", err.message);
	return m;
}

static inline void assert_same_bytes(const tare_buffer *a, const tare_buffer *b)
{
	assert_int_equal(a->size, b->size);
	assert_memory_equal(a->bytes, b->bytes, a->size);
}

#endif
