/* Where names come from and where they are used. The index is made at the first question; edits then keep it true. */
#include "base/escape.h"
#include "model/graph_private.h"

#include <stdlib.h>

/* What one graph means by a name: where it comes from, and all uses there and in the graphs inside that mean the same. */
typedef struct name {
	tare_use *uses, *last_use;
	tare_origin *origins;
} name;

struct tare_graph_index {
	tare_strmap taken;       /* every name there is */
	tare_strmap *maps;       /* per graph: to names */
	size_t n_maps;
	name *names;
	size_t n, cap;
};

void tare_graph_index_free(tare_graphs *all)
{
	struct tare_graph_index *x = all->index;
	size_t i;

	if (!x)
		return;
	for (i = 0; x->maps && i < x->n_maps; i++)
		tare_strmap_free(&x->maps[i]);
	tare_strmap_free(&x->taken);
	free(x->maps);
	free(x->names);
	free(x);
	all->index = NULL;
}

static name *find(const tare_graph *g, tare_str text)
{
	const struct tare_graph_index *x = g->all->index;
	size_t i = tare_strmap_find(&x->maps[g->number], text);

	return i == SIZE_MAX ? NULL : &x->names[i];
}

static tare_status find_or_add(const tare_graph *g, tare_str text, name **out, tare_error *err)
{
	struct tare_graph_index *x = g->all->index;
	size_t existing;

	*out = NULL;
	TARE_TRY(tare_graph_index_take(g->all, text, err));
	if (!tare_grow(&x->names, &x->cap, x->n, sizeof *x->names) || !tare_strmap_add(&x->maps[g->number], text, x->n, &existing))
		return tare_fail_nomem(err);
	if (existing == SIZE_MAX) {
		existing = x->n++;
		x->names[existing] = (name){ 0 };
	}
	*out = &x->names[existing];
	return TARE_OK;
}

/* The graph that gives text its meaning in g; g itself if none does. */
static const tare_graph *meaning(const tare_graph *g, tare_str text)
{
	const tare_graph *at;

	for (at = g; at; at = at->outer) {
		const name *of = find(at, text);

		if (of && of->origins)
			return at;
	}
	return g;
}

/* ---- keeping it true ---- */

tare_status tare_graph_index_use(tare_graph *g, tare_node *node, uint32_t input, tare_str text, tare_error *err)
{
	tare_use *u;
	name *of;

	if (!g->all->index || !text.len)
		return TARE_OK;
	TARE_TRY(find_or_add(meaning(g, text), text, &of, err));
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
	name *of = g->all->index && text.len ? find(meaning(g, text), text) : NULL;
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
	TARE_TRY(find_or_add(g, text, &of, err));
	o = tare_arena_alloc(g->all->arena, sizeof *o);
	if (!o)
		return tare_fail_nomem(err);
	*o = (tare_origin){ of->origins, g, part, output };
	/* An initializer goes before an input of the same name. */
	if (of->origins && of->origins->part && of->origins->part->kind == TARE_PART_INITIALIZER) {
		o->next = of->origins->next;
		of->origins->next = o;
	} else {
		of->origins = o;
	}
	return TARE_OK;
}

void tare_graph_index_ungive(tare_graph *g, const tare_part *part, uint32_t output, tare_str text)
{
	name *of = g->all->index && text.len ? find(g, text) : NULL;
	tare_origin **at;

	for (at = of ? &of->origins : NULL; at && *at; at = &(*at)->next)
		if ((*at)->part == part && (*at)->output == output) {
			*at = (*at)->next;
			return;
		}
}

/* ---- making it ---- */

/* First where every name comes from, then who uses it. */
static tare_status index_node(tare_graph *g, tare_node *n, bool uses, tare_error *err)
{
	uint32_t i;

	for (i = 0; uses && i < n->n_inputs; i++)
		TARE_TRY(tare_graph_index_use(g, n, i, n->input[i], err));
	for (i = 0; !uses && i < n->n_outputs; i++)
		TARE_TRY(tare_graph_index_give(g, &n->part, i, n->output[i], err));
	return uses ? TARE_OK : tare_graph_index_take(g->all, n->name, err);
}

