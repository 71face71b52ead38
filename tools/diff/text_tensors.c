/* Tensors for people: how many of each change, by type, the worst, by layer. */
#include "common/message.h"
#include "common/number.h"
#include "common/table.h"
#include "common/terminal.h"
#include "diff/diff.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { TYPES = 12, WORST = 5, NAMES = 5, LAYERS = 8, BAR = 8 };

/* ---- the line of counts ---- */

static void print_counts(const diff_view *v)
{
	static const struct {
		diff_change change;
		const char *text;
	} parts[] = { { DIFF_RETYPED, "of another type" }, { DIFF_VALUES, "with other values" }, { DIFF_ENCODING, "encoded otherwise" },
		      { DIFF_RESHAPED, "reshaped" }, { DIFF_ADDED, "added" }, { DIFF_REMOVED, "removed" },
		      { DIFF_TOLERATED, "within tolerance" }, { DIFF_EQUAL, "equal" } };
	const char *between = "";
	size_t i, n;

	printf("\n%stensors%s: ", tool_bold(), tool_plain());
	for (i = 0; i < sizeof parts / sizeof *parts; i++) {
		n = v->n_change[parts[i].change] + (parts[i].change == DIFF_EQUAL ? v->n_change[DIFF_RENAMED] : 0);
		if (!n)
			continue;
		printf("%s%s %s", between, tool_count(n), parts[i].text);
		between = ", ";
	}
	if (v->n_renamed)
		printf("%s%s renamed", between, tool_count(v->n_renamed));
	if (v->n_by_role)
		printf("; %s paired by role", tool_count(v->n_by_role));
	if (!tare_comparison_same_order(v->c))
		printf("; %s", v->o->order ? "ORDER DIFFERS" : "in another order");
	putchar('\n');
}

/* ---- lists of names ---- */

static void print_name(const diff_view *v, const tare_pair *p, diff_change change)
{
	const tare_tensor *a = diff_a(v, p), *b = diff_b(v, p), *t = a ? a : b;
	char *name = diff_name(v, p);

	printf("  %s%c %s", change == DIFF_ADDED ? tool_green() : change == DIFF_REMOVED ? tool_red() : "",
	       change == DIFF_ADDED ? '+' : change == DIFF_REMOVED ? '-' : '~', name);
	if (change == DIFF_RESHAPED)
		printf("  %s -> %s", tool_shape(a->dim, a->n_dims), tool_shape(b->dim, b->n_dims));
	else if (change != DIFF_RENAMED)
		printf("  %s  %s", tool_type(t), tool_shape(t->dim, t->n_dims));
	printf("%s\n", tool_plain());
	free(name);
}

static void print_names(const diff_view *v, diff_change change)
{
	size_t i, n = 0;

	for (i = 0; i < v->n_pairs; i++) {
		if (v->change[i] != change && !(change == DIFF_RENAMED && v->renamed[i]))
			continue;
		if (n++ < NAMES || v->o->all)
			print_name(v, tare_comparison_pair(v->c, i), change);
	}
	if (n > NAMES && !v->o->all)
		printf("  ... %s more %s (--all)\n", tool_count(n - NAMES), diff_change_name(change));
}

/* ---- by type ---- */

typedef struct group {
	const tare_pair *first;
	const tare_type *from, *to;
	uint32_t from_id, to_id;
	bool same;               /* bytes, or values as far as they matter */
	diff_sum sum;
} group;

static bool is_same(diff_change c)
{
	return c == DIFF_EQUAL || c == DIFF_RENAMED;
}

static int by_types(const void *a, const void *b)
{
	const group *g = a, *h = b;

	if (g->from != h->from)
		return (uintptr_t)g->from < (uintptr_t)h->from ? -1 : 1;
	if (g->to != h->to)
		return (uintptr_t)g->to < (uintptr_t)h->to ? -1 : 1;
	if (g->from_id != h->from_id)
		return g->from_id < h->from_id ? -1 : 1;
	if (g->to_id != h->to_id)
		return g->to_id < h->to_id ? -1 : 1;
	if (g->same != h->same)
		return g->same ? -1 : 1;
	return g->first < h->first ? -1 : g->first > h->first;
}

static bool is_one_group(const group *g, const group *h)
{
	return g->from == h->from && g->to == h->to && g->from_id == h->from_id && g->to_id == h->to_id && g->same == h->same;
}

/* Numbers of types count where nothing else is known. */
static group group_of(const diff_view *v, const tare_pair *p, bool same)
{
	const tare_tensor *a = diff_a(v, p), *b = diff_b(v, p);

	return (group){ .first = p, .from = a->type, .to = b->type, .from_id = a->type ? 0 : a->type_id, .to_id = b->type ? 0 : b->type_id,
			.same = same };
}

