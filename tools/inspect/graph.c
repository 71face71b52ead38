/* The graph: what goes in and comes out, what it is made of, and which operators read which weights. */
#include "common/message.h"
#include "common/number.h"
#include "common/table.h"
#include "common/terminal.h"
#include "common/value.h"
#include "inspect/inspect.h"

#include <stdlib.h>
#include <string.h>

/* A text that grows; malloc'ed. */
static void add(char **text, const char *more)
{
	char *grown = tool_format("%s%s", *text ? *text : "", more);

	free(*text);
	*text = grown;
}

static void add_str(char **text, tare_str more)
{
	char *shown = tool_shown(more, 0);

	add(text, shown);
	free(shown);
}

/* "batch x 3 x 224 x 224"; "?" for what is not known. */
static char *shape_text(const tare_graph_port *p)
{
	char *text = NULL;
	uint32_t i;

	if (!p->ranked)
		return tool_format("of any shape");
	for (i = 0; i < p->n_dims; i++) {
		add(&text, i ? " x " : "");
		if (p->dim[i].size >= 0)
			add(&text, tool_count((uint64_t)p->dim[i].size));
		else if (p->dim[i].symbol.len)
			add_str(&text, p->dim[i].symbol);
		else
			add(&text, "?");
	}
	return text ? text : tool_format("scalar");
}

const char *inspect_port_type(const tare_graph_port *p)
{
	if (strcmp(p->form, "tensor") && strcmp(p->form, "sparse"))
		return p->form;
	return p->type ? tare_type_name(p->type) : p->type_id == TARE_TYPE_ID_TEXT ? "text" : "unknown";
}

static void add_ports(tool_table *t, const tare_model *m, const char *what,
		      const void *(*next)(const tare_model *, const void *, tare_graph_port *))
{
	const void *at = NULL;
	tare_graph_port p;

	while ((at = next(m, at, &p))) {
		char *name = tool_shown(p.name, 0), *shape = shape_text(&p);

		tool_table_row(t, "%s\t%s\t%s\t%s", what, name, inspect_port_type(&p), shape);
		free(name);
		free(shape);
	}
}

static void print_ports(const tare_model *m)
{
	tool_table *t = tool_table_new("\t~\t\t");

	add_ports(t, m, "input", tare_graph_next_input);
	add_ports(t, m, "output", tare_graph_next_output);
	putchar('\n');
	tool_table_print(t, stdout, 2, tool_cut());
}

static char *opsets_text(const tare_model *m)
{
	const void *at = NULL;
	char *text = NULL;
	int64_t version;
	tare_str domain;

	while ((at = tare_graph_next_opset(m, at, &domain, &version))) {
		char *number = tool_format(" %lld", (long long)version);

		add(&text, text ? ", " : "");
		add_str(&text, domain.len ? domain : (tare_str){ "ai.onnx", 7 });
		add(&text, number);
		free(number);
	}
	return text ? text : tool_format("none");
}

static void print_facts(const tare_model *m, const tare_graph_facts *g)
{
	char *opsets = opsets_text(m), *name = tool_shown(g->name, 40), *maker = tool_shown(g->producer, 60);
	char *version = tool_shown(g->producer_version, 40);

	printf("opsets: %s", opsets);
	if (g->producer.len)
		printf("; made by %s%s%s", maker, g->producer_version.len ? " " : "", version);
	printf("\ngraph %s: %s node%s", name, tool_count(g->nodes), g->nodes == 1 ? "" : "s");
	if (g->inner)
		printf(", %s graph%s inside", tool_count(g->inner), g->inner == 1 ? "" : "s");
	if (g->functions)
		printf(", %s function%s", tool_count(g->functions), g->functions == 1 ? "" : "s");
	if (g->training)
		printf(", %s for training", tool_count(g->training));
	putchar('\n');
	free(opsets);
	free(name);
	free(maker);
	free(version);
}

static char *op_text(tare_str domain, tare_str op)
{
	char *text = NULL;

	if (domain.len) {
		add_str(&text, domain);
		add(&text, ".");
	}
	add_str(&text, op);
	return text;
}

static void print_operators(const tare_survey *s, uint64_t whole)
{
	tare_operator_facts o;
	tool_table *t;
	size_t i;

	if (!tare_survey_operator(s, 0, &o))
		return;
	t = tool_table_new("operator\t>nodes\t>tensors\t>weights\t>bytes\t>share");
	for (i = 0; tare_survey_operator(s, i, &o); i++) {
		char *op = op_text(o.domain, o.op);

		tool_table_row(t, "%s\t%s\t%s\t%s\t%s\t%s", op, tool_count(o.nodes), tool_count(o.tensors), tool_count(o.weights),
			       tool_bytes(o.bytes), tool_share(o.bytes, whole));
		free(op);
	}
	putchar('\n');
	tool_table_print(t, stdout, 2, 0);
}

