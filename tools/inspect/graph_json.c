/* The graph for programs. */
#include "common/json.h"
#include "common/message.h"
#include "inspect/inspect.h"

static void put_ports(tool_json *j, const tare_model *m, const char *key,
		      const void *(*next)(const tare_model *, const void *, tare_graph_port *))
{
	const void *at = NULL;
	tare_graph_port p;
	uint32_t i;

	tool_json_array(j, key);
	while ((at = next(m, at, &p))) {
		tool_json_object(j, NULL);
		tool_json_str(j, "name", p.name);
		tool_json_text(j, "form", p.form);
		tool_json_text(j, "type", inspect_port_type(&p));
		if (p.ranked) {
			tool_json_array(j, "shape");
			for (i = 0; i < p.n_dims; i++)
				if (p.dim[i].size >= 0)
					tool_json_uint(j, NULL, (uint64_t)p.dim[i].size);
				else
					tool_json_str(j, NULL, p.dim[i].symbol);
			tool_json_end_array(j);
		}
		tool_json_end_object(j);
	}
	tool_json_end_array(j);
}

static void put_opsets(tool_json *j, const tare_model *m)
{
	const void *at = NULL;
	int64_t version;
	tare_str domain;

	tool_json_array(j, "opsets");
	while ((at = tare_graph_next_opset(m, at, &domain, &version))) {
		tool_json_object(j, NULL);
		tool_json_str(j, "domain", domain);
		tool_json_int(j, "version", version);
		tool_json_end_object(j);
	}
	tool_json_end_array(j);
}

static void put_functions(tool_json *j, const tare_model *m)
{
	const void *at = NULL;
	tare_str domain, name;
	size_t nodes;

	tool_json_array(j, "functions");
	while ((at = tare_graph_next_function(m, at, &domain, &name, &nodes))) {
		tool_json_object(j, NULL);
		tool_json_str(j, "domain", domain);
		tool_json_str(j, "name", name);
		tool_json_uint(j, "nodes", nodes);
		tool_json_end_object(j);
	}
	tool_json_end_array(j);
}

static void put_operators(tool_json *j, const tare_survey *s)
{
	tare_operator_facts o;
	size_t i;

	tool_json_array(j, "operators");
	for (i = 0; tare_survey_operator(s, i, &o); i++) {
		tool_json_object(j, NULL);
		tool_json_str(j, "domain", o.domain);
		tool_json_str(j, "op", o.op);
		tool_json_uint(j, "nodes", o.nodes);
		tool_json_uint(j, "tensors", o.tensors);
		tool_json_uint(j, "weights", o.weights);
		tool_json_uint(j, "nbytes", o.bytes);
		tool_json_end_object(j);
	}
	tool_json_end_array(j);
}

static void put_quantized(tool_json *j, const tare_survey *s)
{
	tare_weight w;
	size_t i;

	tool_json_array(j, "quantized");
	for (i = 0; tare_survey_weight(s, i, &w); i++) {
		tool_json_object(j, NULL);
		tool_json_str(j, "name", w.name);
		tool_json_str(j, "node", w.node);
		tool_json_str(j, "op", w.op);
		tool_json_text(j, "scheme", w.scheme);
		tool_json_uint(j, "bits", w.bits);
		if (w.block)
			tool_json_uint(j, "block", w.block);
		tool_json_bool(j, "zero_points", w.zero_points);
		tool_json_uint(j, "weights", w.weights);
		tool_json_uint(j, "nbytes", w.bytes);
		tool_json_end_object(j);
	}
	tool_json_end_array(j);
}

static void put_names(tool_json *j, const char *key, const tare_str *names, uint32_t n)
{
	uint32_t i;

	tool_json_array(j, key);
	for (i = 0; i < n; i++)
		tool_json_str(j, NULL, names[i]);
	tool_json_end_array(j);
}

static void put_nodes(tool_json *j, const tare_model *m)
{
	const void *at = NULL;
	tare_graph_node n;

	tool_json_array(j, "node_list");
	while ((at = tare_graph_next_node(m, at, &n))) {
		tool_json_object(j, NULL);
		tool_json_str(j, "graph", n.graph);
		tool_json_str(j, "name", n.name);
		tool_json_str(j, "domain", n.domain);
		tool_json_str(j, "op", n.op);
		put_names(j, "inputs", n.input, n.n_inputs);
		put_names(j, "outputs", n.output, n.n_outputs);
		tool_json_end_object(j);
	}
	tool_json_end_array(j);
}

static void put_survey(tool_json *j, const inspect_view *v)
{
	tare_error err = TARE_ERROR_INIT;
	tare_survey *s;

	if (tare_survey_new(&s, v->m, &err)) {
		tool_error(&err);
		return;
	}
	put_operators(j, s);
	put_quantized(j, s);
	tare_survey_free(s);
}

void inspect_graph_json(tool_json *j, const inspect_view *v)
{
	tare_graph_facts g;

	if (!tare_model_graph(v->m, &g))
		return;
	tool_json_object(j, "graph");
	tool_json_str(j, "name", g.name);
	tool_json_int(j, "version", g.version);
	tool_json_int(j, "model_version", g.model_version);
	tool_json_str(j, "producer", g.producer);
	tool_json_str(j, "producer_version", g.producer_version);
	tool_json_str(j, "domain", g.domain);
	tool_json_str(j, "doc", g.doc);
	tool_json_uint(j, "nodes", g.nodes);
	tool_json_uint(j, "inner", g.inner);
	tool_json_uint(j, "training", g.training);
	put_opsets(j, v->m);
	put_ports(j, v->m, "inputs", tare_graph_next_input);
	put_ports(j, v->m, "outputs", tare_graph_next_output);
	put_functions(j, v->m);
	put_survey(j, v);
	if (v->opt->nodes)
		put_nodes(j, v->m);
	tool_json_end_object(j);
}
