/* Elements that are stored as numbers of the wire, one by one: as the plain bytes that raw_data would have. */
#include "formats/onnx.h"

#include "base/bytes.h"
#include "base/checked.h"
#include "base/escape.h"

enum { CHUNK = 1 << 14 };

typedef struct out {
	uint8_t bytes[CHUNK];
	size_t used;
	tare_onnx_put_fn *put;
	void *ctx;
	uint64_t left;           /* words still to come */
	unsigned width;          /* bytes of a word in the result */
	tare_error *err;
} out;

static tare_status flush(out *o)
{
	size_t n = o->used;

	o->used = 0;
	return n ? o->put(o->ctx, o->bytes, n, o->err) : TARE_OK;
}

static tare_status add_word(out *o, uint64_t v)
{
	unsigned i;

	o->left--;
	for (i = 0; i < o->width; i++)
		o->bytes[o->used++] = (uint8_t)(v >> 8 * i);
	return o->used > CHUNK - 16 ? flush(o) : TARE_OK;
}

static tare_status wrong_count(const tare_onnx_tensor *t, tare_error *err)
{
	return tare_fail(err, TARE_E_DATA, TARE_NOWHERE, "tensor '%s': its shape asks for another number of %s elements than are stored",
			 TARE_SHOW(t->name), t->is->name);
}

static tare_status add_packed(out *o, const tare_onnx_tensor *t, tare_str bytes, unsigned fixed)
{
	const uint8_t *at = (const uint8_t *)bytes.ptr, *end = at + bytes.len;
	uint64_t v;

	while (at < end) {
		if (!o->left)
			return wrong_count(t, o->err);
		if (fixed) {
			v = fixed == 4 ? tare_get32(at, false) : tare_get64(at, false);
			at += fixed;
		} else if (!tare_wire_varint(&at, end, &v)) {
			return tare_fail(o->err, TARE_E_DATA, TARE_NOWHERE, "tensor '%s': its elements are cut short", TARE_SHOW(t->name));
		}
		TARE_TRY(add_word(o, v));
	}
	return TARE_OK;
}

static unsigned fixed_of(const tare_onnx_type *is)
{
	return is->home == ONNX_TENSOR_FLOAT_DATA ? 4 : is->home == ONNX_TENSOR_DOUBLE_DATA ? 8 : 0;
}

tare_status tare_onnx_elements(const tare_onnx_tensor *t, uint64_t count, tare_onnx_put_fn *put, void *ctx, tare_error *err)
{
	tare_wire w = tare_wire_of(t->raw, &tare_onnx__tensor_proto__descriptor);
	out o = { .put = put, .ctx = ctx, .err = err };
	tare_wire_field f;

	if (!tare_mul(count, t->is->words, &o.left))
		return wrong_count(t, err);
	o.left = o.left / t->is->per_word + (o.left % t->is->per_word != 0);
	o.width = t->is->per_word > 1 ? 1 : t->is->type->block_size / t->is->words;
	while (tare_wire_next(&w, &f)) {
		if (f.id != t->is->home)
			continue;
		if (f.type == TARE_WIRE_BYTES)
			TARE_TRY(add_packed(&o, t, f.bytes, fixed_of(t->is)));
		else if (!o.left)
			return wrong_count(t, err);
		else
			TARE_TRY(add_word(&o, f.value));
	}
	return o.left ? wrong_count(t, err) : flush(&o);
}
