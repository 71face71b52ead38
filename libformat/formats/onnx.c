/* The layout of a result, and its bytes. */
#include "formats/onnx.h"

#include "base/escape.h"

#include <stdlib.h>

/* One message may not be larger, by protobuf's own rule. */
#define MESSAGE_MAX INT32_MAX

typedef struct laid_out {
	const tare_onnx_piece *pieces;
	size_t n;
} laid_out;

/* ---- layout ---- */

static bool metadata_is_same(const tare_model *out)
{
	const tare_graphs *all = out->graphs;
	const tare_part *p = NULL;
	size_t n = 0, twice = 0;

	while ((p = tare_part_next(&all->parts, p, TARE_PART_ENTRY))) {
		const tare_text_entry *e = (const tare_text_entry *)(const void *)p;

		if (n < out->n_meta && tare_str_eq(out->meta[n].key, e->key) && out->meta[n].value.kind == TARE_STRING &&
		    tare_str_eq(out->meta[n].value.as.string, e->value))
			n++;
		else if (tare_strmap_find(&out->by_key, e->key) < n)
			twice++;
		else
			return false;
	}
	return n == out->n_meta;
}

static int by_place(const void *a, const void *b)
{
	uintptr_t s = (uintptr_t)(*(tare_graph *const *)a)->raw.ptr, t = (uintptr_t)(*(tare_graph *const *)b)->raw.ptr;

	return s < t ? -1 : s > t;
}

static tare_status find_edited(tare_onnx_writer *w)
{
	const tare_graphs *all = w->out->graphs;
	size_t i;

	w->edited = calloc(all->n_graphs + 1, sizeof(tare_graph *));
	if (!w->edited)
		return tare_fail_nomem(w->err);
	for (i = 0; i < all->n_graphs; i++)
		if (all->graph[i]->parts.edited && all->graph[i]->raw.len)
			w->edited[w->n_edited++] = all->graph[i];
	if (w->n_edited)
		qsort(w->edited, w->n_edited, sizeof(tare_graph *), by_place);
	return TARE_OK;
}

static tare_status start(tare_onnx_writer *w, bool force)
{
	tare_model *out = w->out;
	size_t n = out->n_tensors + 1;

	for (; out->n_files; out->n_files--)
		free(out->files[out->n_files - 1].path);
	TARE_TRY(tare_model_add_file(out, w->opt->path ? w->opt->path : "model.onnx", NULL, w->err));
	memset(w->homes, 0, n * sizeof *w->homes);
	memset(w->placed, 0, n * sizeof *w->placed);
	memset(out->rendered, 0, n * sizeof *out->rendered);
	w->rope.n = 0;
	return tare_onnx_choose_homes(w, force, w->err);
}

static tare_status check_placed(const tare_onnx_writer *w)
{
	size_t i;

	for (i = 0; i < w->out->n_tensors; i++)
		if (!w->placed[i])
			return tare_fail(w->err, TARE_E_UNSUPPORTED, TARE_NOWHERE, "tensor '%s' has no place in the graph",
					 TARE_SHOW(w->out->tensors[i].name));
	return TARE_OK;
}

static tare_status splice(tare_onnx_writer *w, bool force, uint64_t *size)
{
	const tare_graphs *all = w->out->graphs;

	TARE_TRY(start(w, force));
	if (all->parts.edited || !metadata_is_same(w->out))
		TARE_TRY(tare_onnx_splice_model(w));
	else
		TARE_TRY(tare_onnx_splice(w, all->raw, &tare_onnx__model_proto__descriptor));
	*size = tare_onnx_rope_close(&w->rope);
	return check_placed(w);
}

/* Places of what is inside; what was written already, or by the format, is not payload. */
static tare_status settle(tare_onnx_writer *w, uint64_t size)
{
	tare_model *out = w->out;
	tare_onnx_piece *pieces = tare_arena_array(&out->arena, w->rope.n + 1, sizeof *pieces);
	laid_out *laid = tare_arena_alloc(&out->arena, sizeof *laid);
	tare_file *f = &out->files[0];
	size_t i;

	if (!pieces || !laid)
		return tare_fail_nomem(w->err);
	if (w->rope.n)
		memcpy(pieces, w->rope.pieces, w->rope.n * sizeof *pieces);
	*laid = (laid_out){ pieces, w->rope.n };
	out->laid_out = laid;
	f->size = f->data_offset = size;
	for (i = 0; i < out->n_tensors; i++) {
		if (w->homes[i].again)
			out->rendered[i] = true;
		if (!w->homes[i].beside) {
			out->tensors[i].file = 0;
			out->tensors[i].offset = size;
		}
	}
	for (i = w->rope.n; i--;)
		if (!pieces[i].bytes) {
			out->tensors[pieces[i].tensor].offset = pieces[i].offset;
			f->data_offset = pieces[i].offset;
		}
	return TARE_OK;
}

