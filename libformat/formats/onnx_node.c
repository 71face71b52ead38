/* Nodes and their attributes. */
#include "formats/onnx.h"

#include "base/escape.h"

enum { LABEL = 64 };

/* ---- attributes ---- */

typedef struct lists {
	uint32_t floats, ints, strings, tensors, graphs, sparses;
} lists;

static uint32_t elements(const tare_wire_field *f, size_t fixed)
{
	const uint8_t *at = (const uint8_t *)f->bytes.ptr, *end = at + f->bytes.len;
	uint32_t n = 0;
	uint64_t v;

	if (f->type != TARE_WIRE_BYTES)
		return 1;
	if (fixed)
		return (uint32_t)(f->bytes.len / fixed);
	while (at < end && tare_wire_varint(&at, end, &v))
		n++;
	return n;
}

static lists count_lists(tare_str raw)
{
	tare_wire in = tare_wire_of(raw, &tare_onnx__attribute_proto__descriptor);
	tare_wire_field f;
	lists n = { 0 };

	while (tare_wire_next(&in, &f)) {
		n.floats += f.id == ONNX_ATTRIBUTE_FLOATS ? elements(&f, 4) : 0;
		n.ints += f.id == ONNX_ATTRIBUTE_INTS ? elements(&f, 0) : 0;
		n.strings += f.id == ONNX_ATTRIBUTE_STRINGS;
		n.tensors += f.id == ONNX_ATTRIBUTE_T || f.id == ONNX_ATTRIBUTE_TENSORS;
		n.graphs += f.id == ONNX_ATTRIBUTE_G || f.id == ONNX_ATTRIBUTE_GRAPHS;
		n.sparses += f.id == ONNX_ATTRIBUTE_SPARSE_TENSOR || f.id == ONNX_ATTRIBUTE_SPARSE_TENSORS;
	}
	return n;
}

static tare_status take_floats(tare_onnx_walk *w, tare_attr *a, uint32_t n)
{
	tare_wire in = tare_wire_of(a->raw, &tare_onnx__attribute_proto__descriptor);
	float *v = tare_arena_array(&w->m->arena, (size_t)n + 1, sizeof *v);
	tare_wire_field f;
	size_t i;

	a->as.floats = v;
	if (!v)
		return tare_fail_nomem(w->err);
	while (tare_wire_next(&in, &f)) {
		if (f.id != ONNX_ATTRIBUTE_FLOATS)
			continue;
		if (f.type != TARE_WIRE_BYTES)
			v[a->n++] = tare_f32_of_bits((uint32_t)f.value);
		else
			for (i = 0; i + 4 <= f.bytes.len; i += 4)
				v[a->n++] = tare_f32_of_bits(tare_get32(f.bytes.ptr + i, false));
	}
	return TARE_OK;
}

static tare_status take_ints(tare_onnx_walk *w, tare_attr *a, uint32_t n)
{
	tare_wire in = tare_wire_of(a->raw, &tare_onnx__attribute_proto__descriptor);
	int64_t *v = tare_arena_array(&w->m->arena, (size_t)n + 1, sizeof *v);
	tare_wire_field f;
	uint64_t x;

	a->as.ints = v;
	if (!v)
		return tare_fail_nomem(w->err);
	while (tare_wire_next(&in, &f)) {
		const uint8_t *at = (const uint8_t *)f.bytes.ptr, *end = at + f.bytes.len;

		if (f.id != ONNX_ATTRIBUTE_INTS)
			continue;
		if (f.type != TARE_WIRE_BYTES)
			v[a->n++] = (int64_t)f.value;
		else
			while (at < end && tare_wire_varint(&at, end, &x))
				v[a->n++] = (int64_t)x;
	}
	return TARE_OK;
}

static tare_status take_strings(tare_onnx_walk *w, tare_attr *a, uint32_t n)
{
	tare_wire in = tare_wire_of(a->raw, &tare_onnx__attribute_proto__descriptor);
	tare_str *v = tare_arena_array(&w->m->arena, (size_t)n + 1, sizeof *v);
	tare_wire_field f;

	a->as.strings = v;
	if (!v)
		return tare_fail_nomem(w->err);
	while (tare_wire_next(&in, &f))
		if (f.id == ONNX_ATTRIBUTE_STRINGS)
			v[a->n++] = f.bytes;
	return TARE_OK;
}

static tare_attr_kind kind_of(tare_onnx_walk *w, tare_str raw, const lists *n)
{
	tare_wire in = tare_wire_of(raw, &tare_onnx__attribute_proto__descriptor);
	tare_attr_kind guess = TARE_ATTR_UNDEFINED;
	tare_wire_field f;
	uint64_t type = 0;

	while (tare_wire_next(&in, &f))
		if (f.id == ONNX_ATTRIBUTE_TYPE)
			type = f.value;
		else if (f.id == ONNX_ATTRIBUTE_F)
			guess = TARE_ATTR_FLOAT;
		else if (f.id == ONNX_ATTRIBUTE_I)
			guess = TARE_ATTR_INT;
		else if (f.id == ONNX_ATTRIBUTE_S)
			guess = TARE_ATTR_STRING;
	if (type && type <= TARE_ATTR_TYPES)
		return (tare_attr_kind)type;
	/* IR version 1 did not say the type. */
	return guess ? guess : n->floats ? TARE_ATTR_FLOATS : n->ints ? TARE_ATTR_INTS : n->strings ? TARE_ATTR_STRINGS : TARE_ATTR_UNDEFINED;
}

