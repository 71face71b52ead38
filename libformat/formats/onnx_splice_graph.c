/* Graphs that were edited, and the model around them: parts that were not are the source's bytes. */
#include "formats/onnx.h"

#include "base/escape.h"

#include <stdlib.h>

/* ---- small messages ---- */

static tare_status put_message(tare_onnx_writer *w, uint32_t number, const ProtobufCMessage *message)
{
	size_t size = protobuf_c_message_get_packed_size(message);
	uint8_t *bytes = tare_arena_alloc(&w->out->arena, size + 1);
	size_t n;

	if (!bytes)
		return tare_fail_nomem(w->err);
	n = protobuf_c_message_pack(message, bytes);
	return tare_onnx_rope_bytes(&w->rope, number, (tare_str){ (const char *)bytes, n });
}

static ProtobufCBinaryData data_of(tare_str s)
{
	return (ProtobufCBinaryData){ s.len, (uint8_t *)(uintptr_t)s.ptr };
}

static tare_status put_opset(tare_onnx_writer *w, uint32_t number, const tare_opset *o)
{
	TareOnnx__OperatorSetIdProto m = TARE_ONNX__OPERATOR_SET_ID_PROTO__INIT;

	m.has_domain = m.has_version = 1;
	m.domain = data_of(o->domain);
	m.version = o->version;
	return put_message(w, number, &m.base);
}

static tare_status put_entry(tare_onnx_writer *w, tare_str key, const tare_value *v)
{
	TareOnnx__StringStringEntryProto m = TARE_ONNX__STRING_STRING_ENTRY_PROTO__INIT;
	char *json = NULL;
	tare_status st;

	m.has_key = m.has_value = 1;
	m.key = data_of(key);
	if (v->kind == TARE_STRING)
		m.value = data_of(v->as.string);
	else if ((json = tare_value_json(v)))
		m.value = data_of(tare_str_of(json));
	else
		return tare_fail_nomem(w->err);
	st = put_message(w, ONNX_MODEL_METADATA_PROPS, &m.base);
	free(json);
	return st;
}

/* ---- nodes ---- */

static tare_status put_attr(tare_onnx_writer *w, const tare_attr *a)
{
	TareOnnx__AttributeProto m = TARE_ONNX__ATTRIBUTE_PROTO__INIT;

	m.has_name = m.has_type = 1;
	m.name = data_of(a->name);
	m.type = a->kind;
	m.has_i = a->kind == TARE_ATTR_INT;
	m.has_f = a->kind == TARE_ATTR_FLOAT;
	m.has_s = a->kind == TARE_ATTR_STRING;
	if (m.has_i)
		m.i = a->as.i;
	if (m.has_f)
		m.f = a->as.f;
	if (m.has_s)
		m.s = data_of(a->as.s);
	if (a->kind == TARE_ATTR_INTS) {
		m.n_ints = a->n;
		m.ints = (int64_t *)(uintptr_t)a->as.ints;
	}
	return put_message(w, ONNX_NODE_ATTRIBUTE, &m.base);
}

static tare_status splice_attr(tare_onnx_writer *w, const tare_attr *a)
{
	size_t mark;

	if (!a->raw.ptr)
		return put_attr(w, a);
	TARE_TRY(tare_onnx_rope_begin(&w->rope, &mark));
	TARE_TRY(tare_onnx_splice(w, a->raw, &tare_onnx__attribute_proto__descriptor));
	return tare_onnx_rope_end(&w->rope, mark, ONNX_NODE_ATTRIBUTE, NULL);
}

static bool is_rebuilt(uint32_t id)
{
	return id == ONNX_NODE_INPUT || id == ONNX_NODE_OUTPUT || id == ONNX_NODE_NAME || id == ONNX_NODE_OP_TYPE ||
	       id == ONNX_NODE_ATTRIBUTE || id == ONNX_NODE_DOMAIN;
}

/* Fields of the source that are not made anew, with numbers from `from` to below `to`. */
static tare_status put_rest(tare_onnx_writer *w, const tare_node *n, uint32_t from, uint32_t to)
{
	tare_str raw = { n->part.raw.ptr + n->part.head, n->part.raw.len - n->part.head };
	tare_wire in = tare_wire_of(raw, &tare_onnx__node_proto__descriptor);
	tare_wire_field f;

	while (n->part.raw.len && tare_wire_next(&in, &f))
		if (!is_rebuilt(f.id) && f.number >= from && f.number < to)
			TARE_TRY(tare_onnx_rope_put(&w->rope, f.raw.ptr, f.raw.len));
	return TARE_OK;
}

