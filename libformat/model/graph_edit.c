/* Edits. Arrays of a node are replaced, never changed in place: a copy shares them with what was read. */
#include "base/escape.h"
#include "model/graph_private.h"

#include <string.h>

static tare_status keep(tare_graphs *all, tare_str *s, tare_error *err)
{
	*s = tare_arena_copy(all->arena, s->ptr, s->len);
	return s->ptr ? TARE_OK : tare_fail_nomem(err);
}

static void touch(tare_part_list *list, tare_part *part)
{
	part->edited = list->edited = true;
}

static void touch_node(tare_node *n)
{
	touch(&n->graph->parts, &n->part);
}

/* Before `at`; NULL: at the end. */
static void insert(tare_part_list *list, tare_part *part, tare_part *at)
{
	touch(list, part);
	if (!at) {
		tare_part_append(list, part);
		return;
	}
	part->next = at;
	part->prev = at->prev;
	*(at->prev ? &at->prev->next : &list->first) = part;
	at->prev = part;
}

static void unlink_part(tare_part_list *list, tare_part *part)
{
	tare_part *before = part->prev;

	while (list->tail[part->kind] == part && before && before->kind != part->kind)
		before = before->prev;
	if (list->tail[part->kind] == part)
		list->tail[part->kind] = before;
	*(part->prev ? &part->prev->next : &list->first) = part->next;
	*(part->next ? &part->next->prev : &list->last) = part->prev;
	part->next = part->prev = NULL;
	list->edited = true;
}

/* Behind the last of its kind; at the end if there is none. */
static void add_to_kind(tare_part_list *list, tare_part *part)
{
	tare_part *last = list->tail[part->kind];

	insert(list, part, last ? last->next : NULL);
	list->tail[part->kind] = part;
}

/* ---- the whole ---- */

tare_status tare_graphs_new_name(tare_graphs *all, const char *stem, tare_str *out, tare_error *err)
{
	char *text = NULL;
	bool taken = true;
	unsigned k;

	*out = (tare_str){ NULL, 0 };
	for (k = 0; taken; k++) {
		text = k ? tare_arena_printf(all->arena, "%s_%u", stem, k) : tare_arena_text(all->arena, stem);
		if (!text)
			return tare_fail_nomem(err);
		TARE_TRY(tare_graph_index_taken(all, tare_str_of(text), &taken, err));
	}
	*out = tare_str_of(text);
	return tare_graph_index_take(all, *out, err);
}

tare_status tare_graphs_import(tare_graphs *all, const char *domain, int64_t least, tare_error *err)
{
	tare_opset *o = tare_graphs_find_opset(all, domain);

	if (o && o->version >= least)
		return TARE_OK;
	if (!o) {
		o = tare_arena_alloc(all->arena, sizeof *o);
		if (!o)
			return tare_fail_nomem(err);
		o->part.kind = TARE_PART_OPSET;
		o->domain = tare_str_of(domain);
		TARE_TRY(keep(all, &o->domain, err));
		add_to_kind(&all->parts, &o->part);
	}
	o->version = least;
	touch(&all->parts, &o->part);
	return TARE_OK;
}

void tare_graphs_need_version(tare_graphs *all, int64_t least)
{
	tare_part *p = NULL;

	if (all->version >= least)
		return;
	all->version = least;
	all->parts.edited = true;
	while ((p = tare_part_next(&all->parts, p, TARE_PART_VERSION)))
		p->edited = true;
}

/* ---- nodes ---- */

