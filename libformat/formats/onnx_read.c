/* A file into a model: checked, its graphs read, its tensors listed. Of the payload only what is not stored as plain bytes is read, and
 * kept as plain bytes in one more file of the model, without a name. */
#include "formats/onnx.h"

#include "base/checked.h"
#include "base/escape.h"
#include "io/spool.h"
#include "model/scan.h"

#include <stdlib.h>

enum { MOST_ALIGNED = 1 << 16 };

/* A tensor on its way into the list. */
typedef struct entry {
	tare_onnx_found found;
	tare_tensor t;
	tare_onnx_tensor *made;  /* its elements are to be made plain; else NULL */
	bool external;
} entry;

struct tare_onnx_reader {
	tare_model *m;
	entry *entries;
	size_t n, cap;
	tare_strmap first;       /* names of the main graph's initializers */
	tare_strmap locations;   /* of data files: their number */
	tare_arena scratch;
	tare_spool spool;
	size_t n_made;
};

uint64_t tare_onnx_place(const tare_model *m, const void *p)
{
	tare_str raw = m->graphs->raw;
	uintptr_t at = (uintptr_t)p, from = (uintptr_t)raw.ptr;

	return at >= from && at - from <= raw.len ? at - from : TARE_NOWHERE;
}

/* ---- where the elements are ---- */

static tare_status in_tensor(const tare_model *m, const tare_onnx_tensor *t, const char *what, tare_error *err)
{
	return tare_fail(err, TARE_E_DATA, tare_onnx_place(m, t->raw.ptr), "tensor '%s': %s", TARE_SHOW(t->name), what);
}

static tare_status place_external(tare_onnx_reader *r, const tare_onnx_tensor *is, tare_tensor *t, tare_error *err)
{
	size_t existing;
	uint32_t file;

	/* Nobody writes "0" for something that is there, but the runtime reads it as if nothing was said. */
	if (t->type && is->length != TARE_NOWHERE && is->length && is->length != t->size)
		return tare_fail(err, TARE_E_DATA, tare_onnx_place(r->m, is->raw.ptr),
				 "tensor '%s': external data of %llu bytes, but its shape and type ask for %llu", TARE_SHOW(is->name),
				 (unsigned long long)is->length, (unsigned long long)t->size);
	existing = is->location.len ? tare_strmap_find(&r->locations, is->location) : SIZE_MAX;
	if (existing == SIZE_MAX) {
		TARE_TRY(tare_onnx_external(r->m, is->location, &file, err));
		if (!tare_strmap_add(&r->locations, is->location, file, &existing))
			return tare_fail_nomem(err);
		existing = file;
	}
	t->file = (uint32_t)existing;
	t->offset = is->offset;
	if (!t->type && is->length != TARE_NOWHERE)
		t->size = is->length;
	return TARE_OK;
}

static tare_status place_extent(const tare_onnx_reader *r, const tare_onnx_tensor *is, tare_str bytes, tare_tensor *t, tare_error *err)
{
	t->offset = tare_onnx_place(r->m, bytes.ptr);
	if (!t->type)
		t->size = bytes.len;
	if (t->size == bytes.len)
		return TARE_OK;
	return tare_fail(err, TARE_E_DATA, t->offset, "tensor '%s': %zu bytes are stored, its shape and type ask for %llu", TARE_SHOW(is->name),
			 bytes.len, (unsigned long long)t->size);
}

/* Text stays as it is stored: all that lies from the first string to the last. */
static tare_status place_text(const tare_onnx_reader *r, const tare_onnx_tensor *is, tare_tensor *t, tare_error *err)
{
	tare_wire w = tare_wire_of(is->raw, &tare_onnx__tensor_proto__descriptor);
	const char *from = is->raw.ptr, *to = from;
	tare_wire_field f;
	uint64_t n = 0;

	while (tare_wire_next(&w, &f))
		if (f.id == ONNX_TENSOR_STRING_DATA) {
			from = n++ ? from : f.raw.ptr;
			to = f.raw.ptr + f.raw.len;
		}
	t->offset = tare_onnx_place(r->m, from);
	t->size = (uint64_t)(to - from);
	return n == t->count ? TARE_OK : in_tensor(r->m, is, "its shape asks for another number of strings than are stored", err);
}

static tare_status place_made(tare_onnx_reader *r, entry *e, const tare_onnx_tensor *is, tare_error *err)
{
	e->made = tare_arena_alloc(&r->scratch, sizeof *e->made);
	if (!e->made)
		return tare_fail_nomem(err);
	*e->made = *is;
	r->n_made++;
	return TARE_OK;
}

