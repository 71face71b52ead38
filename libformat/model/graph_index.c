/* Where names come from and where they are used. The index is made at the first question; edits then keep it true. */
#include "base/escape.h"
#include "model/graph_private.h"

#include <stdlib.h>

typedef struct name {
	tare_use *uses, *last_use;
	tare_origin *origins;
} name;

struct tare_graph_index {
	tare_strmap map;         /* to names */
	name *names;
	size_t n, cap;
};

void tare_graph_index_free(tare_graphs *all)
{
	if (!all->index)
		return;
	tare_strmap_free(&all->index->map);
	free(all->index->names);
	free(all->index);
	all->index = NULL;
}

static name *find(const tare_graphs *all, tare_str text)
{
	size_t i = tare_strmap_find(&all->index->map, text);

	return i == SIZE_MAX ? NULL : &all->index->names[i];
}

static tare_status find_or_add(tare_graphs *all, tare_str text, name **out, tare_error *err)
{
	struct tare_graph_index *x = all->index;
	size_t existing;

	*out = NULL;
	if (!tare_grow(&x->names, &x->cap, x->n, sizeof *x->names) || !tare_strmap_add(&x->map, text, x->n, &existing))
		return tare_fail_nomem(err);
	if (existing == SIZE_MAX) {
		existing = x->n++;
		x->names[existing] = (name){ 0 };
	}
	*out = &x->names[existing];
	return TARE_OK;
}

/* ---- keeping it true ---- */

tare_status tare_graph_index_use(tare_graph *g, tare_node *node, uint32_t input, tare_str text, tare_error *err)
{
	tare_use *u;
	name *of;

	if (!g->all->index || !text.len)
		return TARE_OK;
	TARE_TRY(find_or_add(g->all, text, &of, err));
	u = tare_arena_alloc(g->all->arena, sizeof *u);
	if (!u)
		return tare_fail_nomem(err);
	*u = (tare_use){ NULL, g, node, input };
	*(of->uses ? &of->last_use->next : &of->uses) = u;
	of->last_use = u;
	return TARE_OK;
}

void tare_graph_index_unuse(tare_graph *g, const tare_node *node, uint32_t input, tare_str text)
{
	name *of = g->all->index && text.len ? find(g->all, text) : NULL;
	tare_use **at, *before = NULL;

	for (at = of ? &of->uses : NULL; at && *at; before = *at, at = &(*at)->next)
		if ((*at)->graph == g && (*at)->node == node && (*at)->input == input) {
			if (of->last_use == *at)
				of->last_use = before;
			*at = (*at)->next;
			return;
		}
}

tare_status tare_graph_index_give(tare_graph *g, tare_part *part, uint32_t output, tare_str text, tare_error *err)
{
	tare_origin *o;
	name *of;

	if (!g->all->index || !text.len)
		return TARE_OK;
	TARE_TRY(find_or_add(g->all, text, &of, err));
	o = tare_arena_alloc(g->all->arena, sizeof *o);
	if (!o)
		return tare_fail_nomem(err);
	*o = (tare_origin){ of->origins, g, part, output };
	of->origins = o;
	return TARE_OK;
}

void tare_graph_index_ungive(tare_graph *g, const tare_part *part, uint32_t output, tare_str text)
{
	name *of = g->all->index && text.len ? find(g->all, text) : NULL;
	tare_origin **at;

	for (at = of ? &of->origins : NULL; at && *at; at = &(*at)->next)
		if ((*at)->graph == g && (*at)->part == part && (*at)->output == output) {
			*at = (*at)->next;
			return;
		}
}

/* ---- making it ---- */

static tare_status index_node(tare_graph *g, tare_node *n, tare_error *err)
{
	uint32_t i;

	TARE_TRY(tare_graph_index_take(g->all, n->name, err));
	for (i = 0; i < n->n_inputs; i++)
		TARE_TRY(tare_graph_index_use(g, n, i, n->input[i], err));
	for (i = 0; i < n->n_outputs; i++)
		TARE_TRY(tare_graph_index_give(g, &n->part, i, n->output[i], err));
	return TARE_OK;
}