tare_status tare_node_new(tare_node **out, tare_graph *g, tare_node *at, const char *domain, const char *op, tare_str name, tare_error *err)
{
	tare_node *n = tare_arena_alloc(g->all->arena, sizeof *n);

	*out = NULL;
	if (!n)
		return tare_fail_nomem(err);
	n->part.kind = TARE_PART_NODE;
	n->graph = g;
	n->name = name;
	n->op = tare_str_of(op);
	n->domain = tare_str_of(domain);
	TARE_TRY(keep(g->all, &n->name, err));
	TARE_TRY(keep(g->all, &n->op, err));
	TARE_TRY(keep(g->all, &n->domain, err));
	TARE_TRY(tare_graph_index_take(g->all, n->name, err));
	if (at)
		insert(&g->parts, &n->part, &at->part);
	else
		add_to_kind(&g->parts, &n->part);
	g->n_nodes++;
	*out = n;
	return TARE_OK;
}

void tare_node_remove(tare_node *n)
{
	uint32_t i;

	for (i = 0; i < n->n_inputs; i++)
		tare_graph_index_unuse(n->graph, n, i, n->input[i]);
	for (i = 0; i < n->n_outputs; i++)
		tare_graph_index_ungive(n->graph, &n->part, i, n->output[i]);
	n->graph->n_nodes--;
	unlink_part(&n->graph->parts, &n->part);
}

tare_status tare_node_set_op(tare_node *n, const char *domain, const char *op, tare_error *err)
{
	tare_str d = tare_str_of(domain), o = tare_str_of(op);

	TARE_TRY(keep(n->graph->all, &d, err));
	TARE_TRY(keep(n->graph->all, &o, err));
	n->domain = d;
	n->op = o;
	touch_node(n);
	return TARE_OK;
}

tare_status tare_node_set_name(tare_node *n, tare_str name, tare_error *err)
{
	TARE_TRY(keep(n->graph->all, &name, err));
	n->name = name;
	touch_node(n);
	return tare_graph_index_take(n->graph->all, name, err);
}

/* A fresh array in which the i-th is text. */
static tare_status set_name(tare_graphs *all, tare_str **list, uint32_t *n, uint32_t i, tare_str text, tare_error *err)
{
	uint32_t count = *n > i ? *n : i + 1, k;
	tare_str *fresh = tare_arena_array(all->arena, count, sizeof *fresh);

	if (!fresh)
		return tare_fail_nomem(err);
	for (k = 0; k < count; k++)
		fresh[k] = k == i ? text : k < *n ? (*list)[k] : (tare_str){ "", 0 };
	*list = fresh;
	*n = count;
	return TARE_OK;
}

tare_status tare_node_set_input(tare_node *n, uint32_t i, tare_str name, tare_error *err)
{
	TARE_TRY(keep(n->graph->all, &name, err));
	if (i < n->n_inputs)
		tare_graph_index_unuse(n->graph, n, i, n->input[i]);
	TARE_TRY(set_name(n->graph->all, &n->input, &n->n_inputs, i, name, err));
	touch_node(n);
	return tare_graph_index_use(n->graph, n, i, name, err);
}

tare_status tare_node_set_output(tare_node *n, uint32_t i, tare_str name, tare_error *err)
{
	TARE_TRY(keep(n->graph->all, &name, err));
	if (i < n->n_outputs)
		tare_graph_index_ungive(n->graph, &n->part, i, n->output[i]);
	TARE_TRY(set_name(n->graph->all, &n->output, &n->n_outputs, i, name, err));
	touch_node(n);
	return tare_graph_index_give(n->graph, &n->part, i, name, err);
}

void tare_node_cut_inputs(tare_node *n, uint32_t count)
{
	for (; n->n_inputs > count; n->n_inputs--)
		tare_graph_index_unuse(n->graph, n, n->n_inputs - 1, n->input[n->n_inputs - 1]);
	touch_node(n);
}

/* ---- attributes ---- */