static tare_status place(tare_onnx_reader *r, entry *e, const tare_onnx_tensor *is, tare_error *err)
{
	tare_tensor *t = &e->t;

	e->external = is->external;
	if (is->external)
		return is->type_id == TARE_ONNX_STRING ? in_tensor(r->m, is, "text cannot be external data", err)
						       : place_external(r, is, t, err);
	t->offset = tare_onnx_place(r->m, is->raw.ptr);
	if (is->type_id == TARE_ONNX_STRING)
		return place_text(r, is, t, err);
	if (is->has_raw)
		return place_extent(r, is, is->raw_data, t, err);
	if (!is->is || (!t->count && !is->pieces))
		return TARE_OK;
	if (!is->pieces)
		return in_tensor(r->m, is, "it has no data", err);
	if (tare_onnx_home_is_plain(is->is) && is->pieces == 1 && is->packed.ptr)
		return place_extent(r, is, is->packed, t, err);
	return place_made(r, e, is, err);
}

static tare_status take_tensor(void *user, const tare_onnx_found *found, tare_error *err)
{
	tare_onnx_reader *r = user;
	tare_onnx_tensor is;
	size_t existing;
	entry *e;

	TARE_TRY(tare_limit_check(&r->m->limits, TARE_LIMIT_tensors, r->n + 1, tare_onnx_place(r->m, found->raw.ptr), "tensors", err));
	if (!tare_grow(&r->entries, &r->cap, r->n, sizeof *e))
		return tare_fail_nomem(err);
	TARE_TRY(tare_onnx_tensor_read(r->m, found->raw, &is, err));
	e = &r->entries[r->n++];
	*e = (entry){ .found = *found };
	e->t = (tare_tensor){ .type = is.is ? is.is->type : NULL, .type_id = tare_onnx_type_id(is.type_id), .n_dims = is.n_dims, .dim = is.dim };
	if (!tare_tensor_measure(&e->t))
		return in_tensor(r->m, &is, "its size overflows", err);
	if (!is.is)
		tare_model_warn(r->m, "tensor '%s': data type %d is not known", TARE_SHOW(found->name), is.type_id);
	if (found->first && !tare_strmap_add(&r->first, found->name, r->n - 1, &existing))
		return tare_fail_nomem(err);
	return place(r, e, &is, err);
}

/* ---- names ---- */

static bool is_free(const tare_onnx_reader *r, size_t i, tare_str name)
{
	size_t first = tare_strmap_find(&r->first, name);

	return (first == SIZE_MAX || first == i) && tare_model_tensor_index(r->m, name) == SIZE_MAX;
}

/* Names of the main graph's initializers are theirs; who comes second to a name gets "#" and its number in the file behind it. */
static tare_status choose_name(tare_onnx_reader *r, size_t i, tare_error *err)
{
	entry *e = &r->entries[i];
	size_t k;

	e->t.name = e->found.name;
	if (!is_free(r, i, e->t.name) && e->found.first)
		tare_model_warn(r->m, "two initializers are called '%s'", TARE_SHOW(e->found.name));
	for (k = i; !is_free(r, i, e->t.name); k++) {
		char *text = NULL;
		int n = asprintf(&text, "%.*s#%zu", (int)e->found.name.len, e->found.name.ptr, k);

		e->t.name = n < 0 ? (tare_str){ NULL, 0 } : tare_arena_copy(&r->m->arena, text, (size_t)n);
		if (n >= 0)
			free(text);
		if (!e->t.name.ptr)
			return tare_fail_nomem(err);
	}
	*e->found.slot = e->t.name;
	return TARE_OK;
}

static tare_status list_tensors(tare_onnx_reader *r, tare_error *err)
{
	tare_graphs *all = r->m->graphs;
	size_t i;

	all->stored = tare_arena_array(&r->m->arena, r->n + 1, sizeof *all->stored);
	if (!all->stored)
		return tare_fail_nomem(err);
	for (i = 0; i < r->n; i++) {
		const entry *e = &r->entries[i];

		TARE_TRY(choose_name(r, i, err));
		TARE_TRY(tare_model_add_tensor(r->m, &e->t, tare_onnx_place(r->m, e->found.raw.ptr), err));
		all->stored[all->n_stored++] = (tare_stored){
			e->found.raw, e->t.name, e->t.file, e->t.offset, e->external, e->found.initializer,
		};
	}
	return TARE_OK;
}

/* ---- elements that are numbers of the wire ---- */

