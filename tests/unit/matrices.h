/* Importance matrices for tests: made in memory, opened from fixtures. */
#ifndef TARE_TESTS_MATRICES_H
#define TARE_TESTS_MATRICES_H

#include "recipes.h"

#include "base/bytes.h"
#include "model/imatrix.h"

/* The bytes of a matrix being made: GGUF, as llama-imatrix writes it. */
typedef struct matrix {
	tare_model *m;
	tare_buffer payload;
} matrix;

static inline matrix matrix_begin(void)
{
	static const char *const words[] = { "some.txt" };
	tare_array_builder b = { .kind = TARE_STRING };
	tare_value v = { .kind = TARE_STRING, .as.string = tare_str_of(words[0]) };
	matrix x = { .m = NULL };

	assert_int_equal(tare_model_new(&x.m, NULL, NULL), TARE_OK);
	x.m->format = &tare_format_gguf;
	assert_int_equal(tare_model_set_text(x.m, "general.type", "imatrix", NULL), TARE_OK);
	assert_int_equal(tare_array_add(&b, &v, NULL), TARE_OK);
	assert_int_equal(tare_array_finish(&b, x.m, &v, NULL), TARE_OK);
	assert_int_equal(tare_model_set(x.m, "imatrix.datasets", &v, NULL), TARE_OK);
	assert_int_equal(tare_model_set_u32(x.m, "imatrix.chunk_count", 3, NULL), TARE_OK);
	assert_int_equal(tare_model_set_u32(x.m, "imatrix.chunk_size", 512, NULL), TARE_OK);
	return x;
}

static inline void matrix_floats(matrix *x, const char *name, const char *suffix, uint64_t n, float (*value)(uint64_t i))
{
	static const char zeros[32];
	uint64_t *dim = tare_arena_array(&x->m->arena, 1, sizeof *dim), i;
	tare_tensor t = { .name = tare_str_of(tare_arena_printf(&x->m->arena, "%s%s", name, suffix)), .type = &tare_type_f32, .n_dims = 1 };
	uint8_t bytes[4];

	*dim = n;
	t.dim = dim;
	assert_true(tare_tensor_measure(&t));
	assert_int_equal(tare_model_add_tensor(x->m, &t, TARE_NOWHERE, NULL), TARE_OK);
	for (i = 0; i < n; i++) {
		tare_put32(bytes, tare_bits_of_f32(value(i)), false);
		assert_int_equal(tare_buffer_put(&x->payload, bytes, 4, NULL), TARE_OK);
	}
	assert_int_equal(tare_buffer_put(&x->payload, zeros, -x->payload.size & 31, NULL), TARE_OK);
}

static inline float matrix_rising(uint64_t i)
{
	return 0.5f + (float)(i % 97) * 3.0f;
}

static inline float matrix_tokens(uint64_t i)
{
	return 1536;
}

/* An entry with rising sums and 1536 tokens for each of `slices`. */
static inline void matrix_add(matrix *x, const char *name, uint64_t values, uint64_t slices)
{
	matrix_floats(x, name, ".in_sum2", values, matrix_rising);
	matrix_floats(x, name, ".counts", slices, matrix_tokens);
}

/* Ends the making; the bytes are the caller's. */
static inline tare_buffer matrix_end(matrix *x)
{
	tare_buffer b = { 0 };
	tare_sink sink = { .put = tare_buffer_put, .ctx = &b };

	assert_int_equal(tare_format_gguf.layout(x->m, &(tare_layout_options){ .path = "x.gguf" }, NULL), TARE_OK);
	assert_int_equal(tare_format_gguf.header(x->m, 0, &sink, NULL), TARE_OK);
	assert_int_equal(tare_buffer_put(&b, x->payload.bytes, x->payload.size, NULL), TARE_OK);
	free(x->payload.bytes);
	tare_close(x->m);
	return b;
}

static inline const char *matrix_fixture(const char *name)
{
	const char *build = getenv("BUILD");
	static char path[4][512];
	static unsigned next;
	char *p = path[next++ % 4];

	snprintf(p, sizeof path[0], "%s/fixtures/imatrix/%s.bin", build ? build : "build", name);
	return p;
}

typedef struct opened {
	tare_model *m;
	tare_imatrix *im;
} opened;

static inline opened open_matrix(const char *path)
{
	tare_error err = TARE_ERROR_INIT;
	opened x = { NULL, NULL };
	char why[1100];

	if (tare_open(&x.m, path, NULL, &err) != TARE_OK || tare_imatrix_read(&x.im, x.m, &err) != TARE_OK)
		fail_msg("%s", tare_error_text(&err, why, sizeof why));
	return x;
}

static inline void close_matrix(opened x)
{
	tare_imatrix_free(x.im);
	tare_close(x.m);
}

#endif