static void take_scalar(tare_attr *a)
{
	tare_wire in = tare_wire_of(a->raw, &tare_onnx__attribute_proto__descriptor);
	tare_wire_field f;

	if (a->kind == TARE_ATTR_STRING)
		a->as.s = (tare_str){ "", 0 };
	while (tare_wire_next(&in, &f))
		if (f.id == ONNX_ATTRIBUTE_F && a->kind == TARE_ATTR_FLOAT)
			a->as.f = tare_f32_of_bits((uint32_t)f.value);
		else if (f.id == ONNX_ATTRIBUTE_I && a->kind == TARE_ATTR_INT)
			a->as.i = (int64_t)f.value;
		else if (f.id == ONNX_ATTRIBUTE_S && a->kind == TARE_ATTR_STRING)
			a->as.s = f.bytes;
}

/* ---- tensors and graphs inside attributes ---- */

typedef struct place {
	tare_node *node;
	tare_attr *attr;
	tare_str label;          /* "if_3.then_branch" */
	uint32_t n_tensors, n_graphs;
	tare_str *tensors;
	tare_graph **graphs;
} place;

static tare_str cut(tare_str s)
{
	return (tare_str){ s.ptr, s.len < LABEL ? s.len : LABEL };
}

static tare_str attribute_label(tare_onnx_walk *w, const tare_node *n, uint32_t index, tare_str attr)
{
	tare_str name = cut(n->name.len ? n->name : n->op), outer = n->graph->label;
	char number[16] = "";

	if (!n->name.len || n->name.len > LABEL)
		snprintf(number, sizeof number, "[%u]", index);
	attr = cut(attr);
	return tare_onnx_text(w, "%.*s%.*s%s.%.*s", (int)outer.len, outer.ptr, (int)name.len, name.ptr, number, (int)attr.len, attr.ptr);
}

static tare_str element_label(tare_onnx_walk *w, const place *p, bool list, uint32_t i)
{
	return list ? tare_onnx_text(w, "%.*s[%u]", (int)p->label.len, p->label.ptr, i) : p->label;
}

static tare_status attr_tensor(tare_onnx_walk *w, place *p, const tare_wire_field *f)
{
	const tare_node *n = p->node;
	tare_onnx_found found = { .raw = f->bytes, .slot = &p->tensors[p->n_tensors] };
	tare_str outer = n->graph->label;

	if (f->id == ONNX_ATTRIBUTE_T && tare_node_is(n, "", "Constant") && n->n_outputs && n->output[0].len && n->output[0].len < 1024)
		found.name = outer.len ? tare_onnx_text(w, "%.*s%.*s", (int)outer.len, outer.ptr, (int)n->output[0].len, n->output[0].ptr)
				       : n->output[0];
	else
		found.name = element_label(w, p, f->id == ONNX_ATTRIBUTE_TENSORS, p->n_tensors);
	p->n_tensors++;
	return found.name.ptr ? w->found(w->user, &found, w->err) : tare_fail_nomem(w->err);
}

static tare_status attr_graph(tare_onnx_walk *w, place *p, const tare_wire_field *f)
{
	tare_str name = element_label(w, p, f->id == ONNX_ATTRIBUTE_GRAPHS, p->n_graphs);
	tare_graph *g;

	if (name.ptr)
		name = tare_onnx_text(w, "%.*s/", (int)name.len, name.ptr);
	TARE_TRY(tare_onnx_new_graph(w, &g, TARE_GRAPH_INNER, f->bytes, name));
	g->outer = p->node->graph;
	g->holder = p->node;
	g->attribute = p->attr->name;
	p->graphs[p->n_graphs++] = g;
	return tare_onnx_read_graph(w, g, f->message);
}

static tare_status attr_field(tare_onnx_walk *w, place *p, const tare_wire_field *f)
{
	switch (f->id) {
	case ONNX_ATTRIBUTE_T:
	case ONNX_ATTRIBUTE_TENSORS:
		return attr_tensor(w, p, f);
	case ONNX_ATTRIBUTE_G:
	case ONNX_ATTRIBUTE_GRAPHS:
		return attr_graph(w, p, f);
	case ONNX_ATTRIBUTE_SPARSE_TENSOR:
	case ONNX_ATTRIBUTE_SPARSE_TENSORS:
		p->n_tensors += 2;
		return tare_onnx_sparse(w, f->bytes, element_label(w, p, f->id == ONNX_ATTRIBUTE_SPARSE_TENSORS, p->n_tensors / 2 - 1), false,
					&p->tensors[p->n_tensors - 2]);
	default:
		return TARE_OK;
	}
}

