/* The messages of a file into graphs. Strings stay where they are in the file. */
#include "formats/onnx.h"

#include "base/escape.h"

#include <stdarg.h>
#include <stdlib.h>

enum { LABEL = 128 };

tare_str tare_onnx_text(tare_onnx_walk *w, const char *fmt, ...)
{
	char *text = NULL;
	tare_str out = { NULL, 0 };
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n >= 0) {
		out = tare_arena_copy(&w->m->arena, text, (size_t)n);
		free(text);
	}
	return out;
}

tare_str tare_onnx_bytes(tare_str raw, const tare_wire_message *message, uint32_t id)
{
	tare_wire w = tare_wire_of(raw, message);
	tare_str out = { "", 0 };
	tare_wire_field f;

	while (tare_wire_next(&w, &f))
		if (f.id == id)
			out = f.bytes;
	return out;
}

tare_str tare_onnx_domain(tare_str domain)
{
	return tare_str_eq(domain, tare_str_of("ai.onnx")) ? (tare_str){ "", 0 } : domain;
}

/* A part of its own size, appended to list with the bytes of its field. */
static void *new_part(tare_onnx_walk *w, tare_part_list *list, size_t size, tare_part_kind kind, const tare_wire_field *f)
{
	tare_part *p = tare_arena_alloc(&w->m->arena, size);

	if (!p)
		return NULL;
	p->kind = kind;
	p->raw = f->raw;
	p->head = f->bytes.ptr ? (uint8_t)(f->bytes.ptr - f->raw.ptr) : 0;
	tare_part_append(list, p);
	return p;
}

/* ---- values ---- */

static tare_status read_shape(tare_onnx_walk *w, tare_port *p, tare_str raw)
{
	tare_wire each = tare_wire_of(raw, &tare_onnx__tensor_shape_proto__descriptor);
	tare_wire_field f, d;
	tare_axis *axis;
	uint32_t n = 0;

	while (tare_wire_next(&each, &f))
		n += f.id == ONNX_TENSOR_SHAPE_DIM;
	axis = tare_arena_array(&w->m->arena, (size_t)n + 1, sizeof *axis);
	if (!axis)
		return tare_fail_nomem(w->err);
	p->ranked = true;
	p->dim = axis;
	p->n_dims = n;
	each = tare_wire_of(raw, &tare_onnx__tensor_shape_proto__descriptor);
	while (tare_wire_next(&each, &f)) {
		tare_wire in = tare_wire_of(f.bytes, f.message);

		if (f.id != ONNX_TENSOR_SHAPE_DIM)
			continue;
		*axis = (tare_axis){ -1, { "", 0 } };
		while (tare_wire_next(&in, &d)) /* one of the two: the last counts */
			if (d.id == ONNX_DIMENSION_DIM_VALUE)
				*axis = (tare_axis){ (int64_t)d.value < 0 ? -1 : (int64_t)d.value, { "", 0 } };
			else if (d.id == ONNX_DIMENSION_DIM_PARAM)
				*axis = (tare_axis){ -1, d.bytes };
		axis++;
	}
	return TARE_OK;
}

static tare_status read_tensor_type(tare_onnx_walk *w, tare_port *p, tare_str raw)
{
	tare_wire in = tare_wire_of(raw, &tare_onnx__tensor_type_proto__descriptor);
	const tare_onnx_type *is;
	tare_wire_field f;
	int32_t id = 0;

	while (tare_wire_next(&in, &f))
		if (f.id == ONNX_TENSOR_TYPE_ELEM_TYPE)
			id = (int32_t)f.value;
		else if (f.id == ONNX_TENSOR_TYPE_SHAPE)
			TARE_TRY(read_shape(w, p, f.bytes));
	is = tare_onnx_type_find(id);
	p->element_id = id ? tare_onnx_type_id(id) : 0;
	p->type = is ? is->type : NULL;
	return TARE_OK;
}