static tare_status index_part(tare_graph *g, tare_part *p, bool uses, tare_error *err)
{
	void *part = p;

	if (p->kind == TARE_PART_NODE)
		return index_node(g, part, uses, err);
	if (uses)
		return p->kind == TARE_PART_OUTPUT ? tare_graph_index_use(g, NULL, 0, ((tare_port *)part)->name, err) : TARE_OK;
	if (p->kind == TARE_PART_INITIALIZER)
		return tare_graph_index_give(g, p, 0, ((tare_initializer *)part)->name, err);
	if (p->kind == TARE_PART_INPUT)
		return tare_graph_index_give(g, p, 0, ((tare_port *)part)->name, err);
	return p->kind == TARE_PART_VALUE ? tare_graph_index_take(g->all, ((tare_port *)part)->name, err) : TARE_OK;
}

static tare_status index_graph(tare_graph *g, bool uses, tare_error *err)
{
	tare_part *p;
	uint32_t i;

	for (p = g->parts.first; p; p = p->next)
		TARE_TRY(index_part(g, p, uses, err));
	for (i = 0; !uses && i < g->n_inputs; i++)
		TARE_TRY(tare_graph_index_give(g, NULL, i, g->input[i], err));
	for (i = 0; uses && i < g->n_outputs; i++)
		TARE_TRY(tare_graph_index_use(g, NULL, i, g->output[i], err));
	return TARE_OK;
}

static tare_status index_all(tare_graphs *all, tare_error *err)
{
	struct tare_graph_index *x = all->index;
	size_t i;

	x->n_maps = all->n_graphs;
	x->maps = calloc(x->n_maps + 1, sizeof *x->maps);
	if (!x->maps)
		return tare_fail_nomem(err);
	for (i = 0; i < 2 * all->n_graphs; i++)
		TARE_TRY(index_graph(all->graph[i % all->n_graphs], i >= all->n_graphs, err));
	return TARE_OK;
}

static tare_status make(tare_graphs *all, tare_error *err)
{
	tare_status st;

	if (all->index)
		return TARE_OK;
	all->index = calloc(1, sizeof *all->index);
	if (!all->index)
		return tare_fail_nomem(err);
	st = index_all(all, err);
	if (st != TARE_OK)
		tare_graph_index_free(all);
	return st;
}

tare_status tare_graph_index_take(tare_graphs *all, tare_str text, tare_error *err)
{
	size_t existing;

	if (!all->index || !text.len)
		return TARE_OK;
	return tare_strmap_add(&all->index->taken, text, 0, &existing) ? TARE_OK : tare_fail_nomem(err);
}

tare_status tare_graph_index_taken(tare_graphs *all, tare_str text, bool *taken, tare_error *err)
{
	*taken = true;
	TARE_TRY(make(all, err));
	*taken = tare_strmap_find(&all->index->taken, text) != SIZE_MAX;
	return TARE_OK;
}

/* ---- asking it ---- */

tare_status tare_graph_origin(tare_graph *g, tare_str text, const tare_origin **out, tare_error *err)
{
	const name *of;

	*out = NULL;
	TARE_TRY(make(g->all, err));
	of = find(meaning(g, text), text);
	if (of)
		*out = of->origins;
	return TARE_OK;
}

tare_status tare_graph_next_use(tare_graph *g, tare_str text, const tare_use *after, const tare_use **out, tare_error *err)
{
	const name *of;

	*out = NULL;
	TARE_TRY(make(g->all, err));
	of = after ? NULL : find(g, text);
	*out = after ? after->next : of ? of->uses : NULL;
	return TARE_OK;
}
