/* The search of lattice_fit.h with one trial scale to a lane: what the weights round to and the sums for all trials at once, in the order
 * of the scalar code; candidates from the short lists of lattice_cells.h. Compiled once per instruction set: see iq_avx2.c. */
#ifndef TARE_TYPES_LATTICE_LANES_H
#define TARE_TYPES_LATTICE_LANES_H

#include "types/kernels.h"
#include "types/k_lanes_search.h"
#include "types/lattice_pick.h"

/* One job is to place one group with one scale. A register of jobs is of one group, as far as its trials fill whole registers; what is
 * left of them is then done for several groups at once, four lanes each. */
enum { MAX_TRIALS = 32, MAX_JOBS = 256, REST = 4 };

struct jobs {
	float inverse[MAX_TRIALS + REST], scale[MAX_TRIALS + REST]; /* of the trials */
	uint32_t entry[MAX_JOBS]; /* of lattice_cells.h; of one that had to be done without, whether its levels are a point */
	uint32_t word[MAX_JOBS];  /* what comes out; before, the first two candidates */
	uint64_t near[MAX_JOBS / 64]; /* bit by bit: a value is too near to an integer */
	struct pick_input input;
};

struct batch {
	vf x[8], root[4]; /* of the group's weights; root: of groups of four */
	vf inverse, scale;
};

/* Whether the lanes are jobs when candidates are compared; else they are candidates, of which groups of eight have more. */
V_INLINE bool together(struct tare_lattice_rule r)
{
	return r.group == 4 && LANES != 8;
}

V_INLINE unsigned trial_count(struct tare_lattice_rule r)
{
	return 2 * (unsigned)r.trials + 1;
}

V_INLINE unsigned lanes_below(unsigned n)
{
	return n < LANES ? (1u << n) - 1 : (1u << LANES) - 1;
}

V_INLINE unsigned whole_trials(struct tare_lattice_rule r)
{
	unsigned rest = trial_count(r) % LANES;

	return together(r) && rest <= REST ? trial_count(r) - rest : trial_count(r) - rest + LANES;
}

/* Where the job of a trial is. */
V_INLINE unsigned job_of(struct tare_lattice_rule r, unsigned k, unsigned t)
{
	unsigned whole = whole_trials(r);

	return t < whole ? k * whole + t : r.sub / r.group * whole + REST * k + t - whole;
}

V_INLINE unsigned group_of(struct tare_lattice_rule r, unsigned j)
{
	unsigned whole = whole_trials(r), rest = r.sub / r.group * whole;

	return j < rest ? j / whole : (j - rest) / REST;
}