tare_status tare_onnx_port(tare_onnx_walk *w, tare_port *p, tare_str contents)
{
	tare_str type = tare_onnx_bytes(contents, &tare_onnx__value_info_proto__descriptor, ONNX_VALUE_INFO_TYPE);
	tare_wire in = tare_wire_of(type, &tare_onnx__type_proto__descriptor);
	tare_wire_field f, last = { 0 };

	p->name = tare_onnx_bytes(contents, &tare_onnx__value_info_proto__descriptor, ONNX_VALUE_INFO_NAME);
	while (tare_wire_next(&in, &f))
		if (f.id && f.id != ONNX_TYPE_DENOTATION)
			last = f;
	switch (last.id) {
	case ONNX_TYPE_TENSOR_TYPE:
	case ONNX_TYPE_SPARSE_TENSOR_TYPE:
		p->form = last.id == ONNX_TYPE_TENSOR_TYPE ? TARE_PORT_TENSOR : TARE_PORT_SPARSE;
		return read_tensor_type(w, p, last.bytes);
	case ONNX_TYPE_SEQUENCE_TYPE:
		p->form = TARE_PORT_SEQUENCE;
		break;
	case ONNX_TYPE_MAP_TYPE:
		p->form = TARE_PORT_MAP;
		break;
	case ONNX_TYPE_OPTIONAL_TYPE:
		p->form = TARE_PORT_OPTIONAL;
		break;
	case ONNX_TYPE_OPAQUE_TYPE:
		p->form = TARE_PORT_OPAQUE;
		break;
	default:
		break;
	}
	return TARE_OK;
}

/* ---- tensors of a graph ---- */

tare_status tare_onnx_sparse(tare_onnx_walk *w, tare_str raw, tare_str name, bool first, tare_str slots[2])
{
	tare_wire in = tare_wire_of(raw, &tare_onnx__sparse_tensor_proto__descriptor);
	tare_wire_field f;

	while (tare_wire_next(&in, &f)) {
		bool values = f.id == ONNX_SPARSE_TENSOR_VALUES;
		tare_onnx_found found = { .raw = f.bytes, .first = first, .slot = &slots[!values] };

		if (!values && f.id != ONNX_SPARSE_TENSOR_INDICES)
			continue;
		found.name = tare_onnx_text(w, "%.*s.%s", (int)name.len, name.ptr, values ? "values" : "indices");
		if (!found.name.ptr)
			return tare_fail_nomem(w->err);
		TARE_TRY(w->found(w->user, &found, w->err));
	}
	return TARE_OK;
}

/* How the tensor `name` of g is called in the model's list. */
static tare_str label(tare_onnx_walk *w, const tare_graph *g, tare_str name, uint32_t index)
{
	if (!name.len)
		return tare_onnx_text(w, "%.*sinitializer[%u]", (int)g->label.len, g->label.ptr, index);
	if (!g->label.len)
		return name;
	if (name.len > 4 * LABEL)
		name.len = 4 * LABEL;
	return tare_onnx_text(w, "%.*s%.*s", (int)g->label.len, g->label.ptr, (int)name.len, name.ptr);
}

static tare_status add_initializer(tare_onnx_walk *w, tare_graph *g, const tare_wire_field *f)
{
	tare_initializer *init = new_part(w, &g->parts, sizeof *init, TARE_PART_INITIALIZER, f);
	tare_onnx_found found = { .raw = f->bytes, .first = g->form == TARE_GRAPH_MAIN, .initializer = true };

	if (!init)
		return tare_fail_nomem(w->err);
	init->name = tare_onnx_bytes(f->bytes, f->message, ONNX_TENSOR_NAME);
	found.name = label(w, g, init->name, g->n_initializers++);
	found.slot = &init->tensor;
	return found.name.ptr ? w->found(w->user, &found, w->err) : tare_fail_nomem(w->err);
}

static tare_status add_sparse(tare_onnx_walk *w, tare_graph *g, const tare_wire_field *f)
{
	tare_str values = tare_onnx_bytes(f->bytes, f->message, ONNX_SPARSE_TENSOR_VALUES), name;
	tare_str *slots = tare_arena_array(&w->m->arena, 2, sizeof *slots);

	name = label(w, g, tare_onnx_bytes(values, &tare_onnx__tensor_proto__descriptor, ONNX_TENSOR_NAME), g->n_initializers);
	if (!slots || !name.ptr || !new_part(w, &g->parts, sizeof(tare_part), TARE_PART_OTHER, f))
		return tare_fail_nomem(w->err);
	return tare_onnx_sparse(w, f->bytes, name, g->form == TARE_GRAPH_MAIN, slots);
}

