/* Values of metadata.set: of the kind named, else of the kind the key had before, else of the kind they look like. */
#include "recipe/recipe.h"

#include <stdlib.h>
#include <string.h>

typedef struct integer {
	bool negative;
	uint64_t magnitude;
} integer;

static bool parse_integer(const tare_yaml *n, integer *out)
{
	const char *p = n->text.ptr;

	*out = (integer){ *p == '-', 0 };
	p += *p == '-' || *p == '+';
	if (n->quoted || !*p || strlen(n->text.ptr) != n->text.len)
		return false;
	for (; *p >= '0' && *p <= '9'; p++)
		if (__builtin_mul_overflow(out->magnitude, 10, &out->magnitude) ||
		    __builtin_add_overflow(out->magnitude, (uint64_t)(*p - '0'), &out->magnitude))
			return false;
	return !*p;
}

/* Bits of an integer kind, 0 for others. */
static unsigned bits_of(tare_kind kind, bool *is_signed)
{
	*is_signed = kind == TARE_I8 || kind == TARE_I16 || kind == TARE_I32 || kind == TARE_I64;
	switch (kind) {
	case TARE_U8:
	case TARE_I8:
		return 8;
	case TARE_U16:
	case TARE_I16:
		return 16;
	case TARE_U32:
	case TARE_I32:
		return 32;
	case TARE_U64:
	case TARE_I64:
		return 64;
	default:
		return 0;
	}
}

static bool fits(integer v, tare_kind kind)
{
	bool is_signed;
	unsigned bits = bits_of(kind, &is_signed);
	uint64_t top = is_signed ? (1ull << (bits - 1)) - 1 : UINT64_MAX >> (64 - bits);

	if (v.negative)
		return is_signed ? v.magnitude <= top + 1 : !v.magnitude;
	return v.magnitude <= top;
}

static tare_status integer_value(const tare_yaml *n, tare_kind kind, tare_value *out, tare_error *err)
{
	integer v;

	if (!parse_integer(n, &v) || !fits(v, kind))
		return tare_yaml_fail(n, err, "expected a whole number that fits %s, not %s", tare_kind_name(kind), TARE_YAML_SHOW(n));
	out->as.u = v.negative ? -v.magnitude : v.magnitude;
	return TARE_OK;
}

static tare_status float_value(const tare_yaml *n, tare_value *out, tare_error *err)
{
	double d;

	TARE_TRY(tare_yaml_f64(n, &d, err));
	if (out->kind == TARE_F64)
		out->as.f64 = d;
	else
		out->as.f32 = (float)d;
	return TARE_OK;
}

static tare_status scalar_value(tare_model *m, const tare_yaml *n, tare_kind kind, tare_value *out, tare_error *err)
{
	bool b;

	*out = (tare_value){ .kind = kind };
	switch (kind) {
	case TARE_STRING:
		out->as.string = tare_arena_copy(&m->arena, n->text.ptr, n->text.len);
		return out->as.string.ptr ? TARE_OK : tare_fail_nomem(err);
	case TARE_BOOL:
		TARE_TRY(tare_yaml_bool(n, &b, err));
		out->as.u = b;
		return TARE_OK;
	case TARE_F32:
	case TARE_F64:
		return float_value(n, out, err);
	default:
		return integer_value(n, kind, out, err);
	}
}

/* The kind a scalar looks like: u32 if it can, as llama-quantize writes its overrides. */
static tare_kind look(const tare_yaml *n)
{
	static const tare_kind integers[] = { TARE_U32, TARE_I32, TARE_U64, TARE_I64 };
	integer v;
	double d;
	bool b;
	size_t i;

	if (n->quoted)
		return TARE_STRING;
	if (tare_yaml_bool(n, &b, NULL) == TARE_OK)
		return TARE_BOOL;
	for (i = 0; parse_integer(n, &v) && i < 4; i++)
		if (fits(v, integers[i]))
			return integers[i];
	return tare_yaml_f64(n, &d, NULL) == TARE_OK ? TARE_F32 : TARE_STRING;
}

/* One kind for all of a list: that of its first, unless another one needs a wider one. */
static tare_kind look_list(const tare_yaml *list)
{
	tare_kind kind = TARE_I32;
	size_t i;

	for (i = 0; i < list->count; i++) {
		tare_kind k = look(list->items[i]);
		integer v;

		if (k != TARE_STRING && k != TARE_BOOL && k != TARE_F32)
			k = parse_integer(list->items[i], &v) && fits(v, TARE_I32) ? TARE_I32 : k == TARE_U64 ? TARE_U64 : TARE_I64;
		if (!i || k == kind)
			kind = k;
		else if (k == TARE_STRING || k == TARE_BOOL || kind == TARE_STRING || kind == TARE_BOOL)
			return TARE_STRING;
		else
			kind = k == TARE_F32 || kind == TARE_F32 ? TARE_F32 : k == TARE_U64 ? TARE_U64 : TARE_I64;
	}
	return kind;
}

static tare_status list_value(tare_model *m, const tare_yaml *list, tare_kind kind, tare_value *out, tare_error *err)
{
	tare_array_builder b = { .kind = kind };
	tare_status st = TARE_OK;
	tare_value v;
	size_t i;

	for (i = 0; i < list->count && st == TARE_OK; i++) {
		st = scalar_value(m, list->items[i], kind, &v, err);
		if (st == TARE_OK)
			st = tare_array_add(&b, &v, err);
	}
	if (st == TARE_OK)
		return tare_array_finish(&b, m, out, err);
	free(b.bytes.bytes);
	return st;
}

tare_status tare_recipe_value(tare_model *m, const tare_yaml *node, const tare_value *before, tare_value *out, tare_error *err)
{
	const tare_yaml *value = node->kind == TARE_YAML_MAP ? tare_yaml_get(node, "value") : node;
	bool array = value->kind == TARE_YAML_LIST;
	tare_kind kind;

	if (node->kind == TARE_YAML_MAP)
		tare_find_kind(tare_yaml_get(node, "kind")->text.ptr, &array, &kind);
	else if (before && !array && before->kind != TARE_ARRAY)
		kind = before->kind;
	else if (before && array && before->kind == TARE_ARRAY && before->as.array.kind != TARE_ARRAY)
		kind = before->as.array.kind;
	else if (array && !value->count)
		return tare_yaml_fail(value, err, "an empty list has no kind: write {kind: arr:str, value: []}");
	else
		kind = array ? look_list(value) : look(value);
	return array ? list_value(m, value, kind, out, err) : scalar_value(m, value, kind, out, err);
}
