/* Reading a safetensors header. By default what the reference reader (0.8) accepts is accepted and what it refuses is refused; where it
 * is laxer than the text of the specification, a warning says so, and strict reading refuses. */
#include "formats/safetensors.h"

#include "base/checked.h"
#include "base/escape.h"

#include <stdlib.h>
#include <string.h>

/* ---- the whole: order, gaps, sizes ---- */

static int by_place(const void *pa, const void *pb)
{
	const tare_st_item *a = pa, *b = pb;

	if (a->begin != b->begin)
		return a->begin < b->begin ? -1 : 1;
	if (a->end != b->end)
		return a->end < b->end ? -1 : 1;
	return a->at < b->at ? -1 : a->at > b->at;
}

#define ULL(n) ((unsigned long long)(n))

/* Each tensor begins where the one before it ends. */
static tare_status check_place(tare_st_reader *r, const tare_st_item *t, const tare_st_item *before)
{
	uint64_t expected = before ? before->end : 0;

	if (t->end < t->begin)
		return tare_st_in_tensor(r, t, t->at, "data_offsets [%llu,%llu]: it ends before it begins", ULL(t->begin), ULL(t->end));
	if (t->begin == expected)
		return TARE_OK;
	if (t->begin > expected)
		return tare_st_in_tensor(r, t, t->at, "a hole of %llu bytes before it: it begins at byte %llu of the payload, expected %llu",
				 ULL(t->begin - expected), ULL(t->begin), ULL(expected));
	return tare_st_in_tensor(r, t, t->at, "bytes %llu to %llu of the payload overlap tensor '%s', which ends at %llu", ULL(t->begin),
			 ULL(t->end), TARE_SHOW(before->name), ULL(expected));
}

/* In the reference's order of multiplication, so that the same shapes overflow. */
static tare_status check_size(tare_st_reader *r, const tare_st_item *t, uint64_t *count)
{
	uint64_t n = 1, bits;
	uint32_t i;

	for (i = 0; i < t->n_dims; i++)
		if (!tare_mul(n, t->dim[i], &n))
			return tare_st_in_tensor(r, t, t->at, "its shape has more elements than 64 bits can count");
	if (!tare_mul(n, t->dtype->bits, &bits))
		return tare_st_in_tensor(r, t, t->at, "its size in bits is more than 64 bits can count");
	if (bits % 8)
		return tare_st_in_tensor(r, t, t->at, "%llu elements of %u bits do not fill whole bytes", ULL(n), t->dtype->bits);
	*count = n;
	if (t->end - t->begin == bits / 8)
		return TARE_OK;
	return tare_st_in_tensor(r, t, t->at, "data_offsets [%llu,%llu] hold %llu bytes, but its shape and dtype %s ask for %llu", ULL(t->begin),
			 ULL(t->end), ULL(t->end - t->begin), t->dtype->name, ULL(bits / 8));
}

static tare_status add_tensors(tare_st_reader *r, uint64_t *total)
{
	uint64_t data = r->m->files[0].data_offset;
	size_t i;

	*total = 0;
	if (r->n_items)
		qsort(r->items, r->n_items, sizeof *r->items, by_place);
	for (i = 0; i < r->n_items; i++) {
		const tare_st_item *t = &r->items[i];
		tare_tensor out = { .name = t->name, .type = t->dtype->type, .n_dims = t->n_dims, .dim = t->dim,
				    .size = t->end - t->begin };

		TARE_TRY(check_place(r, t, i ? t - 1 : NULL));
		TARE_TRY(check_size(r, t, &out.count));
		if (!tare_add(data, t->begin, &out.offset) || t->end > UINT64_MAX - data)
			return tare_st_in_tensor(r, t, t->at, "it ends beyond byte 2^64 of the file");
		TARE_TRY(tare_model_add_tensor(r->m, &out, tare_json_place(&r->json, t->at), r->err));
		*total = t->end;
	}
	return TARE_OK;
}

/* The payload fills the file: a pipe's length is known at its end. */
static tare_status check_end(tare_st_reader *r, uint64_t total)
{
	tare_file *f = &r->m->files[0];
	uint64_t size = tare_source_size(f->source), end = f->data_offset + total;

	f->must_end = end;
	if (size == TARE_NOWHERE || size == end)
		return TARE_OK;
	if (size < end)
		return tare_fail(r->err, TARE_E_DATA, size,
				 "the header describes %llu bytes of payload, but %llu follow it: the file is cut short, expected %llu bytes in all",
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
static tare_status check_padding(tare_st_reader *r, size_t end)
{
	const tare_json *j = &r->json;
	size_t i;

	if (j->text[0] != '{')
		TARE_TRY(tare_st_lax(r, 0, "white space before the first '{'"));
	for (i = end; i < j->size; i++)
		if (j->text[i] != ' ')
			return tare_st_lax(r, i, "filled up with byte 0x%02x: expected spaces (0x20)", j->text[i]);
	return TARE_OK;
}

static tare_status read_header(tare_st_reader *r)
{
	tare_json *j = &r->json;
	uint64_t total;
	size_t end;
	bool used = true;

	TARE_TRY(tare_json_open(j, TARE_JSON_OBJECT));
	TARE_TRY(tare_st_read_entries(r));
	end = j->at;
	TARE_TRY(tare_json_end(j));
	TARE_TRY(check_padding(r, end));
	TARE_TRY(add_tensors(r, &total));
	TARE_TRY(check_end(r, total));
	if (r->n_lax > TARE_ST_TOLD)
		tare_model_warn(r->m, "header: %zu more departures from the specification", r->n_lax - TARE_ST_TOLD);
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
	tare_st_reader r = { .m = m, .err = err };
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
