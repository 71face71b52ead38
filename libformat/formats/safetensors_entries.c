/* The entries of a safetensors header: __metadata__ and tensors, as they are written. safetensors_read.c sees whether they fit together. */
#include "formats/safetensors.h"

#include "base/escape.h"

#include <stdarg.h>
#include <string.h>

tare_status tare_st_lax(tare_st_reader *r, size_t at, const char *fmt, ...)
{
	char text[400];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	if (r->m->strict)
		return tare_json_fail(&r->json, at, "%s", text);
	if (r->n_lax++ < TARE_ST_TOLD)
		tare_model_warn(r->m, "header: %s (byte %llu)", text, (unsigned long long)tare_json_place(&r->json, at));
	return TARE_OK;
}

/* ---- __metadata__ ---- */

/* The last of two equal keys counts, as in the reference. */
static tare_status add_metadata(tare_st_reader *r, tare_str key, tare_str text, size_t at)
{
	tare_value value = { .kind = TARE_STRING, .as.string = text };
	bool is_note = tare_str_eq(key, tare_str_of(TARE_ST_NOTE));
	size_t existing;

	if (!tare_strmap_add(&r->keys, key, is_note ? 0 : r->m->n_meta, &existing))
		return tare_fail_nomem(r->err);
	if (existing != SIZE_MAX)
		TARE_TRY(tare_st_lax(r, at, "key '%s' of __metadata__ is there twice: expected once; the last one counts", TARE_SHOW(key)));
	if (is_note)
		r->note = text;
	else if (existing != SIZE_MAX)
		r->m->meta[existing].value = value;
	else
		return tare_model_add_metadata(r->m, key, &value, tare_json_place(&r->json, at), r->err);
	return TARE_OK;
}

static tare_status read_metadata_entry(tare_st_reader *r, tare_str key, size_t at)
{
	tare_json *j = &r->json;
	tare_json_kind kind;
	tare_str text;

	TARE_TRY(tare_json_peek(j, &kind));
	if (kind != TARE_JSON_STRING)
		return tare_json_fail(j, j->at, "__metadata__: '%s' is %s, expected a string", TARE_SHOW(key), tare_json_kind_name(kind));
	/* The note is only wanted until it has been carried out. */
	j->arena = tare_str_eq(key, tare_str_of(TARE_ST_NOTE)) ? &r->scratch : &r->m->arena;
	TARE_TRY(tare_json_string(j, &text));
	j->arena = &r->m->arena;
	TARE_TRY(tare_limit_check(&r->m->limits, TARE_LIMIT_string, text.len, tare_json_place(j, at), "bytes of a metadata string", r->err));
	return add_metadata(r, key, text, at);
}

static tare_status read_metadata(tare_st_reader *r, size_t at)
{
	tare_json *j = &r->json;
	tare_json_kind kind;
	tare_str key;
	bool more;

	if (r->has_metadata)
		return tare_json_fail(j, at, "__metadata__ is there twice");
	r->has_metadata = true;
	TARE_TRY(tare_json_peek(j, &kind));
	if (kind == TARE_JSON_NULL) {
		TARE_TRY(tare_st_lax(r, j->at, "__metadata__ is null: expected an object of strings"));
		return tare_json_skip(j);
	}
	if (kind != TARE_JSON_OBJECT)
		return tare_json_fail(j, j->at, "__metadata__ is %s, expected an object of strings", tare_json_kind_name(kind));
	TARE_TRY(tare_json_open(j, TARE_JSON_OBJECT));
	for (;;) {
		TARE_TRY(tare_json_key(j, &more, &key));
		if (!more)
			return TARE_OK;
		TARE_TRY(read_metadata_entry(r, key, j->key_at));
	}
}

/* ---- tensors ---- */

tare_status tare_st_in_tensor(tare_st_reader *r, const tare_st_item *t, size_t at, const char *fmt, ...)
{
	char text[384];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	return tare_fail(r->err, TARE_E_DATA, tare_json_place(&r->json, at), "tensor '%s': %s", TARE_SHOW(t->name), text);
}

/* A whole number from 0 to 2^64-1; what: "shape" or "data_offsets". */
static tare_status read_number(tare_st_reader *r, const tare_st_item *t, const char *what, uint64_t *out)
{
	tare_json *j = &r->json;
	tare_json_kind kind;
	tare_json_number n;

	TARE_TRY(tare_json_peek(j, &kind));
	if (kind != TARE_JSON_NUMBER)
		return tare_st_in_tensor(r, t, j->at, "%s holds %s, expected whole numbers", what, tare_json_kind_name(kind));
	TARE_TRY(tare_json_number_read(j, &n));
	*out = n.magnitude;
	if (n.fits && !n.negative)
		return TARE_OK;
	return tare_st_in_tensor(r, t, j->at - n.text.len, "%s holds %s, expected whole numbers from 0 to 2^64-1", what, TARE_SHOW(n.text));
}

static tare_status open_list(tare_st_reader *r, const tare_st_item *t, const char *what)
{
	tare_json *j = &r->json;
	tare_json_kind kind;

	TARE_TRY(tare_json_peek(j, &kind));
	if (kind != TARE_JSON_ARRAY)
		return tare_st_in_tensor(r, t, j->at, "%s is %s, expected an array", what, tare_json_kind_name(kind));
	return tare_json_open(j, TARE_JSON_ARRAY);
}

