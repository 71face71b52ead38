/* Reading the note: all of it is checked against the file before anything is changed, and a note that does not fit changes nothing. */
#include "formats/safetensors.h"

#include "base/escape.h"
#include "model/value_json.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

typedef struct noted {
	tare_entry entry;
	bool here;              /* the value is in the note, not in __metadata__ */
} noted;

typedef struct note_reader {
	tare_model *m;
	tare_json json;
	tare_arena scratch;
	bool with_metadata;
	uint64_t files;         /* of the set; 1 */
	bool big;               /* big-endian at home */
	noted *entries;
	size_t n_entries, cap_entries;
	tare_tensor *tensors;   /* m's, as the note wants them; in the model's order */
	size_t *order;          /* index of the i-th tensor of the note */
	bool *taken;            /* by model index */
	size_t n_tensors;       /* of the note, found in m */
	size_t missing;         /* not found */
	tare_error *err;
} note_reader;

/* The next part of an entry, which has to be there. */
static tare_status next_part(note_reader *r)
{
	bool more;

	TARE_TRY(tare_json_next(&r->json, &more));
	return more ? TARE_OK : tare_json_fail(&r->json, SIZE_MAX, "an entry is cut short");
}

static tare_status read_entry(note_reader *r)
{
	tare_json *j = &r->json;
	noted n = { .here = false };
	tare_str kind;
	bool more;

	TARE_TRY(tare_limit_check(&r->m->limits, TARE_LIMIT_metadata, r->n_entries + 1, TARE_NOWHERE, "metadata entries", r->err));
	TARE_TRY(tare_json_open(j, TARE_JSON_ARRAY));
	TARE_TRY(next_part(r));
	TARE_TRY(tare_json_bytes(j, &n.entry.key));
	TARE_TRY(next_part(r));
	TARE_TRY(tare_json_string(j, &kind));
	TARE_TRY(tare_json_next(j, &n.here));
	if (n.here) {
		TARE_TRY(tare_json_value(j, r->m, kind, &n.entry.value));
		TARE_TRY(tare_json_next(j, &more));
		if (more)
			return tare_json_fail(j, SIZE_MAX, "a metadata entry has more than three parts");
	}
	if (!tare_grow(&r->entries, &r->cap_entries, r->n_entries, sizeof n))
		return tare_fail_nomem(r->err);
	r->entries[r->n_entries++] = n;
	return TARE_OK;
}

static tare_status read_list(note_reader *r, tare_status (*one)(note_reader *))
{
	bool more;

	TARE_TRY(tare_json_open(&r->json, TARE_JSON_ARRAY));
	for (;;) {
		TARE_TRY(tare_json_next(&r->json, &more));
		if (!more)
			return TARE_OK;
		TARE_TRY(one(r));
	}
}

static tare_status read_dims(note_reader *r, tare_tensor *t)
{
	uint64_t dim[256], *copy;
	uint32_t n = 0;
	bool more;

	TARE_TRY(tare_json_open(&r->json, TARE_JSON_ARRAY));
	for (;; n++) {
		TARE_TRY(tare_json_next(&r->json, &more));
		if (!more)
			break;
		if (n == sizeof dim / sizeof *dim || n >= r->m->limits.value[TARE_LIMIT_dims])
			return tare_json_fail(&r->json, SIZE_MAX, "more dimensions than the limit");
		TARE_TRY(tare_json_u64(&r->json, &dim[n]));
	}
	copy = tare_arena_array(&r->m->arena, n ? n : 1, sizeof *copy);
	if (!copy)
		return tare_fail_nomem(r->err);
	if (n)
		memcpy(copy, dim, n * sizeof *copy);
	t->dim = copy;
	t->n_dims = n;
	return TARE_OK;
}