/* All pairs, sorted into groups in place: how many there are. */
static size_t join(group *list, size_t n, const diff_view *v)
{
	size_t i, groups = 0;

	qsort(list, n, sizeof *list, by_types);
	for (i = 0; i < n; i++) {
		const tare_pair *p = list[i].first;

		if (!i || !is_one_group(&list[groups - 1], &list[i]))
			list[groups++] = list[i];
		diff_sum_add(&list[groups - 1].sum, v, p);
	}
	return groups;
}

static int by_loss(const void *a, const void *b)
{
	const group *g = a, *h = b;
	double x = diff_sum_error(&g->sum), y = diff_sum_error(&h->sum);

	if (g->same != h->same)
		return g->same ? -1 : 1;
	if (x != y)
		return x > y ? -1 : 1;
	return g->sum.weights != h->sum.weights ? (g->sum.weights > h->sum.weights ? -1 : 1) : g->first < h->first ? -1 : 1;
}

/* "6.82 G": exact below a million. */
static char *weights_text(uint64_t n)
{
	if (n < 1000000)
		return tool_format("%s", tool_count(n));
	return n < 1000000000 ? tool_format("%.2f M", (double)n / 1e6) : tool_format("%.2f G", (double)n / 1e9);
}

/* "13.0 -> 3.7 MiB", in the unit of the larger. */
static char *bytes_text(uint64_t a, uint64_t b)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	uint64_t more = a > b ? a : b;
	double unit = 1;
	size_t i = 0;

	if (a == b)
		return tool_format("%s", tool_bytes(a));
	for (; (double)more / unit >= 1000 && i < 6; i++)
		unit *= 1024;
	return tool_format("%.*f -> %.*f %s", i ? 1 : 0, (double)a / unit, i ? 1 : 0, (double)b / unit, units[i]);
}

static void add_group(tool_table *t, const diff_view *v, const group *g)
{
	double db = tare_sqnr_db(g->sum.signal, g->sum.noise), error = diff_sum_error(&g->sum);
	char *types = diff_types(v, g->first), *weights = weights_text(g->sum.weights), *bytes = bytes_text(g->sum.bytes_a, g->sum.bytes_b);
	const char *loss = g->sum.unmeasured ? "?" : g->same || error == 0 ? "equal" : diff_error(error);
	char sqnr[16] = "";

	if (error != 0 && isfinite(db))
		snprintf(sqnr, sizeof sqnr, "%.1f", db);
	tool_table_row(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s", types, tool_count(g->sum.tensors), weights, bytes, loss,
		       error == 0 ? "" : diff_error(g->sum.worst), sqnr);
	free(types);
	free(weights);
	free(bytes);
}

static void print_types(const diff_view *v)
{
	tool_table *t = tool_table_new("~type\t>count\t>weights\t>bytes\t>rel.err\t>worst\t>SQNR dB");
	group *list = tool_alloc(v->n_pairs, sizeof *list);
	size_t n = 0, i, shown;

	for (i = 0; i < v->n_pairs; i++)
		if (v->change[i] != DIFF_ADDED && v->change[i] != DIFF_REMOVED)
			list[n++] = group_of(v, tare_comparison_pair(v->c, i), is_same(v->change[i]));
	n = join(list, n, v);
	qsort(list, n, sizeof *list, by_loss);
	shown = v->o->all || n <= TYPES ? n : TYPES;
	for (i = 0; i < shown; i++)
		add_group(t, v, &list[i]);
	if (shown < n)
		tool_table_line(t, "... %s more (--all)", tool_count(n - shown));
	tool_table_print(t, stdout, 2, tool_cut());
	free(list);
}

/* ---- the worst ---- */

static const char *bar(double part, double whole)
{
	static const char full[] = "++++++++";
	size_t n = whole > 0 && isfinite(whole) && isfinite(part) ? (size_t)(part / whole * BAR + 0.5) : part > 0 ? BAR : 0;

	return full + BAR - (n < BAR ? n : BAR);
}

static void add_worst(tool_table *t, const diff_view *v, const tare_pair *p, double worst)
{
	char *name = diff_name(v, p), *types = diff_types(v, p), cosine[16];

	snprintf(cosine, sizeof cosine, "%.1e", 1 - p->loss.cosine);
	if (p->relation == TARE_OTHER_BYTES)
		tool_table_row(t, "%s\t%s\t%s", name, types, "other bytes");
	else if (!diff_is_measured(p))
		tool_table_row(t, "%s\t%s\t%s", name, types, "equal");
	else
		tool_table_row(t, "%s\t%s\t%s\t%s\t%s\t%s", name, types, diff_error(p->rel_error), diff_error(p->loss.max_error),
			       isfinite(p->noise) ? cosine : "", bar(p->rel_error, worst));
	if (p->nonfinite_differ)
		tool_table_line(t, "    %s of its values differ and are not finite", tool_count(p->nonfinite_differ));
	free(name);
	free(types);
}

