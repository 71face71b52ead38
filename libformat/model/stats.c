#include "model/stats.h"

#include <math.h>

enum { LANES = 4, CHUNK = 1024 };

tare_stats_sum tare_stats_start(void)
{
	return (tare_stats_sum){ .first_nonfinite = TARE_NOWHERE, .min = INFINITY, .max = -INFINITY };
}

/* At most CHUNK values, finite unless square says otherwise; value i goes to running sum i % LANES, and the last partial group behind
 * them. */
static void add_finite(tare_stats_sum *s, const float *x, size_t n)
{
	double sum[LANES] = { 0 }, square[LANES] = { 0 };
	size_t i, j;

	for (i = 0; i + LANES <= n; i += LANES)
		for (j = 0; j < LANES; j++) {
			sum[j] += x[i + j];
			square[j] += (double)x[i + j] * x[i + j];
		}
	for (j = 0; i + j < n; j++) {
		sum[j] += x[i + j];
		square[j] += (double)x[i + j] * x[i + j];
	}
	for (i = 0; i < n; i++) {
		s->min = x[i] < s->min ? x[i] : s->min;
		s->max = x[i] > s->max ? x[i] : s->max;
		s->zeros += x[i] == 0;
	}
	s->sum += (sum[0] + sum[1]) + (sum[2] + sum[3]);
	s->square += (square[0] + square[1]) + (square[2] + square[3]);
}

/* Copies the finite values of x to kept, counts the others. Returns how many were kept. */
static size_t sift(tare_stats_sum *s, float *kept, const float *x, size_t n, uint64_t at)
{
	size_t i, k = 0;

	for (i = 0; i < n; i++) {
		if (isfinite(x[i])) {
			kept[k++] = x[i];
			continue;
		}
		if (s->first_nonfinite == TARE_NOWHERE)
			s->first_nonfinite = at + i;
		s->nans += isnan(x[i]) != 0;
		s->infs += isinf(x[i]) != 0;
	}
	return k;
}

void tare_stats_add(tare_stats_sum *s, const float *x, size_t n, uint64_t at)
{
	float kept[CHUNK];
	size_t i, k;

	s->count += n;
	for (i = 0; i < n; i += k) {
		tare_stats_sum part = tare_stats_start();

		k = n - i < CHUNK ? n - i : CHUNK;
		add_finite(&part, x + i, k);
		/* Squares of floats fit a double, so only a NaN or an infinity can do this. */
		if (!isfinite(part.square)) {
			part = tare_stats_start();
			add_finite(&part, kept, sift(&part, kept, x + i, k, at + i));
		}
		tare_stats_join(s, &part);
	}
}

void tare_stats_join(tare_stats_sum *s, const tare_stats_sum *more)
{
	s->count += more->count;
	s->zeros += more->zeros;
	s->nans += more->nans;
	s->infs += more->infs;
	if (more->first_nonfinite < s->first_nonfinite)
		s->first_nonfinite = more->first_nonfinite;
	s->min = more->min < s->min ? more->min : s->min;
	s->max = more->max > s->max ? more->max : s->max;
	s->sum += more->sum;
	s->square += more->square;
}

void tare_stats_finish(const tare_stats_sum *s, tare_stats *out)
{
	uint64_t finite = s->count - s->nans - s->infs;

	*out = (tare_stats){ .count = s->count, .zeros = s->zeros, .nans = s->nans, .infs = s->infs,
			     .first_nonfinite = s->first_nonfinite };
	if (!finite)
		return;
	out->min = s->min;
	out->max = s->max;
	out->mean = s->sum / (double)finite;
	out->rms = sqrt(s->square / (double)finite);
}

void tare_stats_bin(const tare_stats *range, uint32_t *bins, const float *x, size_t n)
{
	double scale = range->max > range->min ? TARE_HISTOGRAM / (range->max - range->min) : 0;
	size_t i, bin;

	for (i = 0; i < n; i++) {
		if (!isfinite(x[i]))
			continue;
		bin = (size_t)((x[i] - range->min) * scale);
		bins[bin < TARE_HISTOGRAM ? bin : TARE_HISTOGRAM - 1]++;
	}
}
