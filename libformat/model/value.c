/* Kinds of metadata values, and arrays packed as GGUF packs them: numbers and bool bytes side by side, strings as u64 length and bytes,
 * arrays as u32 kind, u64 count and elements. */
#include "base/checked.h"
#include "model/model.h"

#include <stdlib.h>
#include <string.h>

static const struct {
	const char *name;
	size_t size;
} kinds[TARE_KIND_COUNT] = {
	[TARE_U8] = { "u8", 1 },   [TARE_I8] = { "i8", 1 },     [TARE_U16] = { "u16", 2 },   [TARE_I16] = { "i16", 2 },
	[TARE_U32] = { "u32", 4 }, [TARE_I32] = { "i32", 4 },   [TARE_F32] = { "f32", 4 },   [TARE_BOOL] = { "bool", 1 },
	[TARE_STRING] = { "str", 0 }, [TARE_ARRAY] = { "arr", 0 }, [TARE_U64] = { "u64", 8 }, [TARE_I64] = { "i64", 8 },
	[TARE_F64] = { "f64", 8 },
};

const char *tare_kind_name(tare_kind kind)
{
	return (unsigned)kind < TARE_KIND_COUNT ? kinds[kind].name : "?";
}

size_t tare_kind_size(tare_kind kind)
{
	return (unsigned)kind < TARE_KIND_COUNT ? kinds[kind].size : 0;
}

/* ---- reading ---- */

static tare_cursor cursor_over(const tare_array *a, size_t at)
{
	return (tare_cursor){ .base = a->bytes, .size = a->size, .at = at, .big = a->big_endian };
}

void tare_value_get(tare_cursor *c, tare_kind kind, tare_value *out)
{
	uint64_t bits;

	*out = (tare_value){ .kind = kind };
	switch (kinds[kind].size) {
	case 1:
		bits = tare_cursor_u8(c);
		break;
	case 2:
		bits = tare_cursor_u16(c);
		break;
	case 4:
		bits = tare_cursor_u32(c);
		break;
	default:
		bits = tare_cursor_u64(c);
		break;
	}
	switch (kind) {
	case TARE_I8:
		out->as.i = (int8_t)bits;
		break;
	case TARE_I16:
		out->as.i = (int16_t)bits;
		break;
	case TARE_I32:
		out->as.i = (int32_t)bits;
		break;
	case TARE_F32:
		out->as.f32 = tare_f32_of_bits((uint32_t)bits);
		break;
	case TARE_F64:
		memcpy(&out->as.f64, &bits, sizeof bits);
		break;
	default:
		out->as.u = bits; /* i64 shares its bits */
		break;
	}
}

/* Moves past the elements of an array of plain kind or of strings. */
static void skip_elements(tare_cursor *c, tare_kind kind, uint64_t count)
{
	uint64_t n;

	if (kind != TARE_STRING) {
		if (!tare_mul(count, tare_kind_size(kind), &n))
			c->bad = true;
		tare_cursor_bytes(c, n);
		return;
	}
	for (; count && !c->bad; count--)
		tare_cursor_bytes(c, tare_cursor_u64(c));
}

/* Moves past a nested array: arrays come before their elements, so it is enough to count those still to come. */
static void skip_array(tare_cursor *c)
{
	uint64_t pending = 1;

	for (; pending && !c->bad; pending--) {
		uint32_t kind = tare_cursor_u32(c);
		uint64_t count = tare_cursor_u64(c);

		if (kind >= TARE_KIND_COUNT)
			c->bad = true;
		else if (kind != TARE_ARRAY)
			skip_elements(c, (tare_kind)kind, count);
		else if (!tare_add(pending, count, &pending))
			c->bad = true;
	}
}

static bool next_array(const tare_array *a, tare_cursor *c, tare_value *out)
{
	tare_array *inner = &out->as.array;
	uint32_t kind;
	size_t start = (size_t)c->at;
	tare_cursor head = *c;

	*out = (tare_value){ .kind = TARE_ARRAY };
	kind = tare_cursor_u32(&head);
	inner->count = tare_cursor_u64(&head);
	skip_array(c);
	if (c->bad)
		return false;
	inner->kind = (tare_kind)kind;
	inner->big_endian = a->big_endian;
	inner->bytes = a->bytes + start + 12;
	inner->size = (size_t)c->at - start - 12;
	return true;
}

void tare_array_start(tare_array_iter *it, const tare_array *a)
{
	*it = (tare_array_iter){ .array = *a };
}

bool tare_array_next(tare_array_iter *it, tare_value *out)
{
	tare_cursor c = cursor_over(&it->array, it->at);

	if (it->index >= it->array.count || (unsigned)it->array.kind >= TARE_KIND_COUNT)
		return false;
	if (it->array.kind == TARE_ARRAY) {
		next_array(&it->array, &c, out);
	} else if (it->array.kind == TARE_STRING) {
		uint64_t n = tare_cursor_u64(&c);
		const uint8_t *p = tare_cursor_bytes(&c, n);

		*out = (tare_value){ .kind = TARE_STRING, .as.string = { (const char *)p, p ? (size_t)n : 0 } };
	} else {
		tare_value_get(&c, it->array.kind, out);
	}
	if (c.bad) {
		it->index = it->array.count;
		return false;
	}
	it->at = (size_t)c.at;
	it->index++;
	return true;
}

