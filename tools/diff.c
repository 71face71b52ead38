/* tare-diff: what differs between two models. */
#include "diff/diff.h"

#include "common/inputs.h"
#include "common/message.h"
#include "common/number.h"
#include "common/pager.h"
#include "common/progress.h"
#include "common/terminal.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define AT(member) offsetof(diff_options, member)
#define SHARED(member) offsetof(tool_shared, member)

static const tool_option options[] = {
	{ "order", 0, TOOL_FLAG, AT(order), NULL, NULL, "Compare", "another order of tensors is a difference too", 0 },
	{ "exact", 0, TOOL_FLAG, AT(exact), NULL, NULL, "Compare", "and so is all else, to the last byte", 0 },
	{ "tolerance", 0, TOOL_TEXT, AT(tolerance_text), "X", NULL, "Compare", "no more relative error is none, in any type", 0 },
	{ "only", 0, TOOL_LIST, AT(only), "PART", "tensors metadata template tokenizer", "Compare", NULL, 0 },
	{ "select", 0, TOOL_LIST, SHARED(select), "GLOB", NULL, "Compare", NULL, 0 },
	{ "ignore", 0, TOOL_LIST, AT(ignore), "GLOB", NULL, "Compare", NULL, 0 },
	{ "max-size-growth", 0, TOOL_TEXT, AT(growth_text), "PERCENT", NULL, "Gates", NULL, 0 },
	{ "max-rel-error", 0, TOOL_TEXT, AT(error_text), "X", NULL, "Gates", NULL, 0 },
	{ "min-sqnr", 0, TOOL_TEXT, AT(sqnr_text), "DB", NULL, "Gates", NULL, 0 },
	{ "allow-metadata", 0, TOOL_LIST, AT(allow), "GLOB", NULL, "Gates", NULL, 0 },
	{ "all", 'a', TOOL_FLAG, AT(all), NULL, NULL, "Show", "everything, at full length", 0 },
	{ "top", 0, TOOL_NUMBER, AT(top), "N", NULL, "Show", "so many of the tensors that differ", 0 },
	{ "sort", 0, TOOL_WORD, AT(sort), "KEY", "loss name max size", "Show", "these first: loss, name, max, size", 0 },
	{ "stat", 0, TOOL_FLAG, AT(stat), NULL, NULL, "Show", "a line for each thing, and totals", 0 },
	{ "porcelain", 0, TOOL_FLAG, AT(porcelain), NULL, NULL, "Show", "the same with tabs, for awk", 0 },
	{ "hex", 0, TOOL_TEXT, AT(hex), "TENSOR", NULL, "Show", "its first blocks that differ, field by field", 0 },
	{ "hash", 0, TOOL_FLAG, AT(hash), NULL, NULL, "Show", NULL, 0 },
	{ "pager", 0, TOOL_WORD, AT(pager), "WHEN", "auto always never", "Run", NULL, 0 },
};

static const tool_program program = {
	.name = "tare-diff",
	.usage = "[OPTION]... BASE MODEL...",
	.purpose = "Shows what differs between two models, whatever their formats.",
	.options = options,
	.n_options = sizeof options / sizeof *options,
	.with = TOOL_WITH_INPUT | TOOL_WITH_JSON,
	.size = sizeof(diff_options),
	.groups = "Compare,Gates,Show,Input,Run",
};

/* ---- the command line ---- */

static diff_number number(const char *option, const char *text, bool (*parse)(const char *, double *), double least)
{
	diff_number n = { .given = text != NULL };

	if (text && (!parse(text, &n.value) || n.value < least))
		tool_usage("--%s: '%s' is not a number%s", option, tool_text(text), least == 0 ? ", or below 0" : "");
	return n;
}

static void take_part(diff_options *o, const char *part, size_t n)
{
	bool *const parts[] = { &o->tensors, &o->metadata, &o->template, &o->tokenizer };
	char word[16] = "";
	int i;

	if (n < sizeof word)
		memcpy(word, part, n);
	i = *word ? tool_word_index("tensors metadata template tokenizer", word) : -1;
	if (i < 0)
		tool_usage("--only: '%s' is none of: tensors metadata template tokenizer", tool_text(part));
	*parts[i] = true;
}

