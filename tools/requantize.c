/* tare-requantize: a model's weights in other types, by a recipe. */
#include "requantize/requantize.h"

#include "common/inputs.h"
#include "common/job.h"
#include "common/message.h"
#include "common/progress.h"
#include "common/terminal.h"

#include <stddef.h>
#include <stdlib.h>

#define AT(member) offsetof(requantize_options, member)

/* What changes the result is a key of the recipe: these options are sorted out by flags.c. */
#define KEY TOOL_SAID, AT(said)

static const tool_option options[] = {
	{ "recipe", 'r', TOOL_TEXT, AT(recipe), "FILE", NULL, "Recipe", "what becomes of each weight: tare-recipe(5)", 0 },
	{ "type", 't', KEY, "MIX", "@bases", "Recipe", "a mix such as Q4_K_M, or type:q4_0 throughout", 0 },
	{ "fit", 0, KEY, "SIZE", NULL, "Recipe", NULL, 0 },
	{ "fit-types", 0, KEY, "TYPE,...", NULL, "Recipe", NULL, 0 },
	{ "imatrix", 0, KEY, "FILE", NULL, "Recipe", NULL, 0 },
	{ "include-weights", 0, KEY, "TEXT", NULL, "Recipe", NULL, 0 },
	{ "exclude-weights", 0, KEY, "TEXT", NULL, "Recipe", NULL, 0 },
	{ "tensor-type", 0, KEY, "RE=TYPE", NULL, "Recipe", NULL, 0 },
	{ "tensor-type-file", 0, KEY, "FILE", NULL, "Recipe", NULL, 0 },
	{ "prune-layers", 0, KEY, "N,...", NULL, "Recipe", NULL, 0 },
	{ "output-tensor-type", 0, KEY, "TYPE", "@types", "Recipe", NULL, 0 },
	{ "token-embedding-type", 0, KEY, "TYPE", "@types", "Recipe", NULL, 0 },
	{ "leave-output-tensor", 0, KEY, NULL, NULL, "Recipe", NULL, 0 },
	{ "pure", 0, KEY, NULL, NULL, "Recipe", NULL, 0 },
	{ "fallback", 0, KEY, "WHAT", "error adjust", "Recipe", NULL, 0 },
	{ "nonfinite", 0, KEY, "WHAT", "error keep zero", "Recipe", NULL, 0 },
	{ "allow-requantize", 0, KEY, NULL, NULL, "Recipe", NULL, 0 },
	{ "override-kv", 0, KEY, "KEY=TYPE:VALUE", NULL, "Recipe", NULL, 0 },
	{ "max-size", 0, KEY, "SIZE", NULL, "Recipe", NULL, 0 },
	{ "min-sqnr", 0, KEY, "DB", NULL, "Recipe", NULL, 0 },
	{ "max-error", 0, KEY, "X", NULL, "Recipe", NULL, 0 },
	{ "keep-split", 0, KEY, NULL, NULL, "Output", NULL, 0 },
	{ "print-recipe", 0, TOOL_FLAG, AT(print_recipe), NULL, NULL, "Show", "the recipe all this amounts to, and no more", 0 },
	{ "dry-run", 'n', TOOL_FLAG, AT(dry_run), NULL, NULL, "Show", "the exact plan; nothing is written", 0 },
	{ "loss", 0, TOOL_FLAG, AT(loss), NULL, NULL, "Show", "what was lost, the worst tensors first", 0 },
	{ "verify", 0, TOOL_TEXT, AT(verify), "FILE", NULL, "Show", NULL, 0 },
	{ "report", 0, TOOL_TEXT, AT(report), "FILE", NULL, "Show", NULL, 0 },
};

static const tool_program program = {
	.name = "tare-requantize",
	.usage = "[-r RECIPE | -t MIX | -t type:TYPE] [OPTION]... IN -o OUT",
	.purpose = "Quantizes the weights of a model by a recipe or a named mix.",
	.options = options,
	.n_options = sizeof options / sizeof *options,
	.with = TOOL_WITH_INPUT | TOOL_WITH_OUTPUT | TOOL_WITH_JSON,
	.size = sizeof(requantize_options),
	.groups = "Recipe,Show,Output,Input,Run",
};

static int print_recipe(const tare_recipe *r)
{
	tare_error err = TARE_ERROR_INIT;
	char *yaml;

	if (tare_recipe_print(r, &yaml, &err)) {
		tool_error(&err);
		return tool_status(&err);
	}
	fputs(yaml, stdout);
	free(yaml);
	return TOOL_YES;
}

/* Ends with the recipe worked out in job->recipe if it has a budget; the exit status. */
static int work_out(tool_job *job, tare_model *m, tare_fit **fit)
{
	const tool_shared *s = job->shared;
	const char *path = job->verify ? job->verify : s->output ? s->output : "-";
	const tare_plan_options opt = tool_plan_options(s, job->dry_run && !s->output ? NULL : path);
	const tare_run_options run = { .threads = s->threads, .progress = tool_progress };
	tare_error err = TARE_ERROR_INIT;

	if (!tare_recipe_has_fit(job->recipe))
		return TOOL_YES;
	tool_progress_start("measuring", s->progress);
	tare_fit_new(fit, m, job->recipe, &opt, &run, &err);
	tool_progress_end();
	if (err.status) {
		tool_error(&err);
		return tool_status(&err);
	}
	job->fit = *fit;
	job->recipe = tare_fit_recipe(*fit);
	return TOOL_YES;
}

static int carry_out(const requantize_options *o, tool_job *job, tare_model *m)
{
	tare_fit *fit = NULL;
	int status = work_out(job, m, &fit);

	if (!status)
		status = o->print_recipe ? print_recipe(job->recipe) : o->verify ? tool_job_verify(job, m) : tool_job_run(job, m);
	tare_fit_free(fit);
	return status;
}

static int requantize(const requantize_options *o, tare_recipe *recipe)
{
	tool_job job = { .shared = &o->shared, .doing = "quantizing", .recipe = recipe, .dry_run = o->dry_run, .loss = o->loss,
			 .report = o->report, .verify = o->verify };
	int status = TOOL_YES;
	const char *input;
	tare_model *m;

	if (o->print_recipe && (!tare_recipe_has_fit(recipe) || !o->shared.operands.n))
		return print_recipe(recipe);
	if (o->verify && (o->shared.output || o->report || o->loss || o->dry_run))
		tool_usage("--verify writes nothing: it goes with none of -o, --report, --loss and --dry-run");
	if (!o->print_recipe)
		tool_job_check(&job);
	input = tool_job_input(&o->shared);
	m = tool_open(&o->shared, input, &status);
	if (!m)
		return status;
	status = carry_out(o, &job, m);
	tare_close(m);
	return status;
}

int main(int argc, char **argv)
{
	static requantize_options o;
	tare_recipe *recipe;
	int status;

	tool_begin(program.name);
	tool_options_parse(&program, &o, argc, argv);
	tool_color_init(o.shared.color);
	status = requantize_recipe(&o, &recipe);
	if (recipe)
		status = requantize(&o, recipe);
	tare_recipe_free(recipe);
	tool_end(status);
}