/* ---- the parts of a graph ---- */

static tare_status add_node(tare_onnx_walk *w, tare_graph *g, const tare_wire_field *f)
{
	tare_node *n = new_part(w, &g->parts, sizeof *n, TARE_PART_NODE, f);

	if (!n)
		return tare_fail_nomem(w->err);
	n->graph = g;
	return tare_onnx_read_node(w, n, g->n_nodes++);
}

static tare_status add_port(tare_onnx_walk *w, tare_graph *g, tare_part_kind kind, const tare_wire_field *f)
{
	tare_port *p = new_part(w, &g->parts, sizeof *p, kind, f);

	return p ? tare_onnx_port(w, p, f->bytes) : tare_fail_nomem(w->err);
}

static tare_status add_annotation(tare_onnx_walk *w, tare_graph *g, const tare_wire_field *f)
{
	tare_annotation *a = new_part(w, &g->parts, sizeof *a, TARE_PART_ANNOTATION, f);

	if (!a)
		return tare_fail_nomem(w->err);
	a->value = tare_onnx_bytes(f->bytes, f->message, ONNX_TENSOR_ANNOTATION_TENSOR_NAME);
	return TARE_OK;
}

static tare_status add_opset(tare_onnx_walk *w, tare_part_list *list, const tare_wire_field *f)
{
	tare_opset *o = new_part(w, list, sizeof *o, TARE_PART_OPSET, f);
	tare_wire in = tare_wire_of(f->bytes, f->message);
	tare_wire_field e;

	if (!o)
		return tare_fail_nomem(w->err);
	o->domain = (tare_str){ "", 0 };
	while (tare_wire_next(&in, &e))
		if (e.id == ONNX_OPERATOR_SET_ID_DOMAIN)
			o->domain = e.bytes;
		else if (e.id == ONNX_OPERATOR_SET_ID_VERSION)
			o->version = (int64_t)e.value;
	return TARE_OK;
}

static tare_status add_other(tare_onnx_walk *w, tare_part_list *list, const tare_wire_field *f)
{
	return new_part(w, list, sizeof(tare_part), TARE_PART_OTHER, f) ? TARE_OK : tare_fail_nomem(w->err);
}

static tare_status graph_field(tare_onnx_walk *w, tare_graph *g, const tare_wire_field *f)
{
	switch (f->id) {
	case ONNX_GRAPH_NODE:
		return add_node(w, g, f);
	case ONNX_GRAPH_INITIALIZER:
		return add_initializer(w, g, f);
	case ONNX_GRAPH_SPARSE_INITIALIZER:
		return add_sparse(w, g, f);
	case ONNX_GRAPH_INPUT:
		return add_port(w, g, TARE_PART_INPUT, f);
	case ONNX_GRAPH_OUTPUT:
		return add_port(w, g, TARE_PART_OUTPUT, f);
	case ONNX_GRAPH_VALUE_INFO:
		return add_port(w, g, TARE_PART_VALUE, f);
	case ONNX_GRAPH_QUANTIZATION_ANNOTATION:
		return add_annotation(w, g, f);
	case ONNX_GRAPH_NAME:
		g->name = f->bytes;
		break;
	default:
		break;
	}
	return add_other(w, &g->parts, f);
}

static tare_status function_field(tare_onnx_walk *w, tare_graph *g, const tare_wire_field *f, tare_str *in, tare_str *out)
{
	switch (f->id) {
	case ONNX_FUNCTION_NODE:
		return add_node(w, g, f);
	case ONNX_FUNCTION_VALUE_INFO:
		return add_port(w, g, TARE_PART_VALUE, f);
	case ONNX_FUNCTION_OPSET_IMPORT:
		return add_opset(w, &g->parts, f);
	case ONNX_FUNCTION_INPUT:
		in[g->n_inputs++] = f->bytes;
		break;
	case ONNX_FUNCTION_OUTPUT:
		out[g->n_outputs++] = f->bytes;
		break;
	default:
		break;
	}
	return add_other(w, &g->parts, f);
}