/* Weights of one kind. */
typedef struct kind {
	tare_weight like;
	size_t count;
	uint64_t weights, bytes;
} kind;

static bool is_kind(const kind *k, const tare_weight *w)
{
	return !strcmp(k->like.scheme, w->scheme) && k->like.bits == w->bits && k->like.block == w->block &&
	       k->like.zero_points == w->zero_points;
}

static void print_kinds(const kind *kinds, size_t n)
{
	tool_table *t = tool_table_new("quantized as\t>bits\t>block\tzero points\t>count\t>weights\t>bytes\t>bits each");
	size_t i;

	for (i = 0; i < n; i++) {
		const kind *k = &kinds[i];
		char *block = k->like.block ? tool_format("%llu", (unsigned long long)k->like.block) : tool_format("-");

		tool_table_row(t, "%s\t%u\t%s\t%s\t%s\t%s\t%s\t%s", k->like.scheme, k->like.bits, block, k->like.zero_points ? "yes" : "-",
			       tool_count(k->count), tool_count(k->weights), tool_bytes(k->bytes), tool_bits(k->bytes, k->weights));
		free(block);
	}
	putchar('\n');
	tool_table_print(t, stdout, 2, 0);
}

static void print_weights(const tare_survey *s)
{
	kind *kinds = NULL;
	size_t n = 0, i, k;
	tare_weight w;

	for (i = 0; tare_survey_weight(s, i, &w); i++) {
		for (k = 0; k < n && !is_kind(&kinds[k], &w); k++)
			;
		if (k == n) {
			kinds = tool_grow(kinds, ++n, sizeof *kinds);
			kinds[k] = (kind){ .like = w };
		}
		kinds[k].count++;
		kinds[k].weights += w.weights;
		kinds[k].bytes += w.bytes;
	}
	if (n)
		print_kinds(kinds, n);
	free(kinds);
}

static void print_functions(const tare_model *m)
{
	const void *at = NULL;
	tool_table *t = NULL;
	tare_str domain, name;
	size_t nodes;

	while ((at = tare_graph_next_function(m, at, &domain, &name, &nodes))) {
		char *text = op_text(domain, name);

		t = t ? t : tool_table_new("function\t>nodes");
		tool_table_row(t, "%s\t%s", text, tool_count(nodes));
		free(text);
	}
	if (!t)
		return;
	putchar('\n');
	tool_table_print(t, stdout, 2, 0);
}

static void print_files(const tare_model *m)
{
	size_t i, n = tare_model_file_count(m);
	tool_table *t;

	if (n < 2)
		return;
	t = tool_table_new("file\t>bytes");
	for (i = 0; i < n; i++)
		tool_table_row(t, "%s\t%s", tool_text(tare_model_file_path(m, i)), tool_count(tare_model_file_size(m, i)));
	putchar('\n');
	tool_table_print(t, stdout, 2, 0);
}

static tare_survey *survey(const inspect_view *v)
{
	tare_error err = TARE_ERROR_INIT;
	tare_survey *s;

	if (tare_survey_new(&s, v->m, &err))
		tool_error(&err);
	return s;
}

void inspect_graph_head(const inspect_view *v)
{
	tare_graph_facts g;

	if (tare_model_graph(v->m, &g))
		print_facts(v->m, &g);
}

void inspect_graph(const inspect_view *v)
{
	tare_graph_facts g;
	tare_survey *s;

	if (!tare_model_graph(v->m, &g))
		return;
	print_ports(v->m);
	s = survey(v);
	if (s) {
		print_operators(s, inspect_totals(v).bytes);
		print_weights(s);
	}
	print_functions(v->m);
	print_files(v->m);
	tare_survey_free(s);
}

/* ---- nodes ---- */

static char *names_text(const tare_str *names, uint32_t n)
{
	char *text = NULL;
	uint32_t i;

	for (i = 0; i < n; i++) {
		add(&text, i ? ", " : "");
		add_str(&text, names[i].len ? names[i] : (tare_str){ "-", 1 });
	}
	return text ? text : tool_format("-");
}

void inspect_nodes(const inspect_view *v)
{
	tool_table *t = tool_table_new("operator\t~node\t~inputs\t~outputs");
	const void *at = NULL;
	tare_graph_node n;

	while ((at = tare_graph_next_node(v->m, at, &n))) {
		char *op = op_text(n.domain, n.op), *in = names_text(n.input, n.n_inputs), *out = names_text(n.output, n.n_outputs);
		char *name = NULL;

		add_str(&name, n.graph);
		add_str(&name, n.name.len ? n.name : (tare_str){ "-", 1 });
		tool_table_row(t, "%s\t%s\t%s\t%s", op, name, in, out);
		free(op);
		free(in);
		free(out);
		free(name);
	}
	putchar('\n');
	tool_table_print(t, stdout, 2, tool_cut());
}
