/* The search of lattice_fit.h with one trial scale to a lane: what the weights round to and the sums for all trials at once, in the order
 * of the scalar code; candidates from the short lists of lattice_cells.h. Compiled once per instruction set: see iq_avx2.c. */
#ifndef TARE_TYPES_LATTICE_LANES_H
#define TARE_TYPES_LATTICE_LANES_H

#include "types/kernels.h"
#include "types/k_lanes_search.h"
#include "types/lattice_jobs.h"

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

/* ---- the trials ---- */

/* tare_lattice_sum() of the trials from t on. */
V_INLINE void lanes_sum(const struct jobs *s, const struct tare_lattice_fit *f, struct tare_lattice_rule r, unsigned t,
			float *qx, float *q2)
{
	unsigned bits = r.group == 8 ? 2 : 3;
	vf sum_qx = v_zero(), sum_q2 = v_zero();

	for (unsigned k = 0; k < r.sub / r.group; k++) {
		vu word = u_load(s->word + job_of(r, k, t));

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
V_INLINE unsigned lanes_choose(const struct jobs *s, struct tare_lattice_fit *f, struct tare_lattice_rule r, const float *qx,
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
	off = 0;
	for (unsigned k = 0; k < groups; k++) {
		f->word[k] = (uint16_t)s->word[job_of(r, k, chosen)];
		off |= (~s->entry[job_of(r, k, chosen)] & TARE_CELL_ON) << k;
	}
	return off;
}

V_INLINE unsigned lanes_try(struct jobs *s, struct tare_lattice_fit *f, struct tare_lattice_rule r, const struct tare_lattice_cells *c,
			    float reach)
{
	float qx[MAX_TRIALS], q2[MAX_TRIALS];
	struct batch b;

	memset(s->near, 0, sizeof s->near);
	for (unsigned t = 0; t < whole_trials(r); t += LANES) {
		jobs_scale(s, &b, r, reach, t, LANES);
		for (unsigned k = 0; k < r.sub / r.group; k++) {
			batch_load(&b, f, r, k);
			jobs_enter(s, r, c, &b, job_of(r, k, t), lanes_below(trial_count(r) - t));
		}
	}
	jobs_choose(s, f, r, c, reach);
	for (unsigned i = 0; i < MAX_JOBS / 64; i++)
		for (; s->near[i]; s->near[i] &= s->near[i] - 1) {
			unsigned j = 64 * i + (unsigned)__builtin_ctzll(s->near[i]), t = trial_of(r, j);
			uint16_t word;

			s->entry[j] = lanes_place(s, f, r, c->lattice, group_of(r, j), s->inverse[t], s->scale[t], &word);
			s->word[j] = word;
		}
	for (unsigned t = 0; t < trial_count(r); t += LANES)
		lanes_sum(s, f, r, t, qx, q2);
	return lanes_choose(s, f, r, qx, q2);
}

/* Places the groups of the mask once more, with f->scale. */
V_INLINE void lanes_refine(struct jobs *s, struct tare_lattice_fit *f, struct tare_lattice_rule r, const struct tare_lattice_cells *c,
			   unsigned mask)
{
	unsigned groups = r.sub / r.group, single = mask;
	struct batch b = { .inverse = v_set(1 / f->scale), .scale = v_set(f->scale) };

	if (together(r) && f->scale > 1e-30f && f->scale < 1e10f) {
		s->near[0] = 0;
		for (unsigned k = 0; k < groups; k += LANES) {
			batch_load_several(&b, f, r, k, 1);
			jobs_enter(s, r, c, &b, k, lanes_below(groups - k));
			jobs_pick(s, r, c, &b, k);
		}
		single &= (unsigned)s->near[0];
	}
	for (unsigned k = 0; k < groups; k++)
		if (single >> k & 1)
			lanes_place(s, f, r, c->lattice, k, 1 / f->scale, f->scale, f->word + k);
		else if (mask >> k & 1)
			f->word[k] = (uint16_t)s->word[k];
}

/* tare_lattice_search(); false: not for numbers such as these. */
V_INLINE bool lanes_search(struct tare_lattice_fit *f, struct tare_lattice_rule r, const struct tare_lattice_cells *c, float reach)
{
	struct jobs s;
	unsigned off;

	if (!ordinary(f, r.sub, reach))
		return false;
#if LANES > 4
	pick_prepare(&s.input, f, r.sub, r.group);
#endif
	off = lanes_try(&s, f, r, c, reach);
	if (r.refine != TARE_REFINE_OFF && (off || r.refine == TARE_REFINE_ALL))
		off = (1u << r.sub / r.group) - 1;
	if (off && f->scale > 0) {
		struct tare_lattice_sums sum;

		lanes_refine(&s, f, r, c, off);
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
