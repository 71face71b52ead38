/* Statistics of values, summed in two passes so that the result does not depend on how the work was cut among threads: the first finds
 * range and moments, the second counts bins. Partial sums are joined in order. */
#ifndef TARE_MODEL_STATS_H
#define TARE_MODEL_STATS_H

#include "tare.h"

typedef struct tare_stats_sum {
	uint64_t count, zeros, nans, infs;
	uint64_t first_nonfinite;  /* index within the tensor, TARE_NOWHERE if none */
	float min, max;            /* of finite values; +inf, -inf when there are none */
	double sum, square;
} tare_stats_sum;

tare_stats_sum tare_stats_start(void);
/* n values whose first has the index `at` in its tensor. */
void tare_stats_add(tare_stats_sum *s, const float *x, size_t n, uint64_t at);
void tare_stats_join(tare_stats_sum *s, const tare_stats_sum *more);
/* Everything but the histogram, which is set to zeros. */
void tare_stats_finish(const tare_stats_sum *s, tare_stats *out);
/* Counts n values in bins, TARE_HISTOGRAM equal ones from range->min to range->max. */
void tare_stats_bin(const tare_stats *range, uint32_t *bins, const float *x, size_t n);

#endif