static tare_status lay_out(tare_onnx_writer *w)
{
	uint64_t size;

	TARE_TRY(find_edited(w));
	TARE_TRY(splice(w, false, &size));
	if (size >= MESSAGE_MAX && w->opt->external == TARE_EXTERNAL_INSIDE)
		return tare_fail(w->err, TARE_E_UNSUPPORTED, TARE_NOWHERE,
				 "with all weights inside, the model would have %llu bytes: protobuf allows less than 2 GiB",
				 (unsigned long long)size);
	if (size >= MESSAGE_MAX)
		TARE_TRY(splice(w, true, &size));
	if (size >= MESSAGE_MAX)
		return tare_fail(w->err, TARE_E_UNSUPPORTED, TARE_NOWHERE,
				 "even with all weights beside it, the model would have %llu bytes: protobuf allows less than 2 GiB",
				 (unsigned long long)size);
	return settle(w, size);
}

tare_status tare_onnx_layout(tare_model *out, const tare_layout_options *opt, tare_error *err)
{
	tare_onnx_writer w = { .out = out, .opt = opt, .rope = { .arena = &out->arena, .err = err }, .err = err };
	tare_status st;

	if (!out->graphs)
		return tare_fail(err, TARE_E_UNSUPPORTED, TARE_NOWHERE,
				 "ONNX needs a graph, and the source has none: --graph names a model that has it");
	if (opt->align & (opt->align - 1))
		return tare_fail(err, TARE_E_ARG, TARE_NOWHERE, "alignment %llu is not a power of two", (unsigned long long)opt->align);
	if (out->big_endian && !out->home_big)
		return tare_fail(err, TARE_E_UNSUPPORTED, TARE_NOWHERE, "ONNX is always little-endian");
	out->big_endian = false;
	out->version = (uint32_t)out->graphs->version;
	w.homes = calloc(out->n_tensors + 1, sizeof *w.homes);
	w.placed = calloc(out->n_tensors + 1, sizeof *w.placed);
	out->rendered = tare_arena_array(&out->arena, out->n_tensors + 1, sizeof *out->rendered);
	st = w.homes && w.placed && out->rendered ? lay_out(&w) : tare_fail_nomem(err);
	free(w.homes);
	free(w.placed);
	free(w.edited);
	free(w.rope.pieces);
	return st;
}

/* ---- bytes ---- */

static size_t piece_at(const laid_out *laid, uint64_t offset)
{
	size_t low = 0, high = laid->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (laid->pieces[mid].offset + laid->pieces[mid].size <= offset)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static tare_status put_inside(const laid_out *laid, uint64_t from, uint64_t to, tare_sink *sink, tare_error *err)
{
	size_t i;

	for (i = piece_at(laid, from); i < laid->n && from < to; i++) {
		const tare_onnx_piece *p = &laid->pieces[i];
		uint64_t skip = from - p->offset, n = p->size - skip;

		n = n < to - from ? n : to - from;
		if (!p->bytes)
			return tare_fail(err, TARE_E_ARG, from, "a tensor's bytes are not the format's to write");
		TARE_TRY(tare_sink_put(sink, p->bytes + skip, (size_t)n, err));
		from += n;
	}
	return TARE_OK;
}

static tare_status put_zeros(uint64_t n, tare_sink *sink, tare_error *err)
{
	static const uint8_t zeros[4096];
	size_t k;

	for (; n; n -= k) {
		k = n < sizeof zeros ? (size_t)n : sizeof zeros;
		TARE_TRY(tare_sink_put(sink, zeros, k, err));
	}
	return TARE_OK;
}

static tare_status between(const tare_model *out, uint32_t file, uint64_t from, uint64_t to, tare_sink *sink, tare_error *err)
{
	return file ? put_zeros(to - from, sink, err) : put_inside(out->laid_out, from, to, sink, err);
}

static tare_status header(const tare_model *out, uint32_t file, tare_sink *sink, tare_error *err)
{
	return file ? TARE_OK : put_inside(out->laid_out, 0, out->files[0].data_offset, sink, err);
}

/* ---- the row ---- */

/* There is no magic. Writers begin with the IR version, a small number in field 1. */
static int probe(const uint8_t *head, size_t size)
{
	int known = tare_wire_probe(head, size, &tare_onnx__model_proto__descriptor);

	if (size > 4 && head[0] == ONNX_MODEL_IR_VERSION << 3 && head[1] > 0 && head[1] < 100 && known >= 2)
		return 80;
	return known >= 2 ? 30 : known ? 5 : 0;
}

const tare_format tare_format_onnx = {
	.name = "onnx",
	.title = "ONNX",
	.suffix = ".onnx",
	.probe = probe,
	.read = tare_onnx_read,
	.layout = tare_onnx_layout,
	.header = header,
	.between = between,
};
