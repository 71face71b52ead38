/* Writing the note: what a safetensors file cannot say of itself, as one entry of __metadata__. The grammar is in
 * man/tare-safetensors.5. */
#include "formats/safetensors.h"

#include "base/escape.h"
#include "model/value_json.h"

#include <inttypes.h>
#include <string.h>

bool tare_st_is_plain(const tare_entry *e)
{
	return e->value.kind == TARE_STRING && tare_utf8_valid(e->key.ptr, e->key.len) &&
	       tare_utf8_valid(e->value.as.string.ptr, e->value.as.string.len);
}

static bool is_note_key(tare_str key)
{
	return tare_str_eq(key, tare_str_of(TARE_ST_NOTE));
}

/* Text under our key that a reader would try: within a note it is only text. */
static bool passes_for_note(const tare_entry *e)
{
	return is_note_key(e->key) && e->value.as.string.len && memchr("{ \t\r\n", e->value.as.string.ptr[0], 5);
}

/* An order that a reader finds anyway needs no note. */
static bool loses_order(const tare_model *out)
{
	size_t i;

	for (i = 0; out->ordered && i + 1 < out->n_tensors; i++)
		if (tare_st_compare(&out->tensors[i], &out->tensors[i + 1]) > 0)
			return true;
	return false;
}

bool tare_st_needs_note(const tare_model *out)
{
	size_t i;

	if (out->home_big || loses_order(out))
		return true;
	for (i = 0; i < out->n_meta; i++)
		if (!tare_st_is_plain(&out->meta[i]) || passes_for_note(&out->meta[i]))
			return true;
	for (i = 0; i < out->n_tensors; i++)
		if (!tare_st_dtype_of(out->tensors[i].type) || !tare_st_is_plain_name(out->tensors[i].name))
			return true;
	return false;
}

static tare_status put_bytes(tare_sink *s, tare_str bytes, tare_error *err)
{
	return tare_utf8_valid(bytes.ptr, bytes.len) ? tare_json_put_string(s, bytes, err) : tare_json_put_hex(s, bytes, err);
}

static tare_status put_entry(const tare_entry *e, tare_sink *s, tare_error *err)
{
	TARE_TRY(tare_json_put_text(s, "[", err));
	TARE_TRY(put_bytes(s, e->key, err));
	TARE_TRY(tare_json_put_text(s, ",\"", err));
	TARE_TRY(tare_json_put_text(s, tare_value_kind_text(&e->value), err));
	TARE_TRY(tare_json_put_text(s, "\"", err));
	if (!tare_st_is_plain(e) || is_note_key(e->key)) {
		TARE_TRY(tare_json_put_text(s, ",", err));
		TARE_TRY(tare_value_put_json(s, &e->value, true, err));
	}
	return tare_json_put_text(s, "]", err);
}

static tare_status put_type(const tare_tensor *t, tare_sink *s, tare_error *err)
{
	char id[32];
	uint32_t i;

	snprintf(id, sizeof id, "id:%" PRIu32, t->type_id);
	TARE_TRY(tare_json_put_text(s, ",\"", err));
	TARE_TRY(tare_json_put_text(s, t->type ? t->type->name : id, err));
	TARE_TRY(tare_json_put_text(s, "\",[", err));
	for (i = 0; i < t->n_dims; i++) {
		if (i)
			TARE_TRY(tare_json_put_text(s, ",", err));
		TARE_TRY(tare_json_put_u64(s, t->dim[i], err));
	}
	return tare_json_put_text(s, "]", err);
}

/* "name", or ["name",type,[shape]] when the file says these otherwise. */
static tare_status put_tensor(const tare_tensor *t, tare_sink *s, tare_error *err)
{
	bool native = tare_st_dtype_of(t->type), text = tare_utf8_valid(t->name.ptr, t->name.len);

	if (native && tare_st_is_plain_name(t->name))
		return tare_json_put_string(s, t->name, err);
	TARE_TRY(tare_json_put_text(s, "[", err));
	TARE_TRY(text ? tare_json_put_string(s, t->name, err) : tare_json_put_hex(s, t->name, err));
	if (!native)
		TARE_TRY(put_type(t, s, err));
	return tare_json_put_text(s, "]", err);
}

tare_status tare_st_put_note(const tare_model *out, tare_sink *s, tare_error *err)
{
	size_t i;

	TARE_TRY(tare_json_put_text(s, "{\"version\":", err));
	TARE_TRY(tare_json_put_u64(s, TARE_ST_NOTE_VERSION, err));
	if (out->n_files > 1) {
		TARE_TRY(tare_json_put_text(s, ",\"files\":", err));
		TARE_TRY(tare_json_put_u64(s, out->n_files - 1, err));
	}
	if (out->home_big)
		TARE_TRY(tare_json_put_text(s, ",\"big_endian\":true", err));
	TARE_TRY(tare_json_put_text(s, ",\"metadata\":[", err));
	for (i = 0; i < out->n_meta; i++) {
		if (i)
			TARE_TRY(tare_json_put_text(s, ",", err));
		TARE_TRY(put_entry(&out->meta[i], s, err));
	}
	TARE_TRY(tare_json_put_text(s, "],\"tensors\":[", err));
	for (i = 0; i < out->n_tensors; i++) {
		if (i)
			TARE_TRY(tare_json_put_text(s, ",", err));
		TARE_TRY(put_tensor(&out->tensors[i], s, err));
	}
	return tare_json_put_text(s, "]}", err);
}
