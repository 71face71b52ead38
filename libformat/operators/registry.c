#include "operators/operator.h"

#include "base/bytes.h"
#include "base/escape.h"

#include <stdlib.h>
#include <string.h>

static const tare_operator *const operators[] = {
#define OPERATOR(name) &tare_operator_##name,
#include "operators/operators.def"
#undef OPERATOR
};

const tare_operator *tare_operator_at(size_t i)
{
	return i < sizeof operators / sizeof *operators ? operators[i] : NULL;
}

const tare_operator *tare_operator_of(const tare_scheme *s)
{
	size_t i;

	for (i = 0; tare_operator_at(i); i++)
		if (!strcmp(operators[i]->scheme, s->name))
			return operators[i];
	return NULL;
}

/* ---- for the members ---- */

tare_status tare_readers_find(const tare_placement *p, tare_readers *out, tare_error *err)
{
	const tare_use *use = NULL;
	size_t cap = 0;

	*out = (tare_readers){ NULL, 0 };
	for (;;) {
		tare_status st = tare_graph_next_use(p->graph, p->init->name, use, &use, err);

		if (st == TARE_OK && !use)
			return TARE_OK;
		if (st == TARE_OK && !tare_grow(&out->use, &cap, out->count, sizeof *out->use))
			st = tare_fail_nomem(err);
		if (st != TARE_OK) {
			free(out->use);
			*out = (tare_readers){ NULL, 0 };
			return st;
		}
		out->use[out->count++] = *use;
	}
}

const char *tare_reader_text(const tare_use *use, tare_arena *arena)
{
	if (!use->node)
		return "it is an output of a graph";
	return tare_arena_printf(arena, "%s reads it as its input %u", TARE_SHOW(use->node->op), use->input);
}

tare_status tare_node_beside(tare_node **out, tare_node *at, const char *domain, const char *op, const char *suffix, tare_error *err)
{
	tare_str name = { NULL, 0 };
	char *stem = malloc(at->name.len + strlen(suffix) + 1);
	tare_status st = stem ? TARE_OK : tare_fail_nomem(err);

	*out = NULL;
	if (st == TARE_OK) {
		memcpy(stem, at->name.ptr, at->name.len);
		strcpy(stem + at->name.len, suffix);
		st = tare_graphs_new_name(at->graph->all, stem, &name, err);
	}
	free(stem);
	return st == TARE_OK ? tare_node_new(out, at->graph, at, domain, op, name, err) : st;
}
