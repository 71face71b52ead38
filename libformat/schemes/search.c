/* Ours: the scale and zero point that leave the least weighted squared error, over a few ranges around the block's own and the two zero
 * points next to each. For given codes the best scale is a quotient of two sums, and the error that it leaves follows from the same two,
 * so that every candidate costs one pass. Weights are the importances, or without them the magnitudes above their root mean square. */
#include <math.h>

#include "schemes/nbits_fit.h"
#include "schemes/search.h"
#include "types/exact.h"

struct search {
	size_t n;
	float max;
	float x[TARE_STRIP_ROWS], w[TARE_STRIP_ROWS];
	float lo, hi;
	float scale, zero, gain; /* the best so far: gain is what it takes off the weighted sum of squares */
};

static float nearest(float a)
{
	return a + 0x1.8p23f - 0x1.8p23f;
}

/* low where a is NaN. */
static float clamp(float a, float low, float high)
{
	a = a > low ? a : low;
	return a < high ? a : high;
}

static void try_zero(struct search *s, float inverse, float zero)
{
	float xd = 0, dd = 0, gain;

	for (size_t i = 0; i < s->n; i++) {
		float d = nearest(clamp(s->x[i] * inverse, -zero, s->max - zero)), wd = s->w[i] * d;

		xd += wd * s->x[i];
		dd += wd * d;
	}
	gain = xd * (xd / dd);
	if (gain > s->gain) {
		s->gain = gain;
		s->scale = xd / dd;
		s->zero = zero;
	}
}

static void try_both_zeros(struct search *s, float inverse)
{
	float exact = -s->lo * inverse, zero = nearest(clamp(exact, 0, s->max));

	try_zero(s, inverse, zero);
	try_zero(s, inverse, clamp(zero + (exact > zero ? 1.0f : -1.0f), 0, s->max));
}

static void start(struct search *s, const tare_nbits_fit *f, size_t c)
{
	float sum = 0, root;

	s->lo = s->hi = 0;
	for (size_t r = 0; r < s->n; r++) {
		float x = f->strip.x[r * f->strip.stride + c];

		s->x[r] = x;
		s->lo = x < s->lo ? x : s->lo;
		s->hi = x > s->hi ? x : s->hi;
		sum += x * x;
	}
	root = sqrtf(sum / (float)s->n);
	for (size_t r = 0; r < s->n; r++)
		s->w[r] = f->importance ? f->importance[r] : root + tare_abs(s->x[r]);
	s->gain = 0;
	s->scale = 1;
	s->zero = 0;
}

static void search_asymmetric(struct search *s, const float *levels)
{
	float range = s->hi - s->lo;

	if (range > 0) {
		s->scale = range / s->max;
		s->zero = nearest(clamp(-s->lo / s->scale, 0, s->max));
	}
	for (int i = 0; i < TARE_SEARCH_TRIALS; i++)
		try_both_zeros(s, (s->max + levels[i]) / range);
}

/* The extreme may stand at either end of the codes, of which there is one more below the middle. */
static void search_symmetric(struct search *s, const float *levels)
{
	float half = (s->max + 1) / 2, extreme = -s->lo > s->hi ? -s->lo : s->hi;

	s->zero = half;
	if (extreme > 0)
		s->scale = extreme / half;
	for (int i = 0; i < TARE_SEARCH_TRIALS; i++) {
		float inverse = (half - 0.5f + 0.5f * levels[i]) / extreme;

		try_zero(s, inverse, half);
		try_zero(s, -inverse, half);
	}
}

void tare_nbits_search(tare_nbits_scales *q, const tare_nbits_fit *f)
{
	struct search s = { .n = f->strip.rows, .max = (float)((1 << f->bits) - 1) };

	for (size_t c = 0; c < f->strip.cols; c++) {
		start(&s, f, c);
		if (f->symmetric)
			search_symmetric(&s, tare_search_levels_of(f->bits));
		else
			search_asymmetric(&s, tare_search_levels_of(f->bits));
		try_zero(&s, 1 / s.scale, s.zero);
		q->scale[c] = f->f16 ? tare_f32_of_f16(tare_f16_of_f32(s.scale)) : s.scale;
		q->divisor[c] = (double)q->scale[c];
		q->zero[c] = s.zero;
	}
}
