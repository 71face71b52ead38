/* A copy of all graphs, for the outline of a result. Parts are copied; names, attributes' lists and raw bytes are shared. */
#include "model/graph.h"

#include <string.h>

static size_t size_of(tare_part_kind kind)
{
	switch (kind) {
	case TARE_PART_NODE:
		return sizeof(tare_node);
	case TARE_PART_INITIALIZER:
		return sizeof(tare_initializer);
	case TARE_PART_INPUT:
	case TARE_PART_OUTPUT:
	case TARE_PART_VALUE:
		return sizeof(tare_port);
	case TARE_PART_ANNOTATION:
		return sizeof(tare_annotation);
	case TARE_PART_GRAPH:
		return sizeof(tare_body);
	case TARE_PART_OPSET:
		return sizeof(tare_opset);
	case TARE_PART_ENTRY:
		return sizeof(tare_text_entry);
	default:
		return sizeof(tare_part);
	}
}

/* The attribute's graphs become those of the copy, held by the copy's node. */
static tare_status copy_inner(tare_graphs *to, tare_node *n, tare_attr *a, tare_error *err)
{
	tare_graph **graphs = tare_arena_array(to->arena, (size_t)a->n + 1, sizeof(tare_graph *));
	uint32_t i;

	if (!graphs)
		return tare_fail_nomem(err);
	for (i = 0; i < a->n; i++) {
		graphs[i] = to->graph[a->as.graphs[i]->number];
		graphs[i]->holder = n;
	}
	a->as.graphs = graphs;
	return TARE_OK;
}

static tare_status copy_node(tare_graphs *to, tare_graph *g, tare_node *n, tare_error *err)
{
	const tare_attr *attr = n->attr;
	bool inner = false;
	uint32_t i;

	n->graph = g;
	for (i = 0; i < n->n_attrs; i++)
		inner = inner || attr[i].kind == TARE_ATTR_GRAPH || attr[i].kind == TARE_ATTR_GRAPHS;
	if (!inner)
		return TARE_OK;
	n->attr = tare_arena_array(to->arena, n->n_attrs, sizeof *n->attr);
	if (!n->attr)
		return tare_fail_nomem(err);
	memcpy(n->attr, attr, n->n_attrs * sizeof *attr);
	for (i = 0; i < n->n_attrs; i++)
		if (attr[i].kind == TARE_ATTR_GRAPH || attr[i].kind == TARE_ATTR_GRAPHS)
			TARE_TRY(copy_inner(to, n, &n->attr[i], err));
	return TARE_OK;
}

static tare_status copy_parts(tare_graphs *to, tare_graph *g, tare_part_list *list, tare_error *err)
{
	const tare_part *p;

	for (p = list->first, *list = (tare_part_list){ .edited = list->edited }; p; p = p->next) {
		tare_part *copy = tare_arena_alloc(to->arena, size_of(p->kind));

		if (!copy)
			return tare_fail_nomem(err);
		memcpy(copy, p, size_of(p->kind));
		tare_part_append(list, copy);
		if (p->kind == TARE_PART_NODE)
			TARE_TRY(copy_node(to, g, (tare_node *)(void *)copy, err));
		if (p->kind == TARE_PART_GRAPH)
			((tare_body *)(void *)copy)->graph = to->graph[((const tare_body *)(const void *)p)->graph->number];
	}
	return TARE_OK;
}

static tare_status copy_shells(tare_graphs *to, const tare_graphs *all, tare_error *err)
{
	size_t i;

	for (i = 0; i < all->n_graphs; i++) {
		tare_graph *g = tare_arena_alloc(to->arena, sizeof *g);

		if (!g)
			return tare_fail_nomem(err);
		*g = *all->graph[i];
		g->all = to;
		if (g->outer)
			g->outer = to->graph[g->outer->number];
		TARE_TRY(tare_graphs_add(to, g, err));
	}
	if (all->main)
		to->main = to->graph[all->main->number];
	return TARE_OK;
}

static tare_status copy_all(tare_graphs *to, const tare_graphs *all, tare_error *err)
{
	size_t i;

	TARE_TRY(copy_shells(to, all, err));
	for (i = 0; i < to->n_graphs; i++)
		TARE_TRY(copy_parts(to, to->graph[i], &to->graph[i]->parts, err));
	return copy_parts(to, NULL, &to->parts, err);
}

tare_status tare_graphs_copy(tare_graphs **out, const tare_graphs *all, tare_arena *arena, tare_error *err)
{
	tare_graphs *to = tare_arena_alloc(arena, sizeof *to);
	tare_status st;

	*out = NULL;
	if (!to)
		return tare_fail_nomem(err);
	*to = *all;
	to->arena = arena;
	to->graph = NULL;
	to->n_graphs = to->cap_graphs = 0;
	to->index = NULL;
	st = copy_all(to, all, err);
	if (st != TARE_OK)
		tare_graphs_free(to);
	else
		*out = to;
	return st;
}
