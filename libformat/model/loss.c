#include "model/loss.h"

#include <math.h>
#include <string.h>

/* Four running sums, value i going to sum i % 4, whatever the machine; held as pairs because 128 bits are what every machine has. */
enum { PAIR = 2, LANES = 2 * PAIR, CHUNK = 1024 };
typedef double pair __attribute__((vector_size(PAIR * sizeof(double))));
typedef int64_t mask __attribute__((vector_size(PAIR * sizeof(int64_t))));

typedef struct sums {
	pair signal, noise, result, product, max;
} sums;

static inline void add_pair(sums *s, const float *x, const float *y)
{
	pair a = { x[0], x[1] }, b = { y[0], y[1] }, d = a - b;
	mask more;

	s->signal += a * a;
	s->noise += d * d;
	s->result += b * b;
	s->product += a * b;
	d = (pair)((mask)d & INT64_MAX);
	more = d > s->max;
	s->max = (pair)((more & (mask)d) | (~more & (mask)s->max));
}

static inline void add_lanes(sums s[2], const float *x, const float *y)
{
	add_pair(&s[0], x, y);
	add_pair(&s[1], x + PAIR, y + PAIR);
}

static double total(pair a, pair b)
{
	return (a[0] + a[1]) + (b[0] + b[1]);
}

static double largest(pair a, pair b)
{
	double m = a[0] > a[1] ? a[0] : a[1], n = b[0] > b[1] ? b[0] : b[1];

	return m > n ? m : n;
}

/* n is at most CHUNK. The last values are padded with zeros, which add nothing. */
static void add_chunk(tare_loss_sum *out, const float *x, const float *y, size_t n)
{
	float tail[2][LANES] = { { 0 } };
	sums s[2] = { 0 };
	size_t i, rest = n % LANES;

	for (i = 0; i < n - rest; i += LANES)
		add_lanes(s, x + i, y + i);
	if (rest) {
		memcpy(tail[0], x + i, rest * sizeof *x);
		memcpy(tail[1], y + i, rest * sizeof *y);
		add_lanes(s, tail[0], tail[1]);
	}
	out->count = n;
	out->signal = total(s[0].signal, s[1].signal);
	out->noise = total(s[0].noise, s[1].noise);
	out->result = total(s[0].result, s[1].result);
	out->product = total(s[0].product, s[1].product);
	out->max_error = largest(s[0].max, s[1].max);
}

/* As add_chunk, over the pairs whose source value is finite. */
static void add_finite(tare_loss_sum *out, const float *x, const float *y, size_t n)
{
	float kept[2][CHUNK];
	size_t i, k = 0;

	for (i = 0; i < n; i++) {
		if (!isfinite(x[i]))
			continue;
		kept[0][k] = x[i];
		kept[1][k++] = y[i];
	}
	add_chunk(out, kept[0], kept[1], k);
}

static uint64_t zero_blocks(const float *y, size_t n, size_t block_len)
{
	uint64_t zeros = 0;
	size_t i, j;

	for (i = 0; i + block_len <= n; i += block_len) {
		for (j = 0; j < block_len && y[i + j] == 0; j++)
			;
		zeros += j == block_len;
	}
	return zeros;
}

void tare_loss_add(tare_loss_sum *s, const float *x, const float *y, size_t n, size_t block_len)
{
	tare_loss_sum part = { 0 };
	size_t i, k;

	s->blocks += n / block_len;
	s->zero_blocks += zero_blocks(y, n, block_len);
	for (i = 0; i < n; i += k) {
		k = n - i < CHUNK ? n - i : CHUNK;
		add_chunk(&part, x + i, y + i, k);
		/* Squares of floats fit a double, so only a NaN or an infinity in x can do this. */
		if (!isfinite(part.signal))
			add_finite(&part, x + i, y + i, k);
		tare_loss_join(s, &part);
	}
}

void tare_loss_join(tare_loss_sum *s, const tare_loss_sum *more)
{
	s->count += more->count;
	s->blocks += more->blocks;
	s->zero_blocks += more->zero_blocks;
	s->signal += more->signal;
	s->noise += more->noise;
	s->result += more->result;
	s->product += more->product;
	if (more->max_error > s->max_error)
		s->max_error = more->max_error;
}

/* log10 to about 1e-15, of exactly rounded operations only: the C library's differs between machines in the last digit.
 * v is finite and positive: v = m * 2^e with m in [0.7, 1.4], and log m = 2 artanh((m - 1) / (m + 1)). */
static double log10_of(double v)
{
	static const double ln2 = 0.693147180559945309417, ln10 = 2.302585092994045684018;
	int e, k;
	double m = frexp(v, &e), z, z2, sum = 0;

	if (m < 0.70710678118654752440) {
		m *= 2;
		e--;
	}
	z = (m - 1) / (m + 1);
	z2 = z * z;
	for (k = 23; k >= 1; k -= 2)
		sum = sum * z2 + 1.0 / k;
	return (e * ln2 + 2 * z * sum) / ln10;
}

double tare_sqnr_db(double signal, double noise)
{
	if (noise == 0)
		return INFINITY;
	if (!isfinite(signal) || !isfinite(noise))
		return -INFINITY;
	return signal > 0 ? 10 * (log10_of(signal) - log10_of(noise)) : -INFINITY;
}

void tare_loss_finish(const tare_loss_sum *s, tare_loss *out)
{
	double norm = sqrt(s->signal) * sqrt(s->result);

	*out = (tare_loss){ .count = s->count, .blocks = s->blocks, .zero_blocks = s->zero_blocks, .max_error = s->max_error };
	if (!isfinite(s->noise)) {
		out->rmse = out->max_error = INFINITY;
		out->sqnr_db = -INFINITY;
		return;
	}
	out->rmse = s->count ? sqrt(s->noise / (double)s->count) : 0;
	out->sqnr_db = tare_sqnr_db(s->signal, s->noise);
	/* Two equal directions have cosine 1, and so have two nothings. */
	out->cosine = norm > 0 ? s->product / norm : s->signal == s->result;
}