static tare_status make_plain(tare_onnx_reader *r, tare_error *err)
{
	tare_source *source;
	size_t i;

	if (!r->n_made)
		return TARE_OK;
	r->spool.lim = &r->m->limits;
	for (i = 0; i < r->n; i++) {
		entry *e = &r->entries[i];

		if (!e->made)
			continue;
		e->t.file = (uint32_t)r->m->n_files;
		e->t.offset = r->spool.size;
		TARE_TRY(tare_onnx_elements(e->made, e->t.count, tare_spool_put, &r->spool, err));
	}
	TARE_TRY(tare_spool_source(&r->spool, &source, err));
	TARE_TRY(tare_model_add_file(r->m, NULL, source, err));
	r->m->files[r->m->n_files - 1].made = true;
	return TARE_OK;
}

/* ---- data files ---- */

static bool is_aligned(const tare_model *m, const size_t *order, uint64_t align)
{
	uint64_t end = 0, at;
	uint32_t file = 0;
	size_t i;

	for (i = 0; i < m->n_tensors; i++) {
		const tare_tensor *t = &m->tensors[order[i]], *before = i ? &m->tensors[order[i - 1]] : t;

		if (!t->file || m->files[t->file].made || !t->size)
			continue;
		if (t->file == file && t->offset == before->offset && t->size == before->size)
			continue;
		end = t->file == file ? end : 0;
		file = t->file;
		if (!tare_align_up(end, align, &at) || t->offset != at || !tare_add(at, t->size, &end))
			return false;
	}
	return file;
}

/* The smallest alignment that explains where the data files' tensors lie, so that a rewrite puts them there again; 1 if none does. */
static tare_status find_alignment(tare_model *m, tare_error *err)
{
	size_t *order;

	if (m->n_files == 1)
		return TARE_OK;
	order = tare_model_payload_order(m);
	if (!order)
		return tare_fail_nomem(err);
	while (m->alignment <= MOST_ALIGNED && !is_aligned(m, order, m->alignment))
		m->alignment *= 2;
	if (m->alignment > MOST_ALIGNED)
		m->alignment = 1;
	free(order);
	return TARE_OK;
}

/* ---- metadata ---- */

static tare_status read_metadata(tare_model *m, tare_error *err)
{
	tare_part *p = NULL;

	while ((p = tare_part_next(&m->graphs->parts, p, TARE_PART_ENTRY))) {
		const tare_text_entry *e = (const tare_text_entry *)p;
		tare_value v = { .kind = TARE_STRING, .as.string = e->value };

		if (tare_strmap_find(&m->by_key, e->key) != SIZE_MAX)
			tare_model_warn(m, "metadata '%s' is there twice: the first counts", TARE_SHOW(e->key));
		else
			TARE_TRY(tare_model_add_metadata(m, e->key, &v, tare_onnx_place(m, p->raw.ptr), err));
	}
	return TARE_OK;
}

/* ---- the whole ---- */

static tare_status read_all(tare_onnx_reader *r, tare_str file, tare_error *err)
{
	tare_model *m = r->m;

	TARE_TRY(tare_onnx_graphs(m, file, take_tensor, r, err));
	if (!m->graphs->main)
		return tare_fail(err, TARE_E_DATA, TARE_NOWHERE, "there is no graph in it: it is no ONNX model");
	TARE_TRY(make_plain(r, err));
	TARE_TRY(list_tensors(r, err));
	TARE_TRY(find_alignment(m, err));
	return read_metadata(m, err);
}

tare_status tare_onnx_read(tare_model *m, tare_error *err)
{
	tare_onnx_reader r = { .m = m };
	const uint8_t *base;
	tare_status st;
	uint64_t size;
	tare_str file;

	/* Graphs and payload come in any order, so all of a stream is needed. */
	TARE_TRY(tare_source_random(m->files[0].source, err));
	size = tare_source_size(m->files[0].source);
	base = tare_source_at(m->files[0].source, 0, size);
	file = (tare_str){ (const char *)base, (size_t)size };
	TARE_TRY(tare_wire_check(file, &tare_onnx__model_proto__descriptor, &m->limits, err));
	st = read_all(&r, file, err);
	if (st == TARE_OK) {
		m->version = (uint32_t)m->graphs->version;
		m->ordered = true;
	}
	free(r.entries);
	tare_strmap_free(&r.first);
	tare_strmap_free(&r.locations);
	tare_spool_free(&r.spool);
	tare_arena_free(&r.scratch);
	return st;
}
