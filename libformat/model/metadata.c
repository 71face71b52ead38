/* Keys and values, in file order, found through an index. */
#include "base/escape.h"
#include "model/model.h"

#include <string.h>

tare_status tare_model_add_metadata(tare_model *m, tare_str key, const tare_value *value, uint64_t at, tare_error *err)
{
	size_t existing;

	TARE_TRY(tare_limit_check(&m->limits, TARE_LIMIT_metadata, m->n_meta + 1, at, "metadata entries", err));
	if (!tare_grow(&m->meta, &m->cap_meta, m->n_meta, sizeof *m->meta) ||
	    !tare_strmap_add(&m->by_key, key, m->n_meta, &existing))
		return tare_fail_nomem(err);
	if (existing != SIZE_MAX)
		return tare_fail(err, TARE_E_DATA, at, "metadata key '%s' is there twice, as number %zu and number %zu; keys must be unique",
				 TARE_SHOW(key), existing, m->n_meta);
	m->meta[m->n_meta++] = (tare_entry){ key, *value };
	return TARE_OK;
}

static bool copy_value(tare_model *m, tare_value *v)
{
	if (v->kind != TARE_STRING)
		return true;
	v->as.string = tare_arena_copy(&m->arena, v->as.string.ptr, v->as.string.len);
	return v->as.string.ptr;
}

tare_status tare_model_set(tare_model *m, const char *key, const tare_value *value, tare_error *err)
{
	size_t i = tare_strmap_find(&m->by_key, tare_str_of(key));
	tare_value v = *value;
	char *name;

	if (!copy_value(m, &v))
		return tare_fail_nomem(err);
	if (i != SIZE_MAX) {
		m->meta[i].value = v;
		return TARE_OK;
	}
	name = tare_arena_text(&m->arena, key);
	if (!name)
		return tare_fail_nomem(err);
	return tare_model_add_metadata(m, tare_str_of(name), &v, TARE_NOWHERE, err);
}

tare_status tare_model_set_u32(tare_model *m, const char *key, uint32_t v, tare_error *err)
{
	return tare_model_set(m, key, &(tare_value){ .kind = TARE_U32, .as.u = v }, err);
}

tare_status tare_model_set_text(tare_model *m, const char *key, const char *text, tare_error *err)
{
	return tare_model_set(m, key, &(tare_value){ .kind = TARE_STRING, .as.string = tare_str_of(text) }, err);
}

/* The table was large enough for one more entry, so emptying and filling it again asks for no memory and cannot fail. */
static void rebuild_index(tare_model *m)
{
	size_t i, existing;

	memset(m->by_key.slots, 0, m->by_key.cap * sizeof *m->by_key.slots);
	m->by_key.count = 0;
	for (i = 0; i < m->n_meta; i++)
		tare_strmap_add(&m->by_key, m->meta[i].key, i, &existing);
}

void tare_model_remove_all(tare_model *m, const tare_str *keys, size_t n, bool *gone)
{
	static const char removed[] = "";
	size_t i, k, at, left = 0;

	for (k = 0; k < n; k++) {
		at = tare_strmap_find(&m->by_key, keys[k]);
		if (gone)
			gone[k] = at != SIZE_MAX && m->meta[at].key.ptr != removed;
		if (at != SIZE_MAX)
			m->meta[at].key.ptr = removed;
	}
	for (i = 0; i < m->n_meta; i++)
		if (m->meta[i].key.ptr != removed)
			m->meta[left++] = m->meta[i];
	if (left == m->n_meta)
		return;
	m->n_meta = left;
	rebuild_index(m);
}

bool tare_model_remove(tare_model *m, const char *key)
{
	const tare_str name = tare_str_of(key);
	bool gone;

	tare_model_remove_all(m, &name, 1, &gone);
	return gone;
}

bool tare_model_find(const tare_model *m, const char *key, tare_value *value)
{
	size_t i = tare_strmap_find(&m->by_key, tare_str_of(key));

	if (i == SIZE_MAX)
		return false;
	*value = m->meta[i].value;
	return true;
}

bool tare_model_find_u64(const tare_model *m, const char *key, uint64_t *out)
{
	tare_value v;

	if (!tare_model_find(m, key, &v))
		return false;
	switch (v.kind) {
	case TARE_U8:
	case TARE_U16:
	case TARE_U32:
	case TARE_U64:
		*out = v.as.u;
		return true;
	case TARE_I8:
	case TARE_I16:
	case TARE_I32:
	case TARE_I64:
		*out = (uint64_t)v.as.i;
		return v.as.i >= 0;
	default:
		return false;
	}
}

bool tare_model_find_text(const tare_model *m, const char *key, tare_str *out)
{
	tare_value v;

	if (!tare_model_find(m, key, &v) || v.kind != TARE_STRING)
		return false;
	*out = v.as.string;
	return true;
}
