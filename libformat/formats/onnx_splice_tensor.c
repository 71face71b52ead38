/* One TensorProto of the result. What its elements are stored as is made anew only if they change, move, or get another type; all else in
 * it stays, in its place. */
#include "formats/onnx.h"

#include "base/escape.h"

static bool is_home(uint32_t id)
{
	switch (id) {
	case ONNX_TENSOR_FLOAT_DATA:
	case ONNX_TENSOR_INT32_DATA:
	case ONNX_TENSOR_STRING_DATA:
	case ONNX_TENSOR_INT64_DATA:
	case ONNX_TENSOR_RAW_DATA:
	case ONNX_TENSOR_DOUBLE_DATA:
	case ONNX_TENSOR_UINT64_DATA:
	case ONNX_TENSOR_EXTERNAL_DATA:
	case ONNX_TENSOR_DATA_LOCATION:
		return true;
	default:
		return false;
	}
}

/* ---- what is made ---- */

static tare_status put_entry(tare_onnx_writer *w, const char *key, tare_str value)
{
	size_t mark;

	TARE_TRY(tare_onnx_rope_begin(&w->rope, &mark));
	TARE_TRY(tare_onnx_rope_bytes(&w->rope, ONNX_STRING_STRING_ENTRY_KEY, tare_str_of(key)));
	TARE_TRY(tare_onnx_rope_bytes(&w->rope, ONNX_STRING_STRING_ENTRY_VALUE, value));
	return tare_onnx_rope_end(&w->rope, mark, ONNX_TENSOR_EXTERNAL_DATA, NULL);
}

static tare_status put_number(tare_onnx_writer *w, const char *key, uint64_t v)
{
	const char *text = tare_arena_printf(&w->out->arena, "%llu", (unsigned long long)v);

	return text ? put_entry(w, key, tare_str_of(text)) : tare_fail_nomem(w->err);
}

static tare_status put_shape(tare_onnx_writer *w, const tare_tensor *t)
{
	const tare_onnx_type *is = tare_onnx_type_of(t->type);
	uint32_t i;

	for (i = 0; i < t->n_dims; i++)
		TARE_TRY(tare_onnx_rope_varint(&w->rope, ONNX_TENSOR_DIMS, t->dim[i]));
	return tare_onnx_rope_varint(&w->rope, ONNX_TENSOR_DATA_TYPE, (uint64_t)is->id);
}

static tare_status put_raw(tare_onnx_writer *w, const tare_tensor *t, size_t i)
{
	size_t mark;

	TARE_TRY(tare_onnx_rope_begin(&w->rope, &mark));
	TARE_TRY(tare_onnx_rope_payload(&w->rope, i, t->size));
	return tare_onnx_rope_end(&w->rope, mark, ONNX_TENSOR_RAW_DATA, NULL);
}

static tare_status put_external(tare_onnx_writer *w, const tare_tensor *t, size_t i)
{
	TARE_TRY(put_entry(w, "location", w->homes[i].location));
	TARE_TRY(put_number(w, "offset", t->offset));
	TARE_TRY(put_number(w, "length", t->size));
	return tare_onnx_rope_varint(&w->rope, ONNX_TENSOR_DATA_LOCATION, TARE_ONNX_EXTERNAL);
}

static tare_status put_new(tare_onnx_writer *w, tare_str name, const tare_tensor *t, size_t i)
{
	TARE_TRY(put_shape(w, t));
	TARE_TRY(tare_onnx_rope_bytes(&w->rope, ONNX_TENSOR_NAME, name));
	return w->homes[i].beside ? put_external(w, t, i) : put_raw(w, t, i);
}

/* Elements go where a serializer that sorts fields by number would have them. */
static tare_status put_changed(tare_onnx_writer *w, const tare_onnx_tensor *was, const tare_tensor *t, size_t i, bool shape)
{
	tare_wire in = tare_wire_of(was->raw, &tare_onnx__tensor_proto__descriptor);
	uint32_t before = w->homes[i].beside ? ONNX_TENSOR_DATA_LOCATION : ONNX_TENSOR_RAW_DATA;
	tare_wire_field f;
	bool done = false;

	if (shape)
		TARE_TRY(put_shape(w, t));
	while (tare_wire_next(&in, &f)) {
		if (f.number > before && !done) {
			TARE_TRY(w->homes[i].beside ? put_external(w, t, i) : put_raw(w, t, i));
			done = true;
		}
		if (!is_home(f.id) && !(shape && (f.id == ONNX_TENSOR_DIMS || f.id == ONNX_TENSOR_DATA_TYPE)))
			TARE_TRY(tare_onnx_rope_put(&w->rope, f.raw.ptr, f.raw.len));
	}
	if (done)
		return TARE_OK;
	return w->homes[i].beside ? put_external(w, t, i) : put_raw(w, t, i);
}

/* ---- what stays ---- */

