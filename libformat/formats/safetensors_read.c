/* Reading a safetensors header. By default what the reference reader (0.8) accepts is accepted and what it refuses is refused; where it
 * is laxer than the text of the specification, a warning says so, and strict reading refuses. */
#include "formats/safetensors.h"

#include "base/checked.h"
#include "base/escape.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* One tensor of the header, in the header's order. */
typedef struct item {
	tare_str name;
	const tare_st_dtype *dtype;
	const uint64_t *dim;
	uint32_t n_dims;
	uint64_t begin, end;    /* in the payload */
	size_t at;              /* of its key, in the header */
} item;

typedef struct reader {
	tare_model *m;
	tare_json json;
	tare_arena scratch;     /* the note's text */
	item *items;
	size_t n_items, cap_items;
	tare_strmap by_name;    /* items */
	tare_strmap keys;       /* of __metadata__: index into m->meta, or the note */
	uint64_t *dims;         /* of the shape being read */
	size_t cap_dims;
	tare_str note;
	bool has_metadata;
	tare_error *err;
} reader;

/* What the reference lets pass and the specification does not. */
static tare_status lax(reader *r, size_t at, const char *fmt, ...) TARE_PRINTF(3, 4);

static tare_status lax(reader *r, size_t at, const char *fmt, ...)
{
	char text[400];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	if (r->m->strict)
		return tare_json_fail(&r->json, at, "%s", text);
	tare_model_warn(r->m, "header: %s (byte %llu)", text, (unsigned long long)tare_json_place(&r->json, at));
	return TARE_OK;
}

/* ---- __metadata__ ---- */

/* The last of two equal keys counts, as in the reference. */
static tare_status add_metadata(reader *r, tare_str key, tare_str text, size_t at)
{
	tare_value value = { .kind = TARE_STRING, .as.string = text };
	bool is_note = tare_str_eq(key, tare_str_of(TARE_ST_NOTE));
	size_t existing;

	if (!tare_strmap_add(&r->keys, key, is_note ? 0 : r->m->n_meta, &existing))
		return tare_fail_nomem(r->err);
	if (existing != SIZE_MAX)
		TARE_TRY(lax(r, at, "key '%s' of __metadata__ is there twice: expected once; the last one counts", TARE_SHOW(key)));
	if (is_note)
		r->note = text;
	else if (existing != SIZE_MAX)
		r->m->meta[existing].value = value;
	else
		return tare_model_add_metadata(r->m, key, &value, tare_json_place(&r->json, at), r->err);
	return TARE_OK;
}

static tare_status read_metadata_entry(reader *r, tare_str key, size_t at)
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

static tare_status read_metadata(reader *r, size_t at)
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
		TARE_TRY(lax(r, j->at, "__metadata__ is null: expected an object of strings"));
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

static tare_status in_tensor(reader *r, const item *t, size_t at, const char *fmt, ...) TARE_PRINTF(4, 5);

static tare_status in_tensor(reader *r, const item *t, size_t at, const char *fmt, ...)
{
	char text[384];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	return tare_fail(r->err, TARE_E_DATA, tare_json_place(&r->json, at), "tensor '%s': %s", TARE_SHOW(t->name), text);
}

/* A whole number from 0 to 2^64-1; what: "shape" or "data_offsets". */
static tare_status read_number(reader *r, const item *t, const char *what, uint64_t *out)
{
	tare_json *j = &r->json;
	tare_json_kind kind;
	tare_json_number n;

	TARE_TRY(tare_json_peek(j, &kind));
	if (kind != TARE_JSON_NUMBER)
		return in_tensor(r, t, j->at, "%s holds %s, expected whole numbers", what, tare_json_kind_name(kind));
	TARE_TRY(tare_json_number_read(j, &n));
	*out = n.magnitude;
	if (n.fits && !n.negative)
		return TARE_OK;
	return in_tensor(r, t, j->at - n.text.len, "%s holds %s, expected whole numbers from 0 to 2^64-1", what, TARE_SHOW(n.text));
}

static tare_status open_list(reader *r, const item *t, const char *what)
{
	tare_json *j = &r->json;
	tare_json_kind kind;

	TARE_TRY(tare_json_peek(j, &kind));
	if (kind != TARE_JSON_ARRAY)
		return in_tensor(r, t, j->at, "%s is %s, expected an array", what, tare_json_kind_name(kind));
	return tare_json_open(j, TARE_JSON_ARRAY);
}

