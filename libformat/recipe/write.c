/* Carries out a plan: what comes out of the round goes to the target. */
#include "model/scan.h"
#include "recipe/aside.h"
#include "recipe/report.h"
#include "recipe/round.h"

#include <stdlib.h>

typedef struct run {
	tare_plan *p;
	const tare_write_options *opt;
	tare_report *report;
	tare_output output;
	tare_aside aside;
	tare_round round;
} run;

static tare_status check(const tare_plan *p, tare_error *err)
{
	if (!p->path)
		return tare_fail(err, TARE_E_ARG, TARE_NOWHERE, "the plan names no file to write");
	TARE_TRY(tare_round_check(p, err));
	if (p->out->n_files != 1 && !strcmp(p->path, "-"))
		return tare_fail(err, TARE_E_ARG, TARE_NOWHERE, "standard output takes one file, and the result has %zu", p->out->n_files);
	return TARE_OK;
}

/* The parts of a weight come together; only the one that is first in the result goes out at once. */
static tare_status take_part(run *r, const tare_tile *t, const tare_tile_part *part, tare_error *err)
{
	const tare_tensor *to = &r->p->out->tensors[part->index];

	if (part->index != t->due)
		return tare_aside_put(&r->aside, part->index, part->bytes, part->size, err);
	TARE_TRY(tare_aside_flush(&r->aside, to->file, to->offset, err));
	return tare_output_put(&r->output, to->file, to->offset + part->offset, part->bytes, part->size, err);
}

static tare_status take(void *user, tare_tile *t, tare_error *err)
{
	run *r = user;
	tare_report_row *row = &r->report->rows[t->index];
	tare_tile_part part;
	unsigned i;

	for (i = 0; tare_tile_part_at(t, i, &part); i++)
		TARE_TRY(take_part(r, t, &part, err));
	tare_loss_join(&row->sum, &t->sum);
	row->nans += t->nans;
	row->infs += t->infs;
	return TARE_OK;
}

static tare_status open_output(run *r, tare_error *err)
{
	const tare_write_options *o = r->opt;
	tare_target_options options = {
		.compress = o->compress, .zstd_level = o->zstd_level, .zstd_threads = o->zstd_threads, .zstd_long = o->zstd_long,
	};

	return tare_output_open(&r->output, r->p->out, strcmp(r->p->path, "-") ? NULL : "-", &options, err);
}

static tare_status prepare(run *r, tare_error *err)
{
	size_t i;

	r->round = (tare_round){ .p = r->p, .run = &r->opt->run, .measure = r->opt->measure, .take = take, .user = r };
	for (i = 0; i < r->p->n_gates; i++)
		r->round.measure = r->round.measure || r->p->gates[i].kind != TARE_GATE_SIZE_MAX;
	TARE_TRY(tare_round_prepare(&r->round, NULL, err));
	return tare_report_new(&r->report, r->p, r->round.measure, err);
}

/* *judged: the report is worth showing even if this fails. */
static tare_status carry_out(run *r, bool *judged, tare_error *err)
{
	*judged = true;
	TARE_TRY(tare_report_judge(r->report, r->p, true, err));
	*judged = false;
	TARE_TRY(open_output(r, err));
	r->aside.output = &r->output;
	TARE_TRY(tare_round_go(&r->round, err));
	TARE_TRY(tare_aside_flush(&r->aside, UINT32_MAX, 0, err));
	TARE_TRY(tare_output_finish(&r->output, err));
	TARE_TRY(tare_report_close(r->report, r->p, err));
	*judged = true;
	TARE_TRY(tare_report_judge(r->report, r->p, false, err));
	*judged = false;
	TARE_TRY(tare_model_end_reading(r->p->in, err));
	if (r->p->matrix)
		TARE_TRY(tare_model_end_reading(r->p->matrix, err));
	return tare_output_commit(&r->output, err);
}

tare_status tare_plan_write(tare_plan *p, const tare_write_options *opt, tare_report **report, tare_error *err)
{
	static const tare_write_options defaults;
	run r = { .p = p, .opt = opt ? opt : &defaults, .aside = { .lim = &p->in->limits } };
	bool judged = false;
	tare_status st;

	if (report)
		*report = NULL;
	TARE_TRY(check(p, err));
	st = prepare(&r, err);
	if (st == TARE_OK)
		st = carry_out(&r, &judged, err);
	tare_aside_free(&r.aside);
	tare_output_close(&r.output);
	if (report && (st == TARE_OK || (st == TARE_E_REFUSED && judged)))
		*report = r.report;
	else
		tare_report_free(r.report);
	tare_round_end(&r.round);
	return st;
}