V_INLINE unsigned trial_of(struct tare_lattice_rule r, unsigned j)
{
	unsigned whole = whole_trials(r), rest = r.sub / r.group * whole;

	return j < rest ? j % whole : whole + (j - rest) % REST;
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

/* ---- jobs ---- */

/* Group k in all lanes. */
V_INLINE void batch_load(struct batch *b, const struct tare_lattice_fit *f, struct tare_lattice_rule r, unsigned k)
{
	for (unsigned i = 0; i < r.group; i++) {
		b->x[i] = v_set(f->x[r.group * k + i]);
		if (together(r))
			b->root[i] = v_set(f->root[r.group * k + i]);
	}
}

/* Groups of four from k on, `per` lanes each; beyond the last that again. */
V_INLINE void batch_load_several(struct batch *b, const struct tare_lattice_fit *f, struct tare_lattice_rule r, unsigned k, unsigned per)
{
	unsigned last = r.sub / r.group - 1;
	const float *x[LANES], *root[LANES];
	float t[4][LANES];

	for (unsigned i = 0; i < LANES; i++) {
		unsigned group = k + i / per < last ? k + i / per : last;

		x[i] = f->x + r.group * group;
		root[i] = f->root + r.group * group;
	}
	v_transpose4(t, x, 0);
	for (unsigned i = 0; i < 4; i++)
		b->x[i] = v_load(t[i]);
	v_transpose4(t, root, 0);
	for (unsigned i = 0; i < 4; i++)
		b->root[i] = v_load(t[i]);
}

/* The cell is the whole part of each value, held to the range of the levels. *near: jobs of which a value is too near to an integer. */
V_INLINE vu batch_entries(const struct batch *b, struct tare_lattice_rule r, const struct tare_lattice_cells *c, unsigned *near)
{
	vf inverse = b->inverse * v_set(4096), low = v_set(1.5f * 4096), high = v_set((2 * (float)r.levels - 1.5f) * 4096);
	unsigned bits = r.group == 8 ? 2 : 4, mask = (1u << bits) - 1;
	vu key = { 0 };
	vg g = g_none();

	for (unsigned i = 0; i < r.group; i++) {
		vu fixed = u_truncate(v_min(v_max(inverse * b->x[i], low), high));

		g = g_collect(g, fixed);
		key |= bits * i < 12 ? (fixed & mask << 12) >> (12 - bits * i) : (fixed & mask << 12) << (bits * i - 12);
	}
	*near = g_bits(g);
	return u_words(c->entry, key);
}

V_INLINE vf batch_distance(const struct batch *b, struct tare_lattice_rule r, vu word)
{
	vf sum = v_zero();

	for (unsigned i = 0; i < r.group; i++) {
		vf difference = b->scale * u_odd(word >> 3 * i, 3) - b->x[i];

		sum = sum + b->root[i] * difference * difference;
	}
	return sum;
}

/* Chooses for all jobs; pair: the first two candidates. */
V_INLINE vu batch_pick(const struct batch *b, struct tare_lattice_rule r, const struct tare_lattice_cells *c, vu entry, vu pair)
{
	vu count = entry >> TARE_CELL_COUNT & 255, first = entry >> TARE_CELL_FIRST, chosen = pair & 0xffff;
	vf counted = u_float(count), best;
	unsigned at = 1;

	if (!u_above(count, at))
		return chosen;
	best = batch_distance(b, r, chosen);
	for (vu word = pair >> 16;; word = pair & 0xffff) {
		vf d = batch_distance(b, r, word);
		vm less = m_and(v_lt(d, best), v_lt(v_set((float)at), counted));

		best = v_select(less, d, best);
		chosen = (vu)v_select(less, (vf)word, (vf)chosen);
		if (!u_above(count, ++at))
			return chosen;
		pair = at % 2 ? pair >> 16 : u_pairs(c->candidate, first + at);
	}
}

/* The nearest of a list for group k. */
V_INLINE uint16_t lanes_nearest(const struct jobs *s, const struct tare_lattice_fit *f, struct tare_lattice_rule r,
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
V_INLINE bool lanes_place(const struct jobs *s, const struct tare_lattice_fit *f, struct tare_lattice_rule r,
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

/* Entries of the jobs from j on, a multiple of LANES, and their first candidates. Only the jobs of the mask matter. */
V_INLINE void jobs_enter(struct jobs *s, struct tare_lattice_rule r, const struct tare_lattice_cells *c, const struct batch *b, unsigned j,
			 unsigned mask)
{
	unsigned near;
	vu entry = batch_entries(b, r, c, &near);

	u_store(s->entry + j, entry);
	u_store(s->word + j, u_pairs(c->candidate, entry >> TARE_CELL_FIRST));
	s->near[j / 64] |= (uint64_t)(near & mask) << j % 64;
}

/* Chooses for all jobs of a batch. */
V_INLINE void jobs_pick(struct jobs *s, struct tare_lattice_rule r, const struct tare_lattice_cells *c, const struct batch *b, unsigned j)
{
	u_store(s->word + j, batch_pick(b, r, c, u_load(s->entry + j), u_load(s->word + j)));
}

/* Chooses for the jobs of the mask, the first being `from`, which have several candidates: up to eight, or more. */
V_INLINE void jobs_pick_singly(struct jobs *s, const struct tare_lattice_fit *f, struct tare_lattice_rule r,
			       const struct tare_lattice_cells *c, unsigned from, uint64_t several, bool few)
{
	for (; several; several &= several - 1) {
		unsigned j = from + (unsigned)__builtin_ctzll(several);
		uint32_t entry = s->entry[j];

		s->word[j] = lanes_nearest(s, f, r, c->lattice, group_of(r, j), s->scale[trial_of(r, j)],
					   c->candidate + (entry >> TARE_CELL_FIRST), entry >> TARE_CELL_COUNT & 255, few);
	}
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

/* The scales of LANES trials: t, t + 1 ... of each `per` lanes. */
V_INLINE void trials_scale(struct jobs *s, struct batch *b, struct tare_lattice_rule r, float reach, unsigned t, unsigned per)
{
	float numerator[LANES];

	for (unsigned i = 0; i < LANES; i++) {
		unsigned trial = t + i % per < trial_count(r) ? t + i % per : trial_count(r) - 1;

		numerator[i] = (float)(2 * r.levels - 1) + (float)((int)trial - r.trials) * r.step;
	}
	b->inverse = v_load(numerator) / v_set(reach);
	b->scale = v_set(1) / b->inverse;
	v_store(s->inverse + t, b->inverse);
	v_store(s->scale + t, b->scale);
}

/* The trials that fill whole registers; then the rest of them. */
V_INLINE void lanes_place_together(struct jobs *s, const struct tare_lattice_fit *f, struct tare_lattice_rule r,
				   const struct tare_lattice_cells *c, float reach)
{
	unsigned groups = r.sub / r.group, whole = whole_trials(r);
	struct batch b;

	for (unsigned t = 0; t < whole; t += LANES) {
		trials_scale(s, &b, r, reach, t, LANES);
		for (unsigned k = 0; k < groups; k++) {
			batch_load(&b, f, r, k);
			jobs_pick(s, r, c, &b, job_of(r, k, t));
		}
	}
	for (unsigned k = 0; k < groups && whole < trial_count(r); k += LANES / REST) {
		trials_scale(s, &b, r, reach, whole, REST);
		batch_load_several(&b, f, r, k, REST);
		jobs_enter(s, r, c, &b, job_of(r, k, whole), lanes_below(REST * (groups - k)));
		jobs_pick(s, r, c, &b, job_of(r, k, whole));
	}
}

V_INLINE void lanes_place_singly(struct jobs *s, const struct tare_lattice_fit *f, struct tare_lattice_rule r,
				 const struct tare_lattice_cells *c)
{
	unsigned end = r.sub / r.group * whole_trials(r);

	for (unsigned from = 0; from < end; from += 64) {
		uint64_t few = 0, many = 0, near = s->near[from / 64];

		for (unsigned j = from; j < from + 64 && j < end; j += LANES) {
			vu count = u_load(s->entry + j) >> TARE_CELL_COUNT & 255;
			uint64_t more = u_above(count, 8), mask = lanes_below(trial_count(r) - j % whole_trials(r));

			u_store(s->word + j, u_load(s->word + j) & 0xffff);
			few |= (u_above(count, 1) & ~more & mask) << j % 64;
			many |= (more & mask) << j % 64;
		}
		jobs_pick_singly(s, f, r, c, from, few & ~near, true);
		jobs_pick_singly(s, f, r, c, from, many & ~near, false);
	}
}

V_INLINE unsigned lanes_try(struct jobs *s, struct tare_lattice_fit *f, struct tare_lattice_rule r, const struct tare_lattice_cells *c,
			    float reach)
{
	float qx[MAX_TRIALS], q2[MAX_TRIALS];
	struct batch b;

	memset(s->near, 0, sizeof s->near);
	for (unsigned t = 0; t < whole_trials(r); t += LANES) {
		trials_scale(s, &b, r, reach, t, LANES);
		for (unsigned k = 0; k < r.sub / r.group; k++) {
			batch_load(&b, f, r, k);
			jobs_enter(s, r, c, &b, job_of(r, k, t), lanes_below(trial_count(r) - t));
		}
	}
	if (together(r))
		lanes_place_together(s, f, r, c, reach);
	else
		lanes_place_singly(s, f, r, c);
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
