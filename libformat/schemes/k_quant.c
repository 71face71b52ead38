/* onnxruntime's "k_quant", its operations in their order: twenty ranges around the block's own, each mended by least squares with scale and
 * minimum free, the best of them then bent to an integer zero point. Every step is one f32 operation. */
#include <math.h>

#include "schemes/nbits_fit.h"
#include "types/exact.h"

enum { TRIALS = 20 };

struct fit {
	size_t n;
	bool running;
	float max;
	float x[TARE_STRIP_ROWS], w[TARE_STRIP_ROWS], q[TARE_STRIP_ROWS], t[TARE_STRIP_ROWS];
	float p[TARE_STRIP_ROWS]; /* products to be added up */
	float lo, hi, sum_w, sum_x;
	float scale, min, error;
};

/* Eight sums side by side over at most 128 values, the halves of more added. */
static float sum_by_eights(const float *a, size_t n)
{
	float s[8];

	if (n > 128)
		return sum_by_eights(a, n / 2) + sum_by_eights(a + n / 2, n / 2);
	memcpy(s, a, sizeof s);
	for (size_t i = 8; i < n; i += 8)
		for (size_t k = 0; k < 8; k++)
			s[k] += a[i + k];
	return ((s[0] + s[1]) + (s[2] + s[3])) + ((s[4] + s[5]) + (s[6] + s[7]));
}

static float sum_of(const struct fit *f, const float *a)
{
	float sum = a[0];

	if (!f->running)
		return sum_by_eights(a, f->n);
	for (size_t i = 1; i < f->n; i++)
		sum += a[i];
	return sum;
}

static float sum_product(struct fit *f, const float *a, const float *b)
{
	for (size_t i = 0; i < f->n; i++)
		f->p[i] = a[i] * b[i];
	return sum_of(f, f->p);
}

static float error_of(struct fit *f, float scale, float min)
{
	for (size_t i = 0; i < f->n; i++) {
		float d = scale * f->q[i] + min - f->x[i];

		f->p[i] = f->w[i] * (d * d);
	}
	return sum_of(f, f->p);
}

/* Half to even, clamped; NaN stays. */
static void round_codes(struct fit *f, float inverse)
{
	for (size_t i = 0; i < f->n; i++) {
		float v = inverse * (f->x[i] - f->min);

		v = v < 0 ? 0 : v;
		v = v > f->max ? f->max : v;
		f->q[i] = v + 0x1.8p23f - 0x1.8p23f;
	}
}

static void start(struct fit *f)
{
	float mean = sqrtf(sum_product(f, f->x, f->x) / (float)f->n), inverse;

	f->lo = f->hi = f->x[0];
	for (size_t i = 0; i < f->n; i++) {
		f->w[i] = mean + tare_abs(f->x[i]);
		f->lo = f->x[i] < f->lo ? f->x[i] : f->lo;
		f->hi = f->x[i] > f->hi ? f->x[i] : f->hi;
	}
	f->sum_w = sum_of(f, f->w);
	f->sum_x = sum_product(f, f->w, f->x);
	inverse = f->lo != f->hi ? f->max / (f->hi - f->lo) : 1;
	f->scale = 1 / inverse;
	f->min = f->lo;
	round_codes(f, inverse);
	f->error = error_of(f, f->scale, f->min);
}

static void try_range(struct fit *f, float levels)
{
	float sum_l, sum_l2, sum_xl, d, scale, min, error;

	round_codes(f, f->min != f->hi ? levels / (f->hi - f->min) : 1);
	for (size_t i = 0; i < f->n; i++)
		f->t[i] = f->w[i] * f->q[i];
	sum_l = sum_of(f, f->t);
	sum_l2 = sum_product(f, f->t, f->q);
	sum_xl = sum_product(f, f->t, f->x);
	d = f->sum_w * sum_l2 - sum_l * sum_l;
	scale = (f->sum_w * sum_xl - f->sum_x * sum_l) / d;
	min = (sum_l2 * f->sum_x - sum_l * sum_xl) / d;
	error = error_of(f, scale, min);
	if (error < f->error) {
		f->error = error;
		f->scale = scale;
		f->min = min;
	}
}

static float zero_of(const struct fit *f)
{
	float z = -f->min / f->scale;

	z = z > 0 ? z : 0;
	z = z < f->max ? z : f->max;
	return z + 0x1.8p23f - 0x1.8p23f;
}

void tare_nbits_k_quant(tare_nbits_scales *q, const tare_nbits_fit *p)
{
	struct fit f = { .n = p->strip.rows, .running = p->running, .max = (float)((1 << p->bits) - 1) };

	for (size_t c = 0; c < p->strip.cols; c++) {
		for (size_t r = 0; r < f.n; r++)
			f.x[r] = p->strip.x[r * p->strip.stride + c];
		start(&f);
		for (int i = 0; i < TRIALS; i++)
			try_range(&f, (float)(-1 + 0.1 * i + (double)f.max));
		q->scale[c] = f.scale;
		q->divisor[c] = (double)f.scale;
		q->zero[c] = zero_of(&f);
	}
}
