/* A plan for people. */
#include "common/job.h"
#include "common/message.h"
#include "common/number.h"
#include "common/table.h"
#include "common/terminal.h"

#include <stdlib.h>

size_t tool_plan_refused(const tare_plan *p)
{
	const tare_step *step;
	size_t i, n = 0;

	for (i = 0; (step = tare_plan_step(p, i)); i++)
		n += step->refused != NULL;
	return n;
}

/* Sizes of whole files; of tensors alone where a stream has not said. */
static uint64_t file_bytes(const tare_model *m)
{
	uint64_t sum;

	return tool_file_bytes(m, &sum) ? sum : tool_sum_of(m).bytes;
}

static void print_side(const char *mark, const char *path, const tare_model *m)
{
	tool_sum sum = tool_sum_of(m);
	const char *name = tool_text(path);

	printf("%s%s%s%s\n    %s, %s tensors, %s weights, %s bits each, %s", mark, tool_bold(), name, tool_plain(), tare_model_format(m),
	       tool_count(tare_model_tensor_count(m)), tool_count(sum.weights), tool_bits(sum.bytes, sum.weights), tool_bytes(file_bytes(m)));
	if (tare_model_file_count(m) > 1)
		printf(" in %s files", tool_count(tare_model_file_count(m)));
	putchar('\n');
}

static void add_step(tool_table *table, const tare_plan *p, const tare_model *in, size_t i, bool sharded)
{
	const tare_tensor *t = tare_model_tensor(tare_plan_model(p), i);
	const tare_step *step = tare_plan_step(p, i);
	char *name = tool_shown(t->name, 0), *place;

	place = sharded ? tool_format("%u:%llu", t->file + 1, (unsigned long long)t->offset) : tool_format("%llu", (unsigned long long)t->offset);
	tool_table_row(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s%s%s%s", name, tool_shape(t->dim, t->n_dims),
		       tool_type(tare_model_tensor(in, step->source)), step->copies ? "=" : tool_type(t), tool_count(t->size), place,
		       step->rule ? step->rule : "", step->note ? " *" : "", step->refused ? " ! " : "", step->refused ? step->refused : "");
	free(name);
	free(place);
}

static void add_point(tool_table *table, const tare_fit_point *point, const char *mark)
{
	tool_table_row(table, "%s\t%s\t%s\t%s", tool_count(point->bytes), tool_real(point->loss), tool_real(point->sqnr_db), mark);
}

/* Some of the points of the curve, and the chosen one in its place. */
static void print_fit(const tare_fit *fit)
{
	enum { SHOWN = 12 };
	tool_table *table = tool_table_new(">bytes\t>loss\t>SQNR dB\t");
	const tare_fit_point *chosen = tare_fit_chosen(fit), *point;
	bool placed = false;
	size_t n = 0, i;

	while (tare_fit_point_at(fit, n))
		n++;
	for (i = 0; i < n; i++) {
		point = tare_fit_point_at(fit, i);
		if (!placed && point->bytes >= chosen->bytes)
			add_point(table, chosen, "chosen");
		placed = placed || point->bytes >= chosen->bytes;
		if (n <= SHOWN || i % ((n + SHOWN - 1) / SHOWN) == 0 || i == n - 1)
			add_point(table, point, "");
	}
	if (!placed)
		add_point(table, chosen, "chosen");
	printf("\nWhat could be had:\n");
	tool_table_print(table, stdout, 2, tool_cut());
}

void tool_plan_text(const tare_plan *p, const tare_model *in, const char *output, const tare_fit *fit)
{
	const tare_model *out = tare_plan_model(p);
	bool sharded = tare_model_file_count(out) > 1;
	tool_table *table = tool_table_new(sharded ? "~tensor\tshape\tfrom\tto\t>bytes\t>file:offset\t~because" :
					   "~tensor\tshape\tfrom\tto\t>bytes\t>offset\t~because");
	size_t i, refused = tool_plan_refused(p);
	const char *note;

	print_side("from ", tare_model_path(in), in);
	print_side("to   ", output, out);
	for (i = 0; i < tare_model_tensor_count(out); i++)
		add_step(table, p, in, i, sharded);
	putchar('\n');
	tool_table_print(table, stdout, 2, tool_cut());
	if (refused)
		printf("\n  %s! refused: %s of %s tensors%s, so nothing would be written\n", tool_red(), tool_count(refused),
		       tool_count(tare_model_tensor_count(out)), tool_plain());
	if (fit)
		print_fit(fit);
	for (i = 0; (note = tare_plan_note(p, i)); i++)
		printf("%s  * %s\n", i ? "" : "\n", note);
}
