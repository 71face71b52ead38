/* An importance matrix for people: the entries in which few columns matter most, or all of them, and what it does not fit. */
#include "common/message.h"
#include "common/number.h"
#include "common/table.h"
#include "common/terminal.h"
#include "inspect/inspect.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_ROWS = 12, MOST_NAMES = 6 };

static bool metadata_number(const tare_model *m, const char *key, uint64_t *n)
{
	tare_value v;

	*n = 0;
	if (!tare_model_find(m, key, &v))
		return false;
	*n = v.as.u;
	return true;
}

static void print_head(const inspect_view *v)
{
	size_t n = tare_imatrix_count(v->matrix), i;
	uint64_t values = 0, slices = 0, empty = 0, chunks, size, bytes;

	for (i = 0; i < n; i++) {
		values += v->entries[i].values;
		slices += v->entries[i].slices;
		empty += v->entries[i].empty;
	}
	inspect_title(v);
	printf("importance matrix, ");
	inspect_format(v->m);
	printf(": %s entr%s, %s values", tool_count(n), n == 1 ? "y" : "ies", tool_count(values));
	if (metadata_number(v->m, "imatrix.chunk_count", &chunks))
		printf(", %s chunks", tool_count(chunks));
	if (metadata_number(v->m, "imatrix.chunk_size", &size))
		printf(" of %s tokens", tool_count(size));
	if (tool_file_bytes(v->m, &bytes))
		printf(", %s", tool_bytes(bytes));
	putchar('\n');
	if (empty)
		printf("%s of %s slices (experts) were never seen: their columns count as equally important\n", tool_count(empty),
		       tool_count(slices));
}

/* ---- entries ---- */

static int by_evenness(const void *a, const void *b)
{
	const tare_imatrix_entry *x = *(const tare_imatrix_entry *const *)a, *y = *(const tare_imatrix_entry *const *)b;

	if (x->evenness != y->evenness)
		return x->evenness < y->evenness ? -1 : 1;
	return x < y ? -1 : x > y; /* the array is in order of names */
}

static void add_row(tool_table *t, const tare_imatrix_entry *e, bool sliced)
{
	char *name = tool_shown(e->name, 0), *seen = sliced ? tool_format("%s\t%s\t", tool_count(e->slices), tool_count(e->empty)) : NULL;

	tool_table_row(t, "%s\t%s\t%s%s\t%.3g\t%.1f\t%s\t%.3f", name, tool_count(e->values), seen ? seen : "", tool_count(e->count), e->mean,
		       e->mean > 0 ? e->max / e->mean : 0, tool_count(e->outliers), e->evenness);
	free(seen);
	free(name);
}

static void print_entries(const inspect_view *v)
{
	size_t n = 0, rows, i;
	const tare_imatrix_entry **order = tool_alloc(v->n_selected, sizeof *order);
	bool sliced = false;
	tool_table *t;

	for (i = 0; i < tare_imatrix_count(v->matrix); i++) {
		if (!v->shown[i])
			continue;
		order[n++] = &v->entries[i];
		sliced = sliced || v->entries[i].slices > 1 || v->entries[i].empty;
	}
	rows = n;
	if (n > MOST_ROWS && !tool_verbose()) {
		qsort(order, n, sizeof *order, by_evenness);
		rows = MOST_ROWS;
	}
	t = tool_table_new(sliced ? "~entry\t>values\t>slices\t>unseen\t>seen\t>mean\t>max/mean\t>outliers\t>evenness"
				  : "~entry\t>values\t>seen\t>mean\t>max/mean\t>outliers\t>evenness");
	for (i = 0; i < rows; i++)
		add_row(t, order[i], sliced);
	putchar('\n');
	tool_table_print(t, stdout, 2, tool_cut());
	if (rows < n)
		printf("  the %s least even of %s; -v shows all\n", tool_count(rows), tool_count(n));
	free(order);
}

/* ---- against a model ---- */

/* Names, as many as fit a few lines. */
static void print_names(const char *title, const tare_str *names, size_t n)
{
	size_t i, most = n > MOST_NAMES && !tool_verbose() ? MOST_NAMES : n;
	char *name;

	if (!n)
		return;
	printf("  %s %s: ", tool_count(n), title);
	for (i = 0; i < most; i++) {
		name = tool_shown(names[i], 0);
		printf("%s%s", i ? ", " : "", name);
		free(name);
	}
	puts(most < n ? " ..." : "");
}

static void print_odd(const inspect_view *v)
{
	size_t i;

	for (i = 0; i < tare_imatrix_count(v->matrix); i++) {
		const tare_tensor *t = v->fit->odd[i];
		char *name;

		if (!t)
			continue;
		name = tool_shown(t->name, 0);
		printf("  %s has %s values, but %s needs %s\n", name, tool_count(v->entries[i].values), tool_shape(t->dim, t->n_dims),
		       tool_count(tare_imatrix_values_for(t)));
		free(name);
	}
}

static void print_fit(const inspect_view *v)
{
	const inspect_fit *fit = v->fit;
	size_t n = tare_imatrix_count(v->matrix), i, k = 0;
	tare_str *names = tool_alloc(n + fit->n_bare, sizeof *names);

	printf("\n%sfor %s%s\n", tool_bold(), tool_text(tare_model_path(v->of)), tool_plain());
	printf("  %s of %s weights that llama-quantize quantizes have an entry\n", tool_count(fit->covered), tool_count(fit->weights));
	for (i = 0; i < fit->n_bare; i++)
		names[i] = fit->bare[i]->name;
	print_names("without one", names, fit->n_bare);
	for (i = 0; i < n; i++)
		if (!fit->known[i])
			names[k++] = v->entries[i].name;
	print_names("entries for no weight of it", names, k);
	print_odd(v);
	free(names);
}

void inspect_matrix_text(const inspect_view *v)
{
	print_head(v);
	if (v->fit)
		print_fit(v);
	print_entries(v);
}