static tare_status set_attr(tare_node *n, tare_attr a, const char *name, tare_error *err)
{
	tare_graphs *all = n->graph->all;
	tare_attr *fresh = tare_arena_array(all->arena, (size_t)n->n_attrs + 1, sizeof *fresh);
	uint32_t i;

	a.name = tare_str_of(name);
	if (!fresh)
		return tare_fail_nomem(err);
	TARE_TRY(keep(all, &a.name, err));
	if (n->n_attrs)
		memcpy(fresh, n->attr, n->n_attrs * sizeof *fresh);
	for (i = 0; i < n->n_attrs && !tare_str_eq(fresh[i].name, a.name); i++)
		;
	fresh[i] = a;
	n->attr = fresh;
	n->n_attrs = i < n->n_attrs ? n->n_attrs : i + 1;
	touch_node(n);
	return TARE_OK;
}

tare_status tare_node_set_int(tare_node *n, const char *name, int64_t v, tare_error *err)
{
	return set_attr(n, (tare_attr){ .kind = TARE_ATTR_INT, .as.i = v }, name, err);
}

tare_status tare_node_set_float(tare_node *n, const char *name, float v, tare_error *err)
{
	return set_attr(n, (tare_attr){ .kind = TARE_ATTR_FLOAT, .as.f = v }, name, err);
}

tare_status tare_node_set_text(tare_node *n, const char *name, tare_str v, tare_error *err)
{
	TARE_TRY(keep(n->graph->all, &v, err));
	return set_attr(n, (tare_attr){ .kind = TARE_ATTR_STRING, .as.s = v }, name, err);
}

tare_status tare_node_set_ints(tare_node *n, const char *name, const int64_t *v, uint32_t count, tare_error *err)
{
	int64_t *copy = tare_arena_array(n->graph->all->arena, (size_t)count + 1, sizeof *copy);

	if (!copy)
		return tare_fail_nomem(err);
	if (count)
		memcpy(copy, v, count * sizeof *copy);
	return set_attr(n, (tare_attr){ .kind = TARE_ATTR_INTS, .n = count, .as.ints = copy }, name, err);
}

tare_status tare_node_drop_attr(tare_node *n, const char *name, bool *was_there, tare_error *err)
{
	const tare_attr *a = tare_node_attr(n, name);
	size_t at = a ? (size_t)(a - n->attr) : 0;
	tare_attr *fresh;

	if (was_there)
		*was_there = a != NULL;
	if (!a)
		return TARE_OK;
	fresh = tare_arena_array(n->graph->all->arena, n->n_attrs, sizeof *fresh);
	if (!fresh)
		return tare_fail_nomem(err);
	memcpy(fresh, n->attr, at * sizeof *fresh);
	memcpy(fresh + at, n->attr + at + 1, (n->n_attrs - at - 1) * sizeof *fresh);
	n->attr = fresh;
	n->n_attrs--;
	touch_node(n);
	return TARE_OK;
}

/* ---- initializers and values ---- */

tare_status tare_initializer_new(tare_initializer **out, tare_graph *g, tare_str name, tare_str tensor, tare_error *err)
{
	tare_initializer *init = tare_arena_alloc(g->all->arena, sizeof *init);

	*out = NULL;
	if (!init)
		return tare_fail_nomem(err);
	init->part.kind = TARE_PART_INITIALIZER;
	TARE_TRY(keep(g->all, &name, err));
	TARE_TRY(keep(g->all, &tensor, err));
	init->name = name;
	init->tensor = tensor;
	add_to_kind(&g->parts, &init->part);
	g->n_initializers++;
	*out = init;
	return tare_graph_index_give(g, &init->part, 0, name, err);
}

void tare_initializer_remove(tare_graph *g, tare_initializer *init)
{
	tare_graph_index_ungive(g, &init->part, 0, init->name);
	g->n_initializers--;
	unlink_part(&g->parts, &init->part);
}

void tare_initializer_changed(tare_graph *g, tare_initializer *init)
{
	touch(&g->parts, &init->part);
}

void tare_port_set_type(tare_graph *g, tare_port *p, const tare_type *type)
{
	p->type = type;
	touch(&g->parts, &p->part);
}

void tare_part_remove(tare_part_list *list, tare_part *part)
{
	unlink_part(list, part);
}
