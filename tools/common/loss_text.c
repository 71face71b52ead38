/* What was lost, for people: by pair of types, as a histogram over tensors, and the worst tensors first. */
#include "common/job.h"
#include "common/message.h"
#include "common/number.h"
#include "common/table.h"
#include "common/terminal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { WORST = 10, BINS = 12 };

typedef struct item {
	size_t i;              /* tensor of the result */
	const tare_loss *loss;
} item;

static int by_sqnr(const void *a, const void *b)
{
	const item *x = a, *y = b;

	if (x->loss->sqnr_db != y->loss->sqnr_db)
		return x->loss->sqnr_db < y->loss->sqnr_db ? -1 : 1;
	return x->i < y->i ? -1 : 1;
}

/* Every tensor that was recoded, worst first. */
static item *collect(const tare_plan *p, const tare_report *r, size_t *n)
{
	size_t count = tare_model_tensor_count(tare_plan_model(p)), i;
	item *items = tool_alloc(count, sizeof *items);

	for (*n = 0, i = 0; i < count; i++) {
		items[*n] = (item){ i, tare_report_tensor(r, i) };
		*n += items[*n].loss != NULL;
	}
	qsort(items, *n, sizeof *items, by_sqnr);
	return items;
}

static const char *db(double v)
{
	static char text[2][32];
	static unsigned turn;

	if (!isfinite(v))
		return v > 0 ? "exact" : "none";
	turn ^= 1;
	snprintf(text[turn], sizeof text[turn], "%.2f", v);
	return text[turn];
}

static void print_total(FILE *out, const tare_report *r)
{
	const tare_loss *all = tare_report_total(r);

	if (!all || !all->count) {
		fprintf(out, "no weight was recoded: nothing is lost\n");
		return;
	}
	fprintf(out, "%sloss%s over %s recoded weights: SQNR %s dB, rmse %s, largest error %s, cosine %.6f\n", out == stdout ? tool_bold() : "",
		out == stdout ? tool_plain() : "", tool_count(all->count), db(all->sqnr_db), tool_real(all->rmse), tool_real(all->max_error),
		all->cosine);
}

/* A round number of decibels so that bins cover the span. */
static double step_of(double span)
{
	static const double steps[] = { 0.5, 1, 2, 3, 5, 10, 20 };
	size_t i;

	for (i = 0; i < sizeof steps / sizeof *steps; i++)
		if (span < steps[i] * BINS)
			return steps[i];
	return span / (BINS - 1);
}

/* items are in rising order, exact ones last. */
static void print_histogram(FILE *out, const item *items, size_t n)
{
	uint64_t bins[BINS] = { 0 };
	size_t finite, b, last = 0, i;
	double low, step;

	for (finite = 0; finite < n && isfinite(items[finite].loss->sqnr_db); finite++)
		;
	if (finite < 2)
		return;
	low = floor(items[0].loss->sqnr_db);
	step = step_of(items[finite - 1].loss->sqnr_db - low);
	for (i = 0; i < finite; i++) {
		last = (size_t)((items[i].loss->sqnr_db - low) / step);
		bins[last < BINS ? last : BINS - 1]++;
	}
	fputc('\n', out);
	for (b = 0; b <= last && b < BINS; b++)
		fprintf(out, "  %5.1f .. %-5.1f dB %6s%s%s\n", low + step * (double)b, low + step * (double)(b + 1), tool_count(bins[b]),
			bins[b] ? "  " : "", tool_bar(bins[b], n, 40));
	if (n > finite)
		fprintf(out, "  %17s %6s  %s\n", "exact", tool_count(n - finite), tool_bar(n - finite, n, 40));
}

static void add_row(tool_table *table, const tare_plan *p, const tare_model *in, const item *it)
{
	const tare_tensor *t = tare_model_tensor(tare_plan_model(p), it->i);
	const tare_tensor *from = tare_model_tensor(in, tare_plan_step(p, it->i)->source);
	const tare_loss *l = it->loss;
	char *name = tool_shown(t->name, 0);

	tool_table_row(table, "%s\t%s -> %s\t%s\t%s\t%s\t%.6f\t%s", name, tool_type(from), tool_type(t), db(l->sqnr_db), tool_real(l->rmse),
		       tool_real(l->max_error), l->cosine, l->zero_blocks ? tool_share(l->zero_blocks, l->blocks) : "");
	free(name);
}

static void print_worst(FILE *out, const tare_plan *p, const tare_model *in, const item *items, size_t n, bool all)
{
	tool_table *table = tool_table_new("~worst first\ttypes\t>SQNR dB\t>rmse\t>max error\t>cosine\t>zero blocks");
	size_t i, shown = all || n <= WORST + 2 ? n : WORST;

	for (i = 0; i < shown; i++)
		add_row(table, p, in, &items[i]);
	if (shown < n)
		tool_table_line(table, "... %s more (-v shows all, --report FILE keeps them)", tool_count(n - shown));
	fputc('\n', out);
	tool_table_print(table, out, 2, out == stdout ? tool_cut() : 0);
}

void tool_loss_text(FILE *out, const tare_plan *p, const tare_model *in, const tare_report *r, bool all)
{
	size_t n;
	item *items = collect(p, r, &n);

	print_total(out, r);
	if (n) {
		print_histogram(out, items, n);
		print_worst(out, p, in, items, n, all);
	}
	free(items);
}
