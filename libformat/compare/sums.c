#include "compare/sums.h"

#include "base/bytes.h"

#include <math.h>

typedef uint32_t quad __attribute__((vector_size(16)));
typedef double pair __attribute__((vector_size(16)));
typedef int64_t mask __attribute__((vector_size(16)));

enum { EXPONENT = 0x7f800000, MAGNITUDE = 0x7fffffff };

static uint64_t sum_of(quad q)
{
	return (uint64_t)q[0] + q[1] + q[2] + q[3];
}

static bool is_finite(float f)
{
	return (tare_bits_of_f32(f) & EXPONENT) != EXPONENT;
}

static bool differs(float x, float y)
{
	return !(x == y || (x != x && y != y));
}

/* ---- the common case: all values are finite ---- */

/* Counts of four values each: not finite on either side, and of other bits that are not two zeros. n is small enough for 32 bits. */
static void count_fours(const float *x, const float *y, size_t n, uint64_t *odd, uint64_t *differ)
{
	quad strange = { 0 }, other = { 0 }, a, b;
	size_t i;

	for (i = 0; i + 4 <= n; i += 4) {
		memcpy(&a, x + i, sizeof a);
		memcpy(&b, y + i, sizeof b);
		strange |= (quad)((a & EXPONENT) == EXPONENT) | (quad)((b & EXPONENT) == EXPONENT);
		other -= (quad)(a != b) & (quad)(((a | b) & MAGNITUDE) != 0);
	}
	*odd = sum_of(strange & 1);
	*differ = sum_of(other);
	for (; i < n; i++) {
		*odd += !is_finite(x[i]) || !is_finite(y[i]);
		*differ += differs(x[i], y[i]);
	}
}

/* Four running sums, value i going to sum i % 4. */
static double sum_errors(const float *x, const float *y, size_t n)
{
	pair even = { 0 }, odd = { 0 };
	double tail = 0;
	size_t i;

	for (i = 0; i + 4 <= n; i += 4) {
		pair a = { x[i], x[i + 1] }, b = { x[i + 2], x[i + 3] };
		pair c = { y[i], y[i + 1] }, d = { y[i + 2], y[i + 3] };

		even += (pair)((mask)(a - c) & INT64_MAX);
		odd += (pair)((mask)(b - d) & INT64_MAX);
	}
	for (; i < n; i++)
		tail += fabs((double)x[i] - (double)y[i]);
	return (even[0] + even[1]) + (odd[0] + odd[1]) + tail;
}

/* ---- one by one ---- */

static void note_first(tare_value_sums *s, uint64_t at, double x, double y)
{
	s->first = at;
	s->first_a = x;
	s->first_b = y;
}

static void find_first(tare_value_sums *s, const float *x, const float *y, size_t n, uint64_t at)
{
	size_t i;

	for (i = 0; i < n && !differs(x[i], y[i]); i++)
		;
	note_first(s, at + i, (double)x[i], (double)y[i]);
}

static void count_slowly(tare_value_sums *s, const float *x, const float *y, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		bool a = is_finite(x[i]), b = is_finite(y[i]);

		s->nonfinite_a += !a;
		s->nonfinite_b += !b;
		s->nonfinite_differ += !(a && b) && differs(x[i], y[i]);
		if (!a || !b)
			continue;
		s->both++;
		s->error += fabs((double)x[i] - (double)y[i]);
	}
}

void tare_value_sums_add(tare_value_sums *s, const float *x, const float *y, size_t n, uint64_t at)
{
	uint64_t odd, differ;

	tare_loss_add(&s->loss, x, y, n, n);
	count_fours(x, y, n, &odd, &differ);
	if (odd) {
		size_t i;

		count_slowly(s, x, y, n);
		for (i = 0, differ = 0; i < n; i++)
			differ += differs(x[i], y[i]);
	} else {
		s->both += n;
		if (differ)
			s->error += sum_errors(x, y, n);
	}
	if (differ && !s->differ)
		find_first(s, x, y, n, at);
	s->differ += differ;
}

void tare_value_sums_join(tare_value_sums *s, const tare_value_sums *more)
{
	tare_loss_join(&s->loss, &more->loss);
	s->error += more->error;
	s->both += more->both;
	if (more->differ && !s->differ)
		note_first(s, more->first, more->first_a, more->first_b);
	s->differ += more->differ;
	s->nonfinite_a += more->nonfinite_a;
	s->nonfinite_b += more->nonfinite_b;
	s->nonfinite_differ += more->nonfinite_differ;
}

static double relative(double signal, double noise)
{
	if (!isfinite(noise) || !isfinite(signal))
		return INFINITY;
	return noise == 0 ? 0 : signal > 0 ? sqrt(noise / signal) : INFINITY;
}

void tare_value_sums_finish(const tare_value_sums *s, tare_pair *p)
{
	p->differ = s->differ;
	p->nonfinite_a = s->nonfinite_a;
	p->nonfinite_b = s->nonfinite_b;
	p->nonfinite_differ = s->nonfinite_differ;
	if (!s->differ) {
		p->relation = TARE_SAME_VALUES;
		return;
	}
	p->relation = TARE_OTHER_VALUES;
	p->first = s->first;
	p->first_a = s->first_a;
	p->first_b = s->first_b;
	tare_loss_finish(&s->loss, &p->loss);
	p->signal = s->loss.signal;
	p->noise = isfinite(s->loss.noise) ? s->loss.noise : INFINITY;
	p->rel_error = relative(p->signal, p->noise);
	p->mean_error = s->both ? s->error / (double)s->both : 0;
}
