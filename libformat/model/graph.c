/* Lists of parts, and looking things up in them. */
#include "model/graph.h"

#include "base/escape.h"
#include "model/graph_private.h"

#include <stdlib.h>

void tare_part_append(tare_part_list *list, tare_part *part)
{
	part->prev = list->last;
	part->next = NULL;
	*(list->last ? &list->last->next : &list->first) = part;
	list->last = list->tail[part->kind] = part;
}

tare_status tare_graphs_add(tare_graphs *all, tare_graph *g, tare_error *err)
{
	if (!tare_grow(&all->graph, &all->cap_graphs, all->n_graphs, sizeof(tare_graph *)))
		return tare_fail_nomem(err);
	g->number = all->n_graphs;
	all->graph[all->n_graphs++] = g;
	return TARE_OK;
}

void tare_graphs_free(tare_graphs *all)
{
	if (!all)
		return;
	tare_graph_index_free(all);
	free(all->graph);
	all->graph = NULL;
	all->n_graphs = all->cap_graphs = 0;
}

tare_part *tare_part_next(const tare_part_list *list, const tare_part *at, tare_part_kind kind)
{
	tare_part *p = at ? at->next : list->first;

	while (p && p->kind != kind)
		p = p->next;
	return p;
}

tare_node *tare_node_first(const tare_graph *g)
{
	return (tare_node *)(void *)tare_part_next(&g->parts, NULL, TARE_PART_NODE);
}

tare_node *tare_node_next(const tare_node *n)
{
	return (tare_node *)(void *)tare_part_next(NULL, &n->part, TARE_PART_NODE);
}

const tare_attr *tare_node_attr(const tare_node *n, const char *name)
{
	uint32_t i;

	for (i = 0; i < n->n_attrs; i++)
		if (tare_str_eq(n->attr[i].name, tare_str_of(name)))
			return &n->attr[i];
	return NULL;
}

int64_t tare_node_int(const tare_node *n, const char *name, int64_t fallback)
{
	const tare_attr *a = tare_node_attr(n, name);

	return a && a->kind == TARE_ATTR_INT ? a->as.i : fallback;
}

bool tare_node_is(const tare_node *n, const char *domain, const char *op)
{
	return tare_str_eq(n->op, tare_str_of(op)) && tare_str_eq(n->domain, tare_str_of(domain));
}

tare_initializer *tare_graph_initializer(const tare_graph *g, tare_str name)
{
	tare_part *p = NULL;

	while ((p = tare_part_next(&g->parts, p, TARE_PART_INITIALIZER)))
		if (tare_str_eq(((tare_initializer *)(void *)p)->name, name))
			return (tare_initializer *)(void *)p;
	return NULL;
}

/* ONNX's own domain has two spellings. */
static bool same_domain(tare_str a, tare_str b)
{
	tare_str full = tare_str_of("ai.onnx");

	return tare_str_eq(tare_str_eq(a, full) ? (tare_str){ "", 0 } : a, tare_str_eq(b, full) ? (tare_str){ "", 0 } : b);
}

tare_opset *tare_graphs_find_opset(const tare_graphs *all, const char *domain)
{
	tare_opset *best = NULL;
	tare_part *p = NULL;

	while ((p = tare_part_next(&all->parts, p, TARE_PART_OPSET))) {
		tare_opset *o = (tare_opset *)(void *)p;

		if (same_domain(o->domain, tare_str_of(domain)) && (!best || o->version > best->version))
			best = o;
	}
	return best;
}

int64_t tare_graphs_opset(const tare_graphs *all, const char *domain)
{
	const tare_opset *o = tare_graphs_find_opset(all, domain);

	return o ? o->version : 0;
}
