/* The searches behind the K types (and the legacy types with an importance matrix): given a sub-block of n weights, find the scale, or
 * scale and minimum, whose codes lose least. This is the definition: a vector version performs the same operations in the same order.
 *
 * The order of every sum and the place of every rounding is part of the definition: (w * l) * x is not w * (l * x).
 * Weights x hold no NaN but the canonical one (exact.h). Importances w are finite. Always inlined: pass n and max_code as constants. */
#ifndef TARE_TYPES_K_SEARCH_H
#define TARE_TYPES_K_SEARCH_H

#include <math.h>

#include "types/exact.h"

#define TARE_SEARCH static inline __attribute__((always_inline))

/* A sub-block whose weights are all smaller counts as zero. */
#define TARE_TINY 1e-15f

/* x itself, or, if it holds a NaN, copy filled with x whose NaNs are the canonical one. */
TARE_SEARCH const float *tare_tame(size_t n, const float *x, float *copy)
{
	unsigned nans = 0;

	for (size_t i = 0; i < n; i++)
		nans |= tare_is_nan(x[i]);
	for (size_t i = 0; nans && i < n; i++)
		copy[i] = tare_is_nan(x[i]) ? tare_f32_of_bits(TARE_NAN_BITS) : x[i];
	return nans ? copy : x;
}

/* Importances of n weights as the weighted searches take them; returns their sum. */
TARE_SEARCH float tare_soften(size_t n, float *w, const float *importance, const float *x, float variance)
{
	float sum = 0;

	for (size_t i = 0; i < n; i++)
		w[i] = importance[i] * sqrtf(variance + x[i] * x[i]);
	for (size_t i = 0; i < n; i++)
		sum += w[i];
	return sum;
}

/* ---- scale and minimum: x ~ scale * code + min, 0 <= code <= max_code, min <= 0 ---- */

/* Inverse scales tried are (first + step * i + max_code) / (max - min) for i = 0..last. */
struct tare_trials {
	float first, step;
	int last;
	bool absolute; /* the loss is the sum of w |error|, else of w error^2 */
};

struct tare_scale_min {
	float scale, min; /* min as it is stored: what is subtracted, >= 0 */
};

TARE_SEARCH void tare_round_codes(size_t n, int max_code, uint8_t *code, const float *x, float inverse, float min)
{
	for (size_t i = 0; i < n; i++)
		code[i] = (uint8_t)tare_clamp(tare_nearest(inverse * (x[i] - min)), 0, max_code);
}

TARE_SEARCH float tare_loss_of(size_t n, const uint8_t *code, const float *x, const float *w, float scale, float min, bool absolute)
{
	float loss = 0;

	for (size_t i = 0; i < n; i++) {
		float error = scale * (float)code[i] + min - x[i];

		loss += w[i] * (absolute ? tare_abs(error) : error * error);
	}
	return loss;
}

/* Least squares for given codes; false if the codes do not determine a line. */
TARE_SEARCH bool tare_fit_line(size_t n, const uint8_t *code, const float *x, const float *w, float sum_w, float sum_x,
			       float *scale, float *min)
{
	float sum_l = 0, sum_l2 = 0, sum_xl = 0, determinant;

	for (size_t i = 0; i < n; i++) {
		float l = (float)code[i], wl = w[i] * l;

		sum_l += wl;
		sum_l2 += wl * l;
		sum_xl += wl * x[i];
	}
	determinant = sum_w * sum_l2 - sum_l * sum_l;
	if (!(determinant > 0))
		return false;
	*scale = (sum_w * sum_xl - sum_x * sum_l) / determinant;
	*min = (sum_l2 * sum_x - sum_l * sum_xl) / determinant;
	if (*min > 0) {
		*min = 0;
		*scale = sum_xl / sum_l2;
	}
	return true;
}

