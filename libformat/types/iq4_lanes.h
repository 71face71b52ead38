/* Encoders of iq4_nl and iq4_xs, LANES blocks or super-blocks at a time. Compiled once per instruction set: see iq_avx2.c.
 *
 * The search is that of iq4.c, a lane for each block: of the two levels that a weight can have what each adds to the sums is worked
 * out once, so that a trial is a product, a comparison, two choices and two additions. Marked blocks go to the scalar code. */
#ifndef TARE_TYPES_IQ4_LANES_H
#define TARE_TYPES_IQ4_LANES_H

#include <math.h>

#include "types/iq4_codes.h"
#include "types/kernels.h"

enum { IQ4 = TARE_IQ4_LEN, IQ4_TRIALS = 15, IQ4_TOGETHER = 5 }; /* trials in one pass over the terms */

/* What each weight adds to the sums on the lower and the upper side of the limit it may meet (the lower as iq4_other()). */
struct iq4_terms {
	float limit[IQ4][LANES];
	float qx_low[IQ4][LANES], qx_high[IQ4][LANES], q2_low[IQ4][LANES], q2_high[IQ4][LANES];
};

struct iq4_best {
	vf d, best;
};

static const float iq4_level[17] = { -127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113, 113 };

V_INLINE void iq4_consider(struct iq4_best *b, vf qx, vf q2)
{
	vm better = m_and(v_lt(v_zero(), q2), v_lt(b->best * q2, qx * qx));
	vf d = qx / q2;

	b->d = v_select(better, d, b->d);
	b->best = v_select(better, d * qx, b->best);
}

/* The first scale by the plain definition; on the way the terms of the others. */
V_INLINE struct iq4_best iq4_first(struct iq4_terms *t, const float (*x)[LANES], const vf *w, vf extreme)
{
	vf inverse = v_set(1) / (v_set(-1) * extreme / v_set(-127)), a = v_set(-134) / extreme, z = v_set(-120) / extreme;
	vf qx = v_zero(), q2 = v_zero(), d;

	for (size_t j = 0; j < IQ4; j++) {
		vf v = v_load(x[j]), q = iq4_of(iq4_level, iq4_codes(inverse * v)), l, h;
		vi code = iq4_codes(v_min(a * v, z * v));

		qx = qx + w[j] * q * v;
		q2 = q2 + w[j] * q * q;
		l = iq4_of(iq4_level, code);
		h = iq4_of(iq4_level + 1, code);
		v_store(t->limit[j], iq4_of(tare_iq4_limit, code));
		v_store(t->qx_high[j], w[j] * h * v);
		v_store(t->qx_low[j], iq4_other(w[j] * l * v, w[j] * h * v));
		v_store(t->q2_high[j], w[j] * h * h);
		v_store(t->q2_low[j], iq4_other(w[j] * l * l, w[j] * h * h));
	}
	d = v_select(v_lt(v_zero(), q2), qx / q2, v_zero());
	return (struct iq4_best){ d, d * qx };
}

V_INLINE void iq4_trials(struct iq4_best *b, const struct iq4_terms *t, const float (*x)[LANES], vf extreme, int first)
{
	vf qx[IQ4_TOGETHER], q2[IQ4_TOGETHER], inverse[IQ4_TOGETHER];

	for (int k = 0; k < IQ4_TOGETHER; k++) {
		inverse[k] = v_set((float)(first + k - IQ4_TRIALS / 2 - 127)) / extreme;
		qx[k] = q2[k] = v_zero();
	}
	for (size_t j = 0; j < IQ4; j++) {
		vf v = v_load(x[j]), limit = v_load(t->limit[j]), xl = v_load(t->qx_low[j]), xh = v_load(t->qx_high[j]);
		vf l2 = v_load(t->q2_low[j]), h2 = v_load(t->q2_high[j]);

		for (int k = 0; k < IQ4_TOGETHER; k++) {
			vm below = v_lt(inverse[k] * v, limit);

			qx[k] = qx[k] + iq4_pick(below, xl, xh);
			q2[k] = q2[k] + iq4_pick(below, l2, h2);
		}
	}
	for (int k = 0; k < IQ4_TOGETHER; k++)
		iq4_consider(b, qx[k], q2[k]);
}

