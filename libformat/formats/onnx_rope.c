#include "formats/onnx.h"

#include <stdlib.h>

static tare_status add(tare_onnx_rope *r, const tare_onnx_piece *p)
{
	if (!tare_grow(&r->pieces, &r->cap, r->n, sizeof *r->pieces))
		return tare_fail_nomem(r->err);
	r->pieces[r->n++] = *p;
	return TARE_OK;
}

static bool follows(const tare_onnx_piece *last, const uint8_t *bytes)
{
	return last->bytes && last->size && last->bytes + last->size == bytes;
}

tare_status tare_onnx_rope_put(tare_onnx_rope *r, const void *bytes, size_t size)
{
	if (!size)
		return TARE_OK;
	if (r->n && follows(&r->pieces[r->n - 1], bytes)) {
		r->pieces[r->n - 1].size += size;
		return TARE_OK;
	}
	return add(r, &(tare_onnx_piece){ .bytes = bytes, .tensor = SIZE_MAX, .size = size });
}

tare_status tare_onnx_rope_copy(tare_onnx_rope *r, const void *bytes, size_t size)
{
	tare_str copy = tare_arena_copy(r->arena, bytes, size);

	return copy.ptr ? tare_onnx_rope_put(r, copy.ptr, size) : tare_fail_nomem(r->err);
}

tare_status tare_onnx_rope_payload(tare_onnx_rope *r, size_t tensor, uint64_t size)
{
	return add(r, &(tare_onnx_piece){ .tensor = tensor, .size = size });
}

tare_status tare_onnx_rope_begin(tare_onnx_rope *r, size_t *mark)
{
	static const uint8_t nothing;

	*mark = r->n;
	return add(r, &(tare_onnx_piece){ .bytes = &nothing, .tensor = SIZE_MAX });
}

tare_status tare_onnx_rope_end(tare_onnx_rope *r, size_t mark, uint32_t number, const tare_wire_field *source)
{
	tare_onnx_piece *head = &r->pieces[mark];
	uint64_t size = 0;
	uint8_t text[20];
	tare_str copy;
	size_t i, n;

	for (i = mark + 1; i < r->n; i++)
		size += r->pieces[i].size;
	if (source && source->bytes.len == size) {
		head->bytes = (const uint8_t *)source->raw.ptr;
		head->size = (uint64_t)(source->bytes.ptr - source->raw.ptr);
		return TARE_OK;
	}
	n = tare_wire_put(text, (uint64_t)number << 3 | TARE_WIRE_BYTES);
	n += tare_wire_put(text + n, size);
	copy = tare_arena_copy(r->arena, text, n);
	if (!copy.ptr)
		return tare_fail_nomem(r->err);
	head->bytes = (const uint8_t *)copy.ptr;
	head->size = n;
	return TARE_OK;
}

tare_status tare_onnx_rope_bytes(tare_onnx_rope *r, uint32_t number, tare_str bytes)
{
	uint8_t head[20];
	size_t n = tare_wire_put(head, (uint64_t)number << 3 | TARE_WIRE_BYTES);

	n += tare_wire_put(head + n, bytes.len);
	TARE_TRY(tare_onnx_rope_copy(r, head, n));
	return tare_onnx_rope_put(r, bytes.ptr, bytes.len);
}

tare_status tare_onnx_rope_varint(tare_onnx_rope *r, uint32_t number, uint64_t v)
{
	uint8_t text[20];
	size_t n = tare_wire_put(text, (uint64_t)number << 3 | TARE_WIRE_VARINT);

	n += tare_wire_put(text + n, v);
	return tare_onnx_rope_copy(r, text, n);
}

uint64_t tare_onnx_rope_close(tare_onnx_rope *r)
{
	uint64_t at = 0;
	size_t i, n = 0;

	for (i = 0; i < r->n; i++) {
		tare_onnx_piece p = r->pieces[i];

		if (!p.size)
			continue;
		p.offset = at;
		at += p.size;
		if (n && p.bytes && follows(&r->pieces[n - 1], p.bytes))
			r->pieces[n - 1].size += p.size;
		else
			r->pieces[n++] = p;
	}
	r->n = n;
	return at;
}