TARE_SEARCH struct tare_scale_min tare_search_min(size_t n, int max_code, const struct tare_trials *t, const float *x, const float *w,
						  uint8_t *code)
{
	float min = x[0], max = x[0], sum_w = w[0], sum_x = w[0] * x[0], scale, best, inverse;
	uint8_t trial[32];

	for (size_t i = 1; i < n; i++) {
		min = x[i] < min ? x[i] : min;
		max = x[i] > max ? x[i] : max;
		sum_w += w[i];
		sum_x += w[i] * x[i];
	}
	min = min > 0 ? 0 : min;
	if (max == min) {
		memset(code, 0, n);
		return (struct tare_scale_min){ 0, -min };
	}
	inverse = (float)max_code / (max - min);
	scale = 1 / inverse;
	tare_round_codes(n, max_code, code, x, inverse, min);
	best = tare_loss_of(n, code, x, w, scale, min, t->absolute);
	for (int i = 0; i <= t->last; i++) {
		float trial_scale, trial_min, loss;

		/* A better minimum already found moves the next trials; the range divided stays max minus that minimum. */
		inverse = (t->first + t->step * (float)i + (float)max_code) / (max - min);
		tare_round_codes(n, max_code, trial, x, inverse, min);
		if (!tare_fit_line(n, trial, x, w, sum_w, sum_x, &trial_scale, &trial_min))
			continue;
		loss = tare_loss_of(n, trial, x, w, trial_scale, trial_min, t->absolute);
		if (loss < best) {
			memcpy(code, trial, n);
			best = loss;
			scale = trial_scale;
			min = trial_min;
		}
	}
	return (struct tare_scale_min){ scale, -min };
}

/* ---- scale alone, codes around zero: x ~ scale * (code - half), 0 <= code < 2 half ---- */

TARE_SEARCH int tare_round_centred(float v, int half)
{
	return tare_clamp(tare_nearest(v), -half, half - 1);
}

/* Sums of weight * x * l and weight * l * l over codes l rounded by one inverse scale. w NULL: x^2. */
struct tare_sums {
	float lx, l2;
};

TARE_SEARCH struct tare_sums tare_sum_centred(size_t n, int half, const float *x, const float *w, float inverse)
{
	struct tare_sums s = { 0, 0 };

	for (size_t i = 0; i < n; i++) {
		float l = (float)tare_round_centred(inverse * x[i], half), weight = w ? w[i] : x[i] * x[i];

		s.lx += weight * x[i] * l;
		s.l2 += weight * l * l;
	}
	return s;
}

/* The extreme weight takes the lowest code, or nearly: nineteen inverse scales around -half / extreme. w NULL: x^2. */
TARE_SEARCH float tare_search_symmetric(size_t n, int half, const float *x, const float *w, uint8_t *code)
{
	static const int8_t order[] = { 0, -9, -8, -7, -6, -5, -4, -3, -2, -1, 1, 2, 3, 4, 5, 6, 7, 8, 9 };
	float extreme = tare_extreme(x, n), scale = 0, best = 0, chosen = 0;

	if (tare_abs(extreme) < TARE_TINY) {
		memset(code, 0, n);
		return 0;
	}
	for (size_t k = 0; k < sizeof order; k++) {
		float inverse = -((float)half + 0.1f * (float)order[k]) / extreme;
		struct tare_sums s = tare_sum_centred(n, half, x, w, inverse);

		if (k && !(s.l2 > 0 && s.lx * s.lx > best * s.l2))
			continue;
		scale = s.l2 != 0 ? s.lx / s.l2 : 0;
		best = scale * s.lx;
		chosen = inverse;
	}
	for (size_t i = 0; i < n; i++)
		code[i] = (uint8_t)(half + tare_round_centred(chosen * x[i], half));
	return scale;
}

/* One pass over the codes l (kept without the half), each moved to where it alone fits best; false if none moved. Weights are x^2. */
TARE_SEARCH bool tare_refine_centred(size_t n, int half, const float *x, int8_t *l, struct tare_sums *s)
{
	bool moved = false;

	for (size_t i = 0; i < n; i++) {
		float w = x[i] * x[i], old = (float)l[i], lx = s->lx - w * x[i] * old, l2 = s->l2 - w * old * old, f;
		int better;

		if (!(lx > 0))
			continue;
		better = tare_round_centred(x[i] * l2 / lx, half);
		if (better == l[i])
			continue;
		f = (float)better;
		lx += w * x[i] * f;
		l2 += w * f * f;
		if (l2 > 0 && lx * lx * s->l2 > s->lx * s->lx * l2) {
			l[i] = (int8_t)better;
			*s = (struct tare_sums){ lx, l2 };
			moved = true;
		}
	}
	return moved;
}