/* tare_iq4_scale(); importance: columns like x, or NULL. Marks lanes for the scalar code. */
V_INLINE vf iq4_scale(const float (*x)[LANES], const float (*importance)[LANES], vf sigma2, vm *bad)
{
	vf extreme = v_zero(), largest = v_zero(), w[IQ4];
	struct iq4_terms t;
	struct iq4_best b;

	for (size_t j = 0; j < IQ4; j++) {
		vf v = v_load(x[j]), size = v_abs(v);
		vm more = v_lt(largest, size);

		*bad = m_or(*bad, v_unordered(v, v));
		extreme = v_select(more, v, extreme);
		largest = v_select(more, size, largest);
		w[j] = importance ? v_load(importance[j]) * v_sqrt(sigma2 + v * v) : v * v;
	}
	*bad = m_or(*bad, v_lt(v_set(1e30f), largest)); /* inverse scales must be normal numbers */
	b = iq4_first(&t, x, w, extreme);
	for (int i = 0; i < IQ4_TRIALS; i += IQ4_TOGETHER)
		iq4_trials(&b, &t, x, extreme, i);
	b.d = v_select(v_unordered(b.d, b.d), v_set(tare_f32_of_bits(TARE_NAN_BITS)), b.d);
	return v_select(v_lt(largest, v_set(1e-15f)), v_zero(), b.d);
}

/* tare_iq4_sigma2() */
V_INLINE vf iq4_sigma2(const float (*x)[LANES], size_t n)
{
	vf sum = v_zero();

	for (size_t i = 0; i < n; i++)
		sum = sum + v_load(x[i]) * v_load(x[i]);
	return sum * v_set(2.0f / (float)n);
}

/* LANES blocks of n weights, the last one again where there are fewer. */
struct iq4_batch {
	const float *row[LANES], *importance[LANES];
	size_t count;
	float x[TARE_IQ4_XS_LEN][LANES], w[TARE_IQ4_XS_LEN][LANES];
};

V_INLINE void iq4_load(struct iq4_batch *b, size_t n, const float *src, size_t at, size_t nblocks, size_t per_row, const float *weights)
{
	b->count = nblocks - at < LANES ? nblocks - at : LANES;
	for (size_t i = 0; i < LANES; i++) {
		size_t block = at + (i < b->count ? i : b->count - 1);

		b->row[i] = src + block * n;
		b->importance[i] = weights ? weights + block % per_row * n : NULL;
	}
	for (size_t c = 0; c < n; c += 4) {
		v_transpose4(b->x, b->row, c);
		if (weights)
			v_transpose4(b->w, b->importance, c);
	}
}

static void iq4_nl_batch(struct tare_iq4_nl *block, const struct iq4_batch *b, bool weighted)
{
	vm bad = m_none();
	float d[LANES];

	if (weighted)
		v_store(d, iq4_scale(b->x, b->w, iq4_sigma2(b->x, IQ4), &bad));
	else
		v_store(d, iq4_scale(b->x, NULL, v_zero(), &bad));
	for (size_t i = 0; i < b->count; i++, block++)
		if (m_bits(bad) >> i & 1) {
			tare_iq4_nl_encode_block(block, b->row[i], b->importance[i]);
		} else {
			tare_put_scale(block->d, d[i]);
			iq4_encode(block->code, b->row[i], d[i] != 0 ? 1 / d[i] : 0);
		}
}

static void iq4_xs_batch(struct tare_iq4_xs *block, const struct iq4_batch *b, bool weighted)
{
	vf sigma2 = weighted ? iq4_sigma2(b->x, TARE_IQ4_XS_LEN) : v_zero();
	float d[TARE_IQ4_XS_SUBS][LANES], scale[TARE_IQ4_XS_SUBS];
	vm bad = m_none();

	for (size_t s = 0; s < TARE_IQ4_XS_SUBS; s++)
		if (weighted)
			v_store(d[s], iq4_scale(b->x + s * IQ4, b->w + s * IQ4, sigma2, &bad));
		else
			v_store(d[s], iq4_scale(b->x + s * IQ4, NULL, sigma2, &bad));
	for (size_t i = 0; i < b->count; i++, block++)
		if (m_bits(bad) >> i & 1) {
			tare_iq4_xs_encode_block(block, b->row[i], b->importance[i]);
		} else {
			for (size_t s = 0; s < TARE_IQ4_XS_SUBS; s++)
				scale[s] = d[s][i];
			tare_iq4_xs_put(block, b->row[i], scale, iq4_encode);
		}
}

#define IQ4_ENCODER(type, n)                                                                                                  \
	void LANES_NAME(tare_##type##_encode)(void *dst, const float *src, size_t rows, size_t cols, const float *weights)    \
	{                                                                                                                     \
		size_t per_row = cols / (n), nblocks = rows * per_row;                                                        \
		struct iq4_batch b;                                                                                           \
                                                                                                                              \
		for (size_t at = 0; at < nblocks; at += LANES) {                                                              \
			iq4_load(&b, n, src, at, nblocks, per_row, weights);                                                  \
			type##_batch((struct tare_##type *)dst + at, &b, weights);                                            \
		}                                                                                                             \
	}

IQ4_ENCODER(iq4_nl, IQ4)
IQ4_ENCODER(iq4_xs, TARE_IQ4_XS_LEN)

#endif
