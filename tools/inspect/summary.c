/* Weights by type and by role. */
#include "common/message.h"
#include "common/number.h"
#include "common/table.h"
#include "common/terminal.h"
#include "inspect/inspect.h"

#include <stdlib.h>
#include <string.h>

typedef struct group {
	char name[40];
	inspect_total sum;
	char types[64];   /* of a role */
} group;

typedef struct groups {
	group *item;
	size_t n;
} groups;

static group *group_of(groups *g, const char *name)
{
	size_t i;

	for (i = 0; i < g->n; i++)
		if (!strcmp(g->item[i].name, name))
			return &g->item[i];
	g->item = tool_grow(g->item, g->n + 1, sizeof *g->item);
	memset(&g->item[g->n], 0, sizeof *g->item);
	snprintf(g->item[g->n].name, sizeof g->item->name, "%s", name);
	return &g->item[g->n++];
}

static int by_bytes(const void *a, const void *b)
{
	const group *x = a, *y = b;

	if (x->sum.bytes != y->sum.bytes)
		return x->sum.bytes < y->sum.bytes ? 1 : -1;
	return strcmp(x->name, y->name);
}

/* Adds the word to a list of words that is shown, once. */
static void add_word(char *list, size_t size, const char *word)
{
	size_t n = strlen(list);

	if (tool_word_index(list, word) >= 0)
		return;
	if (n + strlen(word) + 6 < size)
		snprintf(list + n, size - n, "%s%s", n ? " " : "", word);
	else if (n < 3 || strcmp(list + n - 3, "..."))
		snprintf(list + n, size - n, " ...");
}

static void print_types(groups *g, uint64_t whole)
{
	tool_table *t = tool_table_new("type\t>tensors\t>weights\t>bytes\t>share\t");
	size_t i;

	qsort(g->item, g->n, sizeof *g->item, by_bytes);
	for (i = 0; i < g->n; i++)
		tool_table_row(t, "%s\t%s\t%s\t%s\t%s\t%s", g->item[i].name, tool_count(g->item[i].sum.tensors),
			       tool_count(g->item[i].sum.weights), tool_bytes(g->item[i].sum.bytes), tool_share(g->item[i].sum.bytes, whole),
			       tool_bar(g->item[i].sum.bytes, whole, 20));
	putchar('\n');
	tool_table_print(t, stdout, 2, 0);
}

static void print_roles(groups *g, uint64_t whole)
{
	tool_table *t = tool_table_new("role\t>tensors\t>weights\t>bytes\t>share\ttypes");
	size_t i;

	qsort(g->item, g->n, sizeof *g->item, by_bytes);
	for (i = 0; i < g->n; i++)
		tool_table_row(t, "%s\t%s\t%s\t%s\t%s\t%s", g->item[i].name, tool_count(g->item[i].sum.tensors),
			       tool_count(g->item[i].sum.weights), tool_bytes(g->item[i].sum.bytes), tool_share(g->item[i].sum.bytes, whole),
			       g->item[i].types);
	putchar('\n');
	tool_table_print(t, stdout, 2, 0);
}

void inspect_summary(const inspect_view *v)
{
	groups types = { NULL, 0 }, roles = { NULL, 0 };
	uint64_t whole = inspect_totals(v).bytes;
	const tare_tensor *t;
	const char *role;
	bool known = false;
	group *g;
	size_t i;

	for (i = 0; (t = tare_model_tensor(v->m, i)); i++) {
		if (!v->selected[i])
			continue;
		inspect_add(&group_of(&types, tool_type(t))->sum, t);
		role = tare_tensor_role(v->m, t);
		known |= role != NULL;
		g = group_of(&roles, role ? role : "other");
		inspect_add(&g->sum, t);
		add_word(g->types, sizeof g->types, tool_type(t));
	}
	if (types.n)
		print_types(&types, whole);
	if (known)
		print_roles(&roles, whole);
	free(types.item);
	free(roles.item);
}