static tare_status read_shape(tare_st_reader *r, tare_st_item *t)
{
	uint64_t *copy;
	size_t n = 0;
	bool more;

	TARE_TRY(open_list(r, t, "shape"));
	for (;; n++) {
		TARE_TRY(tare_json_next(&r->json, &more));
		if (!more)
			break;
		TARE_TRY(tare_limit_check(&r->m->limits, TARE_LIMIT_dims, n + 1, tare_json_place(&r->json, r->json.at),
					  "dimensions of a tensor", r->err));
		if (!tare_grow(&r->dims, &r->cap_dims, n, sizeof *r->dims))
			return tare_fail_nomem(r->err);
		TARE_TRY(read_number(r, t, "shape", &r->dims[n]));
	}
	copy = tare_arena_array(&r->m->arena, n ? n : 1, sizeof *copy);
	if (!copy)
		return tare_fail_nomem(r->err);
	if (n)
		memcpy(copy, r->dims, n * sizeof *copy);
	t->dim = copy;
	t->n_dims = (uint32_t)n;
	return TARE_OK;
}

static tare_status read_offsets(tare_st_reader *r, tare_st_item *t)
{
	uint64_t *const part[2] = { &t->begin, &t->end };
	size_t at = r->json.at;
	bool more;
	int i;

	TARE_TRY(open_list(r, t, "data_offsets"));
	for (i = 0;; i++) {
		TARE_TRY(tare_json_next(&r->json, &more));
		if (!more || i == 2)
			break;
		TARE_TRY(read_number(r, t, "data_offsets", part[i]));
	}
	return !more && i == 2 ? TARE_OK : tare_st_in_tensor(r, t, at, "data_offsets: expected two numbers, where the tensor begins and ends");
}

static tare_status read_dtype(tare_st_reader *r, tare_st_item *t)
{
	tare_json *j = &r->json;
	tare_json_kind kind;
	tare_str name;
	size_t at;

	TARE_TRY(tare_json_peek(j, &kind));
	at = j->at;
	if (kind != TARE_JSON_STRING)
		return tare_st_in_tensor(r, t, at, "dtype is %s, expected a string", tare_json_kind_name(kind));
	TARE_TRY(tare_json_string(j, &name));
	t->dtype = tare_st_dtype_find(name);
	return t->dtype ? TARE_OK : tare_st_in_tensor(r, t, at, "dtype '%s' is none of safetensors 0.8 (BOOL, U8, F16, BF16, F32 ...)",
					      TARE_SHOW(name));
}

/* One field of an entry; seen: which were there already. */
static tare_status read_field(tare_st_reader *r, tare_st_item *t, tare_str key, unsigned *seen)
{
	static const char *const names[] = { "dtype", "shape", "data_offsets" };
	size_t at = r->json.key_at;
	unsigned i;

	for (i = 0; i < 3 && !tare_str_eq(key, tare_str_of(names[i])); i++)
		;
	if (i == 3) {
		TARE_TRY(tare_st_lax(r, at, "tensor '%s': field '%s' is not one of the format", TARE_SHOW(t->name), TARE_SHOW(key)));
		return tare_json_skip(&r->json);
	}
	if (*seen & 1u << i)
		return tare_st_in_tensor(r, t, at, "%s is there twice", names[i]);
	*seen |= 1u << i;
	return i == 0 ? read_dtype(r, t) : i == 1 ? read_shape(r, t) : read_offsets(r, t);
}

static tare_status read_fields(tare_st_reader *r, tare_st_item *t)
{
	tare_json *j = &r->json;
	tare_json_kind kind;
	unsigned seen = 0;
	tare_str key;
	bool more;

	TARE_TRY(tare_json_peek(j, &kind));
	if (kind != TARE_JSON_OBJECT)
		return tare_st_in_tensor(r, t, j->at, "its entry is %s, expected an object with dtype, shape and data_offsets",
				 tare_json_kind_name(kind));
	TARE_TRY(tare_json_open(j, TARE_JSON_OBJECT));
	for (;;) {
		TARE_TRY(tare_json_key(j, &more, &key));
		if (!more)
			break;
		TARE_TRY(read_field(r, t, key, &seen));
	}
	if (seen == 7)
		return TARE_OK;
	return tare_st_in_tensor(r, t, t->at, "its entry has no %s", !(seen & 1) ? "dtype" : !(seen & 2) ? "shape" : "data_offsets");
}

/* Of two entries with one name the last counts, as in the reference, which keeps them in a map. */
static tare_status read_tensor(tare_st_reader *r, tare_str name, size_t at)
{
	tare_st_item t = { .name = name, .at = at };
	size_t existing;

	TARE_TRY(read_fields(r, &t));
	TARE_TRY(tare_limit_check(&r->m->limits, TARE_LIMIT_tensors, r->n_items + 1, tare_json_place(&r->json, at), "tensors", r->err));
	if (!tare_grow(&r->items, &r->cap_items, r->n_items, sizeof t) ||
	    !tare_strmap_add(&r->by_name, name, r->n_items, &existing))
		return tare_fail_nomem(r->err);
	if (existing == SIZE_MAX) {
		r->items[r->n_items++] = t;
		return TARE_OK;
	}
	r->items[existing] = t;
	return tare_st_lax(r, at, "tensor '%s' is there twice: names must be unique; the last one counts", TARE_SHOW(name));
}

tare_status tare_st_read_entries(tare_st_reader *r)
{
	tare_json *j = &r->json;
	tare_str key;
	bool more;
	size_t at;

	for (;;) {
		TARE_TRY(tare_json_key(j, &more, &key));
		if (!more)
			return TARE_OK;
		at = j->key_at;
		if (tare_str_eq(key, tare_str_of("__metadata__")))
			TARE_TRY(read_metadata(r, at));
		else
			TARE_TRY(read_tensor(r, key, at));
	}
}