static tare_status put_node(tare_onnx_writer *w, uint32_t number, const tare_node *n)
{
	size_t mark;
	uint32_t i;

	TARE_TRY(tare_onnx_rope_begin(&w->rope, &mark));
	for (i = 0; i < n->n_inputs; i++)
		TARE_TRY(tare_onnx_rope_bytes(&w->rope, ONNX_NODE_INPUT, n->input[i]));
	for (i = 0; i < n->n_outputs; i++)
		TARE_TRY(tare_onnx_rope_bytes(&w->rope, ONNX_NODE_OUTPUT, n->output[i]));
	if (n->name.len)
		TARE_TRY(tare_onnx_rope_bytes(&w->rope, ONNX_NODE_NAME, n->name));
	TARE_TRY(tare_onnx_rope_bytes(&w->rope, ONNX_NODE_OP_TYPE, n->op));
	for (i = 0; i < n->n_attrs; i++)
		TARE_TRY(splice_attr(w, &n->attr[i]));
	TARE_TRY(put_rest(w, n, 0, ONNX_NODE_DOMAIN));
	if (n->domain.len)
		TARE_TRY(tare_onnx_rope_bytes(&w->rope, ONNX_NODE_DOMAIN, n->domain));
	TARE_TRY(put_rest(w, n, ONNX_NODE_DOMAIN, UINT32_MAX));
	return tare_onnx_rope_end(&w->rope, mark, number, NULL);
}

/* ---- values ---- */

/* A message of the source in which one field, and messages on the way to it, are made anew. path ends with 0; its last number is replaced
 * by the varint v. */
static tare_status put_replaced(tare_onnx_writer *w, tare_str contents, const tare_wire_message *message, const uint32_t *path, uint64_t v)
{
	tare_wire in = tare_wire_of(contents, message);
	tare_wire_field f;
	bool last = !path[1];
	size_t mark;

	if (last)
		TARE_TRY(tare_onnx_rope_varint(&w->rope, path[0], v));
	while (tare_wire_next(&in, &f)) {
		if (f.id != path[0]) {
			TARE_TRY(tare_onnx_rope_put(&w->rope, f.raw.ptr, f.raw.len));
		} else if (!last) {
			TARE_TRY(tare_onnx_rope_begin(&w->rope, &mark));
			TARE_TRY(put_replaced(w, f.bytes, f.message, path + 1, v));
			TARE_TRY(tare_onnx_rope_end(&w->rope, mark, f.number, &f));
		}
	}
	return TARE_OK;
}

static tare_status put_port(tare_onnx_writer *w, uint32_t number, const tare_port *p)
{
	uint32_t path[] = { ONNX_VALUE_INFO_TYPE, ONNX_TYPE_TENSOR_TYPE, ONNX_TENSOR_TYPE_ELEM_TYPE, 0 };
	const tare_onnx_type *is = tare_onnx_type_of(p->type);
	tare_str contents = { p->part.raw.ptr + p->part.head, p->part.raw.len - p->part.head };
	size_t mark;

	if (!is || (p->form != TARE_PORT_TENSOR && p->form != TARE_PORT_SPARSE))
		return tare_fail(w->err, TARE_E_UNSUPPORTED, TARE_NOWHERE, "value '%s' cannot be of that type in ONNX", TARE_SHOW(p->name));
	if (p->form == TARE_PORT_SPARSE)
		path[1] = ONNX_TYPE_SPARSE_TENSOR_TYPE;
	TARE_TRY(tare_onnx_rope_begin(&w->rope, &mark));
	TARE_TRY(put_replaced(w, contents, &tare_onnx__value_info_proto__descriptor, path, (uint64_t)is->id));
	return tare_onnx_rope_end(&w->rope, mark, number, NULL);
}

/* ---- a graph ---- */

static tare_status put_initializer(tare_onnx_writer *w, const tare_initializer *init)
{
	size_t mark;

	TARE_TRY(tare_onnx_rope_begin(&w->rope, &mark));
	TARE_TRY(tare_onnx_splice_tensor(w, NULL, init->name, init->tensor));
	return tare_onnx_rope_end(&w->rope, mark, ONNX_GRAPH_INITIALIZER, NULL);
}

