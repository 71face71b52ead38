/* Small GGUF models made in memory, the same on every machine, and the same model as file, memory and stream. */
#ifndef TESTS_UNIT_SMALL_MODEL_H
#define TESTS_UNIT_SMALL_MODEL_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/escape.h"
#include "formats/format.h"
#include "model/model.h"

#include <stdlib.h>
#include <string.h>
#include <zstd.h>

typedef struct spec {
	const char *name;
	const tare_type *type;
	uint32_t n_dims;
	uint64_t dim[4];
} spec;

/* More than two tiles in the first, several types, rows, a tensor without elements. */
static const spec small[] = {
	{ "blk.0.ffn_up.weight", &tare_type_f16, 2, { 300, 512 } },
	{ "blk.0.ffn_down.weight", &tare_type_f32, 3, { 2, 5, 256 } },
	{ "blk.0.attn_norm.bias", &tare_type_f32, 1, { 33 } },
	{ "blk.0.exps.weight", &tare_type_bf16, 3, { 2, 3, 64 } },
	{ "ids", &tare_type_i32, 1, { 5 } },
	{ "nothing", &tare_type_f32, 2, { 0, 4 } },
	{ "blk.1.ffn_up.weight", &tare_type_q8_0, 2, { 40, 4096 } },
};
enum { N = sizeof small / sizeof *small };

static inline tare_buffer slurp(const char *path)
{
	tare_buffer b = { 0 };
	char part[4096];
	FILE *f = fopen(path, "rb");
	size_t n;

	assert_non_null(f);
	while ((n = fread(part, 1, sizeof part, f)))
		assert_int_equal(tare_buffer_put(&b, part, n, NULL), TARE_OK);
	fclose(f);
	return b;
}

static inline void add(tare_model *m, tare_str name, const tare_type *type, const uint64_t *dim, uint32_t n_dims)
{
	tare_tensor t = { .name = name, .type = type, .type_id = (uint32_t)type->gguf_id, .n_dims = n_dims, .dim = dim };

	assert_true(tare_tensor_measure(&t));
	assert_int_equal(tare_model_add_tensor(m, &t, TARE_NOWHERE, NULL), TARE_OK);
}

static inline tare_model *outline(bool big)
{
	tare_model *m;

	assert_int_equal(tare_model_new(&m, NULL, NULL), TARE_OK);
	m->format = &tare_format_gguf;
	m->version = 3;
	m->big_endian = big;
	assert_int_equal(tare_model_set_text(m, "general.architecture", "llama", NULL), TARE_OK);
	return m;
}

/* Values like weights, the same on every machine. */
static inline void fill(float *x, size_t n, uint32_t seed)
{
	size_t i;

	for (i = 0; i < n; i++) {
		seed = seed * 1664525 + 1013904223;
		x[i] = (float)(int32_t)seed / 2147483648.0f;
		x[i] *= x[i] * x[i] * 0.25f;
	}
}

static inline void put_payload(tare_buffer *b, const tare_tensor *t, bool big, float *values)
{
	uint8_t *stored = malloc(t->size + 1);
	uint64_t cols = tare_tensor_cols(t);

	assert_non_null(stored);
	if (t->type->encode && t->count)
		t->type->encode(stored, values, t->count / cols, cols, NULL);
	else
		memset(stored, 7, t->size);
	if (big && t->type->swap)
		t->type->swap(stored, t->size / t->type->block_size);
	assert_int_equal(tare_buffer_put(b, stored, t->size, NULL), TARE_OK);
	free(stored);
}

/* The bytes of a GGUF with the tensors of specs. poison: a value put at an element of the first tensor, if it is not 0. */
static inline tare_buffer make(const spec *specs, size_t n, bool big, float poison, size_t element)
{
	static const char zeros[64];
	tare_model *m = outline(big);
	tare_buffer b = { 0 };
	tare_sink sink = { .put = tare_buffer_put, .ctx = &b };
	size_t i;

	for (i = 0; i < n; i++)
		add(m, tare_str_of(specs[i].name), specs[i].type, specs[i].dim, specs[i].n_dims);
	assert_int_equal(tare_format_gguf.layout(m, &(tare_layout_options){ .path = "x.gguf" }, NULL), TARE_OK);
	assert_int_equal(tare_format_gguf.header(m, 0, &sink, NULL), TARE_OK);
	for (i = 0; i < n; i++) {
		float *values = calloc(m->tensors[i].count + 1, sizeof *values);

		assert_non_null(values);
		fill(values, m->tensors[i].count, (uint32_t)i + 1);
		if (i == 0 && poison != 0)
			values[element] = poison;
		assert_true(b.size <= m->tensors[i].offset && m->tensors[i].offset - b.size < sizeof zeros);
		assert_int_equal(tare_buffer_put(&b, zeros, m->tensors[i].offset - b.size, NULL), TARE_OK);
		put_payload(&b, &m->tensors[i], big, values);
		free(values);
	}
	assert_int_equal(tare_buffer_put(&b, zeros, m->files[0].size - b.size, NULL), TARE_OK);
	tare_close(m);
	return b;
}

static inline tare_model *open_source(tare_source *s)
{
	tare_error err = TARE_ERROR_INIT;
	tare_model *m;

	assert_int_equal(tare_model_new(&m, NULL, &err), TARE_OK);
	assert_int_equal(tare_model_add_file(m, NULL, s, &err), TARE_OK);
	m->format = &tare_format_gguf;
	if (tare_format_gguf.read(m, &err) != TARE_OK)
		fail_msg("%s", err.message);
	return m;
}

static inline tare_model *open_bytes(const tare_buffer *b)
{
	tare_source *s;

	assert_int_equal(tare_source_memory(&s, b->bytes, b->size, NULL, NULL), TARE_OK);
	return open_source(s);
}

static inline tare_model *open_file(const char *path)
{
	tare_source *s;

	assert_int_equal(tare_source_open(&s, path, NULL, NULL), TARE_OK);
	return open_source(s);
}

/* A zstd frame in memory is a stream, as a pipe is. */
static inline tare_buffer packed(const tare_buffer *b)
{
	tare_buffer z = { .size = ZSTD_compressBound(b->size) };

	z.bytes = malloc(z.size);
	assert_non_null(z.bytes);
	z.size = ZSTD_compress(z.bytes, z.size, b->bytes, b->size, 1);
	assert_false(ZSTD_isError(z.size));
	return z;
}

#endif
