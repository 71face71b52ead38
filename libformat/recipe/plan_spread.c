/* Weights that a scheme spreads over several tensors. */
#include "recipe/planner.h"

#include "base/escape.h"
#include "operators/operator.h"

#include <string.h>

enum { TILE = 256 << 10 }; /* bytes of codes: the values they were made of stay in a core's own cache */

static const char *why_not(const tare_planner *pl, const tare_item *item, tare_placement *p)
{
	const tare_graphs *all = pl->in->graphs;

	if (!pl->graphs)
		return "a scheme wants operators that read it, and the result has no graph";
	p->graph = tare_plan_home(pl, all, p->weight->name);
	if (!p->graph)
		return "it is not an initializer of a graph";
	p->init = tare_graph_initializer(p->graph, tare_str_from(p->weight->name, p->graph->label.len));
	if (!p->init)
		return "it is not an initializer of a graph";
	return tare_operator_of(item->spec.scheme) ? NULL : "operators cannot have this scheme yet";
}

/* A weight whose shape the scheme does not take is a reason, and no failure. */
static tare_status lay(tare_planner *pl, tare_item *item, const tare_placement *p, tare_error *err)
{
	tare_error why = TARE_ERROR_INIT;
	tare_spread *s = tare_arena_alloc(&pl->p->out->arena, sizeof *s);
	tare_status st;

	if (!s)
		return tare_fail_nomem(err);
	s->source = item->source;
	st = tare_scheme_lay(&s->layout, item->spec.scheme, &p->opt, p->weight->n_dims, p->weight->dim, TILE, &why);
	if (st == TARE_OK) {
		s->number = pl->p->n_spreads++;
		item->spread = s;
		return TARE_OK;
	}
	if (st != TARE_E_UNSUPPORTED && st != TARE_E_ARG)
		return tare_fail(err, st, TARE_NOWHERE, "%s", why.message);
	item->against = tare_arena_text(&pl->p->out->arena, why.message);
	return item->against ? TARE_OK : tare_fail_nomem(err);
}

tare_status tare_plan_spread_find(tare_planner *pl, tare_item *item, tare_error *err)
{
	tare_placement p = {
		.graphs = pl->in->graphs, .weight = &pl->in->tensors[item->source], .opt = item->spec.opt,
		.accuracy_level = item->spec.accuracy_level,
	};

	item->against = why_not(pl, item, &p);
	if (!item->against)
		TARE_TRY(tare_operator_of(item->spec.scheme)->suits(&p, &pl->p->out->arena, &item->against, err));
	return item->against ? TARE_OK : lay(pl, item, &p, err);
}

/* ---- its parts ---- */

/* A part's name within its graph, unlike all others, with the graph's label in front as tensors have it. */
static tare_status name_part(tare_planner *pl, const tare_item *item, const tare_scheme_part *part, tare_str *out, tare_error *err)
{
	tare_arena *arena = &pl->p->out->arena;
	const tare_graph *g = tare_plan_home(pl, pl->graphs, item->name);
	tare_str own = tare_str_from(item->name, g->label.len), name;
	char *stem = tare_arena_alloc(arena, own.len + sizeof part->suffix), *whole;

	if (!stem)
		return tare_fail_nomem(err);
	memcpy(stem, own.ptr, own.len);
	strcpy(stem + own.len, part->suffix);
	TARE_TRY(tare_graphs_new_name(pl->graphs, stem, &name, err));
	whole = tare_arena_alloc(arena, g->label.len + name.len + 1);
	if (!whole)
		return tare_fail_nomem(err);
	memcpy(whole, g->label.ptr, g->label.len);
	memcpy(whole + g->label.len, name.ptr, name.len);
	*out = (tare_str){ whole, g->label.len + name.len };
	return TARE_OK;
}

static tare_status add_part(tare_planner *pl, const tare_item *item, unsigned k, tare_error *err)
{
	const tare_scheme_part *part = &item->spread->layout.part[k];
	tare_tensor t = { .type = tare_type_find(part->type), .n_dims = part->n_dims, .dim = part->dim };

	TARE_TRY(name_part(pl, item, part, &t.name, err));
	if (!t.type || !tare_tensor_measure(&t) || t.size != part->size)
		return tare_fail(err, TARE_E_LIMIT, TARE_NOWHERE, "tensor %s: a part of it as %s does not come out", TARE_SHOW(t.name), part->type);
	item->spread->part[k] = pl->p->out->n_tensors;
	return tare_model_add_tensor(pl->p->out, &t, TARE_NOWHERE, err);
}

tare_status tare_plan_spread_add(tare_planner *pl, const tare_item *item, const char *why, tare_error *err)
{
	const tare_scheme_layout *l = &item->spread->layout;
	unsigned k;

	for (k = 0; k < l->n_parts; k++) {
		const size_t at = pl->p->out->n_tensors;

		TARE_TRY(add_part(pl, item, k, err));
		pl->p->steps[at] = (tare_step){ .source = item->source, .rule = why, .note = item->note, .scheme = l->scheme->name, .part = k };
		pl->p->spreads[at] = item->spread;
	}
	return TARE_OK;
}