static void print_worst(const diff_view *v)
{
	static const char *const titles[] = { "largest loss", "by name", "largest difference", "largest tensors" };
	size_t n, i, shown, most = v->o->top ? v->o->top : WORST;
	const tare_pair **list = diff_sorted(v, &n);
	char *columns = tool_format("~%s\ttype\t>rel.error\t>max|d|\t>1-cos\t", titles[v->o->sort]);
	tool_table *t = tool_table_new(columns);
	double worst = 0;

	shown = v->o->all || n <= most + 1 ? n : most;
	for (i = 0; i < n; i++)
		if (isfinite(list[i]->rel_error) && list[i]->rel_error > worst)
			worst = list[i]->rel_error;
	for (i = 0; i < shown; i++)
		add_worst(t, v, list[i], worst);
	if (shown < n)
		tool_table_line(t, "... %s more (--all, --sort=%s)", tool_count(n - shown), "name|loss|max|size");
	putchar('\n');
	tool_table_print(t, stdout, 2, tool_cut());
	free(list);
	free(columns);
}

/* ---- by layer ---- */

/* Sums of each layer, and of what belongs to none, which is last; malloc'ed. *n: layers. NULL if there are too many to be believed. */
static diff_sum *sums_by_layer(const diff_view *v, size_t *n)
{
	enum { MOST = 4096 };
	diff_sum *sums = tool_alloc(MOST + 1, sizeof *sums);
	size_t i;

	for (*n = 0, i = 0; i < v->n_pairs; i++) {
		const tare_pair *p = tare_comparison_pair(v->c, i);
		int layer;

		if (!diff_is_measured(p))
			continue;
		layer = tare_tensor_layer(v->a, diff_a(v, p));
		if (layer >= MOST)
			continue;
		diff_sum_add(&sums[layer < 0 ? MOST : layer], v, p);
		if (layer >= 0 && (size_t)layer >= *n)
			*n = (size_t)layer + 1;
	}
	memmove(&sums[*n], &sums[MOST], sizeof *sums);
	return sums;
}

static const char *layer_error(const diff_sum *s)
{
	return s->tensors ? diff_error(diff_sum_error(s)) : "-";
}

static void print_few(const diff_sum *sums, size_t n)
{
	size_t i;

	printf("\n  %sby layer  ", tool_dim());
	for (i = 0; i < n; i++)
		printf("  %6zu", i);
	printf("%s%s\n  rel.error ", sums[n].tensors ? "   other" : "", tool_plain());
	for (i = 0; i < n + (sums[n].tensors > 0); i++)
		printf("  %6s", layer_error(&sums[i]));
	putchar('\n');
}

static void print_many(const diff_sum *sums, size_t n)
{
	uint64_t heights[64] = { 0 };
	double most = 0, error;
	char drawn[64 * 3 + 1];
	size_t i, worst = 0, cells = n < 60 ? n : 60;

	for (i = 0; i < n; i++) {
		error = diff_sum_error(&sums[i]);
		if (error > most) {
			most = error;
			worst = i;
		}
	}
	for (i = 0; i < n; i++) {
		error = diff_sum_error(&sums[i]);
		if (most > 0 && isfinite(most) && heights[i * cells / n] < (uint64_t)(error / most * 1000))
			heights[i * cells / n] = (uint64_t)(error / most * 1000);
	}
	printf("\n  %sby layer%s  0 %s %zu\n            the worst is %zu: rel.error %s", tool_dim(), tool_plain(),
	       tool_sparks(heights, cells, drawn), n - 1, worst, diff_error(most));
	if (sums[n].tensors)
		printf("; outside of layers %s", layer_error(&sums[n]));
	putchar('\n');
}

static void print_layers(const diff_view *v)
{
	size_t n;
	diff_sum *sums = sums_by_layer(v, &n);

	if (n > 1 && n <= LAYERS)
		print_few(sums, n);
	else if (n > LAYERS)
		print_many(sums, n);
	free(sums);
}

void diff_text_tensors(const diff_view *v)
{
	static const diff_change named[] = { DIFF_REMOVED, DIFF_ADDED, DIFF_RENAMED, DIFF_RESHAPED };
	size_t i;

	print_counts(v);
	for (i = 0; i < sizeof named / sizeof *named; i++)
		print_names(v, named[i]);
	if (v->n_change[DIFF_REMOVED] + v->n_change[DIFF_ADDED] < v->n_pairs)
		print_types(v);
	if (v->n_change[DIFF_RETYPED] + v->n_change[DIFF_VALUES] + v->n_change[DIFF_ENCODING] + v->n_change[DIFF_RESHAPED])
		print_worst(v);
	if (v->total.tensors > 1)
		print_layers(v);
}
