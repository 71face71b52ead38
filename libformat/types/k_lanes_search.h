/* The searches of k_search.h, a lane a super-block. Each marks in `bad` the lanes it cannot vouch for (NaN, infinities, rounding beyond
 * its range): their super-blocks are left to the scalar code. Included by the kernels after lanes.h. */
#ifndef TARE_TYPES_K_LANES_SEARCH_H
#define TARE_TYPES_K_LANES_SEARCH_H

#include "types/k_search.h"
#include "types/lanes.h"

/* Two sub-blocks of the same super-blocks at a time: their sums are independent, which hides the latency of the additions. */
enum { PAIR = 2 };
#define EACH(count) _Pragma("GCC unroll 2") for (size_t u = 0; u < (count); u++)
#define EACH_OF_PAIR EACH(PAIR)

/* ---- scale and minimum ---- */

struct v_scale_min {
	vf scale, min; /* as struct tare_scale_min */
	vf inverse;    /* with what the winning codes were rounded: code = nearest(inverse * (x - from)) */
	vf from;
};

/* One of a pair while it is searched. */
struct v_min_state {
	vf lowest, highest; /* of the weights */
	vf sum_w, sum_x;
	vf min, scale, best, inverse, from;
	vm flat;            /* all weights equal: decided beforehand */
};

V_INLINE void v_min_start(size_t n, const float (*x)[LANES], const vf *w, struct v_min_state *s)
{
	s->lowest = s->highest = v_load(x[0]);
	s->sum_w = w[0];
	s->sum_x = w[0] * s->lowest;
	for (size_t i = 1; i < n; i++) {
		vf v = v_load(x[i]);

		s->lowest = v_min(v, s->lowest);
		s->highest = v_max(v, s->highest);
		s->sum_w = s->sum_w + w[i];
		s->sum_x = s->sum_x + w[i] * v;
	}
	s->min = v_select(v_lt(v_zero(), s->lowest), v_zero(), s->lowest);
	s->flat = v_eq(s->highest, s->min);
}

/* Lanes whose codes cannot leave the range of v_nearest(): the product is monotone in x, so the extremes speak for all. */
V_INLINE vm v_min_sound(const struct v_min_state *s, vf inverse)
{
	vm low = v_in_range(inverse * (s->lowest - s->min)), high = v_in_range(inverse * (s->highest - s->min));

	return m_and(v_lt(s->min, s->highest), m_and(low, high));
}

V_INLINE vf v_min_code(int max_code, bool clamp_above, vf x, vf inverse, vf min)
{
	vf l = v_max(v_nearest(inverse * (x - min)), v_zero());

	return clamp_above ? v_min(l, v_set((float)max_code)) : l;
}

V_INLINE vf v_min_error(vf x, vf w, vf l, vf scale, vf min, bool absolute)
{
	vf error = scale * l + min - x;

	if (absolute)
		return w * v_abs(error);
	return w * (error * error);
}

/* The first rounding, before any trial. */
V_INLINE vm v_min_first(size_t n, int max_code, bool absolute, const float (*x)[LANES], const vf *w, struct v_min_state *s)
{
	s->inverse = v_set((float)max_code) / (s->highest - s->min);
	s->from = s->min;
	s->scale = v_set(1) / s->inverse;
	s->best = v_zero();
	for (size_t i = 0; i < n; i++) {
		vf v = v_load(x[i]), l = v_min_code(max_code, true, v, s->inverse, s->min);

		s->best = s->best + v_min_error(v, w[i], l, s->scale, s->min, absolute);
	}
	return v_min_sound(s, s->inverse);
}

