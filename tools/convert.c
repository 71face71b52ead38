/* tare-convert: a model in another format, byte order or number of files; importance matrices added up. */
#include "convert/convert.h"

#include "common/inputs.h"
#include "common/job.h"
#include "common/message.h"
#include "common/terminal.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define AT(member) offsetof(convert_options, member)
#define SHARED(member) offsetof(tool_shared, member)

static const tool_option options[] = {
	{ "to", 0, TOOL_TEXT, SHARED(to), "FORMAT", "@formats", "Result", "gguf, safetensors, onnx, ...; else as OUT", 0 },
	{ "type", 't', TOOL_TEXT, AT(type), "TYPE", "f16 bf16 f32", "Result", "decode quantized tensors to this type", 0 },
	{ "graph", 0, TOOL_TEXT, AT(graph), "MODEL", NULL, "Result", "this model's graph (ONNX), with IN's weights", 0 },
	{ "endian", 0, TOOL_WORD, AT(endian), "ORDER", "keep little big", "Result", "byte order: keep, little, big", 0 },
	{ "split-size", 0, TOOL_SIZE, SHARED(split_size), "SIZE", NULL, "Result", "several files, of at most this many bytes", 0 },
	{ "split-count", 0, TOOL_NUMBER, SHARED(split_count), "N", NULL, "Result", "several files, of at most this many tensors", 0 },
	{ "chunk-size", 0, TOOL_NUMBER, AT(chunk_size), "N", NULL, "Result", "importance matrices: tokens of a chunk", INT32_MAX },
	{ "dry-run", 'n', TOOL_FLAG, AT(dry_run), NULL, NULL, "Result", "show the exact plan; write nothing", 0 },
};

static const tool_program program = {
	.name = "tare-convert",
	.usage = "[OPTION]... IN... -o OUT",
	.purpose = "Writes a model in another format, byte order or number of files.",
	.options = options,
	.n_options = sizeof options / sizeof *options,
	.with = TOOL_WITH_INPUT | TOOL_WITH_OUTPUT | TOOL_WITH_SELECT | TOOL_WITH_JSON,
	.size = sizeof(convert_options),
	.groups = "Result,Output,Input,Run",
};

/* Globs as a YAML list. */
static void put_globs(FILE *f, const tool_list *list)
{
	const char *p;
	size_t i;

	for (i = 0; i < list->n; i++) {
		fputs(i ? ", \"" : "[\"", f);
		for (p = list->item[i]; *p; p++)
			fprintf(f, *p == '"' || *p == '\\' ? "\\%c" : "%c", *p);
		fputc('"', f);
	}
	fputc(']', f);
}

static void put_rule(FILE *f, const tool_list *names, const char *fields, const char *what, const char *value)
{
	fputs("- {optional: true, match: ", f);
	if (names->n) {
		fputs("{name: ", f);
		put_globs(f, names);
		fprintf(f, "%s%s}", *fields ? ", " : "", fields);
	} else {
		fprintf(f, *fields ? "{%s}" : "\"*\"", fields);
	}
	fprintf(f, ", %s: %s}\n", what, value);
}

/* Without a base every tensor stays as it is; the first rule that matches decides. */
static char *rules_text(const convert_options *o)
{
	static const tool_list all = { NULL, 0 };
	const tool_shared *s = &o->shared;
	char *yaml;
	size_t size;
	FILE *f = tool_compose(&yaml, &size);

	if (s->exclude.n)
		put_rule(f, &s->exclude, "", "drop", "true");
	if (o->type)
		put_rule(f, &s->select, "type: quantized", "type", o->type);
	if (s->select.n) {
		put_rule(f, &s->select, "", "keep", "true");
		put_rule(f, &all, "", "drop", "true");
	}
	tool_composed(f, &yaml);
	return yaml;
}

