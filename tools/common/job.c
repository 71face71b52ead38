#include "common/job.h"

#include "common/inputs.h"
#include "common/message.h"
#include "common/number.h"
#include "common/outfile.h"
#include "common/progress.h"
#include "common/terminal.h"

#include <stdlib.h>
#include <string.h>

static const char *output_of(const tool_shared *s)
{
	return s->output ? s->output : "-";
}

tare_plan_options tool_plan_options(const tool_shared *s, const char *path)
{
	return (tare_plan_options){
		.path = path, .to = s->to, .split_size = s->split_size, .split_count = s->split_count,
		.external = (tare_external)s->external, .external_least = s->external_least, .align = s->align,
	};
}

static bool is_stdout(const char *path)
{
	return path && !strcmp(path, "-");
}

const char *tool_job_input(const tool_shared *s)
{
	const tool_list *list = tool_inputs(s);

	if (list->n > 1)
		tool_usage("one input at a time ('%s' is the second); the output is named with -o", tool_text(list->item[1]));
	return list->item[0];
}

void tool_job_check(const tool_job *job)
{
	const tool_shared *s = job->shared;
	const char *output = output_of(s);

	if (job->dry_run || job->verify)
		return;
	tool_refuse_terminal(output);
	if (is_stdout(output) && (s->json || is_stdout(job->report)))
		tool_usage("the model itself goes to standard output: name a file with -o, or the report with --report");
	if (s->json && is_stdout(job->report))
		tool_usage("--json and --report - would print the same twice");
}

/* What is there already stays, unless -f says otherwise. */
static bool may_write(const tare_plan *p, const tool_shared *s)
{
	const tare_model *out = tare_plan_model(p);
	size_t i;

	if (is_stdout(output_of(s)))
		return true;
	for (i = 0; i < tare_model_file_count(out); i++)
		if (!tool_may_replace(tare_model_file_path(out, i), s->force))
			return false;
	return true;
}

bool tool_job_refused(const tare_plan *p, const char *name)
{
	const char *text;
	size_t i;

	for (i = 0; (text = tare_plan_refusal(p, i)); i++)
		tool_trouble("%s: refused: %s", name, text);
	return i > 0;
}

static void tell_notes(const tare_plan *p, const char *name)
{
	const char *text;
	size_t i;

	for (i = 0; (text = tare_plan_note(p, i)); i++)
		tool_warning("%s: %s", name, text);
}

/* The first gate that is not met is what the error says. */
static void tell_gates(const tare_report *r)
{
	const char *name;
	double limit, value;
	bool passed, first = true;
	size_t i;

	for (i = 0; tare_report_gate(r, i, &name, &limit, &value, &passed); i++) {
		if (passed)
			tool_note("gate %s is met: %s, asked for %s", name, tool_real(value), tool_real(limit));
		else if (!first)
			tool_trouble("gate %s is not met: %s, asked for %s", name, tool_real(value), tool_real(limit));
		first = first && passed;
	}
}

/* Line ends stand only between values: in strings they are escaped. */
static void print_on_one_line(const char *json)
{
	for (; *json; json++)
		if (*json != '\n')
			putchar(*json);
	putchar('\n');
}

static int save_report(const tool_job *job, const tare_report *r)
{
	char *text = tare_report_json(r);
	int status = TOOL_YES;

	if (!text) {
		tool_trouble("out of memory");
		return TOOL_TROUBLE;
	}
	if (job->shared->json || is_stdout(job->report))
		print_on_one_line(text);
	if (job->report && !is_stdout(job->report))
		status = tool_write_file(job->report, text);
	free(text);
	return status;
}

static int tell_report(const tool_job *job, const tare_plan *p, const tare_model *in, const tare_report *r)
{
	int status = TOOL_YES;

	tell_gates(r);
	if (job->loss && !job->shared->json)
		tool_loss_text(is_stdout(output_of(job->shared)) || is_stdout(job->report) ? stderr : stdout, p, in, r, tool_verbose() > 0);
	if (job->shared->json || job->report)
		status = save_report(job, r);
	return status;
}

static void tell_end(const tare_plan *p, const tare_model *in, const char *output)
{
	tool_sum from = tool_sum_of(in), to = tool_sum_of(tare_plan_model(p));

	if (tool_progress_shown() || tool_verbose())
		tool_warning("%s: %s of tensors, were %s; %s bits a weight, were %s; %.1f s", tool_text(output), tool_bytes(to.bytes),
			     tool_bytes(from.bytes), tool_bits(to.bytes, to.weights), tool_bits(from.bytes, from.weights),
			     tool_progress_seconds());
}

static int write_plan(const tool_job *job, tare_plan *p, const tare_model *in)
{
	const tool_shared *s = job->shared;
	tare_write_options opt = {
		.run = { .threads = s->threads, .progress = tool_progress },
		.measure = job->loss || job->report || s->json,
		.zstd_level = (int)s->level,
		.zstd_threads = s->zstd_threads,
		.zstd_long = s->zstd_long,
		.compress = s->zstd,
	};
	tare_error err = TARE_ERROR_INIT;
	tare_report *r = NULL;
	int status, told = TOOL_YES;

	tool_progress_start(job->doing, s->progress);
	tare_plan_write(p, &opt, &r, &err);
	tool_progress_end();
	status = tool_status(&err);
	if (status)
		tool_error(&err);
	if (r)
		told = tell_report(job, p, in, r);
	if (!status)
		tell_end(p, in, output_of(s));
	tare_report_free(r);
	return told > status ? told : status;
}

static int show_plan(const tool_job *job, const tare_plan *p, const tare_model *in, const char *name)
{
	if (tool_quiet())
		return tare_plan_refusal(p, 0) ? TOOL_NO : TOOL_YES;
	if (job->shared->json)
		tool_plan_json(p, in, output_of(job->shared), job->fit);
	else
		tool_plan_text(p, in, output_of(job->shared), job->fit);
	return tool_job_refused(p, name) ? TOOL_NO : TOOL_YES;
}

int tool_job_run(const tool_job *job, tare_model *m)
{
	const tool_shared *s = job->shared;
	tare_plan_options opt = tool_plan_options(s, job->dry_run && !s->output ? NULL : output_of(s));
	char *name = tool_input_name(tare_model_path(m));
	tare_error err = TARE_ERROR_INIT;
	tare_plan *p;
	int status;

	opt.endian = job->endian;
	if (tare_plan_new(&p, m, job->recipe, &opt, &err)) {
		tool_error(&err);
		free(name);
		return tool_status(&err);
	}
	if (job->dry_run) {
		status = show_plan(job, p, m, name);
	} else if (tool_job_refused(p, name)) {
		status = TOOL_NO;
	} else if (!may_write(p, s)) {
		status = TOOL_TROUBLE;
	} else {
		tell_notes(p, name);
		status = write_plan(job, p, m);
	}
	tare_plan_free(p);
	free(name);
	return status;
}
