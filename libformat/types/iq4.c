/* The search of iq4_nl and iq4_xs.
 *
 * Sixteen scales are tried: one with the extreme weight at level -127 and its sign turned round, fifteen with it at -134 ... -120. For
 * one weight all products with the inverse scales of the fifteen lie within a factor of 134 / 120 of each other, while neighbouring
 * limits between levels differ by more: a weight meets at most one limit and has at most two levels. So what each of the two adds to
 * the sums is worked out once, and a trial takes a comparison, a selection and the additions, in the order of the weights. */
#include "types/iq4.h"

#include "types/vec4.h"

#include <math.h>

enum { LEN = TARE_IQ4_LEN, TRIALS = 15, LANES = 4, VECTORS = 4 };


const float tare_iq4_limit[16] = {
	-115.5f, -93.5f, -74, -57, -42, -28.5f, -16, -4.5f, 7, 19, 31.5f, 45.5f, 61, 79, 101, INFINITY
};

/* The nearest level; NaN gets the last. */
static inline unsigned nearest(float v)
{
	unsigned i = 8u * !(v < tare_iq4_limit[7]);

	i += 4u * !(v < tare_iq4_limit[i + 3]);
	i += 2u * !(v < tare_iq4_limit[i + 1]);
	return i + !(v < tare_iq4_limit[i]);
}

void tare_iq4_encode(uint8_t *restrict code, const float *restrict x, float inverse)
{
	for (size_t j = 0; j < LEN / 2; j++)
		code[j] = (uint8_t)(nearest(inverse * x[j]) | nearest(inverse * x[j + LEN / 2]) << 4);
}

float tare_iq4_sigma2(const float *x, size_t n)
{
	float sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += x[i] * x[i];
	return sum * (2.0f / (float)n);
}

struct sums {
	float qx, q2; /* of weight x level x value, weight x level squared */
};

/* By the plain definition. */
static struct sums try_scale(const float *x, const float *w, float inverse)
{
	struct sums s = { 0, 0 };

	for (size_t j = 0; j < LEN; j++) {
		float q = tare_iq4_level[nearest(inverse * x[j])];

		s.qx += w[j] * q * x[j];
		s.q2 += w[j] * q * q;
	}
	return s;
}

/* Lane t of sums[] gets what try_scale(inverse[t]) gives. False if a weight has more than two levels. */
static bool try_all(tare_v4f qx[VECTORS], tare_v4f q2[VECTORS], const float *x, const float *w, const float inverse[TRIALS + 1])
{
	memset(qx, 0, VECTORS * sizeof *qx);
	memset(q2, 0, VECTORS * sizeof *q2);
	for (size_t j = 0; j < LEN; j++) {
		unsigned a = nearest(inverse[0] * x[j]), b = nearest(inverse[TRIALS - 1] * x[j]);
		unsigned low = a < b ? a : b, high = a < b ? b : a;
		float l = tare_iq4_level[low], h = tare_iq4_level[high], between = tare_iq4_limit[low < 14 ? low : 14];

		if (high - low > 1)
			return false;
		for (unsigned v = 0; v < VECTORS; v++) {
			tare_v4i above = tare_v4f_load(inverse + LANES * v) * x[j] >= between;

			qx[v] += tare_v4f_select(above, tare_v4f_all(w[j] * h * x[j]), tare_v4f_all(w[j] * l * x[j]));
			q2[v] += tare_v4f_select(above, tare_v4f_all(w[j] * h * h), tare_v4f_all(w[j] * l * l));
		}
	}
	return true;
}

static float canonical(float f)
{
	return tare_is_nan(f) ? tare_f32_of_bits(TARE_NAN_BITS) : f;
}

static float search(const float *x, const float *w, float extreme)
{
	float inverse[TRIALS + 1] = { 0 }, d, best;
	tare_v4f qx[VECTORS], q2[VECTORS];
	struct sums s = try_scale(x, w, 1 / (-extreme / tare_iq4_level[0]));
	bool together;

	d = s.q2 > 0 ? s.qx / s.q2 : 0;
	best = d * s.qx;
	for (int t = 0; t < TRIALS; t++)
		inverse[t] = (float)(t - TRIALS / 2 + tare_iq4_level[0]) / extreme;
	together = try_all(qx, q2, x, w, inverse);
	for (int t = 0; t < TRIALS; t++) {
		if (together)
			s = (struct sums){ qx[t / LANES][t % LANES], q2[t / LANES][t % LANES] };
		else
			s = try_scale(x, w, inverse[t]);
		if (s.q2 > 0 && s.qx * s.qx > best * s.q2) {
			d = s.qx / s.q2;
			best = d * s.qx;
		}
	}
	return canonical(d);
}

float tare_iq4_scale(const float *x, const float *importance, float sigma2)
{
	float extreme = tare_extreme(x, LEN), w[LEN];

	if (tare_abs(extreme) < 1e-15f)
		return 0;
	for (size_t j = 0; j < LEN; j++)
		w[j] = importance ? importance[j] * sqrtf(sigma2 + x[j] * x[j]) : x[j] * x[j];
	return search(x, w, extreme);
}