static tare_status index_part(tare_graph *g, tare_part *p, tare_error *err)
{
	switch (p->kind) {
	case TARE_PART_NODE:
		return index_node(g, (tare_node *)(void *)p, err);
	case TARE_PART_INITIALIZER:
		return tare_graph_index_give(g, p, 0, ((tare_initializer *)(void *)p)->name, err);
	case TARE_PART_INPUT:
		return tare_graph_index_give(g, p, 0, ((tare_port *)(void *)p)->name, err);
	case TARE_PART_OUTPUT:
		return tare_graph_index_use(g, NULL, 0, ((tare_port *)(void *)p)->name, err);
	case TARE_PART_VALUE:
		return tare_graph_index_take(g->all, ((tare_port *)(void *)p)->name, err);
	default:
		return TARE_OK;
	}
}

static tare_status index_graph(tare_graph *g, tare_error *err)
{
	tare_part *p;
	uint32_t i;

	for (p = g->parts.first; p; p = p->next)
		TARE_TRY(index_part(g, p, err));
	for (i = 0; i < g->n_inputs; i++)
		TARE_TRY(tare_graph_index_give(g, NULL, i, g->input[i], err));
	for (i = 0; i < g->n_outputs; i++)
		TARE_TRY(tare_graph_index_use(g, NULL, i, g->output[i], err));
	return TARE_OK;
}

static tare_status make(tare_graphs *all, tare_error *err)
{
	tare_status st = TARE_OK;
	size_t i;

	if (all->index)
		return TARE_OK;
	all->index = calloc(1, sizeof *all->index);
	if (!all->index)
		return tare_fail_nomem(err);
	for (i = 0; i < all->n_graphs && st == TARE_OK; i++)
		st = index_graph(all->graph[i], err);
	if (st != TARE_OK)
		tare_graph_index_free(all);
	return st;
}

tare_status tare_graph_index_take(tare_graphs *all, tare_str text, tare_error *err)
{
	name *of;

	return all->index && text.len ? find_or_add(all, text, &of, err) : TARE_OK;
}

tare_status tare_graph_index_taken(tare_graphs *all, tare_str text, bool *taken, tare_error *err)
{
	*taken = true;
	TARE_TRY(make(all, err));
	*taken = find(all, text) != NULL;
	return TARE_OK;
}

/* ---- asking it ---- */

static const tare_origin *given_by(const name *of, const tare_graph *g)
{
	const tare_origin *o, *best = NULL;

	for (o = of->origins; o; o = o->next)
		if (o->graph == g && (!best || (o->part && o->part->kind == TARE_PART_INITIALIZER)))
			best = o;
	return best;
}

static const tare_origin *nearest(const name *of, const tare_graph *g)
{
	const tare_origin *o = NULL;

	for (; g && !o; g = g->outer)
		o = given_by(of, g);
	return o;
}

tare_status tare_graph_origin(tare_graph *g, tare_str text, const tare_origin **out, tare_error *err)
{
	const name *of;

	*out = NULL;
	TARE_TRY(make(g->all, err));
	of = find(g->all, text);
	if (of)
		*out = nearest(of, g);
	return TARE_OK;
}

tare_status tare_graph_next_use(tare_graph *g, tare_str text, const tare_use *after, const tare_use **out, tare_error *err)
{
	const name *of;
	const tare_use *u;

	*out = NULL;
	TARE_TRY(make(g->all, err));
	of = find(g->all, text);
	for (u = after ? after->next : of ? of->uses : NULL; u && !*out; u = u->next) {
		const tare_origin *o = u->graph == g ? NULL : nearest(of, u->graph);

		if (u->graph == g || (o && o->graph == g))
			*out = u;
	}
	return TARE_OK;
}
