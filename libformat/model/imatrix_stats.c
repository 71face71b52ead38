/* What an importance matrix says of each weight, in figures. Values are those that llama-quantize works with; slices without data are left
 * out of all figures. Sums are made in the order of the values, so the result is the same everywhere. */
#include "model/imatrix.h"

#include <stdlib.h>

enum { STRIP = 1024 };

/* n values of a slice with data. */
typedef void take_fn(void *ctx, const float *x, size_t n, uint64_t at);

static void walk_slice(const tare_importance *e, uint64_t slice, take_fn *take, void *ctx)
{
	const uint64_t cols = e->values / e->slices;
	float x[STRIP];
	uint64_t at;
	size_t n;

	for (at = 0; at < cols; at += n) {
		n = cols - at < STRIP ? (size_t)(cols - at) : STRIP;
		tare_importance_get(e, slice * cols + at, n, x);
		take(ctx, x, n, slice * cols + at);
	}
}

typedef struct sums {
	tare_imatrix_entry *out;
	double sum, square;      /* of the whole */
	double slice_sum;
	double bar;              /* above it is an outlier */
} sums;

static void add(void *ctx, const float *x, size_t n, uint64_t at)
{
	sums *s = ctx;
	size_t i;

	for (i = 0; i < n; i++) {
		s->out->min = x[i] < s->out->min ? x[i] : s->out->min;
		if (x[i] > s->out->max) {
			s->out->max = x[i];
			s->out->peak = at + i;
		}
		s->out->zeros += x[i] == 0;
		s->slice_sum += x[i];
		s->square += (double)x[i] * x[i];
	}
}

static void count_outliers(void *ctx, const float *x, size_t n, uint64_t at)
{
	sums *s = ctx;
	size_t i;

	for (i = 0; i < n; i++)
		s->out->outliers += x[i] > s->bar;
}

static void take_slice(sums *s, const tare_importance *e, uint64_t slice)
{
	const double cols = (double)(e->values / e->slices);

	s->slice_sum = 0;
	walk_slice(e, slice, add, s);
	s->sum += s->slice_sum;
	s->bar = TARE_IMATRIX_OUTLIER * s->slice_sum / cols;
	walk_slice(e, slice, count_outliers, s);
}

bool tare_imatrix_entry_at(const tare_imatrix *im, size_t i, tare_imatrix_entry *out)
{
	const tare_importance *e = i < im->n_entries ? &im->entries[i] : NULL;
	sums s = { .out = out };
	uint64_t slice;
	double seen;

	if (!e)
		return false;
	*out = (tare_imatrix_entry){ .name = e->name, .values = e->values, .slices = e->slices, .min = 0x1p128, .max = -1 };
	for (slice = 0; slice < e->slices; slice++) {
		int64_t count = tare_importance_count(e, slice);

		out->count = (uint64_t)count > out->count ? (uint64_t)count : out->count;
		if (count || !e->counts)
			take_slice(&s, e, slice);
		else
			out->empty++;
	}
	if (out->empty == e->slices)
		out->min = out->max = 0;
	seen = (double)(e->values / e->slices) * (double)(e->slices - out->empty);
	out->mean = seen > 0 ? s.sum / seen : 0;
	out->evenness = s.square > 0 ? s.sum * s.sum / (seen * s.square) : 0;
	return true;
}
