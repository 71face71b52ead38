/* Is one file what a recipe makes of another? Nothing is written. */
#include "common/inputs.h"
#include "common/job.h"
#include "common/json.h"
#include "common/message.h"
#include "common/progress.h"

#include <stdlib.h>
#include <string.h>

static const char *where(const tare_difference *d)
{
	return !strcmp(d->kind, "metadata") ? "key" : "tensor";
}

static void put_text(const tare_differences *found)
{
	const tare_difference *d;
	char *name;
	size_t i;

	for (i = 0; (d = tare_difference_at(found, i)); i++) {
		name = tool_shown(d->name, 0);
		if (d->name.len)
			printf("%s %s: %s\n", where(d), name, d->text);
		else
			printf("%s\n", d->text);
		free(name);
	}
}

static void put_json(const tool_job *job, const tare_model *in, const tare_differences *found)
{
	tool_json j = { .out = stdout };
	const tare_difference *d;
	size_t i;

	tool_json_object(&j, NULL);
	tool_json_text(&j, "schema", "verify-1");
	tool_json_text(&j, "file", tare_model_path(in));
	tool_json_text(&j, "result", job->verify);
	tool_json_bool(&j, "same", !tare_difference_at(found, 0));
	tool_json_array(&j, "differences");
	for (i = 0; (d = tare_difference_at(found, i)); i++) {
		tool_json_object(&j, NULL);
		tool_json_text(&j, "kind", d->kind);
		tool_json_str(&j, "name", d->name);
		tool_json_text(&j, "text", d->text);
		tool_json_uint(&j, "blocks", d->blocks);
		tool_json_uint(&j, "blocks_differing", d->differ);
		tool_json_end_object(&j);
	}
	tool_json_end_array(&j);
	tool_json_end_object(&j);
	tool_json_newline(&j);
}

static int tell(const tool_job *job, const tare_model *in, const tare_differences *found)
{
	if (job->shared->json)
		put_json(job, in, found);
	else if (!tool_quiet())
		put_text(found);
	return tare_difference_at(found, 0) ? TOOL_NO : TOOL_YES;
}

static int compare(const tool_job *job, tare_plan *p, tare_model *in, tare_model *of)
{
	const tool_shared *s = job->shared;
	const tare_run_options run = { .threads = s->threads, .progress = tool_progress };
	tare_error err = TARE_ERROR_INIT;
	tare_differences *found;
	int status;

	tool_progress_start("verifying", s->progress);
	tare_plan_verify(p, of, &run, &found, &err);
	tool_progress_end();
	status = tool_status(&err);
	if (status)
		tool_error(&err);
	else
		status = tell(job, in, found);
	tare_differences_free(found);
	return status;
}

static int plan_and_compare(const tool_job *job, tare_model *in, tare_model *of)
{
	const tool_shared *s = job->shared;
	tare_plan_options opt = tool_plan_options(s, job->verify);
	char *name = tool_input_name(tare_model_path(in));
	tare_error err = TARE_ERROR_INIT;
	int status = TOOL_NO;
	tare_plan *p;

	opt.to = s->to ? s->to : tare_model_format(of);
	opt.endian = job->endian;
	if (tare_plan_new(&p, in, job->recipe, &opt, &err)) {
		tool_error(&err);
		status = tool_status(&err);
	} else if (!tool_job_refused(p, name)) {
		status = compare(job, p, in, of);
	}
	tare_plan_free(p);
	free(name);
	return status;
}

int tool_job_verify(const tool_job *job, tare_model *m)
{
	tool_shared result = *job->shared;
	int status = TOOL_YES;
	tare_model *of;

	result.from = NULL; /* --from, --strict and --single are about the input */
	result.strict = result.single = false;
	of = tool_open(&result, job->verify, &status);
	if (!of)
		return status;
	status = plan_and_compare(job, m, of);
	tare_close(of);
	return status;
}