static tare_status read_type(note_reader *r, tare_tensor *t)
{
	char name[32];
	tare_str text;
	uint64_t id = 0;
	size_t i;

	TARE_TRY(tare_json_string(&r->json, &text));
	if (text.len > 3 && !memcmp(text.ptr, "id:", 3)) {
		for (i = 3; i < text.len && text.ptr[i] >= '0' && text.ptr[i] <= '9' && id <= UINT32_MAX; i++)
			id = 10 * id + (uint64_t)(text.ptr[i] - '0');
		if (i < text.len || id > UINT32_MAX)
			return tare_json_fail(&r->json, SIZE_MAX, "type '%s'", TARE_SHOW(text));
		t->type = NULL;
		t->type_id = (uint32_t)id;
		return TARE_OK;
	}
	snprintf(name, sizeof name, "%.*s", text.len < sizeof name ? (int)text.len : 0, text.ptr);
	t->type = strlen(name) == text.len ? tare_type_find(name) : NULL; /* a NUL within is part of no name */
	if (!t->type || !t->type->block_len)
		return tare_json_fail(&r->json, SIZE_MAX, "type '%s' is not known to this version", TARE_SHOW(text));
	t->type_id = t->type->gguf_id < 0 ? 0 : (uint32_t)t->type->gguf_id;
	return TARE_OK;
}

/* Does the tensor that is stored agree with what the note says it is? Also when it was restored before. */
static bool agrees(const tare_tensor *stored, tare_tensor *wanted)
{
	bool restored = stored->type == wanted->type && stored->n_dims == wanted->n_dims &&
			!memcmp(stored->dim, wanted->dim, wanted->n_dims * sizeof *wanted->dim);

	if (stored->type != tare_st_dtype_raw()->type && !restored)
		return false;
	return tare_tensor_measure(wanted) && wanted->size == stored->size;
}

/* The tensor of m that the note's name means, SIZE_MAX if there is none. */
static tare_status find_tensor(note_reader *r, tare_str name, size_t *out)
{
	tare_str stored = tare_st_stored_name(&r->scratch, name);

	if (!stored.ptr)
		return tare_fail_nomem(r->err);
	*out = tare_model_tensor_index(r->m, stored);
	if (*out == SIZE_MAX)
		*out = tare_model_tensor_index(r->m, name);
	return TARE_OK;
}

static tare_status read_tensor_parts(note_reader *r, tare_str *name, tare_tensor *t, bool *typed)
{
	tare_json *j = &r->json;
	bool more;

	TARE_TRY(tare_json_open(j, TARE_JSON_ARRAY));
	TARE_TRY(next_part(r));
	TARE_TRY(tare_json_bytes(j, name));
	TARE_TRY(tare_json_next(j, typed));
	if (!*typed)
		return TARE_OK;
	TARE_TRY(read_type(r, t));
	TARE_TRY(next_part(r));
	TARE_TRY(read_dims(r, t));
	TARE_TRY(tare_json_next(j, &more));
	return more ? tare_json_fail(j, SIZE_MAX, "a tensor has more than three parts") : TARE_OK;
}

static tare_status take_tensor(note_reader *r, tare_str name, const tare_tensor *said, bool typed)
{
	tare_tensor *t;
	size_t i = SIZE_MAX;

	TARE_TRY(find_tensor(r, name, &i));
	if (i == SIZE_MAX) {
		r->missing++;
		return TARE_OK;
	}
	if (r->taken[i])
		return tare_json_fail(&r->json, SIZE_MAX, "tensor '%s' is there twice", TARE_SHOW(name));
	r->taken[i] = true;
	r->order[r->n_tensors++] = i;
	t = &r->tensors[i];
	if (typed) {
		t->type = said->type;
		t->type_id = said->type_id;
		t->dim = said->dim;
		t->n_dims = said->n_dims;
		if (!agrees(&r->m->tensors[i], t))
			return tare_json_fail(&r->json, SIZE_MAX, "tensor '%s' is not what is stored (%llu bytes)", TARE_SHOW(name),
					      (unsigned long long)r->m->tensors[i].size);
	}
	if (tare_str_eq(t->name, name))
		return TARE_OK;
	t->name = tare_arena_copy(&r->m->arena, name.ptr, name.len);
	return t->name.ptr ? TARE_OK : tare_fail_nomem(r->err);
}

