/* Groups placed with trial scales, for lattice_lanes.h: one job is one group with one scale.
 *
 * First the cells of all jobs are looked up (lattice_cells.h), a trial to a lane. Then each job chooses among its candidates, in the way
 * that suits the registers:
 *   - sixteen lanes, groups of four: a job to a lane, each lane with its own list. The last trials, which do not fill a register, come
 *     together with those of other groups.
 *   - else from eight lanes on: job after job, a candidate to a lane (lattice_pick.h).
 *   - four lanes: trials that follow each other mostly share a list, so one list after the other, a trial to a lane. */
#ifndef TARE_TYPES_LATTICE_JOBS_H
#define TARE_TYPES_LATTICE_JOBS_H

#include "types/lanes_integer.h"
#include "types/lattice_pick.h"

enum { MAX_TRIALS = 32, MAX_JOBS = 256, REST = 4 };

struct jobs {
	float inverse[MAX_TRIALS + REST], scale[MAX_TRIALS + REST]; /* of the trials */
	uint32_t entry[MAX_JOBS]; /* of lattice_cells.h; of one that had to be done without, whether its levels are a point */
	uint32_t word[MAX_JOBS];  /* what comes out; before, the first two candidates */
	uint64_t near[MAX_JOBS / 64]; /* bit by bit: a value is too near to an integer */
#if LANES > 4
	struct pick_input input;
#endif
};

struct batch {
	vf x[8], root[4]; /* of the group's weights; root: of groups of four */
	vf inverse, scale;
};

/* Whether each lane goes through candidates of its own. */
V_INLINE bool together(struct tare_lattice_rule r)
{
	return r.group == 4 && LANES == 16;
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

/* The scales of LANES trials: t, t + 1 ... of each `per` lanes. */
V_INLINE void jobs_scale(struct jobs *s, struct batch *b, struct tare_lattice_rule r, float reach, unsigned t, unsigned per)
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

/* ---- each lane its list ---- */

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

/* Chooses for all jobs of a batch. */
V_INLINE void jobs_pick(struct jobs *s, struct tare_lattice_rule r, const struct tare_lattice_cells *c, const struct batch *b, unsigned j)
{
	u_store(s->word + j, batch_pick(b, r, c, u_load(s->entry + j), u_load(s->word + j)));
}

/* The trials that fill whole registers; then the rest of them. */
V_INLINE void jobs_choose_together(struct jobs *s, const struct tare_lattice_fit *f, struct tare_lattice_rule r,
				   const struct tare_lattice_cells *c, float reach)
{
	unsigned groups = r.sub / r.group, whole = whole_trials(r);
	struct batch b;

	for (unsigned t = 0; t < whole; t += LANES) {
		jobs_scale(s, &b, r, reach, t, LANES);
		for (unsigned k = 0; k < groups; k++) {
			batch_load(&b, f, r, k);
			jobs_pick(s, r, c, &b, job_of(r, k, t));
		}
	}
	for (unsigned k = 0; k < groups && whole < trial_count(r); k += LANES / REST) {
		jobs_scale(s, &b, r, reach, whole, REST);
		batch_load_several(&b, f, r, k, REST);
		jobs_enter(s, r, c, &b, job_of(r, k, whole), lanes_below(REST * (groups - k)));
		jobs_pick(s, r, c, &b, job_of(r, k, whole));
	}
}

#if LANES > 4
/* ---- a candidate to a lane ---- */

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

V_INLINE void jobs_choose_singly(struct jobs *s, const struct tare_lattice_fit *f, struct tare_lattice_rule r,
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

#else
/* ---- one list after the other ---- */

/* Terms of the distances from group k: by weight and level, a trial to a lane. */
V_INLINE void runs_terms(vf term[8][8], const struct tare_lattice_fit *f, struct tare_lattice_rule r, unsigned k, vf scale)
{
	for (int q = 0; q < r.levels; q++) {
		vf value = scale * v_set((float)(2 * q + 1));

		for (unsigned i = 0; i < r.group; i++) {
			vf difference = value - v_set(f->x[r.group * k + i]);

			term[i][q] = v_set(f->root[r.group * k + i]) * difference * difference;
		}
	}
}

V_INLINE vf runs_distance(vf term[8][8], struct tare_lattice_rule r, unsigned word)
{
	unsigned bits = r.group == 8 ? 2 : 3, mask = (1u << bits) - 1;
	vf sum = term[0][word & mask];

	for (unsigned i = 1; i < r.group; i++)
		sum = sum + term[i][word >> bits * i & mask];
	return sum;
}

/* For group k in the trials from t on. */
V_INLINE void runs_choose(struct jobs *s, const struct tare_lattice_fit *f, struct tare_lattice_rule r,
			const struct tare_lattice_cells *c, unsigned k, unsigned t, unsigned mask)
{
	unsigned j = job_of(r, k, t);
	vu entry = u_load(s->entry + j), word = u_load(s->word + j) & 0xffff;
	vf term[8][8];

	mask &= u_above(entry >> TARE_CELL_COUNT & 255, 1) & ~(unsigned)(s->near[j / 64] >> j % 64);
	if (mask)
		runs_terms(term, f, r, k, v_load(s->scale + t));
	while (mask) {
		uint32_t first = s->entry[j + (unsigned)__builtin_ctz(mask)];
		const uint16_t *p = c->candidate + (first >> TARE_CELL_FIRST), *end = p + (first >> TARE_CELL_COUNT & 255);
		vm same = (vm)(entry == first);
		vf best = runs_distance(term, r, *p), chosen = (vf)((vu){ 0 } + *p);

		while (++p < end) {
			vf d = runs_distance(term, r, *p);

			chosen = v_select(v_lt(d, best), (vf)((vu){ 0 } + *p), chosen);
			best = v_min(d, best);
		}
		word = (vu)v_select(same, chosen, (vf)word);
		mask &= ~m_bits(same);
	}
	u_store(s->word + j, word);
}

V_INLINE void jobs_choose_runs(struct jobs *s, const struct tare_lattice_fit *f, struct tare_lattice_rule r,
			       const struct tare_lattice_cells *c)
{
	for (unsigned k = 0; k < r.sub / r.group; k++)
		for (unsigned t = 0; t < trial_count(r); t += LANES)
			runs_choose(s, f, r, c, k, t, lanes_below(trial_count(r) - t));
}
#endif

/* ---- */

V_INLINE void jobs_choose(struct jobs *s, const struct tare_lattice_fit *f, struct tare_lattice_rule r, const struct tare_lattice_cells *c,
			  float reach)
{
#if LANES > 4
	if (together(r))
		jobs_choose_together(s, f, r, c, reach);
	else
		jobs_choose_singly(s, f, r, c);
#else
	(void)reach;
	jobs_choose_runs(s, f, r, c);
#endif
}

#endif