static tare_status put_part(tare_onnx_writer *w, const tare_graph *g, const tare_part *p)
{
	bool function = g->form == TARE_GRAPH_FUNCTION;
	const void *part = p;

	switch (p->kind) {
	case TARE_PART_NODE:
		return put_node(w, function ? ONNX_FUNCTION_NODE : ONNX_GRAPH_NODE, part);
	case TARE_PART_INITIALIZER:
		return put_initializer(w, part);
	case TARE_PART_INPUT:
		return put_port(w, ONNX_GRAPH_INPUT, part);
	case TARE_PART_OUTPUT:
		return put_port(w, ONNX_GRAPH_OUTPUT, part);
	case TARE_PART_VALUE:
		return put_port(w, function ? ONNX_FUNCTION_VALUE_INFO : ONNX_GRAPH_VALUE_INFO, part);
	case TARE_PART_OPSET:
		return put_opset(w, ONNX_FUNCTION_OPSET_IMPORT, part);
	default:
		return tare_fail(w->err, TARE_E_ARG, TARE_NOWHERE, "a part of the graph cannot be made anew");
	}
}

tare_status tare_onnx_splice_graph(tare_onnx_writer *w, const tare_graph *g)
{
	const tare_wire_message *message =
		g->form == TARE_GRAPH_FUNCTION ? &tare_onnx__function_proto__descriptor : &tare_onnx__graph_proto__descriptor;
	const tare_part *p;

	for (p = g->parts.first; p; p = p->next)
		/* What is stored of an initializer says itself what has changed. */
		if (p->raw.len && (!p->edited || p->kind == TARE_PART_INITIALIZER))
			TARE_TRY(tare_onnx_splice(w, p->raw, message));
		else
			TARE_TRY(put_part(w, g, p));
	return TARE_OK;
}

/* ---- the model ---- */

static bool same_text(const tare_model *out, tare_str key, tare_str text)
{
	size_t i = tare_strmap_find(&out->by_key, key);

	return i != SIZE_MAX && out->meta[i].value.kind == TARE_STRING && tare_str_eq(out->meta[i].value.as.string, text);
}

/* Is there an entry of this key before p? Then p never counted. */
static bool counts(const tare_graphs *all, const tare_text_entry *e)
{
	const tare_part *p = NULL;

	while ((p = tare_part_next(&all->parts, p, TARE_PART_ENTRY)) && p != &e->part)
		if (tare_str_eq(((const tare_text_entry *)(const void *)p)->key, e->key))
			return false;
	return true;
}

static tare_status splice_entry(tare_onnx_writer *w, const tare_text_entry *e, bool *told)
{
	size_t i = tare_strmap_find(&w->out->by_key, e->key);

	if (i == SIZE_MAX)
		return TARE_OK;
	told[i] = true;
	if (same_text(w->out, e->key, e->value) || !counts(w->out->graphs, e))
		return tare_onnx_rope_put(&w->rope, e->part.raw.ptr, e->part.raw.len);
	return put_entry(w, e->key, &w->out->meta[i].value);
}

static tare_status put_new_entries(tare_onnx_writer *w, bool *told)
{
	size_t i;

	for (i = 0; i < w->out->n_meta; i++)
		if (!told[i]) {
			TARE_TRY(put_entry(w, w->out->meta[i].key, &w->out->meta[i].value));
			told[i] = true;
		}
	return TARE_OK;
}

static tare_status splice_part(tare_onnx_writer *w, const tare_part *p, bool *told)
{
	const void *part = p;

	if (p->kind == TARE_PART_ENTRY)
		return splice_entry(w, part, told);
	if (p->kind == TARE_PART_VERSION && p->edited)
		return tare_onnx_rope_varint(&w->rope, ONNX_MODEL_IR_VERSION, (uint64_t)w->out->graphs->version);
	if (p->kind == TARE_PART_OPSET && p->edited)
		return put_opset(w, ONNX_MODEL_OPSET_IMPORT, part);
	return tare_onnx_splice(w, p->raw, &tare_onnx__model_proto__descriptor);
}

/* New entries stand behind the old ones, or where a serializer that sorts by number would have them. */
tare_status tare_onnx_splice_model(tare_onnx_writer *w)
{
	const tare_part *p, *last = NULL;
	bool *told = calloc(w->out->n_meta + 1, sizeof *told);
	tare_status st = told ? TARE_OK : tare_fail_nomem(w->err);

	for (p = w->out->graphs->parts.first; p; p = p->next)
		if (p->kind == TARE_PART_ENTRY)
			last = p;
	for (p = w->out->graphs->parts.first; p && st == TARE_OK; p = p->next) {
		st = splice_part(w, p, told);
		if (st == TARE_OK && p == last)
			st = put_new_entries(w, told);
	}
	if (st == TARE_OK)
		st = put_new_entries(w, told);
	free(told);
	return st;
}