static tare_status read_tensor(note_reader *r)
{
	tare_tensor said = { 0 };
	tare_json_kind kind;
	bool typed = false;
	tare_str name;

	TARE_TRY(tare_json_peek(&r->json, &kind));
	if (kind == TARE_JSON_ARRAY)
		TARE_TRY(read_tensor_parts(r, &name, &said, &typed));
	else
		TARE_TRY(tare_json_string(&r->json, &name));
	return take_tensor(r, name, &said, typed);
}

static tare_status read_member(note_reader *r, tare_str key)
{
	uint64_t version;

	if (tare_str_eq(key, tare_str_of("version"))) {
		TARE_TRY(tare_json_u64(&r->json, &version));
		return version == TARE_ST_NOTE_VERSION ? TARE_OK
			       : tare_json_fail(&r->json, SIZE_MAX, "version %" PRIu64 ", expected %d", version, TARE_ST_NOTE_VERSION);
	}
	if (tare_str_eq(key, tare_str_of("files")))
		return tare_json_u64(&r->json, &r->files);
	if (tare_str_eq(key, tare_str_of("big_endian")))
		return tare_json_bool(&r->json, &r->big);
	if (tare_str_eq(key, tare_str_of("metadata")) && r->with_metadata && !r->entries)
		return read_list(r, read_entry);
	if (tare_str_eq(key, tare_str_of("tensors")) && !r->n_tensors && !r->missing)
		return read_list(r, read_tensor);
	return tare_json_skip(&r->json);
}

static tare_status read_note(note_reader *r, tare_str note)
{
	tare_json *j = &r->json;
	bool more, versioned = false;
	tare_str key;

	TARE_TRY(tare_json_start(j, note.ptr, note.len, TARE_NOWHERE, "note", &r->m->limits, &r->scratch, r->err));
	TARE_TRY(tare_json_open(j, TARE_JSON_OBJECT));
	for (;;) {
		TARE_TRY(tare_json_key(j, &more, &key));
		if (!more)
			break;
		versioned |= tare_str_eq(key, tare_str_of("version"));
		TARE_TRY(read_member(r, key));
	}
	TARE_TRY(tare_json_end(j));
	return versioned ? TARE_OK : tare_json_fail(j, SIZE_MAX, "no version");
}

/* ---- carrying it out ---- */

/* Tensors in the note's order, those it does not name behind them. */
static tare_status reorder(note_reader *r)
{
	tare_model *m = r->m;
	size_t i, n = r->n_tensors;
	tare_tensor *sorted = r->tensors;
	tare_tensor *old = m->tensors;

	for (i = 0; i < m->n_tensors; i++)
		if (!r->taken[i])
			r->order[n++] = i;
	for (i = 0; i < n; i++)
		old[i] = sorted[r->order[i]];
	tare_strmap_free(&m->by_name);
	m->n_tensors = 0;
	for (i = 0; i < n; i++) {
		tare_tensor t = old[i];

		TARE_TRY(tare_model_add_tensor(m, &t, TARE_NOWHERE, r->err));
	}
	return TARE_OK;
}

/* The value under key among n old entries; found through index. */
static const tare_entry *plain_entry(const tare_strmap *index, const tare_entry *old, tare_str key)
{
	size_t i = tare_strmap_find(index, key);

	return i == SIZE_MAX ? NULL : &old[i];
}

