#include "model/value_json.h"

#include "base/bytes.h"
#include "base/escape.h"

#include <math.h>
#include <stdlib.h>

static const char *real_word(double v)
{
	return isnan(v) ? "\"nan\"" : v > 0 ? "\"inf\"" : "\"-inf\"";
}

/* The NaN that is meant by "nan" alone has no sign and only the highest bit of its fraction. */
static tare_status put_f32(tare_sink *s, float v, bool exact, tare_error *err)
{
	uint32_t bits = tare_bits_of_f32(v);
	char be[4];

	if (isfinite(v))
		return tare_json_put_f32(s, v, err);
	if (exact && isnan(v) && bits != 0x7fc00000) {
		tare_put32(be, bits, true);
		return tare_json_put_hex(s, (tare_str){ be, sizeof be }, err);
	}
	return tare_json_put_text(s, real_word((double)v), err);
}

static tare_status put_f64(tare_sink *s, double v, bool exact, tare_error *err)
{
	uint64_t bits;
	char be[8];

	if (isfinite(v))
		return tare_json_put_f64(s, v, err);
	memcpy(&bits, &v, sizeof bits);
	if (exact && isnan(v) && bits != 0x7ff8000000000000) {
		tare_put64(be, bits, true);
		return tare_json_put_hex(s, (tare_str){ be, sizeof be }, err);
	}
	return tare_json_put_text(s, real_word(v), err);
}

static tare_status put_string(tare_sink *s, tare_str text, tare_error *err)
{
	return tare_utf8_valid(text.ptr, text.len) ? tare_json_put_string(s, text, err) : tare_json_put_hex(s, text, err);
}

/* An array within an array, exactly: {"arr:u32":[...]}. */
static tare_status put_labelled(tare_sink *s, const tare_value *v, tare_error *err)
{
	TARE_TRY(tare_json_put_text(s, "{\"", err));
	TARE_TRY(tare_json_put_text(s, tare_value_kind_text(v), err));
	TARE_TRY(tare_json_put_text(s, "\":", err));
	TARE_TRY(tare_value_put_json(s, v, true, err));
	return tare_json_put_text(s, "}", err);
}

static tare_status put_array(tare_sink *s, const tare_array *a, bool exact, tare_error *err)
{
	tare_array_iter it;
	tare_value v;
	bool first = true;

	TARE_TRY(tare_json_put_text(s, "[", err));
	tare_array_start(&it, a);
	for (; tare_array_next(&it, &v); first = false) {
		if (!first)
			TARE_TRY(tare_json_put_text(s, ",", err));
		if (exact && v.kind == TARE_ARRAY)
			TARE_TRY(put_labelled(s, &v, err));
		else
			TARE_TRY(tare_value_put_json(s, &v, exact, err));
	}
	return tare_json_put_text(s, "]", err);
}

/* NOLINTNEXTLINE(misc-no-recursion): nesting was bounded when the value was read. */
tare_status tare_value_put_json(tare_sink *s, const tare_value *v, bool exact, tare_error *err)
{
	switch (v->kind) {
	case TARE_U8: case TARE_U16: case TARE_U32: case TARE_U64:
		return tare_json_put_u64(s, v->as.u, err);
	case TARE_I8: case TARE_I16: case TARE_I32: case TARE_I64:
		return tare_json_put_i64(s, v->as.i, err);
	case TARE_BOOL:
		if (v->as.u > 1)
			return tare_json_put_u64(s, v->as.u, err);
		return tare_json_put_text(s, v->as.u ? "true" : "false", err);
	case TARE_F32:
		return put_f32(s, v->as.f32, exact, err);
	case TARE_F64:
		return put_f64(s, v->as.f64, exact, err);
	case TARE_STRING:
		return put_string(s, v->as.string, err);
	case TARE_ARRAY:
		return put_array(s, &v->as.array, exact, err);
	default:
		return tare_fail(err, TARE_E_ARG, TARE_NOWHERE, "a value of kind %d", (int)v->kind);
	}
}

char *tare_value_json(const tare_value *v)
{
	tare_buffer buffer = { 0 };
	tare_sink sink = { .put = tare_buffer_put, .ctx = &buffer };

	if (tare_value_put_json(&sink, v, false, NULL) == TARE_OK)
		return buffer.bytes;
	free(buffer.bytes);
	return NULL;
}

const char *tare_value_kind_text(const tare_value *v)
{
	static const char *const arrays[TARE_KIND_COUNT] = {
		"arr:u8", "arr:i8", "arr:u16", "arr:i16", "arr:u32", "arr:i32", "arr:f32", "arr:bool", "arr:str", "arr:arr", "arr:u64",
		"arr:i64", "arr:f64"
	};

	return v->kind == TARE_ARRAY ? arrays[v->as.array.kind] : tare_kind_name(v->kind);
}