/* The options the rules come from, as messages and plans name them. */
static char *origin_of(const convert_options *o)
{
	const char *select = o->shared.select.n ? "--select " : "", *exclude = o->shared.exclude.n ? "--exclude " : "";
	char *text = tool_format("%s%s%s", select, exclude, o->type ? "--type " : "");

	text[strlen(text) - 1] = '\0';
	return text;
}

static tare_status add_rules(tare_recipe *r, const convert_options *o, tare_error *err)
{
	char *yaml = rules_text(o), *origin;
	tare_status st = TARE_OK;

	if (*yaml) {
		origin = origin_of(o);
		st = tare_recipe_set(r, "rules", yaml, origin, err);
		free(origin);
	}
	free(yaml);
	return st;
}

static tare_recipe *recipe_of(const convert_options *o, int *status)
{
	static const char text[] = "tare: 1\nallow_requantize: true\n";
	tare_error err = TARE_ERROR_INIT;
	tare_recipe *r;

	if (tare_recipe_parse(&r, text, strlen(text), "", &err) == TARE_OK && add_rules(r, o, &err) == TARE_OK)
		return r;
	tool_error(&err);
	*status = tool_status(&err);
	tare_recipe_free(r);
	return NULL;
}

static bool nothing_selected(const tool_shared *s, const tare_model *m)
{
	size_t n;

	free(tool_selected(s, m, &n));
	return !n && (s->select.n || s->exclude.n);
}

/* weights (taken over) within the graph of --graph. */
static tare_model *into_graph(const convert_options *o, tare_model *weights, int *status)
{
	tare_error err = TARE_ERROR_INIT;
	tare_open_options opt;
	tare_limits lim;
	const char *text;
	tare_model *m;
	size_t i;

	tool_open_options(&o->shared, &lim, &opt);
	opt.from = NULL;
	if (tare_open_graph(&m, o->graph, weights, &opt, &err)) {
		tool_error(&err);
		*status = TOOL_TROUBLE;
		return NULL;
	}
	for (i = 0; (text = tare_model_warning(m, i)); i++)
		tool_warning("%s: warning: %s", tool_text(o->graph), text);
	return m;
}

static int convert(tool_job *job, const convert_options *o)
{
	const tool_list *inputs = tool_inputs(job->shared);
	tare_model *m;
	int status = TOOL_YES;

	m = tool_open(job->shared, inputs->item[0], &status);
	if (m && convert_is_matrix_work(o, m, inputs->n))
		return convert_matrices(o, inputs, m);
	if (inputs->n > 1)
		tool_usage("one model at a time ('%s' is the second); only importance matrices are added up", tool_text(inputs->item[1]));
	if (o->chunk_size)
		tool_usage("--chunk-size: '%s' is no importance matrix", tool_text(inputs->item[0]));
	if (m && o->graph)
		m = into_graph(o, m, &status);
	if (m && nothing_selected(job->shared, m)) {
		tool_warning("%s: no tensor is selected", tool_text(tare_model_path(m)));
		status = TOOL_NO;
	} else if (m) {
		status = tool_job_run(job, m);
	}
	tare_close(m);
	return status;
}

static void check(const convert_options *o)
{
	const tare_type *t = o->type ? tare_type_find(o->type) : NULL;

	if (o->type && (!t || tare_type_is_quantized(t) || !tare_type_can_encode(t)))
		tool_usage("--type: '%s' is none of the types to decode to: f16, bf16, f32", tool_text(o->type));
}

int main(int argc, char **argv)
{
	static convert_options o;
	tool_job job = { .shared = &o.shared, .doing = "converting" };
	int status = TOOL_YES;

	tool_begin(program.name);
	tool_options_parse(&program, &o, argc, argv);
	tool_color_init(o.shared.color);
	job.endian = (tare_endian)o.endian;
	job.dry_run = o.dry_run;
	check(&o);
	tool_job_check(&job);
	job.recipe = recipe_of(&o, &status);
	if (job.recipe)
		status = convert(&job, &o);
	tare_recipe_free(job.recipe);
	tool_end(status);
}
