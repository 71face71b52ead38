/* A recipe resolved against a model: for every tensor of the result its source, type, size and place, before a byte is written. */
#ifndef TARE_RECIPE_PLAN_H
#define TARE_RECIPE_PLAN_H

#include "formats/format.h"
#include "model/imatrix.h"
#include "model/loss.h"
#include "schemes/scheme.h"

typedef enum tare_nonfinite { TARE_NONFINITE_ERROR, TARE_NONFINITE_KEEP, TARE_NONFINITE_ZERO } tare_nonfinite;

typedef enum tare_gate_kind { TARE_GATE_SIZE_MAX, TARE_GATE_SQNR_MIN, TARE_GATE_ERROR_MAX } tare_gate_kind;

typedef struct tare_gate {
	tare_gate_kind kind;
	const char *name;        /* "gates.sqnr_db.min (line 14)" */
	double limit;
	const bool *covers;      /* per tensor of the result; NULL: the whole */
} tare_gate;

/* A weight that a scheme makes several tensors of, its parts. */
typedef struct tare_spread {
	tare_scheme_layout layout;
	size_t number;           /* among the spreads of the plan */
	size_t source;           /* of the model's tensors: the weight */
	size_t part[TARE_PARTS]; /* of the outline's tensors: layout.n_parts of them */
	const float *importance; /* a value for each index of the scheme's axis, or NULL */
} tare_spread;

struct tare_plan {
	tare_model *in;          /* not owned */
	tare_model *out;         /* the outline, laid out */
	tare_step *steps;        /* out->n_tensors of them, in out's arena */
	tare_model *matrix;      /* the importance matrix's file; NULL: none */
	tare_imatrix *imatrix;
	const tare_importance **weights; /* importance per step: as many values as columns for each slice of the two fastest dimensions
					  * (expert after expert), or NULL; the array itself NULL when no matrix was given */
	tare_spread **spreads;   /* per step: how its weight is spread over several, or NULL; the array itself NULL: none are */
	size_t n_spreads;        /* different ones */
	bool *open;              /* per step: a fit base decides; NULL: none */
	tare_nonfinite nonfinite;
	tare_gate *gates;
	size_t n_gates;
	/* Texts in out's arena, in malloc'ed arrays. unmet: gates that cannot be met, which the pipeline judges (and reports) itself. */
	char **notes, **refusals, **unmet;
	size_t n_notes, cap_notes, n_refusals, cap_refusals, n_unmet, cap_unmet;
	char *path;              /* "-" or a file; NULL for a plan only shown */
};

/* How step i's weight is spread; NULL: it is not. */
static inline tare_spread *tare_plan_spread(const tare_plan *p, size_t i)
{
	return p->spreads ? p->spreads[i] : NULL;
}

#endif
