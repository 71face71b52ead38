/* Release gates: what was asked against what came out. */
#include "recipe/report.h"

#include <math.h>

/* The whole result's size is that of its files, headers and all; of some tensors, that of their bytes. */
static double size_of(const tare_report *r, const bool *covers)
{
	uint64_t sum = 0;
	size_t i;

	if (!covers)
		return (double)r->bytes_out;
	for (i = 0; i < r->n_rows; i++)
		sum += covers[i] ? r->rows[i].bytes_out : 0;
	return (double)sum;
}

/* Over all recoded weights covered. Copied tensors lose nothing, so without any other the loss is that of an exact copy. */
static void loss_of(const tare_report *r, const bool *covers, tare_loss *out)
{
	tare_loss_sum sum = { 0 };
	size_t i;

	for (i = 0; i < r->n_rows; i++)
		if (!covers || covers[i])
			tare_loss_join(&sum, &r->rows[i].sum);
	tare_loss_finish(&sum, out);
}

static void judge(tare_report_verdict *v, const tare_gate *g, const tare_report *r, bool sizes_only)
{
	tare_loss loss;

	v->limit = g->limit;
	if (g->kind == TARE_GATE_SIZE_MAX) {
		v->value = size_of(r, g->covers);
		v->passed = v->value <= v->limit;
		return;
	}
	v->value = NAN;
	v->passed = false;
	if (sizes_only)
		return;
	loss_of(r, g->covers, &loss);
	v->value = g->kind == TARE_GATE_SQNR_MIN ? loss.sqnr_db : loss.max_error;
	v->passed = g->kind == TARE_GATE_SQNR_MIN ? v->value >= v->limit : v->value <= v->limit;
}

static tare_status refuse(const tare_report_verdict *v, const tare_gate *g, size_t more, tare_error *err)
{
	char others[64] = "";

	if (more)
		snprintf(others, sizeof others, "; nor %s %zu more", more == 1 ? "is" : "are", more);
	return tare_fail(err, TARE_E_REFUSED, TARE_NOWHERE, "gate %s is not met: %.10g, asked for %s %.10g%s", v->name, v->value,
			 g->kind == TARE_GATE_SQNR_MIN ? "at least" : "at most", v->limit, others);
}

tare_status tare_report_judge(tare_report *r, const tare_plan *p, bool sizes_only, tare_error *err)
{
	size_t i, failed = 0, first = 0;

	if (!r->verdicts)
		r->verdicts = tare_arena_array(&r->arena, p->n_gates, sizeof *r->verdicts);
	if (!r->verdicts)
		return tare_fail_nomem(err);
	r->n_verdicts = p->n_gates;
	for (i = 0; i < p->n_gates; i++) {
		tare_report_verdict *v = &r->verdicts[i];

		v->name = v->name ? v->name : tare_arena_text(&r->arena, p->gates[i].name);
		if (!v->name) {
			r->n_verdicts = 0;
			return tare_fail_nomem(err);
		}
		judge(v, &p->gates[i], r, sizes_only);
		if (v->passed || (sizes_only && p->gates[i].kind != TARE_GATE_SIZE_MAX))
			continue;
		first = failed++ ? first : i;
	}
	return failed ? refuse(&r->verdicts[first], &p->gates[first], failed - 1, err) : TARE_OK;
}
