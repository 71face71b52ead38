/* One line for each thing that differs, totals last, as git diff --stat has it. */
#include "common/message.h"
#include "common/number.h"
#include "common/table.h"
#include "common/terminal.h"
#include "diff/diff.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void add_keys(tool_table *t, const diff_view *v)
{
	size_t i;

	for (i = 0; i < v->n_keys; i++) {
		const tare_key_difference *d = tare_comparison_key(v->c, i);
		char *key;

		if (!v->counts[i])
			continue;
		key = tool_shown(d->key, 0);
		tool_table_row(t, "%s\t| %s%s", key, diff_key_change(d), v->allowed[i] ? " (allowed)" : "");
		free(key);
	}
}

/* Eight marks for the worst. */
static double largest_error(const diff_view *v)
{
	double worst = 0;
	size_t i;

	for (i = 0; i < v->n_pairs; i++) {
		double e = tare_comparison_pair(v->c, i)->rel_error;

		if (isfinite(e) && e > worst)
			worst = e;
	}
	return worst;
}

static void add_tensor(tool_table *t, const diff_view *v, size_t i, double worst)
{
	const tare_pair *p = tare_comparison_pair(v->c, i);
	char *name = diff_name(v, p), *types = diff_types(v, p);

	if (diff_is_measured(p))
		tool_table_row(t, "%s\t| %s  %s %.*s", name, types, diff_error(p->rel_error),
			       isfinite(p->rel_error) && worst > 0 ? (int)(p->rel_error / worst * 8 + 0.5) : 8, "++++++++");
	else
		tool_table_row(t, "%s\t| %s  %s", name, types, diff_change_name(v->change[i]));
	free(name);
	free(types);
}

void diff_stat(const diff_view *v)
{
	tool_table *t = tool_table_new("~\t");
	size_t i, differ = v->n_pairs - v->n_change[DIFF_EQUAL] - v->n_change[DIFF_TOLERATED], keys;
	double worst = largest_error(v);

	add_keys(t, v);
	for (i = 0; i < v->n_pairs; i++)
		if (v->change[i] != DIFF_EQUAL && v->change[i] != DIFF_TOLERATED)
			add_tensor(t, v, i, worst);
	tool_table_print(t, stdout, 1, tool_cut());
	keys = v->keys_changed + v->keys_added + v->keys_removed;
	printf(" %s: %s key%s and %s tensor%s differ, %s equal; ", v->name_b, tool_count(keys), keys == 1 ? "" : "s", tool_count(differ),
	       differ == 1 ? "" : "s", tool_count(v->n_pairs - differ));
	if (v->total.tensors)
		printf("rel.error %s, ", diff_error(diff_sum_error(&v->total)));
	printf("size %s\n", diff_growth(v));
}
