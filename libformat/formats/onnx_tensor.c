/* What one TensorProto says, in one or two walks over it. */
#include "formats/onnx.h"

#include "base/escape.h"

static tare_status in_tensor(const tare_model *m, const tare_onnx_tensor *t, const void *at, const char *what, tare_error *err)
{
	return tare_fail(err, TARE_E_DATA, tare_onnx_place(m, at), "tensor '%s': %s", TARE_SHOW(t->name), what);
}

/* One number of a repeated field, packed or not; *at walks over it. */
static bool next_number(const tare_wire_field *f, const uint8_t **at, uint64_t *v)
{
	const uint8_t *end = (const uint8_t *)f->bytes.ptr + f->bytes.len;

	if (f->type != TARE_WIRE_BYTES) {
		*v = f->value;
		return !*at && (*at = end, true);
	}
	if (!*at)
		*at = (const uint8_t *)f->bytes.ptr;
	return *at < end && tare_wire_varint(at, end, v);
}

/* ---- shape ---- */

static uint64_t count_dims(tare_str raw)
{
	tare_wire w = tare_wire_of(raw, &tare_onnx__tensor_proto__descriptor);
	tare_wire_field f;
	uint64_t n = 0, v;

	while (tare_wire_next(&w, &f)) {
		const uint8_t *at = NULL;

		if (f.id == ONNX_TENSOR_DIMS && f.type == TARE_WIRE_VARINT)
			n++;
		else if (f.id == ONNX_TENSOR_DIMS)
			while (next_number(&f, &at, &v))
				n++;
	}
	return n;
}

static tare_status read_dims(tare_model *m, tare_onnx_tensor *t, tare_error *err)
{
	tare_wire w = tare_wire_of(t->raw, &tare_onnx__tensor_proto__descriptor);
	uint64_t n = count_dims(t->raw), *dim;
	tare_wire_field f;

	TARE_TRY(tare_limit_check(&m->limits, TARE_LIMIT_dims, n, tare_onnx_place(m, t->raw.ptr), "dimensions of a tensor", err));
	dim = tare_arena_array(&m->arena, n + 1, sizeof *dim);
	if (!dim)
		return tare_fail_nomem(err);
	t->dim = dim;
	while (tare_wire_next(&w, &f)) {
		const uint8_t *at = NULL;

		if (f.id != ONNX_TENSOR_DIMS)
			continue;
		if (f.type == TARE_WIRE_VARINT)
			dim[t->n_dims++] = f.value;
		else
			while (next_number(&f, &at, &dim[t->n_dims]))
				t->n_dims++;
	}
	while (n--)
		if (dim[n] > INT64_MAX)
			return in_tensor(m, t, t->raw.ptr, "a dimension is negative", err);
	return TARE_OK;
}

/* ---- external data ---- */

static tare_status read_number(const tare_model *m, const tare_onnx_tensor *t, const char *key, tare_str text, uint64_t *out,
			       tare_error *err)
{
	size_t i;

	*out = 0;
	for (i = 0; i < text.len && text.ptr[i] >= '0' && text.ptr[i] <= '9'; i++)
		if (*out > (INT64_MAX - 9) / 10)
			break;
		else
			*out = *out * 10 + (uint64_t)(text.ptr[i] - '0');
	if (text.len && i == text.len)
		return TARE_OK;
	return tare_fail(err, TARE_E_DATA, tare_onnx_place(m, text.ptr ? text.ptr : t->raw.ptr),
			 "tensor '%s': external data: %s '%s' is not a number from 0 to 2^63 - 1", TARE_SHOW(t->name), key, TARE_SHOW(text));
}

static tare_status take_external(tare_model *m, tare_onnx_tensor *t, tare_str key, tare_str value, tare_error *err)
{
	if (tare_str_eq(key, tare_str_of("location")))
		t->location = value;
	else if (tare_str_eq(key, tare_str_of("offset")))
		return read_number(m, t, "offset", value, &t->offset, err);
	else if (tare_str_eq(key, tare_str_of("length")))
		return read_number(m, t, "length", value, &t->length, err);
	else if (!tare_str_eq(key, tare_str_of("checksum")) && !(key.len > 10 && !memcmp(key.ptr, "prepacked_", 10)))
		tare_model_warn(m, "tensor '%s': external data: key '%s' is not known, and onnxruntime refuses it", TARE_SHOW(t->name),
				TARE_SHOW(key));
	return TARE_OK;
}

static tare_status read_external(tare_model *m, tare_onnx_tensor *t, tare_error *err)
{
	tare_wire w = tare_wire_of(t->raw, &tare_onnx__tensor_proto__descriptor);
	tare_wire_field f, e;

	while (tare_wire_next(&w, &f)) {
		tare_str key = { "", 0 }, value = { "", 0 };
		tare_wire entry;

		if (f.id != ONNX_TENSOR_EXTERNAL_DATA)
			continue;
		entry = tare_wire_of(f.bytes, f.message);
		while (tare_wire_next(&entry, &e))
			if (e.id == ONNX_STRING_STRING_ENTRY_KEY)
				key = e.bytes;
			else if (e.id == ONNX_STRING_STRING_ENTRY_VALUE)
				value = e.bytes;
		TARE_TRY(take_external(m, t, key, value, err));
	}
	return TARE_OK;
}

/* ---- the whole ---- */

static tare_status read_plain(tare_model *m, tare_onnx_tensor *t, tare_error *err)
{
	tare_wire w = tare_wire_of(t->raw, &tare_onnx__tensor_proto__descriptor);
	tare_wire_field f;

	while (tare_wire_next(&w, &f))
		switch (f.id) {
		case ONNX_TENSOR_NAME:
			t->name = f.bytes;
			break;
		case ONNX_TENSOR_DATA_TYPE:
			t->type_id = (int32_t)f.value;
			break;
		case ONNX_TENSOR_RAW_DATA:
			t->raw_data = f.bytes;
			t->has_raw = true;
			break;
		case ONNX_TENSOR_DATA_LOCATION:
			t->external = (int32_t)f.value == TARE_ONNX_EXTERNAL;
			break;
		case ONNX_TENSOR_SEGMENT:
			return tare_fail(err, TARE_E_UNSUPPORTED, tare_onnx_place(m, f.raw.ptr),
					 "tensor '%s' is stored in segments, which no writer does any more", TARE_SHOW(t->name));
		default:
			break;
		}
	t->is = tare_onnx_type_find(t->type_id);
	return TARE_OK;
}

static void read_home(tare_onnx_tensor *t)
{
	tare_wire w = tare_wire_of(t->raw, &tare_onnx__tensor_proto__descriptor);
	tare_wire_field f;

	while (t->is && tare_wire_next(&w, &f))
		if (f.id == t->is->home) {
			t->pieces++;
			if (f.type == TARE_WIRE_BYTES)
				t->packed = f.bytes;
		}
}

tare_status tare_onnx_tensor_read(tare_model *m, tare_str raw, tare_onnx_tensor *out, tare_error *err)
{
	*out = (tare_onnx_tensor){ .raw = raw, .name = { "", 0 }, .length = TARE_NOWHERE };
	TARE_TRY(read_plain(m, out, err));
	TARE_TRY(read_dims(m, out, err));
	if (out->external)
		return read_external(m, out, err);
	if (!out->has_raw)
		read_home(out);
	return TARE_OK;
}