static void take_parts(diff_options *o)
{
	const char *p;
	size_t i, n;

	o->tensors = o->metadata = !o->only.n;
	for (i = 0; i < o->only.n; i++)
		for (p = o->only.item[i];; p += n + 1) {
			n = strcspn(p, ",");
			take_part(o, p, n);
			if (!p[n])
				break;
		}
	o->template |= o->metadata;
	o->tokenizer |= o->metadata;
}

static void check(diff_options *o)
{
	const tool_list *models = &o->shared.operands;
	size_t i, pipes = 0;

	o->tolerance = number("tolerance", o->tolerance_text, tool_parse_real, 0);
	o->growth = number("max-size-growth", o->growth_text, tool_parse_percent, -100);
	o->error = number("max-rel-error", o->error_text, tool_parse_real, 0);
	o->sqnr = number("min-sqnr", o->sqnr_text, tool_parse_real, -1e9);
	take_parts(o);
	if (o->stat + o->porcelain + o->shared.json + (o->hex != NULL) > 1)
		tool_usage("of --stat, --porcelain, --json and --hex only one");
	if (o->hash && !o->shared.json)
		tool_usage("--hash goes with --json");
	if ((o->error.given || o->sqnr.given || o->hex) && !o->tensors)
		tool_usage("--only leaves out the tensors, which %s is about", o->hex ? "--hex" : "a gate");
	if (models->n < 2)
		tool_usage("two models are needed: a base and what is compared with it");
	for (i = 0; i < models->n; i++)
		pipes += !strcmp(models->item[i], "-");
	if (pipes > 1)
		tool_usage("standard input can be only one of the models");
	(void)tool_inputs(&o->shared); /* a terminal is no model */
}

/* ---- the work ---- */

static bool compare(diff_view *v, int *status)
{
	const diff_options *o = v->o;
	const tare_compare_options opt = {
		.run = { .threads = o->shared.threads, .progress = tool_progress },
		.select = o->shared.select.item, .n_select = o->shared.select.n, .ignore = o->ignore.item, .n_ignore = o->ignore.n,
		.no_tensors = !o->tensors, .no_metadata = !o->metadata && !o->template && !o->tokenizer, .exact = o->exact,
	};
	tare_error err = TARE_ERROR_INIT;

	tool_progress_start("comparing", o->shared.progress);
	tare_compare(&v->c, v->a, v->b, &opt, &err);
	tool_progress_end();
	if (!err.status)
		return true;
	tool_error(&err);
	*status = TOOL_TROUBLE;
	return false;
}

/* For people. Without a difference there is nothing to say, unless it was asked for. */
static void show_text(const diff_view *v, bool again)
{
	if (v->equal && !v->n_gates && !tool_verbose())
		return;
	tool_pager_start(v->o->pager);
	if (again && !v->o->stat)
		putchar('\n');
	if (v->o->stat)
		diff_stat(v);
	else
		diff_text(v);
}

static int show(const diff_view *v, bool again)
{
	int trouble = TOOL_YES;

	if (v->o->hex)
		return diff_hex(v);
	if (tool_quiet())
		return diff_status(v);
	if (v->o->shared.json)
		trouble = diff_json(v);
	else if (v->o->porcelain)
		diff_porcelain(v);
	else
		show_text(v, again);
	return trouble ? trouble : diff_status(v);
}

static int diff(const diff_options *o, tare_model *a, const char *path_a, const char *path_b, bool again)
{
	diff_view v = { .o = o, .a = a, .path_a = path_a, .path_b = path_b };
	int status = TOOL_YES;

	v.b = tool_open(&o->shared, path_b, &status);
	if (!v.b)
		return status;
	v.name_a = tool_input_name(path_a);
	v.name_b = tool_input_name(path_b);
	if (compare(&v, &status)) {
		diff_judge(&v);
		status = show(&v, again);
		diff_judge_end(&v);
	}
	tare_comparison_free(v.c);
	free(v.name_a);
	free(v.name_b);
	tare_close(v.b);
	return status;
}

int main(int argc, char **argv)
{
	static diff_options o;
	int status = TOOL_YES, one;
	const tool_list *models;
	tare_model *a;
	size_t i;

	tool_begin(program.name);
	tool_options_parse(&program, &o, argc, argv);
	tool_color_init(o.shared.color);
	check(&o);
	models = &o.shared.operands;
	a = tool_open(&o.shared, models->item[0], &status);
	for (i = 1; a && i < models->n; i++) {
		one = diff(&o, a, models->item[0], models->item[i], i > 1);
		status = one > status ? one : status;
	}
	tare_close(a);
	tool_end(status);
}
