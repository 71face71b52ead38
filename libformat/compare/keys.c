#include "compare/keys.h"

#include "base/escape.h"

#include <stdlib.h>
#include <string.h>

static tare_status same_put(const tare_value *a, const tare_value *b, bool *same, tare_error *err)
{
	tare_buffer x = { 0 }, y = { 0 };
	tare_sink sx = { .put = tare_buffer_put, .ctx = &x }, sy = { .put = tare_buffer_put, .ctx = &y };
	tare_status st = tare_value_put(a, &sx, err);

	if (st == TARE_OK)
		st = tare_value_put(b, &sy, err);
	*same = st == TARE_OK && x.size == y.size && (!x.size || !memcmp(x.bytes, y.bytes, x.size));
	free(x.bytes);
	free(y.bytes);
	return st;
}

tare_status tare_same_value(const tare_value *a, const tare_value *b, bool *same, tare_error *err)
{
	const tare_array *x = &a->as.array, *y = &b->as.array;

	*same = a->kind == b->kind;
	if (!*same)
		return TARE_OK;
	if (a->kind == TARE_STRING) {
		*same = tare_str_eq(a->as.string, b->as.string);
		return TARE_OK;
	}
	if (a->kind != TARE_ARRAY || (x->big_endian != y->big_endian && tare_kind_size(x->kind) != 1))
		return same_put(a, b, same, err);
	*same = x->kind == y->kind && x->count == y->count && x->size == y->size && (!x->size || !memcmp(x->bytes, y->bytes, x->size));
	return TARE_OK;
}

/* What says how the files are laid out, not what is in them. */
static bool is_layout(tare_str key)
{
	static const char split[] = "split.";

	return tare_str_eq(key, tare_str_of("general.alignment")) || (key.len > strlen(split) && !memcmp(key.ptr, split, strlen(split)));
}

static tare_status leave_out(const tare_comparison *c, const tare_model *m, bool **out, tare_error *err)
{
	size_t i;

	*out = calloc(m->n_meta + 1, sizeof **out);
	if (!*out)
		return tare_fail_nomem(err);
	for (i = 0; i < m->n_meta; i++)
		(*out)[i] = !c->opt->exact && is_layout(m->meta[i].key);
	return tare_model_match_keys(m, c->opt->ignore, c->opt->n_ignore, *out, err);
}

static tare_status add(tare_comparison *c, tare_str key, size_t a, size_t b, tare_error *err)
{
	tare_key_difference *d;
	const tare_value *x = a == SIZE_MAX ? NULL : &c->a->meta[a].value, *y = b == SIZE_MAX ? NULL : &c->b->meta[b].value;

	if (!tare_grow(&c->keys, &c->cap_keys, c->n_keys, sizeof *c->keys))
		return tare_fail_nomem(err);
	d = &c->keys[c->n_keys++];
	*d = (tare_key_difference){ .key = key, .a = a, .b = b };
	if (x && y && x->kind == TARE_ARRAY && y->kind == TARE_ARRAY && x->as.array.kind == y->as.array.kind)
		return tare_compare_arrays(c, &x->as.array, &y->as.array, d, err);
	return TARE_OK;
}

static tare_status compare_entry(tare_comparison *c, size_t i, const bool *out_b, tare_error *err)
{
	const tare_entry *e = &c->a->meta[i];
	size_t j = tare_strmap_find(&c->b->by_key, e->key);
	bool same = false;

	if (j != SIZE_MAX && out_b[j])
		j = SIZE_MAX;
	if (j != SIZE_MAX)
		TARE_TRY(tare_same_value(&e->value, &c->b->meta[j].value, &same, err));
	if (!same)
		return add(c, e->key, i, j, err);
	c->equal_keys++;
	return TARE_OK;
}

static tare_status compare_entries(tare_comparison *c, const bool *out_a, const bool *out_b, tare_error *err)
{
	size_t i;

	for (i = 0; i < c->a->n_meta; i++)
		if (!out_a[i])
			TARE_TRY(compare_entry(c, i, out_b, err));
	for (i = 0; i < c->b->n_meta; i++)
		if (!out_b[i] && tare_strmap_find(&c->a->by_key, c->b->meta[i].key) == SIZE_MAX)
			TARE_TRY(add(c, c->b->meta[i].key, SIZE_MAX, i, err));
	return TARE_OK;
}

tare_status tare_compare_keys(tare_comparison *c, tare_error *err)
{
	bool *out_a = NULL, *out_b = NULL;
	tare_status st = leave_out(c, c->a, &out_a, err);

	if (st == TARE_OK)
		st = leave_out(c, c->b, &out_b, err);
	if (st == TARE_OK)
		st = compare_entries(c, out_a, out_b, err);
	free(out_a);
	free(out_b);
	return st;
}