/* q3_K without importances: round once, then refine code by code, five passes at most. */
TARE_SEARCH float tare_search_refined(size_t n, int half, const float *x, uint8_t *code)
{
	float extreme = tare_extreme(x, n), inverse;
	struct tare_sums s;
	int8_t l[32];

	if (tare_abs(extreme) < TARE_TINY) {
		memset(code, 0, n);
		return 0;
	}
	inverse = -(float)half / extreme;
	s = tare_sum_centred(n, half, x, NULL, inverse);
	for (size_t i = 0; i < n; i++)
		l[i] = (int8_t)tare_round_centred(inverse * x[i], half);
	for (int pass = 0; pass < 5 && tare_refine_centred(n, half, x, l, &s); pass++)
		;
	for (size_t i = 0; i < n; i++)
		code[i] = (uint8_t)(l[i] + half);
	return s.l2 > 0 ? s.lx / s.l2 : 0;
}

/* ---- scale alone, values >= 0: the scales or minima of sub-blocks, weighted by the sums of their weights ---- */

TARE_SEARCH int tare_round_below(float v, int max_code)
{
	int l = tare_nearest(v);

	return l < max_code ? l : max_code;
}

/* Sum of w (x - scale l)^2. */
TARE_SEARCH float tare_square_loss(size_t n, int max_code, const float *x, const float *w, float inverse, float scale)
{
	float loss = 0;

	for (size_t i = 0; i < n; i++) {
		float error = x[i] - scale * (float)tare_round_below(inverse * x[i], max_code);

		loss += w[i] * error * error;
	}
	return loss;
}

TARE_SEARCH bool tare_refine_positive(size_t n, int max_code, const float *x, const float *w, uint8_t *code, struct tare_sums *s)
{
	bool moved = false;

	for (size_t i = 0; i < n; i++) {
		float old = (float)code[i], lx = s->lx - w[i] * x[i] * old, l2 = s->l2 - w[i] * old * old, f;
		int better;

		if (!(lx > 0 && l2 > 0))
			continue;
		better = tare_round_below(x[i] * l2 / lx, max_code);
		if (better == code[i])
			continue;
		f = (float)better;
		lx += w[i] * x[i] * f;
		l2 += w[i] * f * f;
		if (lx * lx * s->l2 > s->lx * s->lx * l2) {
			code[i] = (uint8_t)better;
			*s = (struct tare_sums){ lx, l2 };
			moved = true;
		}
	}
	return moved;
}

/* Nine inverse scales around max_code / largest, then refinement. Values below zero (a degenerate sub-block may give one) make codes
 * that wrap in their byte. */
TARE_SEARCH float tare_search_positive(size_t n, int max_code, const float *x, const float *w, uint8_t *code)
{
	static const int8_t order[] = { -4, -3, -2, -1, 1, 2, 3, 4 };
	float max = 0, inverse, best = 0;
	struct tare_sums s = { 0, 0 };

	for (size_t i = 0; i < n; i++)
		max = max > x[i] ? max : x[i];
	if (max < TARE_TINY) {
		memset(code, 0, n);
		return 0;
	}
	inverse = (float)max_code / max;
	for (size_t i = 0; i < n; i++) {
		float error = x[i] - 1 / inverse * (float)(uint8_t)tare_nearest(inverse * x[i]);

		best += w[i] * error * error;
	}
	for (size_t k = 0; k < sizeof order; k++) {
		float trial = (0.1f * (float)order[k] + (float)max_code) / max;
		float loss = tare_square_loss(n, max_code, x, w, trial, 1 / trial);

		if (loss < best) {
			best = loss;
			inverse = trial;
		}
	}
	for (size_t i = 0; i < n; i++) {
		int l = tare_round_below(inverse * x[i], max_code);
		float f = (float)l;

		code[i] = (uint8_t)l;
		s.lx += w[i] * x[i] * f;
		s.l2 += w[i] * f * f;
	}
	for (int pass = 0; pass < 5 && tare_refine_positive(n, max_code, x, w, code, &s); pass++)
		;
	return s.l2 > 0 ? s.lx / s.l2 : 0;
}

#endif