static void keep_inner(const place *p)
{
	tare_attr *a = p->attr;

	if (a->kind == TARE_ATTR_GRAPH || a->kind == TARE_ATTR_GRAPHS) {
		a->as.graphs = p->graphs;
		a->n = p->n_graphs;
	} else if (a->kind == TARE_ATTR_TENSOR || a->kind == TARE_ATTR_TENSORS || a->kind == TARE_ATTR_SPARSE || a->kind == TARE_ATTR_SPARSES) {
		a->as.tensors = p->tensors;
		a->n = p->n_tensors;
	}
}

static tare_status take_inner(tare_onnx_walk *w, tare_node *node, tare_attr *a, uint32_t index, const lists *n)
{
	tare_wire in = tare_wire_of(a->raw, &tare_onnx__attribute_proto__descriptor);
	place p = { .node = node, .attr = a };
	tare_wire_field f;

	p.label = attribute_label(w, node, index, a->name);
	p.tensors = tare_arena_array(&w->m->arena, (size_t)n->tensors + 2 * (size_t)n->sparses + 1, sizeof *p.tensors);
	p.graphs = tare_arena_array(&w->m->arena, (size_t)n->graphs + 1, sizeof(tare_graph *));
	if (!p.label.ptr || !p.tensors || !p.graphs)
		return tare_fail_nomem(w->err);
	while (tare_wire_next(&in, &f))
		TARE_TRY(attr_field(w, &p, &f));
	keep_inner(&p);
	return TARE_OK;
}

static tare_status read_attr(tare_onnx_walk *w, tare_node *node, tare_attr *a, tare_str raw, uint32_t index)
{
	lists n = count_lists(raw);

	a->raw = raw;
	a->name = tare_onnx_bytes(raw, &tare_onnx__attribute_proto__descriptor, ONNX_ATTRIBUTE_NAME);
	a->kind = kind_of(w, raw, &n);
	take_scalar(a);
	if (a->kind == TARE_ATTR_FLOATS)
		TARE_TRY(take_floats(w, a, n.floats));
	if (a->kind == TARE_ATTR_INTS)
		TARE_TRY(take_ints(w, a, n.ints));
	if (a->kind == TARE_ATTR_STRINGS)
		TARE_TRY(take_strings(w, a, n.strings));
	return n.tensors || n.graphs || n.sparses ? take_inner(w, node, a, index, &n) : TARE_OK;
}

/* ---- the node ---- */

static void take_names(tare_node *n, const tare_wire_field *f)
{
	if (f->id == ONNX_NODE_INPUT)
		n->input[n->n_inputs++] = f->bytes;
	else if (f->id == ONNX_NODE_OUTPUT)
		n->output[n->n_outputs++] = f->bytes;
	else if (f->id == ONNX_NODE_NAME)
		n->name = f->bytes;
	else if (f->id == ONNX_NODE_OP_TYPE)
		n->op = f->bytes;
	else if (f->id == ONNX_NODE_DOMAIN)
		n->domain = tare_onnx_domain(f->bytes);
}

static tare_status make_room(tare_onnx_walk *w, tare_node *n, tare_str raw)
{
	tare_wire in = tare_wire_of(raw, &tare_onnx__node_proto__descriptor);
	size_t inputs = 0, outputs = 0, attrs = 0;
	tare_wire_field f;

	while (tare_wire_next(&in, &f)) {
		inputs += f.id == ONNX_NODE_INPUT;
		outputs += f.id == ONNX_NODE_OUTPUT;
		attrs += f.id == ONNX_NODE_ATTRIBUTE;
	}
	n->input = inputs + outputs ? tare_arena_array(&w->m->arena, inputs + outputs, sizeof *n->input) : NULL;
	n->output = n->input ? n->input + inputs : NULL;
	n->attr = attrs ? tare_arena_array(&w->m->arena, attrs, sizeof *n->attr) : NULL;
	return (!n->input && inputs + outputs) || (!n->attr && attrs) ? tare_fail_nomem(w->err) : TARE_OK;
}

tare_status tare_onnx_read_node(tare_onnx_walk *w, tare_node *n, uint32_t index)
{
	tare_str raw = { n->part.raw.ptr + n->part.head, n->part.raw.len - n->part.head };
	tare_wire in = tare_wire_of(raw, &tare_onnx__node_proto__descriptor);
	tare_wire_field f;

	n->name = n->op = n->domain = (tare_str){ "", 0 };
	TARE_TRY(make_room(w, n, raw));
	while (tare_wire_next(&in, &f))
		take_names(n, &f);
	in = tare_wire_of(raw, &tare_onnx__node_proto__descriptor);
	while (tare_wire_next(&in, &f))
		if (f.id == ONNX_NODE_ATTRIBUTE)
			TARE_TRY(read_attr(w, n, &n->attr[n->n_attrs++], f.bytes, index));
	return TARE_OK;
}