/* One trial for both of a pair: round and sum, fit a line, weigh the loss, keep what is better. */
V_INLINE void v_min_trial(size_t n, int max_code, bool clamp_above, bool absolute, float factor, const float (*x)[LANES],
			  vf (*w)[32], struct v_min_state *s, vm *sound)
{
	vf l[PAIR][32], inverse[PAIR], sum_l[PAIR], sum_l2[PAIR], sum_xl[PAIR], scale[PAIR], min[PAIR], loss[PAIR];
	vm fits[PAIR];

	EACH_OF_PAIR {
		inverse[u] = v_set(factor) / (s[u].highest - s[u].min);
		sound[u] = m_and(sound[u], v_min_sound(&s[u], inverse[u]));
		sum_l[u] = sum_l2[u] = sum_xl[u] = loss[u] = v_zero();
	}
	for (size_t i = 0; i < n; i++)
		EACH_OF_PAIR {
			vf v = v_load(x[u * n + i]), c = v_min_code(max_code, clamp_above, v, inverse[u], s[u].min), wl = w[u][i] * c;

			l[u][i] = c;
			sum_l[u] = sum_l[u] + wl;
			sum_l2[u] = sum_l2[u] + wl * c;
			sum_xl[u] = sum_xl[u] + wl * v;
		}
	EACH_OF_PAIR {
		vf determinant = s[u].sum_w * sum_l2[u] - sum_l[u] * sum_l[u];
		vm positive;

		fits[u] = v_lt(v_zero(), determinant);
		scale[u] = (s[u].sum_w * sum_xl[u] - s[u].sum_x * sum_l[u]) / determinant;
		min[u] = (sum_l2[u] * s[u].sum_x - sum_l[u] * sum_xl[u]) / determinant;
		positive = v_lt(v_zero(), min[u]);
		if (m_any(positive)) {
			min[u] = v_select(positive, v_zero(), min[u]);
			scale[u] = v_select(positive, sum_xl[u] / sum_l2[u], scale[u]);
		}
	}
	for (size_t i = 0; i < n; i++)
		EACH_OF_PAIR loss[u] = loss[u] + v_min_error(v_load(x[u * n + i]), w[u][i], l[u][i], scale[u], min[u], absolute);
	EACH_OF_PAIR {
		vm better = m_and(fits[u], v_lt(loss[u], s[u].best));

		s[u].best = v_select(better, loss[u], s[u].best);
		s[u].scale = v_select(better, scale[u], s[u].scale);
		s[u].inverse = v_select(better, inverse[u], s[u].inverse);
		s[u].from = v_select(better, s[u].min, s[u].from);
		s[u].min = v_select(better, min[u], s[u].min);
	}
}

/* tare_search_min() for the sub-blocks x[0..n-1] and x[n..2n-1] of every lane. bad: for each of the pair, the lanes not to be trusted. */
V_INLINE void v_search_min(size_t n, int max_code, const struct tare_trials *t, const float (*x)[LANES], vf (*w)[32],
			   struct v_scale_min *found, vm *bad)
{
	struct v_min_state s[PAIR];
	vm sound[PAIR];

	EACH_OF_PAIR {
		v_min_start(n, x + u * n, w[u], &s[u]);
		sound[u] = v_min_first(n, max_code, t->absolute, x + u * n, w[u], &s[u]);
	}
	for (int i = 0; i <= t->last; i++) {
		float offset = t->first + t->step * (float)i;

		/* Products reach max_code + offset (and a few units in the last place) and no further: below the half no clamp is needed. */
		if (offset < 0.45f)
			v_min_trial(n, max_code, false, t->absolute, offset + (float)max_code, x, w, s, sound);
		else
			v_min_trial(n, max_code, true, t->absolute, offset + (float)max_code, x, w, s, sound);
	}
	EACH_OF_PAIR {
		/* A sum that is not finite: a weight is not, or will overflow. */
		vm finite = v_eq(s[u].sum_x - s[u].sum_x, v_zero());

		bad[u] = m_not(m_and(finite, m_or(sound[u], s[u].flat)));
		found[u].scale = v_select(s[u].flat, v_zero(), s[u].scale);
		found[u].min = v_set(-0.0f) - s[u].min; /* keeps the sign of a zero */
		found[u].inverse = v_select(s[u].flat, v_zero(), s[u].inverse);
		found[u].from = s[u].from;
	}
}

/* ---- scale alone, codes around zero ---- */

V_INLINE vf v_centred_code(int half, bool clamp_below, vf v)
{
	vf l = v_min(v_nearest(v), v_set((float)(half - 1)));

	return clamp_below ? v_max(l, v_set(-(float)half)) : l;
}

/* The weight of largest magnitude in each lane, with its sign; marks NaN, infinity. */
V_INLINE vf v_extreme(size_t n, const float (*x)[LANES], vf *magnitude, vm *bad)
{
	vf largest = v_zero(), extreme = v_zero();

	for (size_t i = 0; i < n; i++) {
		vf v = v_load(x[i]), a = v_abs(v);
		vm more = v_lt(largest, a);

		*bad = m_or(*bad, v_unordered(v, v));
		extreme = v_select(more, v, extreme);
		largest = v_select(more, a, largest);
	}
	*bad = m_or(*bad, m_not(v_lt(largest, v_set(0x1.fffffep127f))));
	*magnitude = largest;
	return extreme;
}

struct v_scale {
	vf scale, inverse; /* codes = half + nearest(inverse * x); inverse 0 and `zero`: codes 0, not half */
	vm zero;
};

