/* What a run did and what it cost: filled by the pipeline, read through tare.h. It owns copies of all it names, so it outlives the plan. */
#ifndef TARE_RECIPE_REPORT_H
#define TARE_RECIPE_REPORT_H

#include "recipe/plan.h"

typedef struct tare_report_row {
	tare_str name;
	const uint64_t *dim;
	uint32_t n_dims;
	const char *from, *to;   /* types: "f16"; "#77" if not known */
	const char *rule, *note; /* as in tare_step; note may be NULL */
	bool copied;
	const char *scheme;      /* a name that lives for ever; NULL: none */
	unsigned part;
	uint64_t bytes_in, bytes_out;
	uint64_t nans, infs;     /* found in the source (not looked for in what is copied) */
	tare_loss_sum sum;
	tare_loss loss;
} tare_report_row;

typedef struct tare_report_verdict {
	const char *name;
	double limit, value;
	bool passed;
} tare_report_verdict;

struct tare_report {
	tare_arena arena;
	tare_report_row *rows;   /* one a tensor of the result */
	size_t n_rows;
	bool measured;
	tare_loss total;
	uint64_t bytes_in, bytes_out;
	tare_report_verdict *verdicts;
	size_t n_verdicts;
	char **notes;            /* malloc'ed array of texts in arena */
	size_t n_notes, cap_notes;
};

/* A report of what the plan says, nothing measured yet. */
tare_status tare_report_new(tare_report **out, const tare_plan *p, bool measured, tare_error *err);
tare_status tare_report_add_note(tare_report *r, tare_error *err, const char *fmt, ...) TARE_PRINTF(3, 4);
/* All tiles are in: works out losses, the total, and notes on values that are or became infinite. */
tare_status tare_report_close(tare_report *r, const tare_plan *p, tare_error *err);
/* Fills the verdicts. TARE_E_REFUSED, naming the first gate that is not met. sizes_only: before anything was measured. */
tare_status tare_report_judge(tare_report *r, const tare_plan *p, bool sizes_only, tare_error *err);

#endif
