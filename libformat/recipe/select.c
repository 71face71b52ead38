/* Tensors, metadata and entries of matrices by patterns over their names, for those who have no recipe. */
#include "model/imatrix.h"
#include "model/model.h"
#include "recipe/pattern.h"

#include <string.h>

/* The i-th name of a list; ptr NULL past the last. */
typedef tare_str name_at(const void *list, size_t i);

static tare_str tensor_name(const void *m, size_t i)
{
	const tare_tensor *t = tare_model_tensor(m, i);

	return t ? t->name : (tare_str){ NULL, 0 };
}

static tare_str key_name(const void *m, size_t i)
{
	tare_str key = { NULL, 0 };
	tare_value value;

	tare_model_metadata(m, i, &key, &value);
	return key;
}

static tare_str entry_name(const void *im, size_t i)
{
	return i < tare_imatrix_count(im) ? ((const tare_imatrix *)im)->entries[i].name : (tare_str){ NULL, 0 };
}

static tare_status match_one(const void *list, name_at *name, const char *text, tare_arena *arena, bool *hits, tare_error *err)
{
	const tare_yaml node = { .kind = TARE_YAML_SCALAR, .text = { text, strlen(text) } };
	const tare_pattern *p;
	tare_str s;
	size_t i;

	TARE_TRY(tare_pattern_compile(&p, arena, &node, err));
	for (i = 0; s = name(list, i), s.ptr; i++)
		hits[i] = hits[i] || tare_pattern_match(p, s);
	return TARE_OK;
}

static tare_status match(const void *list, name_at *name, const char *const *patterns, size_t n, bool *hits, tare_error *err)
{
	tare_arena arena = { NULL };
	tare_status st = TARE_OK;
	size_t i;

	for (i = 0; i < n && st == TARE_OK; i++)
		st = match_one(list, name, patterns[i], &arena, hits, err);
	tare_arena_free(&arena);
	return st;
}

tare_status tare_model_match(const tare_model *m, const char *const *patterns, size_t n, bool *hits, tare_error *err)
{
	return match(m, tensor_name, patterns, n, hits, err);
}

tare_status tare_model_match_keys(const tare_model *m, const char *const *patterns, size_t n, bool *hits, tare_error *err)
{
	return match(m, key_name, patterns, n, hits, err);
}

tare_status tare_imatrix_match(const tare_imatrix *im, const char *const *patterns, size_t n, bool *hits, tare_error *err)
{
	return match(im, entry_name, patterns, n, hits, err);
}
