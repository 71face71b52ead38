/* For people: the head, then what was asked for, or the summary. */
#include "common/json.h"
#include "common/message.h"
#include "common/number.h"
#include "common/table.h"
#include "common/terminal.h"
#include "common/value.h"
#include "inspect/inspect.h"

#include <stdlib.h>
#include <string.h>

void inspect_add(inspect_total *sum, const tare_tensor *t)
{
	sum->tensors++;
	sum->weights += t->count;
	sum->bytes += t->size;
}

inspect_total inspect_totals(const inspect_view *v)
{
	inspect_total sum = { 0, 0, 0 };
	const tare_tensor *t;
	size_t i;

	for (i = 0; (t = tare_model_tensor(v->m, i)); i++)
		if (v->selected[i])
			inspect_add(&sum, t);
	return sum;
}

void inspect_format(const tare_model *m)
{
	char *arch;
	tare_value value;

	printf("%s", tare_model_format(m));
	if (tare_model_version(m))
		printf(" v%u", tare_model_version(m));
	if (tare_model_big_endian(m))
		printf(" big-endian");
	if (tare_model_find(m, "general.architecture", &value) && value.kind == TARE_STRING) {
		arch = tool_shown(value.as.string, 32);
		printf(", %s", arch);
		free(arch);
	}
}

void inspect_title(const inspect_view *v)
{
	printf("%s%s%s%s\n", v->again ? "\n" : "", tool_bold(), v->name, tool_plain());
}

/* Two lines: the file, and how much of what is in it. */
static void print_head(const inspect_view *v)
{
	size_t all = tare_model_tensor_count(v->m), files = tare_model_file_count(v->m);
	inspect_total sum = inspect_totals(v);
	uint64_t bytes = 0;

	inspect_title(v);
	inspect_format(v->m);
	printf(": ");
	if (v->n_selected != all)
		printf("%s of ", tool_count(v->n_selected));
	printf("%s tensor%s, %s weights", tool_count(all), all == 1 ? "" : "s", tool_count(sum.weights));
	if (sum.weights)
		printf(", %s bits each", tool_bits(sum.bytes, sum.weights));
	if (tool_file_bytes(v->m, &bytes))
		printf(", %s", tool_bytes(bytes));
	if (files > 1)
		printf(" in %s files", tool_count(files));
	putchar('\n');
}

/* Which part of the summary's metadata a key belongs to: what the model is, how it is built, its vocabulary. */
static int part_of(tare_str key)
{
	if (key.len > 8 && !memcmp(key.ptr, "general.", 8))
		return 0;
	return key.len > 10 && !memcmp(key.ptr, "tokenizer.", 10) ? 2 : 1;
}

static void add_entry(tool_table *t, tare_str key, const tare_value *value, size_t room)
{
	char *shown = tool_shown(key, 0), *text = tool_preview(value, room);

	tool_table_row(t, "%s\t%s\t%s", shown, tool_kind_text(value), text);
	free(shown);
	free(text);
}

/* Columns that are left for values. */
static size_t room_for_values(const tare_model *m)
{
	size_t width = tool_width(), keys = 0, kinds = 0, i, n;
	tare_value value;
	tare_str key;

	for (i = 0; tare_model_metadata(m, i, &key, &value); i++) {
		n = strlen(tool_kind_text(&value));
		kinds = n > kinds ? n : kinds;
		keys = key.len > keys ? key.len : keys;
	}
	return width > keys + kinds + 26 ? width - keys - kinds - 6 : 20;
}

/* In the file's order where all is shown; the vocabulary last in the summary. */
static void print_metadata(const inspect_view *v)
{
	size_t room = v->opt->metadata ? 0 : room_for_values(v->m), i;
	tool_table *t = tool_table_new("\t\t");
	tare_value value;
	tare_str key;
	int part;

	for (part = 0; part < 3; part++)
		for (i = 0; tare_model_metadata(v->m, i, &key, &value); i++)
			if (v->opt->metadata ? !part : part_of(key) == part)
				add_entry(t, key, &value, room);
	printf("\n%smetadata%s\n", tool_bold(), tool_plain());
	tool_table_print(t, stdout, 2, 0);
}

static void print_tensors(const inspect_view *v)
{
	bool sharded = tare_model_file_count(v->m) > 1;
	tool_table *table = tool_table_new(sharded ? "~tensor\tshape\ttype\t>bytes\t>file\t>offset" : "~tensor\tshape\ttype\t>bytes\t>offset");
	const tare_tensor *t;
	char *name;
	size_t i;

	for (i = 0; (t = tare_model_tensor(v->m, i)); i++) {
		if (!v->selected[i])
			continue;
		name = tool_shown(t->name, 0);
		if (t->file >= tare_model_file_count(v->m))
			tool_table_row(table, sharded ? "%s\t%s\t%s\t%s\t-\t-" : "%s\t%s\t%s\t%s\t-", name, tool_shape(t->dim, t->n_dims),
				       tool_type(t), tool_count(t->size));
		else if (sharded)
			tool_table_row(table, "%s\t%s\t%s\t%s\t%u\t%llu", name, tool_shape(t->dim, t->n_dims), tool_type(t),
				       tool_count(t->size), t->file + 1, (unsigned long long)t->offset);
		else
			tool_table_row(table, "%s\t%s\t%s\t%s\t%llu", name, tool_shape(t->dim, t->n_dims), tool_type(t),
				       tool_count(t->size), (unsigned long long)t->offset);
		free(name);
	}
	putchar('\n');
	tool_table_print(table, stdout, 2, tool_cut());
}

static void print_hashes(const inspect_view *v)
{
	tool_table *table = tool_table_new("sha256\ttensor");
	const tare_tensor *t;
	char hex[65], *name;
	size_t i;

	printf("contents sha256:%s\n\n", tool_hex(v->digest, 32, hex));
	for (i = 0; (t = tare_model_tensor(v->m, i)); i++) {
		if (!v->selected[i])
			continue;
		name = tool_shown(t->name, 0);
		tool_table_row(table, "%s\t%s", tool_hex(v->scan[i].sha256, 32, hex), name);
		free(name);
	}
	tool_table_print(table, stdout, 2, 0);
}

void inspect_text(const inspect_view *v)
{
	const inspect_options *o = v->opt;
	bool rest = !o->hash && !o->metadata && !o->tensors && !o->nodes && !o->stats;

	if (v->matrix)
		inspect_matrix_text(v);
	else
		print_head(v);
	if (rest)
		inspect_graph_head(v);
	if (o->hash)
		print_hashes(v);
	if (o->metadata)
		print_metadata(v);
	if (o->tensors)
		print_tensors(v);
	if (o->nodes)
		inspect_nodes(v);
	if (o->stats)
		inspect_stats(v);
	if (rest && !v->matrix)
		inspect_summary(v);
	if (rest)
		inspect_graph(v);
	if (rest && tare_model_metadata_count(v->m))
		print_metadata(v);
}
