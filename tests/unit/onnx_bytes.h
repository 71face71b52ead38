/* ONNX files of one product, put together by hand: y = x * w, with w as raw f32. */
#ifndef TARE_TESTS_ONNX_BYTES_H
#define TARE_TESTS_ONNX_BYTES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/escape.h"
#include "base/sink.h"

#include <stdlib.h>

#include <string.h>

static inline void pb_varint(tare_buffer *b, uint64_t v)
{
	uint8_t byte;

	do {
		byte = (uint8_t)((v & 0x7f) | (v > 0x7f ? 0x80 : 0));
		assert_int_equal(tare_buffer_put(b, &byte, 1, NULL), TARE_OK);
		v >>= 7;
	} while (v);
}

static inline void pb_number(tare_buffer *b, unsigned field, uint64_t v)
{
	pb_varint(b, field << 3);
	pb_varint(b, v);
}

static inline void pb_bytes(tare_buffer *b, unsigned field, const void *bytes, size_t size)
{
	pb_varint(b, field << 3 | 2);
	pb_varint(b, size);
	assert_int_equal(tare_buffer_put(b, bytes, size, NULL), TARE_OK);
}

static inline void pb_text(tare_buffer *b, unsigned field, const char *text)
{
	pb_bytes(b, field, text, strlen(text));
}

/* A message that is done: into another's field, and freed. */
static inline void pb_close(tare_buffer *into, unsigned field, tare_buffer *message)
{
	pb_bytes(into, field, message->bytes, message->size);
	free(message->bytes);
	*message = (tare_buffer){ 0 };
}

/* NodeProto: op(a, b) -> out. */
static inline void pb_node(tare_buffer *graph, const char *op, const char *name, const char *a, const char *b, const char *out)
{
	tare_buffer n = { 0 };

	pb_text(&n, 1, a);
	pb_text(&n, 1, b);
	pb_text(&n, 2, out);
	pb_text(&n, 3, name);
	pb_text(&n, 4, op);
	pb_close(graph, 1, &n);
}

/* TensorProto, FLOAT, as raw bytes. */
static inline void pb_matrix(tare_buffer *graph, const char *name, uint64_t rows, uint64_t cols, const float *values)
{
	tare_buffer t = { 0 };

	pb_number(&t, 1, rows);
	pb_number(&t, 1, cols);
	pb_number(&t, 2, 1);
	pb_text(&t, 8, name);
	pb_bytes(&t, 9, values, (size_t)(rows * cols) * sizeof *values);
	pb_close(graph, 5, &t);
}

/* ModelProto around a graph, which is freed. The caller's. */
static inline tare_buffer pb_model(tare_buffer *graph)
{
	tare_buffer m = { 0 }, opset = { 0 };

	pb_text(graph, 2, "g");
	pb_number(&m, 1, 8);
	pb_close(&m, 7, graph);
	pb_number(&opset, 2, 17);
	pb_close(&m, 8, &opset);
	return m;
}

#endif
