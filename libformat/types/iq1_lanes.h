/* Encoders of iq1_s and iq1_m with a sub-block to a lane: sorting, and the sums of every cut in the order of the scalar code. Compiled
 * once per instruction set: see iq_avx2.c. */
#ifndef TARE_TYPES_IQ1_LANES_H
#define TARE_TYPES_IQ1_LANES_H

#include "types/iq1.h"
#include "types/kernels.h"
#include "types/lattice_pick.h"

/* LANES sub-blocks, sorted. at: the place that each weight came from. */
struct iq1_batch {
	float x[TARE_IQ1_SUB][LANES], w[TARE_IQ1_SUB][LANES], at[TARE_IQ1_SUB][LANES];
};

/* The best cut of each lane; pair: 64 x low + high, -1 if none was found. */
struct iq1_best {
	vf best, scale, pair, shifts;
};

V_INLINE void iq1_weigh(float *w, const float *x, size_t n, const float *importance, float sigma2)
{
	for (size_t i = 0; i < n; i += LANES) {
		vf v = v_load(x + i);

		v_store(w + i, importance ? v_load(importance + i) * v_sqrt(v_set(sigma2) + v * v) : v * v);
	}
}

/* By value, equal ones by place: the order of tare_iq1_sort(). */
V_INLINE void iq1_exchange(struct iq1_batch *b, size_t i, size_t j)
{
	vf x = v_load(b->x[i]), y = v_load(b->x[j]), v = v_load(b->w[i]), w = v_load(b->w[j]), p = v_load(b->at[i]), q = v_load(b->at[j]);
	vm wrong = m_or(v_lt(y, x), m_and(v_eq(y, x), v_lt(q, p)));

	v_store(b->x[i], v_select(wrong, y, x));
	v_store(b->x[j], v_select(wrong, x, y));
	v_store(b->w[i], v_select(wrong, w, v));
	v_store(b->w[j], v_select(wrong, v, w));
	v_store(b->at[i], v_select(wrong, q, p));
	v_store(b->at[j], v_select(wrong, p, q));
}

/* Batcher's network of odd-even merges. */
V_INLINE void iq1_sort(struct iq1_batch *b, size_t n)
{
	for (size_t run = 1; run < n; run *= 2)
		for (size_t step = run; step > 0; step /= 2)
			for (size_t from = step % run; from + step < n; from += 2 * step)
				for (size_t i = from; i < from + step && i + step < n; i++)
					if ((i ^ (i + step)) < 2 * run)
						iq1_exchange(b, i, i + step);
}

/* Marks lanes with a NaN. */
V_INLINE vm iq1_load(struct iq1_batch *b, size_t sub, const float *x, const float *w, size_t n)
{
	const float *row_x[LANES], *row_w[LANES];
	vm bad = m_none();

	for (size_t i = 0; i < LANES; i++) {
		row_x[i] = x + (i < n ? i : n - 1) * sub;
		row_w[i] = w + (i < n ? i : n - 1) * sub;
	}
	for (size_t c = 0; c < sub; c += 4) {
		v_transpose4(b->x, row_x, c);
		v_transpose4(b->w, row_w, c);
	}
	for (size_t j = 0; j < sub; j++) {
		bad = m_or(bad, v_unordered(v_load(b->x[j]), v_load(b->x[j])));
		v_store(b->at[j], v_set((float)j));
	}
	iq1_sort(b, sub);
	return bad;
}

V_INLINE vm iq1_better(const struct iq1_best *c, vf qx, vf q2)
{
	return m_and(v_lt(v_zero(), q2), v_lt(c->best * q2, qx * qx));
}

/* tare_iq1_consider() */
V_INLINE void iq1_consider(struct iq1_best *c, unsigned low, unsigned high, unsigned shifts, vf qx, vf q2)
{
	vm better = iq1_better(c, qx, q2);
	vf scale = qx / q2;

	c->scale = v_select(better, scale, c->scale);
	c->best = v_select(better, scale * qx, c->best);
	c->pair = v_select(better, v_set((float)(64 * low + high)), c->pair);
	c->shifts = v_select(better, v_set((float)shifts), c->shifts);
}

