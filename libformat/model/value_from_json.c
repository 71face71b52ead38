#include "model/value_json.h"

#include "base/bytes.h"
#include "base/escape.h"

#include <math.h>
#include <stdlib.h>

static tare_status no_kind(tare_json *j, tare_str kind)
{
	return tare_json_fail(j, SIZE_MAX, "'%s' is no kind of value: expected u8, i8, ... f64, bool, str or arr:KIND", TARE_SHOW(kind));
}

static bool find_kind(tare_str name, tare_kind *out)
{
	int k;

	for (k = 0; k < TARE_KIND_COUNT; k++)
		if (tare_str_eq(tare_str_of(tare_kind_name((tare_kind)k)), name)) {
			*out = (tare_kind)k;
			return true;
		}
	return false;
}

static int nibble(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* {"hex":"00ff"} */
static tare_status read_hex(tare_json *j, tare_str *out)
{
	size_t at = j->at, i;
	tare_str key, text;
	bool more;
	char *p;

	TARE_TRY(tare_json_open(j, TARE_JSON_OBJECT));
	TARE_TRY(tare_json_key(j, &more, &key));
	if (!more || !tare_str_eq(key, tare_str_of("hex")))
		return tare_json_fail(j, at, "expected {\"hex\":\"...\"}");
	TARE_TRY(tare_json_string(j, &text));
	TARE_TRY(tare_json_key(j, &more, &key));
	if (more || text.len % 2)
		return tare_json_fail(j, at, "expected {\"hex\":\"...\"} with an even number of digits and nothing else");
	p = tare_arena_alloc(j->arena, text.len / 2 + 1);
	if (!p)
		return tare_fail_nomem(j->err);
	for (i = 0; i < text.len; i += 2) {
		int hi = nibble(text.ptr[i]), lo = nibble(text.ptr[i + 1]);

		if (hi < 0 || lo < 0)
			return tare_json_fail(j, at, "a byte in {\"hex\":\"...\"} is not two hexadecimal digits");
		p[i / 2] = (char)(hi << 4 | lo);
	}
	*out = (tare_str){ p, text.len / 2 };
	return TARE_OK;
}

tare_status tare_json_bytes(tare_json *j, tare_str *out)
{
	tare_json_kind kind;

	TARE_TRY(tare_json_peek(j, &kind));
	return kind == TARE_JSON_OBJECT ? read_hex(j, out) : tare_json_string(j, out);
}

static unsigned bits_of(tare_kind kind)
{
	return (unsigned)(8 * tare_kind_size(kind));
}

static tare_status read_unsigned(tare_json *j, tare_value *v)
{
	size_t at = j->at;

	TARE_TRY(tare_json_u64(j, &v->as.u));
	if (bits_of(v->kind) < 64 && v->as.u >> bits_of(v->kind))
		return tare_json_fail(j, at, "%llu does not fit into %s", (unsigned long long)v->as.u, tare_kind_name(v->kind));
	return TARE_OK;
}

static tare_status read_signed(tare_json *j, tare_value *v)
{
	uint64_t most = (uint64_t)INT64_MAX >> (64 - bits_of(v->kind));
	tare_json_number n;

	TARE_TRY(tare_json_number_read(j, &n));
	if (!n.fits || n.magnitude > most + n.negative)
		return tare_json_fail(j, j->at - n.text.len, "%s does not fit into %s", TARE_SHOW(n.text), tare_kind_name(v->kind));
	v->as.i = n.negative ? (int64_t)(0 - n.magnitude) : (int64_t)n.magnitude;
	return TARE_OK;
}

/* As stored by a writer of our own exact form, or true and false. */
static tare_status read_truth(tare_json *j, tare_value *v)
{
	tare_json_kind kind;
	bool truth;

	TARE_TRY(tare_json_peek(j, &kind));
	if (kind == TARE_JSON_NUMBER)
		return read_unsigned(j, v);
	TARE_TRY(tare_json_bool(j, &truth));
	v->as.u = truth;
	return TARE_OK;
}

/* Numbers that are none, by their bits: what a compiler makes of NAN is its own affair. */
static const struct {
	const char *word;
	uint32_t f32;
	uint64_t f64;
} words[] = {
	{ "nan", 0x7fc00000, 0x7ff8000000000000 },
	{ "inf", 0x7f800000, 0x7ff0000000000000 },
	{ "-inf", 0xff800000, 0xfff0000000000000 },
};

static void set_bits(tare_value *v, uint32_t f32, uint64_t f64)
{
	if (v->kind == TARE_F32)
		v->as.f32 = tare_f32_of_bits(f32);
	else
		memcpy(&v->as.f64, &f64, sizeof v->as.f64);
}

static tare_status read_real_word(tare_json *j, tare_value *v)
{
	size_t at = j->at, i;
	tare_str text;

	TARE_TRY(tare_json_bytes(j, &text));
	if (j->text[at] == '{' && text.len == tare_kind_size(v->kind)) {
		if (v->kind == TARE_F32)
			set_bits(v, tare_get32(text.ptr, true), 0);
		else
			set_bits(v, 0, tare_get64(text.ptr, true));
		return TARE_OK;
	}
	for (i = 0; i < sizeof words / sizeof *words; i++)
		if (j->text[at] == '"' && tare_str_eq(text, tare_str_of(words[i].word))) {
			set_bits(v, words[i].f32, words[i].f64);
			return TARE_OK;
		}
	return tare_json_fail(j, at, "expected a number, \"nan\", \"inf\" or \"-inf\"");
}

static tare_status read_real(tare_json *j, tare_value *v)
{
	tare_json_number n;
	tare_json_kind kind;

	TARE_TRY(tare_json_peek(j, &kind));
	if (kind != TARE_JSON_NUMBER)
		return read_real_word(j, v);
	TARE_TRY(tare_json_number_read(j, &n));
	if (v->kind == TARE_F32 ? tare_json_f32(&n, &v->as.f32) : tare_json_f64(&n, &v->as.f64))
		return TARE_OK;
	return tare_json_fail(j, j->at - n.text.len, "%s is too large for %s", TARE_SHOW(n.text), tare_kind_name(v->kind));
}

/* v->kind says what is wanted; a string points into the walker's memory. */
static tare_status read_scalar(tare_json *j, tare_value *v)
{
	switch (v->kind) {
	case TARE_I8: case TARE_I16: case TARE_I32: case TARE_I64: return read_signed(j, v);
	case TARE_BOOL: return read_truth(j, v);
	case TARE_F32: case TARE_F64: return read_real(j, v);
	case TARE_STRING: return tare_json_bytes(j, &v->as.string);
	default: return read_unsigned(j, v);
	}
}

static bool is_array_kind(tare_str kind)
{
	return kind.len > 4 && !memcmp(kind.ptr, "arr:", 4);
}

static tare_status read_elements(tare_json *j, tare_str kind, tare_array_builder *b);

/* An array within an array that says its own kind: {"arr:u32":[...]}. */
static tare_status read_labelled(tare_json *j, tare_array_builder *b)
{
	size_t at = j->at;
	tare_str kind;
	bool more;

	TARE_TRY(tare_json_open(j, TARE_JSON_OBJECT));
	TARE_TRY(tare_json_key(j, &more, &kind));
	if (!more)
		return tare_json_fail(j, at, "expected an array with its kind, {\"arr:u32\":[...]}");
	if (!is_array_kind(kind))
		return tare_json_fail(j, at, "expected an array within the array");
	TARE_TRY(read_elements(j, (tare_str){ kind.ptr + 4, kind.len - 4 }, b));
	TARE_TRY(tare_json_key(j, &more, &kind));
	return more ? tare_json_fail(j, at, "expected one array") : TARE_OK;
}

/* An array within the array b, packed straight behind its other elements: a copy for each level of nesting would be kept by the model. */
static tare_status read_inner(tare_json *j, tare_str kind, tare_array_builder *b)
{
	tare_array_builder inner = { 0 };
	tare_value v = { .kind = TARE_ARRAY };
	tare_json_kind found;
	tare_status st;

	TARE_TRY(tare_json_peek(j, &found));
	if (found == TARE_JSON_OBJECT)
		st = read_labelled(j, &inner);
	else if (is_array_kind(kind))
		st = read_elements(j, (tare_str){ kind.ptr + 4, kind.len - 4 }, &inner);
	else
		st = no_kind(j, kind);
	v.as.array = (tare_array){ .kind = inner.kind, .count = inner.count, .bytes = (const uint8_t *)inner.bytes.bytes,
				   .size = inner.bytes.size };
	if (st == TARE_OK)
		st = tare_array_add(b, &v, j->err);
	free(inner.bytes.bytes);
	return st;
}

static tare_status read_element(tare_json *j, tare_str kind, tare_array_builder *b)
{
	tare_value v = { .kind = b->kind };

	if (b->kind == TARE_ARRAY)
		return read_inner(j, kind, b);
	TARE_TRY(read_scalar(j, &v));
	return tare_array_add(b, &v, j->err);
}

/* A whole array into b, which is empty. kind: behind "arr:".
 * NOLINTNEXTLINE(misc-no-recursion): the walker bounds the nesting. */
static tare_status read_elements(tare_json *j, tare_str kind, tare_array_builder *b)
{
	bool more;

	if (is_array_kind(kind))
		b->kind = TARE_ARRAY;
	else if (!find_kind(kind, &b->kind))
		return no_kind(j, kind);
	TARE_TRY(tare_json_open(j, TARE_JSON_ARRAY));
	for (;;) {
		TARE_TRY(tare_json_next(j, &more));
		if (!more)
			return TARE_OK;
		TARE_TRY(read_element(j, kind, b));
	}
}

/* kind: behind "arr:". */
static tare_status read_array(tare_json *j, tare_model *m, tare_str kind, tare_value *v)
{
	tare_array_builder b = { 0 };
	tare_status st = read_elements(j, kind, &b);

	if (st == TARE_OK)
		st = tare_array_finish(&b, m, v, j->err);
	free(b.bytes.bytes);
	return st;
}

tare_status tare_json_value(tare_json *j, tare_model *m, tare_str kind, tare_value *out)
{
	if (is_array_kind(kind))
		return read_array(j, m, (tare_str){ kind.ptr + 4, kind.len - 4 }, out);
	*out = (tare_value){ 0 };
	if (!find_kind(kind, &out->kind) || out->kind == TARE_ARRAY)
		return no_kind(j, kind);
	TARE_TRY(read_scalar(j, out));
	if (out->kind != TARE_STRING)
		return TARE_OK;
	out->as.string = tare_arena_copy(&m->arena, out->as.string.ptr, out->as.string.len);
	return out->as.string.ptr ? TARE_OK : tare_fail_nomem(j->err);
}
