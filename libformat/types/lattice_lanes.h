/* The search of lattice_fit.h with one trial scale to a lane: what the weights round to and the sums for all trials at once, in the order
 * of the scalar code; candidates from the short lists of lattice_cells.h. Compiled once per instruction set: see iq_avx2.c. */
#ifndef TARE_TYPES_LATTICE_LANES_H
#define TARE_TYPES_LATTICE_LANES_H

#include "types/kernels.h"
#include "types/k_lanes_search.h"
#include "types/lattice_pick.h"

enum { MAX_TRIALS = 32 };

struct trials {
	float inverse[MAX_TRIALS], scale[MAX_TRIALS];
	uint32_t entry[TARE_LATTICE_GROUPS][MAX_TRIALS]; /* of lattice_cells.h */
	uint32_t word[TARE_LATTICE_GROUPS][MAX_TRIALS];
	/* bit t: in that trial the group is no point; has several candidates, up to eight; has more; a value is too near to an integer,
	 * so that all neighbours are candidates */
	uint32_t off[TARE_LATTICE_GROUPS], few[TARE_LATTICE_GROUPS], many[TARE_LATTICE_GROUPS], whole[TARE_LATTICE_GROUPS];
	struct pick_input input;
};

V_INLINE unsigned trial_count(struct tare_lattice_rule r)
{
	return 2 * (unsigned)r.trials + 1;
}

/* The importances, their roots, signs and all: tare_lattice_prepare(). */
V_INLINE void lanes_prepare(struct tare_lattice_fit *f, struct tare_lattice_rule r, const float *x, const float *importance, float sigma2)
{
	uint32_t signs = 0;

	for (unsigned i = 0; i < r.sub; i += LANES) {
		vf v = v_load(x + i), square = v * v, w = square;
		vm nan = v_unordered(v, v), positive = m_or(v_lt(v_zero(), v), v_eq(v_zero(), v));

		if (importance)
			w = v_load(importance + i) * v_sqrt(v_set(sigma2) + square);
		else if (r.share > 0)
			w = v_set(r.share * sigma2) + square;
		v_store(f->w + i, w);
		v_store(f->root + i, v_sqrt(w));
		v = v_select(positive, v, v_set(-1) * v);
		v_store(f->x + i, v_select(nan, v_set(tare_f32_of_bits(TARE_NAN_BITS)), v));
		signs |= (m_bits(m_not(positive)) & ((1u << LANES) - 1)) << i;
	}
	for (unsigned k = 0; k < r.sub / 8; k++) {
		uint8_t s = (uint8_t)(signs >> 8 * k);

		if (r.parity && __builtin_parity(s))
			s = tare_lattice_make_even(f->x + 8 * k, f->w + 8 * k, s);
		f->signs[k] = r.parity ? s & 127 : s;
	}
}

/* The proof behind the short lists needs ordinary numbers: no sum of theirs can overflow, no scale is subnormal. */
V_INLINE bool ordinary(const struct tare_lattice_fit *f, unsigned sub, float reach)
{
	vm sound = m_not(m_none());

	for (unsigned i = 0; i < sub; i += LANES) {
		vf w = v_load(f->w + i);

		sound = m_and(sound, v_lt(v_abs(v_load(f->x + i)), v_set(1e8f)));
		sound = m_and(sound, m_and(v_lt(w, v_set(1e30f)), m_not(v_lt(w, v_zero()))));
	}
	return !m_any(m_not(sound)) && reach > 1e-30f && reach < 1e10f;
}

/* Candidates of group k in the trials from t on: the cell is the whole part of each value, held to the range of the levels. */
V_INLINE void lanes_candidates(struct trials *s, struct tare_lattice_rule r, const struct tare_lattice_cells *c, const float *x, unsigned k,
			       unsigned t)
{
	vf inverse = v_load(s->inverse + t) * v_set(4096), low = v_set(1.5f * 4096), high = v_set((2 * (float)r.levels - 1.5f) * 4096);
	unsigned bits = r.group == 8 ? 2 : 4, mask = (1u << bits) - 1, several, more, on;
	vu key = { 0 }, entry, count;
	vg near = g_none();

	for (unsigned i = 0; i < r.group; i++) {
		vu fixed = u_truncate(v_min(v_max(inverse * v_set(x[r.group * k + i]), low), high));

		near = g_collect(near, fixed);
		key |= bits * i < 12 ? (fixed & mask << 12) >> (12 - bits * i) : (fixed & mask << 12) << (bits * i - 12);
	}
	entry = u_words(c->entry, key);
	count = entry >> TARE_CELL_COUNT & 255;
	several = u_above(count, 1);
	more = u_above(count, 8);
	on = u_above(entry & TARE_CELL_ON, 0);
	u_store(s->entry[k] + t, entry);
	u_store(s->word[k] + t, u_halves(c->candidate, entry >> TARE_CELL_FIRST));
	s->whole[k] |= (g_bits(near) & ((1u << LANES) - 1)) << t;
	s->few[k] |= (several & ~more) << t;
	s->many[k] |= more << t;
	s->off[k] |= (~on & ((1u << LANES) - 1)) << t;
}