static tare_status read_shape(reader *r, item *t)
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
		if (!tare_grow((void **)&r->dims, &r->cap_dims, n, sizeof *r->dims))
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

static tare_status read_offsets(reader *r, item *t)
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
	return !more && i == 2 ? TARE_OK : in_tensor(r, t, at, "data_offsets: expected two numbers, where the tensor begins and ends");
}

static tare_status read_dtype(reader *r, item *t)
{
	tare_json *j = &r->json;
	tare_json_kind kind;
	tare_str name;
	size_t at;

	TARE_TRY(tare_json_peek(j, &kind));
	at = j->at;
	if (kind != TARE_JSON_STRING)
		return in_tensor(r, t, at, "dtype is %s, expected a string", tare_json_kind_name(kind));
	TARE_TRY(tare_json_string(j, &name));
	t->dtype = tare_st_dtype_find(name);
	return t->dtype ? TARE_OK : in_tensor(r, t, at, "dtype '%s' is none of safetensors 0.8 (BOOL, U8, F16, BF16, F32 ...)",
					      TARE_SHOW(name));
}

/* One field of an entry; seen: which were there already. */
static tare_status read_field(reader *r, item *t, tare_str key, unsigned *seen)
{
	static const char *const names[] = { "dtype", "shape", "data_offsets" };
	size_t at = r->json.key_at;
	unsigned i;

	for (i = 0; i < 3 && !tare_str_eq(key, tare_str_of(names[i])); i++)
		;
	if (i == 3) {
		TARE_TRY(lax(r, at, "tensor '%s': field '%s' is not one of the format", TARE_SHOW(t->name), TARE_SHOW(key)));
		return tare_json_skip(&r->json);
	}
	if (*seen & 1u << i)
		return in_tensor(r, t, at, "%s is there twice", names[i]);
	*seen |= 1u << i;
	return i == 0 ? read_dtype(r, t) : i == 1 ? read_shape(r, t) : read_offsets(r, t);
}