static tare_status read_function(tare_onnx_walk *w, tare_graph *g)
{
	const tare_wire_message *message = &tare_onnx__function_proto__descriptor;
	tare_wire in = tare_wire_of(g->raw, message);
	size_t n_in = 0, n_out = 0;
	tare_wire_field f;
	tare_str *names;

	while (tare_wire_next(&in, &f)) {
		n_in += f.id == ONNX_FUNCTION_INPUT;
		n_out += f.id == ONNX_FUNCTION_OUTPUT;
	}
	names = tare_arena_array(&w->m->arena, n_in + n_out + 1, sizeof *names);
	if (!names)
		return tare_fail_nomem(w->err);
	g->input = names;
	g->output = names + n_in;
	in = tare_wire_of(g->raw, message);
	while (tare_wire_next(&in, &f))
		TARE_TRY(function_field(w, g, &f, names, names + n_in));
	return TARE_OK;
}

tare_status tare_onnx_new_graph(tare_onnx_walk *w, tare_graph **out, tare_graph_form form, tare_str raw, tare_str label_of)
{
	tare_graph *g = tare_arena_alloc(&w->m->arena, sizeof *g);

	*out = NULL;
	if (!g || !label_of.ptr)
		return tare_fail_nomem(w->err);
	*g = (tare_graph){ .all = w->all, .form = form, .raw = raw, .name = { "", 0 }, .domain = { "", 0 }, .overload = { "", 0 },
			   .attribute = { "", 0 }, .label = label_of };
	if (label_of.len > LABEL)
		g->label = tare_onnx_text(w, "graph[%zu]/", w->all->n_graphs);
	if (!g->label.ptr)
		return tare_fail_nomem(w->err);
	TARE_TRY(tare_graphs_add(w->all, g, w->err));
	*out = g;
	return TARE_OK;
}

tare_status tare_onnx_read_graph(tare_onnx_walk *w, tare_graph *g, const tare_wire_message *message)
{
	tare_wire in = tare_wire_of(g->raw, message);
	tare_wire_field f;

	while (tare_wire_next(&in, &f))
		TARE_TRY(graph_field(w, g, &f));
	return TARE_OK;
}

/* ---- the whole ---- */

static tare_status add_body(tare_onnx_walk *w, tare_graph_form form, const tare_wire_field *f, tare_str name)
{
	tare_body *b = new_part(w, &w->all->parts, sizeof *b, TARE_PART_GRAPH, f);

	if (!b)
		return tare_fail_nomem(w->err);
	TARE_TRY(tare_onnx_new_graph(w, &b->graph, form, f->bytes, name));
	if (form == TARE_GRAPH_MAIN) {
		w->all->main = b->graph;
		return tare_onnx_read_graph(w, b->graph, f->message);
	}
	b->graph->name = tare_onnx_bytes(f->bytes, f->message, ONNX_FUNCTION_NAME);
	b->graph->domain = tare_onnx_domain(tare_onnx_bytes(f->bytes, f->message, ONNX_FUNCTION_DOMAIN));
	b->graph->overload = tare_onnx_bytes(f->bytes, f->message, ONNX_FUNCTION_OVERLOAD);
	return read_function(w, b->graph);
}

static tare_str function_label(tare_onnx_walk *w, const tare_wire_field *f)
{
	tare_str domain = tare_onnx_bytes(f->bytes, f->message, ONNX_FUNCTION_DOMAIN);
	tare_str name = tare_onnx_bytes(f->bytes, f->message, ONNX_FUNCTION_NAME);
	int cut = LABEL;

	return tare_onnx_text(w, "%.*s%s%.*s/", (int)domain.len < cut ? (int)domain.len : cut, domain.ptr, domain.len ? "." : "",
			      (int)name.len < cut ? (int)name.len : cut, name.ptr);
}