/* Lanes i < n to c and place. */
V_INLINE void iq1_store(struct tare_iq1_cut *c, uint8_t *place, const struct iq1_batch *b, const struct iq1_best *best, size_t sub,
			size_t n)
{
	float scale[LANES], sum[LANES], pair[LANES], shifts[LANES];

	v_store(scale, best->scale);
	v_store(sum, best->best);
	v_store(pair, best->pair);
	v_store(shifts, best->shifts);
	for (size_t i = 0; i < n; i++, c++, place += sub) {
		unsigned p = pair[i] < 0 ? 0 : (unsigned)pair[i];

		*c = (struct tare_iq1_cut){ p / 64, p % 64, (unsigned)shifts[i], scale[i], sum[i], !(pair[i] < 0) };
		for (size_t j = 0; j < sub; j++)
			place[j] = (uint8_t)b->at[j][i];
	}
}

V_INLINE void iq1_nothing(struct iq1_best *c)
{
	*c = (struct iq1_best){ v_set(-FLT_MAX), v_zero(), v_set(-1), v_zero() };
}

/* ---- iq1_s: 32 weights, one shift; sums of the lowest are differences of running sums ---- */

struct iq1_s_terms {
	float x[33][LANES], w[33][LANES];
	float high_qx[2][33][LANES], high_q2[2][33][LANES];
};

V_INLINE void iq1_s_prepare(struct iq1_s_terms *t, const struct iq1_batch *b)
{
	v_store(t->x[0], v_zero());
	v_store(t->w[0], v_zero());
	for (size_t j = 0; j < 32; j++) {
		v_store(t->x[j + 1], v_load(t->x[j]) + v_load(b->w[j]) * v_load(b->x[j]));
		v_store(t->w[j + 1], v_load(t->w[j]) + v_load(b->w[j]));
	}
	for (size_t s = 0; s < 2; s++) {
		vf top = v_set(s ? 1 - TARE_IQ1_SHIFT : 1 + TARE_IQ1_SHIFT);

		for (size_t j = 0; j <= 32; j++) {
			v_store(t->high_qx[s][j], (v_load(t->x[32]) - v_load(t->x[j])) * top);
			v_store(t->high_q2[s][j], (v_load(t->w[32]) - v_load(t->w[j])) * top * top);
		}
	}
}

V_INLINE void iq1_s_from(struct iq1_best *c, const struct iq1_s_terms *t, unsigned low)
{
	vf shift = v_set(TARE_IQ1_SHIFT), x0 = v_load(t->x[low]), w0 = v_load(t->w[low]), low_qx[2], low_q2[2];

	for (size_t s = 0; s < 2; s++) {
		vf bottom = v_set(s ? -1 - TARE_IQ1_SHIFT : -1 + TARE_IQ1_SHIFT);

		low_qx[s] = (x0 - v_load(t->x[0])) * bottom;
		low_q2[s] = (w0 - v_load(t->w[0])) * bottom * bottom;
	}
	for (unsigned high = low; high <= 32; high++) {
		vf x = (v_load(t->x[high]) - x0) * shift, w = (v_load(t->w[high]) - w0) * shift * shift;
		vf qx0 = low_qx[0] + x + v_load(t->high_qx[0][high]), q20 = low_q2[0] + w + v_load(t->high_q2[0][high]);
		vf qx1 = low_qx[1] - x + v_load(t->high_qx[1][high]), q21 = low_q2[1] + w + v_load(t->high_q2[1][high]);

		if (!m_any(m_or(iq1_better(c, qx0, q20), iq1_better(c, qx1, q21))))
			continue;
		iq1_consider(c, low, high, 0, qx0, q20);
		iq1_consider(c, low, high, 1, qx1, q21);
	}
}

static void iq1_s_cut(struct tare_iq1_cut *c, uint8_t *place, const float *x, const float *w, size_t n)
{
	for (size_t i = 0; i < n; i += LANES) {
		size_t count = n - i < LANES ? n - i : LANES;
		struct iq1_s_terms t;
		struct iq1_batch b;
		struct iq1_best best;
		unsigned bad = m_bits(iq1_load(&b, 32, x + 32 * i, w + 32 * i, count));

		iq1_nothing(&best);
		iq1_s_prepare(&t, &b);
		for (unsigned low = 0; low <= 32; low++)
			iq1_s_from(&best, &t, low);
		iq1_store(c + i, place + 32 * i, &b, &best, 32, count);
		for (size_t k = i; k < i + count; k++)
			if (bad >> (k - i) & 1)
				tare_iq1_s_coder.cut(c + k, place + 32 * k, x + 32 * k, w + 32 * k, 1);
	}
}

/* ---- iq1_m: 16 weights, a shift for each half ---- */

struct iq1_m_terms {
	float qx[3][16][4][LANES], q2[3][16][4][LANES]; /* what each weight adds at each level for each combination of shifts */
};

