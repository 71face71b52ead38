/* The tensors' records: name, shape (fastest dimension first), type, offset from the start of the payload. */
#include "base/checked.h"
#include "base/escape.h"
#include "formats/gguf.h"

#include <string.h>

static tare_status check_name(tare_gguf_reader *r, uint64_t at, tare_str name, tare_error *err)
{
	if (name.len >= TARE_GGUF_NAME) {
		if (r->m->strict)
			return tare_fail(err, TARE_E_DATA, at, "tensor '%s': a name of %zu bytes; ggml reads at most %d", TARE_SHOW(name),
					 name.len, TARE_GGUF_NAME - 1);
		tare_gguf_odd(r, TARE_GGUF_ODD_NAME_LONG, name);
	}
	if (!name.len || memchr(name.ptr, '\0', name.len) || !tare_utf8_valid(name.ptr, name.len))
		tare_gguf_odd(r, TARE_GGUF_ODD_NAME_TEXT, name);
	return TARE_OK;
}

static tare_status read_shape(tare_gguf_reader *r, uint64_t at, tare_tensor *t, tare_error *err)
{
	uint64_t *dim, product = 1;
	uint32_t i;

	t->n_dims = tare_cursor_u32(&r->c);
	if (r->c.bad)
		return tare_gguf_short(r, at, "tensor", t->name, err);
	if (t->n_dims > TARE_GGUF_DIMS)
		return tare_fail(err, TARE_E_DATA, at, "tensor '%s': %u dimensions, at most %d are allowed", TARE_SHOW(t->name), t->n_dims,
				 TARE_GGUF_DIMS);
	dim = tare_arena_array(&r->m->arena, t->n_dims, sizeof *dim);
	if (!dim)
		return tare_fail_nomem(err);
	for (i = t->n_dims; i-- > 0;) {
		dim[i] = tare_cursor_u64(&r->c);
		/* Zeros are left out of the product: elsewhere a shape of no elements may still have rows times columns taken. */
		if (dim[i] > INT64_MAX || !tare_mul(product, dim[i] ? dim[i] : 1, &product) || product >= INT64_MAX)
			return tare_fail(err, TARE_E_DATA, at, "tensor '%s': its dimensions multiply to more than 2^63 - 1 elements",
					 TARE_SHOW(t->name));
	}
	t->dim = dim;
	return r->c.bad ? tare_gguf_short(r, at, "tensor", t->name, err) : TARE_OK;
}

const char *tare_gguf_removed(uint32_t type_id)
{
	static const struct {
		uint32_t id;
		const char *name;
	} removed[] = {
		{ 4, " (q4_2, removed)" },      { 5, " (q4_3, removed)" },      { 31, " (q4_0_4_4, removed)" },
		{ 32, " (q4_0_4_8, removed)" }, { 33, " (q4_0_8_8, removed)" }, { 36, " (iq4_nl_4_4, removed)" },
		{ 37, " (iq4_nl_4_8, removed)" }, { 38, " (iq4_nl_8_8, removed)" },
	};
	size_t i;

	for (i = 0; i < sizeof removed / sizeof *removed; i++)
		if (removed[i].id == type_id)
			return removed[i].name;
	return "";
}

static tare_status size_it(tare_gguf_reader *r, uint64_t at, tare_tensor *t, tare_error *err)
{
	uint64_t cols = tare_tensor_cols(t);

	if (!t->type && r->m->strict)
		return tare_fail(err, TARE_E_DATA, at, "tensor '%s': type %u%s is not one that ggml reads", TARE_SHOW(t->name), t->type_id,
				 tare_gguf_removed(t->type_id));
	if (!t->type) {
		if (!r->odd[TARE_GGUF_ODD_TYPE].count)
			r->odd_type = t->type_id;
		tare_gguf_odd(r, TARE_GGUF_ODD_TYPE, t->name);
	} else if (cols % t->type->block_len) {
		return tare_fail(err, TARE_E_DATA, at, "tensor '%s': rows of %llu elements do not divide into blocks of %u (type %s)",
				 TARE_SHOW(t->name), (unsigned long long)cols, t->type->block_len, t->type->name);
	}
	if (!tare_tensor_measure(t) || t->size > INT64_MAX)
		return tare_fail(err, TARE_E_DATA, at, "tensor '%s': its size is more than 2^63 - 1 bytes", TARE_SHOW(t->name));
	return TARE_OK;
}

static tare_status read_tensor(tare_gguf_reader *r, tare_error *err)
{
	uint64_t at = r->c.at;
	tare_tensor t = { 0 };

	TARE_TRY(tare_gguf_string(r, "a tensor's name", (tare_str){ 0 }, &t.name, err));
	TARE_TRY(check_name(r, at, t.name, err));
	TARE_TRY(read_shape(r, at, &t, err));
	t.type_id = tare_cursor_u32(&r->c);
	t.offset = tare_cursor_u64(&r->c);
	if (r->c.bad)
		return tare_gguf_short(r, at, "tensor", t.name, err);
	t.type = tare_type_of_gguf(t.type_id);
	if (t.type && (t.type->flags & TARE_TYPE_REMOVED))
		t.type = NULL;
	TARE_TRY(size_it(r, at, &t, err));
	return tare_model_add_tensor(r->m, &t, at, err);
}

/* ggml keeps names as C strings, so two that agree up to a NUL are the same to it. */
static tare_status check_cut_names(const tare_model *m, tare_error *err)
{
	tare_strmap cut = { 0 };
	tare_status st = TARE_OK;
	size_t i, existing;

	for (i = 0; i < m->n_tensors && st == TARE_OK; i++) {
		tare_str name = m->tensors[i].name;

		name.len = name.len ? strnlen(name.ptr, name.len) : 0;
		if (!tare_strmap_add(&cut, name, i, &existing))
			st = tare_fail_nomem(err);
		else if (existing != SIZE_MAX)
			st = tare_fail(err, TARE_E_DATA, TARE_NOWHERE, "tensor '%s': ggml ends the name at its NUL, and then it is there twice",
				       TARE_SHOW(m->tensors[i].name));
	}
	tare_strmap_free(&cut);
	return st;
}

tare_status tare_gguf_tensors(tare_gguf_reader *r, tare_error *err)
{
	uint64_t i;

	for (i = 0; i < r->n_tensors; i++)
		TARE_TRY(read_tensor(r, err));
	return r->m->strict && r->odd[TARE_GGUF_ODD_NAME_TEXT].count ? check_cut_names(r->m, err) : TARE_OK;
}