/* Graphs of a TrainingInfoProto are read, not edited: the part is kept as it is. */
static tare_status add_training(tare_onnx_walk *w, const tare_wire_field *f, uint32_t index)
{
	tare_wire in = tare_wire_of(f->bytes, f->message);
	tare_wire_field e;
	tare_graph *g;

	TARE_TRY(add_other(w, &w->all->parts, f));
	while (tare_wire_next(&in, &e)) {
		bool first = e.id == ONNX_TRAINING_INFO_INITIALIZATION;

		if (!first && e.id != ONNX_TRAINING_INFO_ALGORITHM)
			continue;
		TARE_TRY(tare_onnx_new_graph(w, &g, TARE_GRAPH_TRAINING, e.bytes,
					     tare_onnx_text(w, "training[%u].%s/", index, first ? "initialization" : "algorithm")));
		TARE_TRY(tare_onnx_read_graph(w, g, e.message));
	}
	return TARE_OK;
}

static tare_status add_entry(tare_onnx_walk *w, const tare_wire_field *f)
{
	tare_text_entry *e = new_part(w, &w->all->parts, sizeof *e, TARE_PART_ENTRY, f);

	if (!e)
		return tare_fail_nomem(w->err);
	e->key = tare_onnx_bytes(f->bytes, f->message, ONNX_STRING_STRING_ENTRY_KEY);
	e->value = tare_onnx_bytes(f->bytes, f->message, ONNX_STRING_STRING_ENTRY_VALUE);
	return TARE_OK;
}

static void model_number(tare_graphs *all, const tare_wire_field *f)
{
	if (f->id == ONNX_MODEL_IR_VERSION)
		all->version = (int64_t)f->value;
	else if (f->id == ONNX_MODEL_MODEL_VERSION)
		all->model_version = (int64_t)f->value;
	else if (f->id == ONNX_MODEL_PRODUCER_NAME)
		all->producer = f->bytes;
	else if (f->id == ONNX_MODEL_PRODUCER_VERSION)
		all->producer_version = f->bytes;
	else if (f->id == ONNX_MODEL_DOMAIN)
		all->domain = f->bytes;
	else if (f->id == ONNX_MODEL_DOC_STRING)
		all->doc = f->bytes;
}

static tare_status model_field(tare_onnx_walk *w, const tare_wire_field *f, uint32_t *training)
{
	switch (f->id) {
	case ONNX_MODEL_GRAPH:
		return add_body(w, TARE_GRAPH_MAIN, f, (tare_str){ "", 0 });
	case ONNX_MODEL_FUNCTIONS:
		return add_body(w, TARE_GRAPH_FUNCTION, f, function_label(w, f));
	case ONNX_MODEL_OPSET_IMPORT:
		return add_opset(w, &w->all->parts, f);
	case ONNX_MODEL_METADATA_PROPS:
		return add_entry(w, f);
	case ONNX_MODEL_TRAINING_INFO:
		return add_training(w, f, (*training)++);
	case ONNX_MODEL_IR_VERSION:
		model_number(w->all, f);
		return new_part(w, &w->all->parts, sizeof(tare_part), TARE_PART_VERSION, f) ? TARE_OK : tare_fail_nomem(w->err);
	default:
		model_number(w->all, f);
		return add_other(w, &w->all->parts, f);
	}
}

tare_status tare_onnx_graphs(tare_model *m, tare_str file, tare_onnx_found_fn *found, void *user, tare_error *err)
{
	tare_onnx_walk w = { .m = m, .found = found, .user = user, .err = err };
	tare_wire in = tare_wire_of(file, &tare_onnx__model_proto__descriptor);
	const tare_str none = { "", 0 };
	uint32_t training = 0;
	tare_wire_field f;

	w.all = m->graphs = tare_arena_alloc(&m->arena, sizeof *m->graphs);
	if (!m->graphs)
		return tare_fail_nomem(err);
	*m->graphs = (tare_graphs){ .arena = &m->arena, .raw = file, .producer = none, .producer_version = none, .domain = none, .doc = none };
	while (tare_wire_next(&in, &f))
		TARE_TRY(model_field(&w, &f, &training));
	return TARE_OK;
}