V_INLINE uint16_t lanes_nearest(const struct trials *s, const struct tare_lattice_fit *f, struct tare_lattice_rule r,
				const struct tare_lattice *l, unsigned k, float scale, const uint16_t *list, unsigned n, bool few)
{
#if LANES > 4
	return pick_from(&s->input, r.group, k, scale, list, n, few);
#else
	(void)s, (void)few;
	return tare_lattice_nearest_of(l, list, n, f->x + r.group * k, f->root + r.group * k, scale, tare_lattice_odd);
#endif
}

/* tare_lattice_place() with numbers that are ordinary. */
V_INLINE bool lanes_place(const struct trials *s, const struct tare_lattice_fit *f, struct tare_lattice_rule r,
			  const struct tare_lattice *l, unsigned k, float inverse, float scale, uint16_t *word)
{
	unsigned key = tare_lattice_round(r, f->x + r.group * k, inverse);

	if (l->index[key] != TARE_LATTICE_OFF) {
		*word = l->point[l->index[key]];
		return true;
	}
	*word = lanes_nearest(s, f, r, l, k, scale, l->near + l->first[key], l->first[key + 1] - l->first[key], false);
	return false;
}

/* Chooses for group k in the trials of the mask. */
V_INLINE void lanes_pick(struct trials *s, const struct tare_lattice_fit *f, struct tare_lattice_rule r, const struct tare_lattice_cells *c,
			 unsigned k, uint32_t mask, bool few)
{
	for (; mask; mask &= mask - 1) {
		unsigned t = (unsigned)__builtin_ctz(mask);
		uint32_t entry = s->entry[k][t];

		s->word[k][t] = lanes_nearest(s, f, r, c->lattice, k, s->scale[t], c->candidate + (entry >> TARE_CELL_FIRST),
					      entry >> TARE_CELL_COUNT & 255, few);
	}
}

V_INLINE void lanes_pick_whole(struct trials *s, const struct tare_lattice_fit *f, struct tare_lattice_rule r, const struct tare_lattice *l,
			       unsigned k)
{
	for (uint32_t mask = s->whole[k]; mask; mask &= mask - 1) {
		unsigned t = (unsigned)__builtin_ctz(mask);
		uint16_t word;

		s->off[k] &= ~(1u << t);
		s->off[k] |= (uint32_t)!lanes_place(s, f, r, l, k, s->inverse[t], s->scale[t], &word) << t;
		s->word[k][t] = word;
	}
}

/* tare_lattice_sum() of the trials from t on. */
V_INLINE void lanes_sum(const struct trials *s, const struct tare_lattice_fit *f, struct tare_lattice_rule r, unsigned t,
			float *qx, float *q2)
{
	unsigned bits = r.group == 8 ? 2 : 3;
	vf sum_qx = v_zero(), sum_q2 = v_zero();

	for (unsigned k = 0; k < r.sub / r.group; k++) {
		vu word = u_load(s->word[k] + t);

		for (unsigned i = 0; i < r.group; i++) {
			float w = f->w[r.group * k + i], x = f->x[r.group * k + i];
			vf q = u_odd(word >> bits * i, bits);

			sum_qx = sum_qx + v_set(w * x) * q;
			sum_q2 = sum_q2 + v_set(w) * q * q;
		}
	}
	v_store(qx + t, sum_qx);
	v_store(q2 + t, sum_q2);
}

/* The best trial, as tare_lattice_try(). */
V_INLINE unsigned lanes_choose(const struct trials *s, struct tare_lattice_fit *f, struct tare_lattice_rule r, const float *qx,
			       const float *q2)
{
	unsigned groups = r.sub / r.group, off = r.refine == TARE_REFINE_OFF ? 0 : (1u << groups) - 1, chosen = MAX_TRIALS;
	float best = 0;

	memset(f->word, 0, sizeof f->word);
	for (unsigned t = 0; t < trial_count(r); t++)
		if (q2[t] > 0 && qx[t] * qx[t] > best * q2[t]) {
			f->scale = qx[t] / q2[t];
			best = f->scale * qx[t];
			chosen = t;
		}
	if (chosen == MAX_TRIALS)
		return off;
	for (unsigned k = 0; k < groups; k++)
		f->word[k] = (uint16_t)s->word[k][chosen];
	for (unsigned k = off = 0; k < groups; k++)
		off |= (s->off[k] >> chosen & 1) << k;
	return off;
}

