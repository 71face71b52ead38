/* Tensors by patterns over their names, for those who have no recipe. */
#include "model/model.h"
#include "recipe/pattern.h"

#include <string.h>

static tare_status match_one(const tare_model *m, const char *text, tare_arena *arena, bool *hits, tare_error *err)
{
	const tare_yaml node = { .kind = TARE_YAML_SCALAR, .text = { text, strlen(text) } };
	const tare_pattern *p;
	size_t i;

	TARE_TRY(tare_pattern_compile(&p, arena, &node, err));
	for (i = 0; i < m->n_tensors; i++)
		hits[i] = hits[i] || tare_pattern_match(p, m->tensors[i].name);
	return TARE_OK;
}

tare_status tare_model_match(const tare_model *m, const char *const *patterns, size_t n, bool *hits, tare_error *err)
{
	tare_arena arena = { NULL };
	tare_status st = TARE_OK;
	size_t i;

	for (i = 0; i < n && st == TARE_OK; i++)
		st = match_one(m, patterns[i], &arena, hits, err);
	tare_arena_free(&arena);
	return st;
}
