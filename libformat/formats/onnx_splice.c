/* Bytes of the source again, message by message only where something in them has changed. */
#include "formats/onnx.h"

#include "base/escape.h"

/* The first tensor described at or behind p. */
static size_t first_stored(const tare_graphs *all, const char *p)
{
	size_t low = 0, high = all->n_stored;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if ((uintptr_t)all->stored[mid].raw.ptr < (uintptr_t)p)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static bool within(const char *p, tare_str extent)
{
	return (uintptr_t)p >= (uintptr_t)extent.ptr && (uintptr_t)p < (uintptr_t)extent.ptr + extent.len;
}

/* An empty description of a tensor, which has no place of its own, stays as it is. */
static bool has_tensor(const tare_onnx_writer *w, tare_str extent)
{
	const tare_graphs *all = w->out->graphs;
	size_t i = first_stored(all, extent.ptr);

	while (i < all->n_stored && !all->stored[i].raw.len)
		i++;
	return i < all->n_stored && within(all->stored[i].raw.ptr, extent);
}

static bool has_edit(const tare_onnx_writer *w, tare_str extent)
{
	size_t low = 0, high = w->n_edited;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if ((uintptr_t)w->edited[mid]->raw.ptr < (uintptr_t)extent.ptr)
			low = mid + 1;
		else
			high = mid;
	}
	return low < w->n_edited && within(w->edited[low]->raw.ptr, extent);
}

static const tare_stored *stored_at(const tare_onnx_writer *w, tare_str raw)
{
	const tare_graphs *all = w->out->graphs;
	size_t i = first_stored(all, raw.ptr);

	for (; i < all->n_stored && all->stored[i].raw.ptr == raw.ptr; i++)
		if (all->stored[i].raw.len == raw.len)
			return &all->stored[i];
	return NULL;
}

static const tare_graph *edited_at(const tare_onnx_writer *w, tare_str raw)
{
	size_t i;

	if (has_edit(w, raw))
		for (i = 0; i < w->n_edited; i++)
			if (w->edited[i]->raw.ptr == raw.ptr && w->edited[i]->raw.len == raw.len)
				return w->edited[i];
	return NULL;
}

static tare_status splice_field(tare_onnx_writer *w, const tare_wire_field *f)
{
	const tare_stored *stored = NULL;
	const tare_graph *edited = NULL;
	size_t mark;

	if (f->message == &tare_onnx__tensor_proto__descriptor)
		stored = stored_at(w, f->bytes);
	else
		edited = edited_at(w, f->bytes);
	TARE_TRY(tare_onnx_rope_begin(&w->rope, &mark));
	if (stored)
		TARE_TRY(tare_onnx_splice_tensor(w, stored, (tare_str){ NULL, 0 }, stored->tensor));
	else if (edited)
		TARE_TRY(tare_onnx_splice_graph(w, edited));
	else
		TARE_TRY(tare_onnx_splice(w, f->bytes, f->message));
	return tare_onnx_rope_end(&w->rope, mark, f->number, f);
}

tare_status tare_onnx_splice(tare_onnx_writer *w, tare_str contents, const tare_wire_message *message)
{
	tare_wire in = tare_wire_of(contents, message);
	tare_wire_field f;

	if (!has_tensor(w, contents) && !has_edit(w, contents))
		return tare_onnx_rope_put(&w->rope, contents.ptr, contents.len);
	while (tare_wire_next(&in, &f))
		if (f.message && (has_tensor(w, f.bytes) || has_edit(w, f.bytes)))
			TARE_TRY(splice_field(w, &f));
		else
			TARE_TRY(tare_onnx_rope_put(&w->rope, f.raw.ptr, f.raw.len));
	return TARE_OK;
}
