/* Keys and values. Strings and arrays are checked in one pass and stay where they are in the file. */
#include "base/checked.h"
#include "base/escape.h"
#include "formats/gguf.h"

static tare_status check_elements(tare_gguf_reader *r, tare_str key, uint64_t at, tare_kind kind, uint64_t count, tare_error *err)
{
	uint64_t least = kind == TARE_STRING ? 8 : kind == TARE_ARRAY ? 12 : tare_kind_size(kind);
	uint64_t left = tare_gguf_left(r);

	if (count > left / least)
		return tare_fail(err, TARE_E_DATA, at, "metadata '%s': an array of %llu %s is declared, but %llu bytes are left in the file",
				 TARE_SHOW(key), (unsigned long long)count, tare_kind_name(kind), (unsigned long long)left);
	return tare_limit_check(&r->m->limits, TARE_LIMIT_array, count, at, "elements of an array", err);
}

static void check_bools(tare_gguf_reader *r, tare_str key, const uint8_t *p, uint64_t n)
{
	uint64_t i;
	uint8_t seen = 0;

	for (i = 0; i < n; i++)
		seen |= p[i];
	if (seen > 1)
		tare_gguf_odd(r, TARE_GGUF_ODD_BOOL, key);
}

static tare_status scan_strings(tare_gguf_reader *r, tare_str key, uint64_t count, tare_error *err)
{
	const tare_limits *lim = &r->m->limits;
	tare_str element;

	for (; count; count--) {
		uint64_t at = r->c.at, n = tare_cursor_u64(&r->c);

		if (n > lim->value[TARE_LIMIT_string] || !tare_cursor_bytes(&r->c, n)) {
			/* Once more, slowly, for the message. */
			r->c.at = at;
			r->c.bad = false;
			return tare_gguf_string(r, "an element of metadata", key, &element, err);
		}
	}
	return TARE_OK;
}

static tare_status scan_plain(tare_gguf_reader *r, tare_str key, tare_kind kind, uint64_t count, tare_error *err)
{
	uint64_t at = r->c.at;
	const uint8_t *p;

	if (kind == TARE_STRING)
		return scan_strings(r, key, count, err);
	p = tare_cursor_bytes(&r->c, count * tare_kind_size(kind));
	if (!p)
		return tare_gguf_short(r, at, "metadata", key, err);
	if (kind == TARE_BOOL)
		check_bools(r, key, p, count);
	return TARE_OK;
}

/* Kind and count of an array, checked against what is left. */
static tare_status array_head(tare_gguf_reader *r, tare_str key, tare_kind *kind, uint64_t *count, tare_error *err)
{
	uint64_t at = r->c.at;
	uint32_t k = tare_cursor_u32(&r->c);

	*count = tare_cursor_u64(&r->c);
	if (r->c.bad)
		return tare_gguf_short(r, at, "metadata", key, err);
	if (k >= TARE_KIND_COUNT)
		return tare_fail(err, TARE_E_DATA, at, "metadata '%s': array elements of kind %u; kinds 0 to %d are known", TARE_SHOW(key), k,
				 TARE_KIND_COUNT - 1);
	*kind = (tare_kind)k;
	return check_elements(r, key, at + 4, *kind, *count, err);
}

/* Arrays in arrays: how many are still to come at each depth, in a stack of fixed size. */
static tare_status scan_nested(tare_gguf_reader *r, tare_str key, uint64_t count, tare_error *err)
{
	uint64_t most = r->m->limits.value[TARE_LIMIT_depth];
	uint64_t left[TARE_GGUF_DEPTH];
	size_t depth = 1;

	most = most < TARE_GGUF_DEPTH ? most : TARE_GGUF_DEPTH;
	left[0] = count;
	while (depth) {
		uint64_t at = r->c.at;
		tare_kind kind;

		if (!left[depth - 1]) {
			depth--;
			continue;
		}
		left[depth - 1]--;
		TARE_TRY(array_head(r, key, &kind, &count, err));
		if (kind != TARE_ARRAY) {
			TARE_TRY(scan_plain(r, key, kind, count, err));
			continue;
		}
		if (depth >= most)
			return tare_fail(err, TARE_E_LIMIT, at, "metadata '%s': arrays are nested more than %llu deep (limit 'depth', at most %d)",
					 TARE_SHOW(key), (unsigned long long)most, TARE_GGUF_DEPTH);
		left[depth++] = count;
	}
	return TARE_OK;
}

static tare_status read_array(tare_gguf_reader *r, tare_str key, tare_array *a, tare_error *err)
{
	uint64_t at = r->c.at;
	const uint8_t *start;

	TARE_TRY(array_head(r, key, &a->kind, &a->count, err));
	start = r->c.base + r->c.at;
	if (a->kind == TARE_ARRAY && r->m->strict)
		return tare_fail(err, TARE_E_DATA, at, "metadata '%s' is an array of arrays, which ggml refuses", TARE_SHOW(key));
	if (a->kind == TARE_ARRAY) {
		tare_gguf_odd(r, TARE_GGUF_ODD_NESTED, key);
		TARE_TRY(scan_nested(r, key, a->count, err));
	} else {
		TARE_TRY(scan_plain(r, key, a->kind, a->count, err));
	}
	a->big_endian = r->c.big;
	a->bytes = start;
	a->size = (size_t)(r->c.base + r->c.at - start);
	return TARE_OK;
}