V_INLINE void v_symmetric_trial(size_t groups, size_t n, int half, bool clamp_below, float factor, const float (*x)[LANES],
				const float (*wx)[LANES], const float (*w)[LANES], const vf *extreme, struct v_scale *s, vf *best, bool first)
{
	vf lx[PAIR], l2[PAIR], inverse[PAIR];

	EACH(groups) {
		lx[u] = l2[u] = v_zero();
		inverse[u] = v_set(-factor) / extreme[u];
	}
	for (size_t i = 0; i < n; i++)
		EACH(groups) {
			vf l = v_centred_code(half, clamp_below, inverse[u] * v_load(x[u * n + i]));

			lx[u] = lx[u] + v_load(wx[u * n + i]) * l;
			l2[u] = l2[u] + v_load(w[u * n + i]) * l * l;
		}
	EACH(groups) {
		vm better = m_and(v_lt(v_zero(), l2[u]), v_lt(best[u] * l2[u], lx[u] * lx[u]));
		vf scale = v_select(v_eq(l2[u], v_zero()), v_zero(), lx[u] / l2[u]);

		if (first)
			better = m_not(m_none());
		s[u].scale = v_select(better, scale, s[u].scale);
		s[u].inverse = v_select(better, inverse[u], s[u].inverse);
		best[u] = v_select(better, scale * lx[u], best[u]);
	}
}

/* tare_search_symmetric() for one or two (groups) sub-blocks of n that follow each other; w are their weights, bad the lanes of
 * each that are not to be trusted. */
V_INLINE void v_search_symmetric(size_t groups, size_t n, int half, const float (*x)[LANES], const float (*w)[LANES],
				 struct v_scale *s, vm *bad)
{
	_Alignas(64) float wx[PAIR * 32][LANES];
	vf extreme[PAIR], magnitude, best[PAIR];

	EACH(groups) {
		bad[u] = m_none();
		extreme[u] = v_extreme(n, x + u * n, &magnitude, &bad[u]);
		s[u].zero = v_lt(magnitude, v_set(TARE_TINY));
		best[u] = s[u].scale = s[u].inverse = v_zero();
	}
	for (size_t i = 0; i < groups * n; i++)
		v_store(wx[i], v_load(w[i]) * v_load(x[i]));
	v_symmetric_trial(groups, n, half, false, (float)half, x, wx, w, extreme, s, best, true);
	for (int step = -9; step <= 9; step++)
		if (step && step < 5)
			v_symmetric_trial(groups, n, half, false, (float)half + 0.1f * (float)step, x, wx, w, extreme, s, best, false);
		else if (step)
			v_symmetric_trial(groups, n, half, true, (float)half + 0.1f * (float)step, x, wx, w, extreme, s, best, false);
	EACH(groups) {
		s[u].scale = v_select(s[u].zero, v_zero(), s[u].scale);
		s[u].inverse = v_select(s[u].zero, v_zero(), s[u].inverse);
	}
}

/* ---- q3_K without importances: round once, refine code by code ---- */

V_INLINE vf v_refined_code(int half, vf v)
{
	return v_max(v_min(v_nearest_wrapped(v), v_set((float)(half - 1))), v_set(-(float)half));
}

/* tare_search_refined(): codes are left in l[n][LANES], without the half. */
V_INLINE void v_search_refined(size_t n, int half, const float (*x)[LANES], float (*l)[LANES], vf *scale, vm *zero, vm *bad)
{
	vf magnitude, extreme = v_extreme(n, x, &magnitude, bad), inverse = v_set(-(float)half) / extreme;
	vf lx = v_zero(), l2 = v_zero();

	*zero = v_lt(magnitude, v_set(TARE_TINY));
	for (size_t i = 0; i < n; i++) {
		vf v = v_load(x[i]), c = v_refined_code(half, inverse * v), w = v * v;

		v_store(l[i], c);
		lx = lx + w * v * c;
		l2 = l2 + w * c * c;
	}
	for (int pass = 0; pass < 5; pass++) {
		vm moved = m_none();

		for (size_t i = 0; i < n; i++) {
			vf v = v_load(x[i]), old = v_load(l[i]), w = v * v, wx = w * v;
			vf new_lx = lx - wx * old, new_l2 = l2 - w * old * old, c = v_refined_code(half, v * new_l2 / new_lx);
			vm wanted = m_and(v_lt(v_zero(), new_lx), m_not(v_eq(c, old)));

			if (!m_any(wanted))
				continue;
			new_lx = new_lx + wx * c;
			new_l2 = new_l2 + w * c * c;
			wanted = m_and(wanted, m_and(v_lt(v_zero(), new_l2), v_lt(lx * lx * new_l2, new_lx * new_lx * l2)));
			v_store(l[i], v_select(wanted, c, old));
			lx = v_select(wanted, new_lx, lx);
			l2 = v_select(wanted, new_l2, l2);
			moved = m_or(moved, wanted);
		}
		if (!m_any(moved))
			break;
	}
	*scale = v_select(m_and(v_lt(v_zero(), l2), m_not(*zero)), lx / l2, v_zero());
}