/* ---- writing ---- */

static tare_status put_bits(tare_sink *s, size_t size, uint64_t bits, tare_error *err)
{
	switch (size) {
	case 1:
		return tare_sink_u8(s, (uint8_t)bits, err);
	case 2:
		return tare_sink_u16(s, (uint16_t)bits, err);
	case 4:
		return tare_sink_u32(s, (uint32_t)bits, err);
	default:
		return tare_sink_u64(s, bits, err);
	}
}

static uint64_t bits_of(const tare_value *v)
{
	uint64_t bits;

	if (v->kind == TARE_F32)
		return tare_bits_of_f32(v->as.f32);
	if (v->kind == TARE_F64) {
		memcpy(&bits, &v->as.f64, sizeof bits);
		return bits;
	}
	return v->as.u;
}

/* Elements of a plain array whose byte order is not the sink's, through a small buffer. */
static tare_status put_swapped(const tare_array *a, tare_sink *s, tare_error *err)
{
	uint8_t buf[4096];
	size_t width = tare_kind_size(a->kind), at = 0, i, j;

	while (at < a->size) {
		size_t n = a->size - at < sizeof buf ? a->size - at : sizeof buf;

		for (i = 0; i < n; i += width)
			for (j = 0; j < width; j++)
				buf[i + j] = a->bytes[at + i + width - 1 - j];
		TARE_TRY(tare_sink_put(s, buf, n, err));
		at += n;
	}
	return TARE_OK;
}

static tare_status put_string(tare_str text, tare_sink *s, tare_error *err)
{
	TARE_TRY(tare_sink_u64(s, text.len, err));
	return tare_sink_put(s, text.ptr, text.len, err);
}

/* Arrays of arrays whose byte order differs, in one pass over the bytes: as in skip_array(), counting replaces recursion. */
static tare_status put_nested(const tare_array *a, tare_sink *s, tare_error *err)
{
	tare_cursor c = cursor_over(a, 0);
	uint64_t pending = a->count;

	for (; pending && !c.bad; pending--) {
		tare_array inner = { .big_endian = a->big_endian };
		uint32_t kind = tare_cursor_u32(&c);
		size_t start;

		inner.count = tare_cursor_u64(&c);
		TARE_TRY(tare_sink_u32(s, kind, err));
		TARE_TRY(tare_sink_u64(s, inner.count, err));
		if (kind == TARE_ARRAY) {
			if (!tare_add(pending, inner.count, &pending))
				break;
			continue;
		}
		if (kind >= TARE_KIND_COUNT)
			break;
		start = (size_t)c.at;
		skip_elements(&c, (tare_kind)kind, inner.count);
		inner.kind = (tare_kind)kind;
		inner.bytes = a->bytes + start;
		inner.size = (size_t)c.at - start;
		TARE_TRY(tare_array_put(&inner, s, err));
	}
	return pending || c.bad ? tare_fail(err, TARE_E_ARG, TARE_NOWHERE, "a nested array is not packed as it says") : TARE_OK;
}

tare_status tare_array_put(const tare_array *a, tare_sink *s, tare_error *err)
{
	tare_array_iter it;
	tare_value v;

	if (a->big_endian == s->big || tare_kind_size(a->kind) == 1)
		return tare_sink_put(s, a->bytes, a->size, err);
	if (a->kind == TARE_ARRAY)
		return put_nested(a, s, err);
	if (a->kind != TARE_STRING)
		return put_swapped(a, s, err);
	tare_array_start(&it, a);
	while (tare_array_next(&it, &v))
		TARE_TRY(put_string(v.as.string, s, err));
	return TARE_OK;
}

tare_status tare_value_put(const tare_value *v, tare_sink *s, tare_error *err)
{
	if (v->kind == TARE_STRING)
		return put_string(v->as.string, s, err);
	if (v->kind != TARE_ARRAY)
		return put_bits(s, tare_kind_size(v->kind), bits_of(v), err);
	TARE_TRY(tare_sink_u32(s, v->as.array.kind, err));
	TARE_TRY(tare_sink_u64(s, v->as.array.count, err));
	return tare_array_put(&v->as.array, s, err);
}

tare_status tare_array_add(tare_array_builder *b, const tare_value *v, tare_error *err)
{
	tare_sink s = { .put = tare_buffer_put, .ctx = &b->bytes };

	if (v->kind != b->kind)
		return tare_fail(err, TARE_E_ARG, TARE_NOWHERE, "an element of kind %s in an array of %s", tare_kind_name(v->kind),
				 tare_kind_name(b->kind));
	TARE_TRY(tare_value_put(v, &s, err));
	b->count++;
	return TARE_OK;
}

tare_status tare_array_finish(tare_array_builder *b, tare_model *m, tare_value *out, tare_error *err)
{
	tare_str copy = tare_arena_copy(&m->arena, b->bytes.bytes, b->bytes.size);

	*out = (tare_value){ .kind = TARE_ARRAY };
	out->as.array = (tare_array){ .kind = b->kind, .count = b->count, .bytes = (const uint8_t *)copy.ptr, .size = copy.len };
	free(b->bytes.bytes);
	b->bytes = (tare_buffer){ 0 };
	b->count = 0;
	return copy.ptr ? TARE_OK : tare_fail_nomem(err);
}
