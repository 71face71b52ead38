/* What the numbers are: a line a tensor, or a large histogram of a single one. */
#include "common/message.h"
#include "common/number.h"
#include "common/table.h"
#include "common/terminal.h"
#include "inspect/inspect.h"

#include <stdlib.h>
#include <string.h>

enum { SPARKS = 16 };

static void fill_bins(const tare_stats *s, uint64_t *bins)
{
	const size_t each = TARE_HISTOGRAM / SPARKS;
	size_t i;

	memset(bins, 0, SPARKS * sizeof *bins);
	for (i = 0; i < SPARKS * each; i++)
		bins[i / each] += s->histogram[i];
}

static const char *sparks(const tare_stats *s)
{
	static char text[3 * SPARKS + 1];
	uint64_t bins[SPARKS];

	fill_bins(s, bins);
	return tool_sparks(bins, SPARKS, text);
}

/* Worth a word: zeros, and values that are no numbers. */
static char *remarks(const tare_stats *s)
{
	char *zeros = s->zeros ? tool_format("%s zero", tool_share(s->zeros, s->count)) : tool_format("%s", "");
	char *text;

	if (s->nans || s->infs)
		text = tool_format("%s%s%s nan, %s inf, first at %llu", zeros, *zeros ? ", " : "", tool_count(s->nans), tool_count(s->infs),
				   (unsigned long long)s->first_nonfinite);
	else
		text = tool_format("%s", zeros);
	free(zeros);
	return text;
}

static void add_row(tool_table *table, const tare_tensor *t, const tare_scan_result *r)
{
	char *name = tool_shown(t->name, 0), *text;
	const tare_stats *s = &r->stats;

	if (r->has_stats) {
		text = remarks(s);
		tool_table_row(table, "%s\t%s\t%.3g\t%.3g\t%.3g\t%.3g\t%s\t%s", name, tool_type(t), s->min, s->max, s->mean, s->rms, sparks(s),
			       text);
		free(text);
	} else {
		tool_table_row(table, "%s\t%s\t\t\t\t\t\tcannot be decoded", name, tool_type(t));
	}
	free(name);
}

static void print_histogram(const tare_stats *s)
{
	size_t room = tool_width() > 44 ? tool_width() - 44 : 20, i;
	double step = (s->max - s->min) / SPARKS;
	uint64_t bins[SPARKS], most = 1;

	fill_bins(s, bins);
	for (i = 0; i < SPARKS; i++)
		most = bins[i] > most ? bins[i] : most;
	putchar('\n');
	for (i = 0; i < SPARKS; i++)
		printf("  %10.4g .. %-10.4g %13s%s%s\n", s->min + step * (double)i, s->min + step * (double)(i + 1), tool_count(bins[i]),
		       bins[i] ? "  " : "", tool_bar(bins[i], most, room < 60 ? room : 60));
}

void inspect_stats(const inspect_view *v)
{
	tool_table *table = tool_table_new("~tensor\ttype\t>min\t>max\t>mean\t>rms\tdistribution\t");
	const tare_scan_result *only = NULL;
	const tare_tensor *t;
	size_t i;

	for (i = 0; (t = tare_model_tensor(v->m, i)); i++) {
		if (!v->selected[i])
			continue;
		add_row(table, t, &v->scan[i]);
		only = &v->scan[i];
	}
	putchar('\n');
	tool_table_print(table, stdout, 2, tool_cut());
	if (v->n_selected == 1 && only && only->has_stats && only->stats.max > only->stats.min)
		print_histogram(&only->stats);
}