static tare_status read_fields(reader *r, item *t)
{
	tare_json *j = &r->json;
	tare_json_kind kind;
	unsigned seen = 0;
	tare_str key;
	bool more;

	TARE_TRY(tare_json_peek(j, &kind));
	if (kind != TARE_JSON_OBJECT)
		return in_tensor(r, t, j->at, "its entry is %s, expected an object with dtype, shape and data_offsets",
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
	return in_tensor(r, t, t->at, "its entry has no %s", !(seen & 1) ? "dtype" : !(seen & 2) ? "shape" : "data_offsets");
}

/* Of two entries with one name the last counts, as in the reference, which keeps them in a map. */
static tare_status read_tensor(reader *r, tare_str name, size_t at)
{
	item t = { .name = name, .at = at };
	size_t existing;

	TARE_TRY(read_fields(r, &t));
	TARE_TRY(tare_limit_check(&r->m->limits, TARE_LIMIT_tensors, r->n_items + 1, tare_json_place(&r->json, at), "tensors", r->err));
	if (!tare_grow((void **)&r->items, &r->cap_items, r->n_items, sizeof t) ||
	    !tare_strmap_add(&r->by_name, name, r->n_items, &existing))
		return tare_fail_nomem(r->err);
	if (existing == SIZE_MAX) {
		r->items[r->n_items++] = t;
		return TARE_OK;
	}
	r->items[existing] = t;
	return lax(r, at, "tensor '%s' is there twice: names must be unique; the last one counts", TARE_SHOW(name));
}

static tare_status read_entries(reader *r)
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

/* ---- the whole: order, gaps, sizes ---- */

static int by_place(const void *pa, const void *pb)
{
	const item *a = pa, *b = pb;

	if (a->begin != b->begin)
		return a->begin < b->begin ? -1 : 1;
	if (a->end != b->end)
		return a->end < b->end ? -1 : 1;
	return a->at < b->at ? -1 : a->at > b->at;
}

#define ULL(n) ((unsigned long long)(n))

/* Each tensor begins where the one before it ends. */
static tare_status check_place(reader *r, const item *t, const item *before)
{
	uint64_t expected = before ? before->end : 0;

	if (t->end < t->begin)
		return in_tensor(r, t, t->at, "data_offsets [%llu,%llu]: it ends before it begins", ULL(t->begin), ULL(t->end));
	if (t->begin == expected)
		return TARE_OK;
	if (t->begin > expected)
		return in_tensor(r, t, t->at, "a hole of %llu bytes before it: it begins at byte %llu of the payload, expected %llu",
				 ULL(t->begin - expected), ULL(t->begin), ULL(expected));
	return in_tensor(r, t, t->at, "bytes %llu to %llu of the payload overlap tensor '%s', which ends at %llu", ULL(t->begin),
			 ULL(t->end), TARE_SHOW(before->name), ULL(expected));
}

/* In the reference's order of multiplication, so that the same shapes overflow. */
static tare_status check_size(reader *r, const item *t, uint64_t *count)
{
	uint64_t n = 1, bits;
	uint32_t i;

	for (i = 0; i < t->n_dims; i++)
		if (!tare_mul(n, t->dim[i], &n))
			return in_tensor(r, t, t->at, "its shape has more elements than 64 bits can count");
	if (!tare_mul(n, t->dtype->bits, &bits))
		return in_tensor(r, t, t->at, "its size in bits is more than 64 bits can count");
	if (bits % 8)
		return in_tensor(r, t, t->at, "%llu elements of %u bits do not fill whole bytes", ULL(n), t->dtype->bits);
	*count = n;
	if (t->end - t->begin == bits / 8)
		return TARE_OK;
	return in_tensor(r, t, t->at, "data_offsets [%llu,%llu] hold %llu bytes, but its shape and dtype %s ask for %llu", ULL(t->begin),
			 ULL(t->end), ULL(t->end - t->begin), t->dtype->name, ULL(bits / 8));
}

static tare_status add_tensors(reader *r, uint64_t *total)
{
	uint64_t data = r->m->files[0].data_offset;
	size_t i;

	*total = 0;
	if (r->n_items)
		qsort(r->items, r->n_items, sizeof *r->items, by_place);
	for (i = 0; i < r->n_items; i++) {
		const item *t = &r->items[i];
		tare_tensor out = { .name = t->name, .type = t->dtype->type, .n_dims = t->n_dims, .dim = t->dim,
				    .size = t->end - t->begin };

		TARE_TRY(check_place(r, t, i ? t - 1 : NULL));
		TARE_TRY(check_size(r, t, &out.count));
		if (!tare_add(data, t->begin, &out.offset) || t->end > UINT64_MAX - data)
			return in_tensor(r, t, t->at, "it ends beyond byte 2^64 of the file");
		TARE_TRY(tare_model_add_tensor(r->m, &out, tare_json_place(&r->json, t->at), r->err));
		*total = t->end;
	}
	return TARE_OK;
}

/* The payload fills the file: a pipe's length is not known yet. */
static tare_status check_end(reader *r, uint64_t total)
{
	const tare_file *f = &r->m->files[0];
	uint64_t size = tare_source_size(f->source), end = f->data_offset + total;

	if (size == TARE_NOWHERE || size == end)
		return TARE_OK;
	if (size < end)
		return tare_fail(r->err, TARE_E_DATA, size, "the header describes %llu bytes of payload, but %llu follow it: the file is cut short, expected %llu bytes in all",
				 ULL(total), ULL(size - f->data_offset), ULL(end));
	return tare_fail(r->err, TARE_E_DATA, end, "%llu bytes follow the last tensor: expected the end of the file", ULL(size - end));
}

/* ---- the frame around the header ---- */

static tare_status read_length(tare_model *m, uint64_t *n, tare_error *err)
{
	tare_source *s = m->files[0].source;
	uint64_t have, size = tare_source_size(s), most = m->limits.value[TARE_LIMIT_json];
	const uint8_t *p;

	TARE_TRY(tare_source_prefix(s, 8, &p, &have, err));
	if (have < 8)
		return tare_fail(err, TARE_E_DATA, have, "the file has %llu bytes: expected at least 8, the length of the header", ULL(have));
	*n = tare_get64(p, false);
	if (!*n)
		return tare_fail(err, TARE_E_DATA, 0, "the length of the header is 0: expected at least 2, for {}");
	if (size != TARE_NOWHERE && *n > size - 8)
		return tare_fail(err, TARE_E_DATA, 0, "the header should have %llu bytes, but only %llu follow its length", ULL(*n),
				 ULL(size - 8));
	if (m->strict && *n > TARE_ST_HEADER_MAX)
		return tare_fail(err, TARE_E_DATA, 0, "the header has %llu bytes: the format allows %u", ULL(*n), TARE_ST_HEADER_MAX);
	if (*n > most)
		return tare_limit_check(&m->limits, TARE_LIMIT_json, *n, 0, "bytes of the header", err);
	return TARE_OK;
}

static tare_status get_header(tare_model *m, const uint8_t **text, uint64_t *n, tare_error *err)
{
	uint64_t have;

	TARE_TRY(read_length(m, n, err));
	TARE_TRY(tare_source_prefix(m->files[0].source, 8 + *n, text, &have, err));
	if (have < 8 + *n)
		return tare_fail(err, TARE_E_DATA, have, "the header should have %llu bytes, but only %llu follow its length", ULL(*n),
				 ULL(have - 8));
	*text += 8;
	m->files[0].data_offset = 8 + *n;
	return TARE_OK;
}

/* The header begins with '{' and is filled up with spaces. */
static tare_status check_padding(reader *r, size_t end)
{
	const tare_json *j = &r->json;
	size_t i;

	if (j->text[0] != '{')
		TARE_TRY(lax(r, 0, "white space before the first '{'"));
	for (i = end; i < j->size; i++)
		if (j->text[i] != ' ')
			return lax(r, i, "filled up with byte 0x%02x: expected spaces (0x20)", j->text[i]);
	return TARE_OK;
}

static tare_status read_header(reader *r)
{
	tare_json *j = &r->json;
	uint64_t total;
	size_t end;
	bool used = true;

	TARE_TRY(tare_json_open(j, TARE_JSON_OBJECT));
	TARE_TRY(read_entries(r));
	end = j->at;
	TARE_TRY(tare_json_end(j));
	TARE_TRY(check_padding(r, end));
	TARE_TRY(add_tensors(r, &total));
	TARE_TRY(check_end(r, total));
	if (!r->note.ptr)
		return TARE_OK;
	TARE_TRY(tare_st_apply_note(r->m, r->note, true, &used, r->err));
	if (used)
		return TARE_OK;
	r->note = tare_arena_copy(&r->m->arena, r->note.ptr, r->note.len);
	if (!r->note.ptr)
		return tare_fail_nomem(r->err);
	return tare_model_add_metadata(r->m, tare_str_of(TARE_ST_NOTE), &(tare_value){ .kind = TARE_STRING, .as.string = r->note },
				       TARE_NOWHERE, r->err);
}

tare_status tare_st_read(tare_model *m, tare_error *err)
{
	reader r = { .m = m, .err = err };
	const uint8_t *text;
	tare_status st;
	uint64_t n = 0;

	TARE_TRY(get_header(m, &text, &n, err));
	st = tare_json_start(&r.json, text, (size_t)n, 8, "header", &m->limits, &m->arena, err);
	if (st == TARE_OK)
		st = read_header(&r);
	tare_arena_free(&r.scratch);
	tare_strmap_free(&r.by_name);
	tare_strmap_free(&r.keys);
	free(r.items);
	free(r.dims);
	return st;
}

/* ---- the note of a set ---- */

static tare_status find_in_metadata(tare_json *j, tare_str *note)
{
	tare_json_kind kind;
	tare_str key;
	bool more;

	TARE_TRY(tare_json_peek(j, &kind));
	if (kind != TARE_JSON_OBJECT)
		return TARE_OK;
	TARE_TRY(tare_json_open(j, TARE_JSON_OBJECT));
	for (;;) {
		TARE_TRY(tare_json_key(j, &more, &key));
		if (!more)
			return TARE_OK;
		if (tare_str_eq(key, tare_str_of(TARE_ST_NOTE)))
			TARE_TRY(tare_json_string(j, note));
		else
			TARE_TRY(tare_json_skip(j));
	}
}

static tare_status find_note(tare_json *j, tare_str *note)
{
	tare_str key;
	bool more;

	TARE_TRY(tare_json_open(j, TARE_JSON_OBJECT));
	for (;;) {
		TARE_TRY(tare_json_key(j, &more, &key));
		if (!more)
			return TARE_OK;
		if (tare_str_eq(key, tare_str_of("__metadata__")))
			return find_in_metadata(j, note);
		TARE_TRY(tare_json_skip(j));
	}
}

tare_status tare_st_find_note(tare_model *m, uint32_t file, tare_arena *arena, tare_str *note, tare_error *err)
{
	tare_file *f = &m->files[file];
	const uint8_t *text;
	uint64_t have;
	tare_json j;

	*note = (tare_str){ "", 0 };
	TARE_TRY(tare_source_prefix(f->source, f->data_offset, &text, &have, err));
	TARE_TRY(tare_json_start(&j, text + 8, (size_t)f->data_offset - 8, 8, "header", &m->limits, arena, err));
	return find_note(&j, note);
}
