/* What the public interface shows of a graph. */
#include "base/escape.h"
#include "model/graph.h"
#include "model/model.h"

static void count(const tare_graphs *all, tare_graph_facts *out)
{
	size_t i;

	for (i = 0; i < all->n_graphs; i++) {
		const tare_graph *g = all->graph[i];

		out->nodes += g->n_nodes;
		out->initializers += g->n_initializers;
		out->inner += g->form == TARE_GRAPH_INNER;
		out->functions += g->form == TARE_GRAPH_FUNCTION;
		out->training += g->form == TARE_GRAPH_TRAINING;
	}
}

bool tare_model_graph(const tare_model *m, tare_graph_facts *out)
{
	const tare_graphs *all = m->graphs;

	*out = (tare_graph_facts){ 0 };
	if (!all)
		return false;
	*out = (tare_graph_facts){ .version = all->version, .model_version = all->model_version, .name = all->main->name,
				   .producer = all->producer, .producer_version = all->producer_version, .domain = all->domain,
				   .doc = all->doc };
	count(all, out);
	return true;
}

const void *tare_graph_next_opset(const tare_model *m, const void *after, tare_str *domain, int64_t *version)
{
	const void *part = m->graphs ? tare_part_next(&m->graphs->parts, after, TARE_PART_OPSET) : NULL;
	const tare_opset *o = part;

	if (o) {
		*domain = o->domain;
		*version = o->version;
	}
	return part;
}

static const char *form_name(tare_port_form form)
{
	static const char *const names[] = { "unknown", "tensor", "sparse", "sequence", "map", "optional", "opaque" };

	return names[form];
}

static const void *next_port(const tare_model *m, tare_part_kind kind, const void *after, tare_graph_port *out)
{
	const void *part = m->graphs ? tare_part_next(&m->graphs->main->parts, after, kind) : NULL;
	const tare_port *p = part;

	if (p)
		*out = (tare_graph_port){ .name = p->name, .form = form_name(p->form), .type = p->type, .type_id = p->element_id,
					  .ranked = p->ranked, .n_dims = p->n_dims, .dim = p->dim };
	return part;
}

const void *tare_graph_next_input(const tare_model *m, const void *after, tare_graph_port *out)
{
	return next_port(m, TARE_PART_INPUT, after, out);
}

const void *tare_graph_next_output(const tare_model *m, const void *after, tare_graph_port *out)
{
	return next_port(m, TARE_PART_OUTPUT, after, out);
}

const void *tare_graph_next_function(const tare_model *m, const void *after, tare_str *domain, tare_str *name, size_t *nodes)
{
	size_t k = after ? ((const tare_graph *)after)->number + 1 : 0;

	for (; m->graphs && k < m->graphs->n_graphs; k++) {
		const tare_graph *g = m->graphs->graph[k];

		if (g->form != TARE_GRAPH_FUNCTION)
			continue;
		*domain = g->domain;
		*name = g->name;
		*nodes = g->n_nodes;
		return g;
	}
	return NULL;
}

const void *tare_graph_next_node(const tare_model *m, const void *after, tare_graph_node *out)
{
	const tare_node *n = after ? tare_node_next(after) : NULL;
	size_t k = after ? ((const tare_node *)after)->graph->number + 1 : 0;

	for (; !n && m->graphs && k < m->graphs->n_graphs; k++)
		n = tare_node_first(m->graphs->graph[k]);
	if (n)
		*out = (tare_graph_node){ n->graph->label, n->name, n->domain, n->op, n->input, n->output, n->n_inputs, n->n_outputs };
	return n;
}