V_INLINE void iq1_m_prepare(struct iq1_m_terms *t, const struct iq1_batch *b)
{
	for (size_t q = 0; q < 3; q++) {
		vf up = v_set((float)q - 1 + TARE_IQ1_SHIFT), down = v_set((float)q - 1 - TARE_IQ1_SHIFT);

		for (size_t j = 0; j < 16; j++) {
			vm first = v_lt(v_load(b->at[j]), v_set(8));
			vf x = v_load(b->x[j]), w = v_load(b->w[j]);
			vf xu = w * up * x, xd = w * down * x, u2 = w * up * up, d2 = w * down * down;

			v_store(t->qx[q][j][0], xu);
			v_store(t->qx[q][j][1], v_select(first, xu, xd));
			v_store(t->qx[q][j][2], v_select(first, xd, xu));
			v_store(t->qx[q][j][3], xd);
			v_store(t->q2[q][j][0], u2);
			v_store(t->q2[q][j][1], v_select(first, u2, d2));
			v_store(t->q2[q][j][2], v_select(first, d2, u2));
			v_store(t->q2[q][j][3], d2);
		}
	}
}

struct iq1_m_sums {
	vf qx[4], q2[4];
};

V_INLINE void iq1_m_add(struct iq1_m_sums *s, const struct iq1_m_terms *t, size_t q, size_t j)
{
	for (size_t i = 0; i < 4; i++) {
		s->qx[i] = s->qx[i] + v_load(t->qx[q][j][i]);
		s->q2[i] = s->q2[i] + v_load(t->q2[q][j][i]);
	}
}

/* s: sums over the levels below; those of the last level are added in order, and so afresh for every cut. */
V_INLINE void iq1_m_consider(struct iq1_best *c, const struct iq1_m_terms *t, unsigned low, unsigned high, struct iq1_m_sums s)
{
	vm any = m_none();

	for (size_t j = high; j < 16; j++)
		iq1_m_add(&s, t, 2, j);
	for (size_t i = 0; i < 4; i++)
		any = m_or(any, iq1_better(c, s.qx[i], s.q2[i]));
	if (m_any(any))
		for (unsigned i = 0; i < 4; i++)
			iq1_consider(c, low, high, i, s.qx[i], s.q2[i]);
}

static void iq1_m_best(struct iq1_best *c, const struct iq1_m_terms *t)
{
	struct iq1_m_sums bottom;

	for (size_t i = 0; i < 4; i++)
		bottom.qx[i] = bottom.q2[i] = v_zero();
	for (unsigned low = 0; low <= 16; low++) {
		struct iq1_m_sums s = bottom;

		for (unsigned high = low; high <= 16; high++) {
			iq1_m_consider(c, t, low, high, s);
			if (high < 16)
				iq1_m_add(&s, t, 1, high);
		}
		if (low < 16)
			iq1_m_add(&bottom, t, 0, low);
	}
}

static void iq1_m_cut(struct tare_iq1_cut *c, uint8_t *place, const float *x, const float *w, size_t n)
{
	for (size_t i = 0; i < n; i += LANES) {
		size_t count = n - i < LANES ? n - i : LANES;
		struct iq1_m_terms t;
		struct iq1_batch b;
		struct iq1_best best;
		unsigned bad = m_bits(iq1_load(&b, 16, x + 16 * i, w + 16 * i, count));

		iq1_nothing(&best);
		iq1_m_prepare(&t, &b);
		iq1_m_best(&best, &t);
		iq1_store(c + i, place + 16 * i, &b, &best, 16, count);
		for (size_t k = i; k < i + count; k++)
			if (bad >> (k - i) & 1)
				tare_iq1_m_coder.cut(c + k, place + 16 * k, x + 16 * k, w + 16 * k, 1);
	}
}

/* ---- */

#if LANES > 4
#define IQ1_NEAREST pick_nearest_of
#else
#define IQ1_NEAREST tare_lattice_nearest_of
#endif

#define IQ1_ENCODER(type)                                                                                                     \
	void LANES_NAME(tare_##type##_encode)(void *dst, const float *src, size_t rows, size_t cols, const float *weights)    \
	{                                                                                                                     \
		static const struct tare_iq1_coder coder = { iq1_weigh, type##_cut, IQ1_NEAREST };                            \
                                                                                                                              \
		tare_##type##_encode_with(dst, src, rows, cols, weights, &coder);                                             \
	}

IQ1_ENCODER(iq1_s)
IQ1_ENCODER(iq1_m)

#endif