static tare_status merge_metadata(note_reader *r, const tare_entry *old, size_t n_old, const tare_strmap *index)
{
	tare_model *m = r->m;
	size_t i, gone = 0;

	for (i = 0; i < r->n_entries; i++) {
		tare_entry e = r->entries[i].entry;
		const tare_entry *plain = plain_entry(index, old, e.key);

		if (!r->entries[i].here) {
			if (!plain) {
				gone++;
				continue;
			}
			e = *plain;
		} else {
			e.key = tare_arena_copy(&m->arena, e.key.ptr, e.key.len);
			if (!e.key.ptr)
				return tare_fail_nomem(r->err);
		}
		TARE_TRY(tare_model_add_metadata(m, e.key, &e.value, TARE_NOWHERE, r->err));
	}
	for (i = 0; i < n_old; i++)
		if (tare_strmap_find(&m->by_key, old[i].key) == SIZE_MAX)
			TARE_TRY(tare_model_add_metadata(m, old[i].key, &old[i].value, TARE_NOWHERE, r->err));
	if (gone)
		tare_model_warn(m, "keys named in the note of __metadata__ that are not there any more: %zu", gone);
	return TARE_OK;
}

static tare_status restore_metadata(note_reader *r)
{
	tare_model *m = r->m;
	tare_entry *old = m->meta;
	size_t n_old = m->n_meta;
	tare_strmap index = m->by_key;
	tare_status st;

	m->meta = NULL;
	m->n_meta = m->cap_meta = 0;
	m->by_key = (tare_strmap){ 0 };
	st = merge_metadata(r, old, n_old, &index);
	tare_strmap_free(&index);
	free(old);
	return st;
}

static tare_status no_key_twice(note_reader *r)
{
	tare_strmap seen = { 0 };
	size_t i, existing = SIZE_MAX;
	bool memory = true;

	for (i = 0; memory && existing == SIZE_MAX && i < r->n_entries; i++)
		memory = tare_strmap_add(&seen, r->entries[i].entry.key, i, &existing);
	tare_strmap_free(&seen);
	if (!memory)
		return tare_fail_nomem(r->err);
	return existing == SIZE_MAX ? TARE_OK : tare_fail(r->err, TARE_E_DATA, TARE_NOWHERE, "note: a metadata key is there twice");
}

static tare_status carry_out(note_reader *r)
{
	r->m->ordered = true;
	r->m->home_big = r->big;
	TARE_TRY(reorder(r));
	if (r->missing && (!r->with_metadata || r->files <= 1))
		tare_model_warn(r->m, "tensors named in the note of __metadata__ that are not there: %zu", r->missing);
	return r->with_metadata ? restore_metadata(r) : TARE_OK;
}

static tare_status prepare(note_reader *r)
{
	size_t n = r->m->n_tensors;

	r->tensors = calloc(n + 1, sizeof *r->tensors);
	r->order = calloc(n + 1, sizeof *r->order);
	r->taken = calloc(n + 1, sizeof *r->taken);
	if (!r->tensors || !r->order || !r->taken)
		return tare_fail_nomem(r->err);
	if (n)
		memcpy(r->tensors, r->m->tensors, n * sizeof *r->tensors);
	return TARE_OK;
}

tare_status tare_st_apply_note(tare_model *m, tare_str note, bool metadata, bool *used, tare_error *err)
{
	tare_error why = TARE_ERROR_INIT;
	note_reader r = { .m = m, .with_metadata = metadata, .files = 1, .err = &why };
	tare_status st = prepare(&r);

	*used = false;
	if (st == TARE_OK)
		st = read_note(&r, note);
	if (st == TARE_OK)
		st = no_key_twice(&r);
	if (st == TARE_OK) {
		r.err = err;
		*used = true;
		st = carry_out(&r);
	} else if (st == TARE_E_NOMEM) {
		tare_fail_nomem(err);
	} else {
		tare_model_warn(m, "the note under '" TARE_ST_NOTE "' in __metadata__ is left alone, tensors are shown as stored: %s", why.message);
		st = TARE_OK;
	}
	tare_arena_free(&r.scratch);
	free(r.entries);
	free(r.tensors);
	free(r.order);
	free(r.taken);
	return st;
}