static tare_status read_value(tare_gguf_reader *r, tare_str key, tare_value *v, tare_error *err)
{
	uint64_t at = r->c.at;
	uint32_t kind = tare_cursor_u32(&r->c);

	if (r->c.bad)
		return tare_gguf_short(r, at, "metadata", key, err);
	if (kind >= TARE_KIND_COUNT)
		return tare_fail(err, TARE_E_DATA, at, "metadata '%s': a value of kind %u; kinds 0 to %d are known", TARE_SHOW(key), kind,
				 TARE_KIND_COUNT - 1);
	*v = (tare_value){ .kind = (tare_kind)kind };
	if (v->kind == TARE_ARRAY)
		return read_array(r, key, &v->as.array, err);
	if (v->kind == TARE_STRING) {
		TARE_TRY(tare_gguf_string(r, "metadata", key, &v->as.string, err));
		if (!tare_utf8_valid(v->as.string.ptr, v->as.string.len))
			tare_gguf_odd(r, TARE_GGUF_ODD_TEXT, key);
		return TARE_OK;
	}
	tare_value_get(&r->c, v->kind, v);
	if (r->c.bad)
		return tare_gguf_short(r, at, "metadata", key, err);
	if (v->kind == TARE_BOOL && v->as.u > 1)
		tare_gguf_odd(r, TARE_GGUF_ODD_BOOL, key);
	return TARE_OK;
}

static tare_status read_entry(tare_gguf_reader *r, tare_error *err)
{
	uint64_t at = r->c.at;
	tare_value value;
	tare_str key;

	TARE_TRY(tare_gguf_string(r, "a metadata key", (tare_str){ 0 }, &key, err));
	if (!key.len)
		return tare_fail(err, TARE_E_DATA, at, "the key of metadata entry %zu is empty", r->m->n_meta);
	if (key.len > UINT16_MAX)
		tare_gguf_odd(r, TARE_GGUF_ODD_KEY_LONG, key);
	if (!tare_utf8_valid(key.ptr, key.len))
		tare_gguf_odd(r, TARE_GGUF_ODD_KEY_TEXT, key);
	TARE_TRY(read_value(r, key, &value, err));
	return tare_model_add_metadata(r->m, key, &value, at, err);
}

/* The specification asks for a multiple of 8, ggml for a power of two: either will do, unless strict. */
static tare_status read_alignment(tare_gguf_reader *r, tare_error *err)
{
	tare_model *m = r->m;
	tare_value v;
	uint32_t a;

	m->alignment = TARE_GGUF_ALIGNMENT;
	if (!tare_model_find(m, TARE_GGUF_KEY_ALIGNMENT, &v))
		return TARE_OK;
	if (v.kind != TARE_U32)
		return tare_fail(err, TARE_E_DATA, TARE_NOWHERE, "general.alignment is of kind %s, expected u32", tare_kind_name(v.kind));
	a = (uint32_t)v.as.u;
	if (!a || (!tare_is_power_of_two(a) && (a % 8 || m->strict)))
		return tare_fail(err, TARE_E_DATA, TARE_NOWHERE, "general.alignment is %u, expected a power of two", a);
	if (!tare_is_power_of_two(a))
		tare_model_warn(m, "general.alignment is %u; llama.cpp reads only powers of two", a);
	else if (a % 8)
		tare_model_warn(m, "general.alignment is %u; the specification asks for a multiple of 8", a);
	else if (a > 1 << 20)
		tare_model_warn(m, "general.alignment is %u, more than anybody needs; files written with it are as wasteful", a);
	m->alignment = a;
	return TARE_OK;
}

/* llama.cpp keeps one record a layer in arrays of fixed length. */
static tare_status check_layers(const tare_model *m, tare_error *err)
{
	enum { LLAMA_MAX_LAYERS = 512 };
	char key[300];
	tare_str arch;
	uint64_t n;

	if (!m->strict || !tare_model_find_text(m, "general.architecture", &arch) || arch.len > 256)
		return TARE_OK;
	snprintf(key, sizeof key, "%.*s.block_count", (int)arch.len, arch.ptr);
	if (tare_model_find_u64(m, key, &n) && n > LLAMA_MAX_LAYERS)
		return tare_fail(err, TARE_E_DATA, TARE_NOWHERE, "%s is %llu; llama.cpp refuses more than %d layers",
				 TARE_SHOW(tare_str_of(key)), (unsigned long long)n, LLAMA_MAX_LAYERS);
	return TARE_OK;
}

tare_status tare_gguf_metadata(tare_gguf_reader *r, tare_error *err)
{
	uint64_t i;

	for (i = 0; i < r->n_meta; i++)
		TARE_TRY(read_entry(r, err));
	TARE_TRY(read_alignment(r, err));
	return check_layers(r->m, err);
}
