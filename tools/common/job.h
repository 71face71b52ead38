/* One model in, one model out: what tare-requantize and tare-convert have in common. */
#ifndef TARE_TOOLS_JOB_H
#define TARE_TOOLS_JOB_H

#include "common/model.h"
#include "common/options.h"

typedef struct tool_job {
	const tool_shared *shared;
	const char *doing;     /* for progress: "quantizing" */
	tare_recipe *recipe;
	tare_endian endian;
	bool dry_run;          /* the plan on standard output, nothing written */
	bool loss;             /* a table of what was lost */
	const char *report;    /* JSON file, "-" for standard output; NULL: none */
	const tare_fit *fit;   /* how a budget was worked out; NULL: there was none */
	const char *verify;    /* a model to compare with instead of writing; NULL: none */
} tool_job;

/* What the shared options say of the result; path NULL: of a plan that is only shown. */
tare_plan_options tool_plan_options(const tool_shared *s, const char *path);
/* The one operand, "-" if there is none. Two are a mistake. */
const char *tool_job_input(const tool_shared *s);
/* Mistakes that show before anything is read: a binary stream to a terminal, two things on standard output. Ends the program. */
void tool_job_check(const tool_job *job);
/* Plans and writes m under the job's recipe; the exit status. */
int tool_job_run(const tool_job *job, tare_model *m);

/* Tells why the plan would be refused; false if it would not. */
bool tool_job_refused(const tare_plan *p, const char *name);
/* verify.c: is job->verify what m becomes under the recipe? */
int tool_job_verify(const tool_job *job, tare_model *m);

/* plan_text.c, plan_json.c, loss_text.c */
void tool_plan_text(const tare_plan *p, const tare_model *in, const char *output, const tare_fit *fit);
void tool_plan_json(const tare_plan *p, const tare_model *in, const char *output, const tare_fit *fit);
void tool_loss_text(FILE *out, const tare_plan *p, const tare_model *in, const tare_report *r, bool all);

/* Tensors that cannot be made as asked. */
size_t tool_plan_refused(const tare_plan *p);

#endif