/* The elements' bytes are the source's payload, where the pipeline may put the same ones. */
static tare_status put_kept(tare_onnx_writer *w, const tare_onnx_tensor *was, tare_str payload, size_t i)
{
	const char *end = was->raw.ptr + was->raw.len, *behind = payload.ptr + payload.len;

	TARE_TRY(tare_onnx_rope_put(&w->rope, was->raw.ptr, (size_t)(payload.ptr - was->raw.ptr)));
	TARE_TRY(tare_onnx_rope_payload(&w->rope, i, payload.len));
	return tare_onnx_rope_put(&w->rope, behind, (size_t)(end - behind));
}

static tare_status put_rendered(tare_onnx_writer *w, const tare_onnx_tensor *was, size_t i)
{
	w->out->rendered[i] = true;
	return tare_onnx_rope_put(&w->rope, was->raw.ptr, was->raw.len);
}

/* Are the elements the very bytes that the source has for this description? */
static bool is_untouched(const tare_onnx_writer *w, const tare_stored *stored, size_t i)
{
	const tare_tensor *from = w->out->taken ? w->out->taken[i] : NULL;

	return from && from->file == stored->file && from->offset == stored->offset && tare_str_eq(from->name, stored->tensor);
}

static bool same_shape(const tare_onnx_tensor *was, const tare_tensor *t)
{
	uint32_t i;

	if (was->n_dims != t->n_dims)
		return false;
	for (i = 0; i < t->n_dims; i++)
		if (was->dim[i] != t->dim[i])
			return false;
	return t->type ? was->is && was->is->type == t->type : tare_onnx_type_id(was->type_id) == t->type_id;
}

/* Only who has edited the graph may give a tensor another type. */
static tare_status check_change(const tare_onnx_writer *w, const tare_onnx_tensor *was, const tare_tensor *t, bool same)
{
	if (!same && w->out->graphs->arena != &w->out->arena)
		return tare_fail(w->err, TARE_E_UNSUPPORTED, TARE_NOWHERE, "tensor '%s': the graph takes it as %s in its own shape, not as %s",
				 TARE_SHOW(t->name), was->is ? was->is->name : "an unknown type", t->type ? t->type->name : "an unknown type");
	if (!same && !tare_onnx_type_of(t->type))
		return tare_fail(w->err, TARE_E_UNSUPPORTED, TARE_NOWHERE, "tensor '%s': ONNX has no type %s", TARE_SHOW(t->name),
				 t->type ? t->type->name : "of that number");
	return TARE_OK;
}

static tare_status splice_inside(tare_onnx_writer *w, const tare_stored *stored, const tare_onnx_tensor *was, size_t i)
{
	const tare_tensor *t = &w->out->tensors[i];
	bool same = same_shape(was, t), plain = was->has_raw || (was->pieces == 1 && was->packed.ptr && tare_onnx_home_is_plain(was->is));
	tare_str payload = was->has_raw ? was->raw_data : was->packed;

	TARE_TRY(check_change(w, was, t, same));
	if (same && !was->external && plain && payload.len == t->size && t->size)
		return put_kept(w, was, payload, i);
	if (same && !was->external && is_untouched(w, stored, i))
		return put_rendered(w, was, i);
	return put_changed(w, was, t, i, !same);
}

static tare_status splice_beside(tare_onnx_writer *w, const tare_onnx_tensor *was, size_t i)
{
	const tare_tensor *t = &w->out->tensors[i];
	bool same = same_shape(was, t);

	TARE_TRY(check_change(w, was, t, same));
	if (same && was->external && !was->has_raw && tare_str_eq(was->location, w->homes[i].location) && was->offset == t->offset &&
	    (was->length == TARE_NOWHERE || was->length == t->size))
		return tare_onnx_rope_put(&w->rope, was->raw.ptr, was->raw.len);
	return put_changed(w, was, t, i, !same);
}

static tare_status find(tare_onnx_writer *w, tare_str tensor, size_t *i)
{
	*i = tare_model_tensor_index(w->out, tensor);
	if (*i == SIZE_MAX)
		return tare_fail(w->err, TARE_E_UNSUPPORTED, TARE_NOWHERE,
				 "tensor '%s' is in the graph and must be in the result, under its own name", TARE_SHOW(tensor));
	if (w->placed[*i])
		return tare_fail(w->err, TARE_E_ARG, TARE_NOWHERE, "tensor '%s' is in the graph twice", TARE_SHOW(tensor));
	w->placed[*i] = true;
	return TARE_OK;
}

tare_status tare_onnx_splice_tensor(tare_onnx_writer *w, const tare_stored *stored, tare_str name, tare_str tensor)
{
	tare_onnx_tensor was;
	const tare_tensor *t;
	size_t i;

	TARE_TRY(find(w, tensor, &i));
	t = &w->out->tensors[i];
	if (!stored && !tare_onnx_type_of(t->type))
		return tare_fail(w->err, TARE_E_UNSUPPORTED, TARE_NOWHERE, "tensor '%s': ONNX has no type %s", TARE_SHOW(t->name),
				 t->type ? t->type->name : "of that number");
	if (!stored)
		return put_new(w, name, t, i);
	TARE_TRY(tare_onnx_tensor_read(w->out, stored->raw, &was, w->err));
	return w->homes[i].beside ? splice_beside(w, &was, i) : splice_inside(w, stored, &was, i);
}