/* ---- scale alone, values >= 0 ---- */

V_INLINE vf v_below_code(int max_code, vf v, vm *sound)
{
	vf l = v_min(v_nearest(v), v_set((float)max_code));

	*sound = m_and(*sound, m_and(v_in_range(v), m_not(v_lt(l, v_set(-256)))));
	return l;
}

/* A code below zero, as it wraps in the byte of the scalar code. */
V_INLINE vf v_in_byte(vf l)
{
	return v_select(v_lt(l, v_zero()), l + v_set(256), l);
}

V_INLINE vf v_square_loss(size_t n, int max_code, bool in_bytes, const float (*x)[LANES], const float (*w)[LANES], vf inverse, vf scale,
			  vm *sound)
{
	vf loss = v_zero();

	for (size_t i = 0; i < n; i++) {
		vf v = v_load(x[i]), l = v_below_code(max_code, inverse * v, sound), error = v - scale * (in_bytes ? v_in_byte(l) : l);

		loss = loss + v_load(w[i]) * error * error;
	}
	return loss;
}

/* Passes of tare_refine_positive(). Lanes where nothing moves any more repeat themselves, which does no harm. */
V_INLINE void v_refine_positive(size_t n, int max_code, const float (*x)[LANES], const float (*w)[LANES], float (*l)[LANES], vf *lx, vf *l2,
				vm idle, vm *sound)
{
	for (int pass = 0; pass < 5; pass++) {
		vm moved = m_none();

		for (size_t i = 0; i < n; i++) {
			vf v = v_load(x[i]), old = v_load(l[i]), wi = v_load(w[i]), wx = wi * v;
			vf new_lx = *lx - wx * old, new_l2 = *l2 - wi * old * old, quotient = v * new_l2 / new_lx, c;
			vm wanted = m_and(v_lt(v_zero(), new_lx), v_lt(v_zero(), new_l2));

			c = v_min(v_nearest(quotient), v_set((float)max_code));
			*sound = m_and(*sound, m_or(m_and(v_in_range(quotient), m_not(v_lt(c, v_set(-256)))), m_not(wanted)));
			wanted = m_and(m_and(wanted, m_not(idle)), m_not(v_eq(c, old)));
			if (!m_any(wanted))
				continue;
			new_lx = new_lx + wx * c;
			new_l2 = new_l2 + wi * c * c;
			wanted = m_and(wanted, v_lt(*lx * *lx * new_l2, new_lx * new_lx * *l2));
			v_store(l[i], v_select(wanted, v_in_byte(c), old));
			*lx = v_select(wanted, new_lx, *lx);
			*l2 = v_select(wanted, new_l2, *l2);
			moved = m_or(moved, wanted);
		}
		if (!m_any(moved))
			break;
	}
}

/* tare_search_positive(): codes in l[n][LANES]; returns the scale. Marks lanes with NaN or beyond its range. */
V_INLINE vf v_search_positive(size_t n, int max_code, const float (*x)[LANES], const float (*w)[LANES], float (*l)[LANES], vm *bad)
{
	vf max = v_zero(), inverse, best, lx = v_zero(), l2 = v_zero();
	vm zero, sound = m_not(m_none());

	for (size_t i = 0; i < n; i++) {
		vf v = v_load(x[i]);

		*bad = m_or(*bad, v_unordered(v, v));
		max = v_max(max, v);
	}
	zero = v_lt(max, v_set(TARE_TINY));
	inverse = v_set((float)max_code) / max;
	best = v_square_loss(n, max_code, true, x, w, inverse, v_set(1) / inverse, &sound);
	for (int step = -4; step <= 4; step++) {
		vf trial = v_set(0.1f * (float)step + (float)max_code) / max, loss;
		vm better;

		if (!step)
			continue;
		loss = v_square_loss(n, max_code, false, x, w, trial, v_set(1) / trial, &sound);
		better = v_lt(loss, best);
		best = v_select(better, loss, best);
		inverse = v_select(better, trial, inverse);
	}
	for (size_t i = 0; i < n; i++) {
		vf v = v_load(x[i]), wi = v_load(w[i]), c = v_below_code(max_code, inverse * v, &sound);

		v_store(l[i], v_select(zero, v_zero(), v_in_byte(c)));
		lx = lx + wi * v * c;
		l2 = l2 + wi * c * c;
	}
	v_refine_positive(n, max_code, x, w, l, &lx, &l2, zero, &sound);
	*bad = m_or(*bad, m_not(m_or(sound, zero)));
	return v_select(m_and(v_lt(v_zero(), l2), m_not(zero)), lx / l2, v_zero());
}

#endif
