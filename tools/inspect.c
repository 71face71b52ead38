/* tare-inspect: what is in a model file. */
#include "inspect/inspect.h"

#include "common/inputs.h"
#include "common/message.h"
#include "common/progress.h"
#include "common/terminal.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define AT(member) offsetof(inspect_options, member)

static const tool_option options[] = {
	{ "tensors", 't', TOOL_FLAG, AT(tensors), NULL, NULL, "Show", "name, shape, type, size and place of each tensor", 0 },
	{ "metadata", 'm', TOOL_FLAG, AT(metadata), NULL, NULL, "Show", "all metadata, long values too", 0 },
	{ "nodes", 0, TOOL_FLAG, AT(nodes), NULL, NULL, "Show", "the operators of a graph (ONNX), in order", 0 },
	{ "stats", 0, TOOL_FLAG, AT(stats), NULL, NULL, "Show", "range, mean, zeros, non-finite values, histogram", 0 },
	{ "hash", 0, TOOL_FLAG, AT(hash), NULL, NULL, "Show", "sha256 of each tensor, digest of the contents", 0 },
	{ "get", 0, TOOL_TEXT, AT(get), "KEY", NULL, "Show", "one raw metadata value, for scripts", 0 },
	{ "recipe", 0, TOOL_FLAG, AT(recipe), NULL, NULL, "Show", "the recipe that gives a plain model these types", 0 },
	{ "for", 0, TOOL_TEXT, AT(model), "MODEL", NULL, "Show", "an importance matrix against the model it is for", 0 },
	{ "types", 0, TOOL_FLAG, AT(types), NULL, NULL, "Show", "every type of tensor there is; takes no file", 0 },
	{ "limits", 0, TOOL_FLAG, AT(limits), NULL, NULL, "Show", "the limits on untrusted input; takes no file", 0 },
	{ "strict", 0, TOOL_FLAG, offsetof(tool_shared, strict), NULL, NULL, "Input", "accept only what the reference reader accepts", 0 },
};

static const tool_program program = {
	.name = "tare-inspect",
	.usage = "[OPTION]... [FILE]...",
	.purpose = "Shows what is in a model: a file, a folder, a sharded set, standard input.",
	.options = options,
	.n_options = sizeof options / sizeof *options,
	.with = TOOL_WITH_INPUT | TOOL_WITH_MANY | TOOL_WITH_SELECT | TOOL_WITH_JSON,
	.size = sizeof(inspect_options),
	.groups = "Show,Input,Run",
};

static int scan(inspect_view *v)
{
	const tool_shared *s = &v->opt->shared;
	tare_run_options run = { .threads = s->threads, .progress = tool_progress };
	unsigned what = (v->opt->hash ? TARE_SCAN_HASH : 0) | (v->opt->stats ? TARE_SCAN_STATS : 0);
	tare_error err = TARE_ERROR_INIT;
	tare_status st;

	if (!what)
		return TOOL_YES;
	v->scan = tool_alloc(tare_model_tensor_count(v->m), sizeof *v->scan);
	tool_progress_start("reading", s->progress);
	st = tare_scan(v->m, what, &run, v->scan, &err);
	tool_progress_end();
	if (!st && v->opt->hash)
		st = tare_content_digest(v->m, v->scan, v->digest, &err);
	if (st)
		tool_error(&err);
	return tool_status(&err);
}

static int show_recipe(const inspect_view *v)
{
	tare_error err = TARE_ERROR_INIT;
	char *yaml;

	if (tare_recipe_from_model(v->m, &yaml, &err)) {
		tool_error(&err);
		return tool_status(&err);
	}
	if (!tool_quiet())
		fputs(yaml, stdout);
	free(yaml);
	return TOOL_YES;
}

static int show(inspect_view *v)
{
	const inspect_options *o = v->opt;
	int status;

	if (o->recipe)
		return show_recipe(v);
	if (o->get)
		return inspect_get(v);
	status = inspect_matrix_open(v);
	if (status)
		return status;
	if (!v->n_selected && (o->shared.select.n || o->shared.exclude.n)) {
		tool_warning("%s: no %s is selected", v->name, v->matrix ? "entry" : "tensor");
		return TOOL_NO;
	}
	status = scan(v);
	if (status || tool_quiet())
		return status ? status : inspect_matrix_verdict(v);
	if (o->shared.json)
		inspect_json(v);
	else
		inspect_text(v);
	return inspect_matrix_verdict(v);
}

static int inspect(const inspect_options *o, const char *path, bool again)
{
	inspect_view v = { .opt = o, .path = path, .again = again };
	int status = TOOL_YES;

	v.m = tool_open(&o->shared, path, &status);
	if (!v.m)
		return status;
	v.name = tool_input_name(path);
	v.selected = tool_selected(&o->shared, v.m, &v.n_selected);
	status = show(&v);
	free(v.selected);
	free(v.scan);
	inspect_matrix_close(&v);
	free(v.name);
	tare_close(v.m);
	return status;
}

int main(int argc, char **argv)
{
	static inspect_options o;
	int status = TOOL_YES, one;
	const tool_list *inputs;
	size_t i;

	tool_begin(program.name);
	tool_options_parse(&program, &o, argc, argv);
	tool_color_init(o.shared.color);
	if (o.types)
		inspect_types();
	if (o.limits)
		inspect_limits(&o.shared);
	if (o.types || o.limits)
		tool_end(TOOL_YES);
	inputs = tool_inputs(&o.shared);
	for (i = 0; i < inputs->n; i++) {
		one = inspect(&o, inputs->item[i], i > 0);
		status = one > status ? one : status;
	}
	tool_end(status);
}