V_INLINE unsigned lanes_try(struct trials *s, struct tare_lattice_fit *f, struct tare_lattice_rule r, const struct tare_lattice_cells *c,
			    float reach)
{
	unsigned n = trial_count(r);
	float qx[MAX_TRIALS], q2[MAX_TRIALS], numerator[MAX_TRIALS];

	for (unsigned t = 0; t < MAX_TRIALS; t++)
		numerator[t] = (float)(2 * r.levels - 1) + (float)((int)(t < n ? t : n - 1) - r.trials) * r.step;
	for (unsigned t = 0; t < n; t += LANES) {
		vf inverse = v_load(numerator + t) / v_set(reach);

		v_store(s->inverse + t, inverse);
		v_store(s->scale + t, v_set(1) / inverse);
	}
	memset(s->off, 0, sizeof s->off);
	memset(s->few, 0, sizeof s->few);
	memset(s->many, 0, sizeof s->many);
	memset(s->whole, 0, sizeof s->whole);
	for (unsigned k = 0; k < r.sub / r.group; k++)
		for (unsigned t = 0; t < n; t += LANES)
			lanes_candidates(s, r, c, f->x, k, t);
	for (unsigned k = 0; k < r.sub / r.group; k++) {
		uint32_t now = (uint32_t)((1ull << n) - 1) & ~s->whole[k];

		s->whole[k] &= (uint32_t)((1ull << n) - 1);
		lanes_pick(s, f, r, c, k, s->few[k] & now, true);
		lanes_pick(s, f, r, c, k, s->many[k] & now, false);
		lanes_pick_whole(s, f, r, c->lattice, k);
	}
	for (unsigned t = 0; t < n; t += LANES)
		lanes_sum(s, f, r, t, qx, q2);
	return lanes_choose(s, f, r, qx, q2);
}

/* tare_lattice_search(); false: not for numbers such as these. */
V_INLINE bool lanes_search(struct tare_lattice_fit *f, struct tare_lattice_rule r, const struct tare_lattice_cells *c, float reach)
{
	struct trials s;
	unsigned off;

	if (!ordinary(f, r.sub, reach))
		return false;
#if LANES > 4
	pick_prepare(&s.input, f, r.sub, r.group);
#endif
	off = lanes_try(&s, f, r, c, reach);
	if ((off || r.refine == TARE_REFINE_ALL) && f->scale > 0) {
		float inverse = 1 / f->scale;
		struct tare_lattice_sums sum;

		for (unsigned k = 0; k < r.sub / r.group; k++)
			if (r.refine != TARE_REFINE_OFF || off >> k & 1)
				lanes_place(&s, f, r, c->lattice, k, inverse, f->scale, f->word + k);
		sum = tare_lattice_sum(f, r, f->word);
		if (sum.q2 > 0)
			f->scale = sum.qx / sum.q2;
	}
	tare_lattice_make_positive(f, r.sub, r.parity);
	return true;
}

/* Of iq2_xxs, a sub-block to a lane: the search of the K types for scales without a sign. */
static void iq2_xxs_start(float *scale, const struct tare_lattice_fit *f, size_t n)
{
	for (size_t i = 0; i < n; i += LANES) {
		const float *row_x[LANES], *row_w[LANES];
		float x[32][LANES], w[32][LANES], code[32][LANES], found[LANES];
		vm bad = m_none();

		for (size_t k = 0; k < LANES; k++) {
			row_x[k] = f[i + k < n ? i + k : n - 1].x;
			row_w[k] = f[i + k < n ? i + k : n - 1].w;
		}
		for (size_t c = 0; c < 32; c += 4) {
			v_transpose4(x, row_x, c);
			v_transpose4(w, row_w, c);
		}
		v_store(found, v_search_positive(32, 4, x, w, code, &bad));
		for (size_t k = 0; k < LANES && i + k < n; k++)
			if (m_bits(bad) >> k & 1)
				tare_iq2_xxs_coder.start(scale + i + k, f + i + k, 1);
			else
				scale[i + k] = found[k];
	}
}

#define LATTICE_ENCODER(type, rule, start)                                                                                                \
	static void type##_prepare(struct tare_lattice_fit *f, const float *x, const float *importance, float sigma2)              \
	{                                                                                                                          \
		lanes_prepare(f, rule, x, importance, sigma2);                                                                     \
	}                                                                                                                          \
	static void type##_search(struct tare_lattice_fit *f, float reach)                                                         \
	{                                                                                                                          \
		if (!lanes_search(f, rule, tare_lattice_cells_##type(), reach))                                                    \
			tare_##type##_coder.search(f, reach);                                                                      \
	}                                                                                                                          \
	void LANES_NAME(tare_##type##_encode)(void *dst, const float *src, size_t rows, size_t cols, const float *weights)         \
	{                                                                                                                          \
		static const struct tare_lattice_coder coder = { type##_prepare, type##_search, start };                                  \
                                                                                                                                   \
		tare_##type##_encode_with(dst, src, rows, cols, weights, &coder);                                                  \
	}

LATTICE_ENCODER(iq2_xxs, TARE_RULE_IQ2_XXS, iq2_xxs_start)
LATTICE_ENCODER(iq2_xs, TARE_RULE_IQ2_XS, NULL)
LATTICE_ENCODER(iq2_s, TARE_RULE_IQ2_S, NULL)
LATTICE_ENCODER(iq3_xxs, TARE_RULE_IQ3_XXS, NULL)
LATTICE_ENCODER(iq3_s, TARE_RULE_IQ3_S, NULL)

#endif
