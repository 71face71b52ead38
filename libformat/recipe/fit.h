/* A budget of bytes: which weight gets which of several types, so that the whole fits and the least is lost.
 *
 * A fit is what is shown of it (tare.h); the parts below are its measuring, which reads the payload once, and its solving, which is
 * arithmetic on what was measured. Both come out the same on every machine and with any number of threads. */
#ifndef TARE_RECIPE_FIT_H
#define TARE_RECIPE_FIT_H

#include "recipe/recipe.h"

/* A type that a weight may get. */
typedef struct tare_fit_choice {
	const tare_type *type;
	uint64_t size;           /* bytes in the file, padding and all */
	double loss;             /* sum of squared errors, each weighed with the importance of its column */
} tare_fit_choice;

typedef struct tare_fit_weight {
	size_t step;             /* of the plan in which it is open */
	tare_fit_choice choice[TARE_FIT_TYPES];
	unsigned n;              /* of them; at least 1 */
	unsigned pick;
	double signal;           /* sum of squares, weighed alike */
} tare_fit_weight;

/* fit_measure.c: fills loss and signal of all weights, in one pass over the payload of p's source. */
tare_status tare_fit_measure(const tare_plan *p, tare_fit_weight *weights, size_t n, const tare_run_options *run, tare_error *err);

/* fit_solve.c: orders each weight's choices by size, and drops those that are no better than a smaller one. */
void tare_fit_order(tare_fit_weight *weights, size_t n);
/* Points of the curve: from all weights in their smallest choice on, each step the one that saves most loss a byte. malloc'ed, *count of
 * them; bytes and loss are sums over the weights. */
tare_status tare_fit_curve(const tare_fit_weight *weights, size_t n, tare_fit_point **points, size_t *count, tare_error *err);
/* Picks for all weights together at most room bytes; false if even the smallest take more. */
tare_status tare_fit_solve(tare_fit_weight *weights, size_t n, uint64_t room, bool *fits, tare_error *err);

#endif
