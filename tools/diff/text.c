/* For people: the two sides, then what differs, the most important first, on a screen of 80 columns. */
#include "common/message.h"
#include "common/number.h"
#include "common/table.h"
#include "common/terminal.h"
#include "diff/diff.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *diff_error(double v)
{
	static char places[8][16];
	static unsigned next;
	char *out = places[next++ % 8];

	if (v == 0 || !isfinite(v))
		snprintf(out, sizeof places[0], "%s", v == 0 ? "0" : v > 0 ? "inf" : "nan");
	else if (v < 0.001 || v >= 1000)
		snprintf(out, sizeof places[0], "%.2e", v);
	else
		snprintf(out, sizeof places[0], "%.4f", v);
	return out;
}

const char *diff_growth(const diff_view *v)
{
	static char text[32];

	if (v->bytes_a == v->bytes_b)
		return "the same";
	if (!v->bytes_a)
		return "from nothing";
	snprintf(text, sizeof text, "%+.1f %%", 100 * ((double)v->bytes_b / (double)v->bytes_a - 1));
	return text;
}

char *diff_name(const diff_view *v, const tare_pair *p)
{
	const tare_tensor *a = diff_a(v, p), *b = diff_b(v, p);
	char *from = a ? tool_shown(a->name, 0) : NULL, *to = b ? tool_shown(b->name, 0) : NULL, *both;

	if (!a || !b || !diff_is_renamed(v, p)) {
		if (a)
			free(to);
		return a ? from : to;
	}
	both = tool_format("%s -> %s", from, to);
	free(from);
	free(to);
	return both;
}

char *diff_types(const diff_view *v, const tare_pair *p)
{
	const tare_tensor *a = diff_a(v, p), *b = diff_b(v, p);

	if (a && b && p->retyped)
		return tool_format("%s -> %s", tool_type(a), tool_type(b));
	return tool_format("%s", tool_type(a ? a : b));
}

/* ---- the two sides ---- */

/* On a terminal a long path shows its end. */
static const char *path_end(const char *name)
{
	size_t room = tool_cut() > 77 ? tool_cut() - 57 : 20, n = strlen(name);

	return tool_cut() && n > room && tool_columns(name) == n ? name + n - room : name;
}

static void add_side(tool_table *t, const char *mark, const char *name, const tare_model *m, uint64_t bytes)
{
	size_t n = tare_model_tensor_count(m), files = tare_model_file_count(m);
	tool_sum sum = tool_sum_of(m);
	char version[16] = "", in[32] = "", *arch = NULL;
	const char *end = path_end(name);
	tare_value value;

	if (tare_model_version(m))
		snprintf(version, sizeof version, " v%u", (unsigned)tare_model_version(m));
	if (files > 1)
		snprintf(in, sizeof in, " in %s", tool_count(files));
	if (tare_model_find(m, "general.architecture", &value) && value.kind == TARE_STRING)
		arch = tool_shown(value.as.string, 16);
	tool_table_row(t, "%s %s%s\t%s%s%s%s\t%s tensor%s\t%s%s\t%s bits", mark, end == name ? "" : "...", end, tare_model_format(m),
		       version, arch ? " " : "", arch ? arch : "", tool_count(n), n == 1 ? "" : "s", tool_bytes(bytes), in,
		       tool_bits(sum.bytes, sum.weights));
	free(arch);
}

static void print_sides(const diff_view *v)
{
	tool_table *t = tool_table_new("~\t\t>\t>\t>");

	add_side(t, "---", v->name_a, v->a, v->bytes_a);
	add_side(t, "+++", v->name_b, v->b, v->bytes_b);
	fputs(tool_bold(), stdout);
	tool_table_print(t, stdout, 0, tool_cut());
	fputs(tool_plain(), stdout);
}

/* ---- what is outside, gates, totals ---- */

static void print_outside(const diff_view *v)
{
	const char *text;
	size_t i;

	for (i = 0; (text = tare_comparison_outside(v->c, i)); i++)
		printf("%s  %s\n", i ? "" : "\noutside of tensors and metadata\n", text);
}

static const char *gate_value(const diff_gate *g, double value)
{
	static char text[2][32];
	static unsigned turn;

	turn ^= 1;
	if (!strcmp(g->name, "max-size-growth"))
		snprintf(text[turn], sizeof text[0], "%+.1f %%", value);
	else if (!strcmp(g->name, "min-sqnr"))
		snprintf(text[turn], sizeof text[0], isfinite(value) ? "%.2f dB" : value > 0 ? "exact" : "none", value);
	else if (!strcmp(g->name, "allow-metadata"))
		snprintf(text[turn], sizeof text[0], "%.0f others", value);
	else
		snprintf(text[turn], sizeof text[0], "%s", diff_error(value));
	return text[turn];
}

void diff_text_gates(const diff_view *v)
{
	tool_table *t;
	size_t i;

	if (!v->n_gates)
		return;
	t = tool_table_new("gate\t\t>limit\t>value\t~");
	for (i = 0; i < v->n_gates; i++) {
		const diff_gate *g = &v->gates[i];
		char *name = g->pair == SIZE_MAX ? NULL : diff_name(v, tare_comparison_pair(v->c, g->pair));

		tool_table_row(t, "%s\t%s\t%s\t%s\t%s%s%s", g->name, g->passed ? "passed" : "FAILED", gate_value(g, g->limit),
			       gate_value(g, g->value), name ? name : "", g->why ? ": " : "", g->why ? g->why : "");
		free(name);
	}
	putchar('\n');
	tool_table_print(t, stdout, 2, tool_cut());
}

static void print_total(const diff_view *v)
{
	const char *between = "";

	printf("\n%stotal%s: ", tool_bold(), tool_plain());
	if (v->total.tensors) {
		double db = tare_sqnr_db(v->total.signal, v->total.noise);

		printf("rel.error %s", diff_error(diff_sum_error(&v->total)));
		if (isfinite(db))
			printf(", SQNR %.1f dB", db);
		between = ", ";
	}
	printf("%ssize %s\n", between, diff_growth(v));
}

void diff_text(const diff_view *v)
{
	print_sides(v);
	diff_text_keys(v);
	if (v->n_pairs)
		diff_text_tensors(v);
	print_outside(v);
	diff_text_gates(v);
	print_total(v);
}
