/* The graph of a plan's result: operators that read what their weights have become. */
#include "recipe/planner.h"

#include "operators/operator.h"

#include <stdlib.h>

/* ---- where weights are at home ---- */

static tare_status find_homes(tare_planner *pl, tare_error *err)
{
	const tare_graphs *all = pl->in->graphs;
	size_t i, had;

	for (i = 0; i < all->n_graphs; i++) {
		const tare_part *part = NULL;

		while ((part = tare_part_next(&all->graph[i]->parts, part, TARE_PART_INITIALIZER)))
			if (!tare_strmap_add(&pl->homes, ((const tare_initializer *)(const void *)part)->tensor, i, &had))
				return tare_fail_nomem(err);
	}
	return TARE_OK;
}

tare_graph *tare_plan_home(const tare_planner *pl, const tare_graphs *all, tare_str name)
{
	size_t i = tare_strmap_find(&pl->homes, name);

	return i == SIZE_MAX ? NULL : all->graph[i];
}

tare_status tare_plan_graph_start(tare_planner *pl, tare_error *err)
{
	tare_model *out = pl->p->out;

	if (!pl->in->graphs || pl->in->format != out->format)
		return TARE_OK;
	TARE_TRY(find_homes(pl, err));
	TARE_TRY(tare_graphs_copy(&pl->graphs, pl->in->graphs, &out->arena, err));
	out->graphs = pl->graphs;
	return TARE_OK;
}

/* ---- what may not be done ---- */

static tare_status refuse(tare_planner *pl, tare_item *item, const char *why, tare_error *err)
{
	item->against = why;
	return tare_plan_trouble(pl, TARE_TROUBLE_GRAPH, item, NULL, NULL, err);
}

tare_status tare_plan_graph_check(tare_planner *pl, tare_error *err)
{
	size_t i;

	for (i = 0; pl->graphs && i < pl->n_items; i++) {
		tare_item *item = &pl->items[i];
		const tare_tensor *from = &pl->in->tensors[item->source];

		if (!tare_str_eq(item->name, from->name))
			TARE_TRY(refuse(pl, item, "operators know it by its name: it cannot be renamed", err));
		if (!item->spec.scheme && item->type != from->type)
			TARE_TRY(refuse(pl, item, "its operators expect values of the type it has", err));
	}
	return TARE_OK;
}

/* ---- the edits ---- */

static tare_status rewire(tare_planner *pl, const tare_item *item, tare_error *err)
{
	const tare_model *out = pl->p->out;
	const tare_tensor *weight = &pl->in->tensors[item->source];
	const tare_spread *s = item->spread;
	tare_placement p = {
		.graphs = pl->graphs, .graph = tare_plan_home(pl, pl->graphs, weight->name), .weight = weight,
		.accuracy_level = item->spec.accuracy_level, .opt = s->layout.opt, .layout = &s->layout,
	};
	tare_initializer *init;
	uint32_t i;

	p.init = tare_graph_initializer(p.graph, tare_str_from(weight->name, p.graph->label.len));
	for (i = 0; i < s->layout.n_parts; i++) {
		const tare_str name = out->tensors[s->part[i]].name;

		p.part[i] = tare_str_from(name, p.graph->label.len);
		TARE_TRY(tare_initializer_new(&init, p.graph, p.part[i], name, err));
	}
	TARE_TRY(tare_operator_of(s->layout.scheme)->rewire(&p, err));
	tare_initializer_remove(p.graph, p.init);
	return TARE_OK;
}

tare_status tare_plan_graph_finish(tare_planner *pl, tare_error *err)
{
	size_t i;

	for (i = 0; i < pl->n_items; i++)
		if (pl->items[i].spread)
			TARE_TRY(rewire(pl, &pl->items[i], err));
	return TARE_OK;
}
