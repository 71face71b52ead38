/* Encoders of the K types, LANES super-blocks at a time. Compiled once per instruction set: see k_avx2.c.
 *
 * In a batch, x is turned into columns; the sub-blocks and the second level are searched in lanes; then every super-block is rounded
 * again and packed in its natural order. Super-blocks that a search marked go to the scalar code, which defines the bytes. */
#ifndef TARE_TYPES_K_LANES_H
#define TARE_TYPES_K_LANES_H

#include "types/k_block.h"
#include "types/k_lanes_search.h"
#include "types/kernels.h"

struct batch {
	const float *row[LANES];       /* super-blocks; the last one again where there are fewer */
	const float *importance[LANES];
	size_t count;
	_Alignas(64) float x[TARE_K][LANES];
	float q[TARE_K][LANES];        /* importances */
};

V_INLINE void batch_columns(float (*t)[LANES], const float *const *row)
{
	for (size_t c = 0; c < TARE_K; c += 4)
		v_transpose4(t, row, c);
}

static void batch_load(struct batch *b, const float *src, size_t at, size_t nblocks, size_t per_row, const float *weights)
{
	b->count = nblocks - at < LANES ? nblocks - at : LANES;
	for (size_t i = 0; i < LANES; i++) {
		size_t block = at + (i < b->count ? i : b->count - 1);

		b->row[i] = src + block * TARE_K;
		b->importance[i] = weights ? weights + block % per_row * TARE_K : NULL;
	}
	batch_columns(b->x, b->row);
	if (weights)
		batch_columns(b->q, b->importance);
}

/* tare_k_variance() */
V_INLINE vf batch_variance(const struct batch *b, float factor)
{
	vf sum = v_zero();

	for (size_t i = 0; i < TARE_K; i++)
		sum = sum + v_load(b->x[i]) * v_load(b->x[i]);
	return v_set(factor) * sum / v_set(TARE_K);
}

/* tare_soften() */
V_INLINE vf batch_soften(size_t n, vf *w, const float (*q)[LANES], const float (*x)[LANES], vf variance)
{
	vf sum = v_zero();

	for (size_t i = 0; i < n; i++)
		w[i] = v_load(q[i]) * v_sqrt(variance + v_load(x[i]) * v_load(x[i]));
	for (size_t i = 0; i < n; i++)
		sum = sum + w[i];
	return sum;
}

/* ---- types with scale and minimum ---- */

/* What the searches found for LANES super-blocks. */
struct batch_mins {
	_Alignas(64) float d[LANES], dmin[LANES];
	float scale[16][LANES], min[16][LANES], sum_w[16][LANES];
	float code_scale[16][LANES], code_min[16][LANES];
	float inverse[16][LANES], from[16][LANES];
};

enum plain_weights { MAGNITUDE, SOFT_MAGNITUDE }; /* without importances: |x|; tare_k_plain_weights() */

V_INLINE void plain_weights(enum plain_weights kind, size_t n, vf *w, const float (*x)[LANES])
{
	vf root = v_zero();

	if (kind == SOFT_MAGNITUDE) {
		for (size_t i = 0; i < n; i++)
			root = root + v_load(x[i]) * v_load(x[i]);
		root = v_sqrt(root / v_set((float)n));
	}
	for (size_t i = 0; i < n; i++) {
		w[i] = v_abs(v_load(x[i]));
		if (kind == SOFT_MAGNITUDE)
			w[i] = root + w[i];
	}
}

/* tare_k_spread() */
V_INLINE void batch_spread(size_t n, int max_code, const float (*value)[LANES], float (*code)[LANES], float *d, vm *bad)
{
	vf max = v_zero(), inverse;

	for (size_t j = 0; j < n; j++)
		max = v_max(v_load(value[j]), max);
	inverse = v_select(v_lt(v_zero(), max), v_set((float)max_code) / max, v_zero());
	for (size_t j = 0; j < n; j++) {
		vf v = v_load(value[j]);

		*bad = m_or(*bad, m_or(v_lt(v, v_zero()), m_not(v_in_range(inverse * v))));
		v_store(code[j], v_nearest(inverse * v));
	}
	v_store(d, max / v_set((float)max_code));
}

/* The sub-blocks of a batch. Returns lanes for the scalar code. */
V_INLINE vm search_mins(size_t n, int max_code, const struct tare_trials *t, enum plain_weights kind, const struct batch *b, bool weighted,
			vf variance, struct batch_mins *m)
{
	vm bad = m_none();

	for (size_t j = 0; j < TARE_K / n; j += PAIR) {
		const float (*x)[LANES] = b->x + j * n;
		struct v_scale_min found[PAIR];
		vf w[PAIR][32];
		vm pair_bad[PAIR];

		EACH_OF_PAIR {
			if (weighted)
				v_store(m->sum_w[j + u], batch_soften(n, w[u], b->q + (j + u) * n, x + u * n, variance));
			else
				plain_weights(kind, n, w[u], x + u * n);
		}
		v_search_min(n, max_code, t, x, w, found, pair_bad);
		bad = m_or(bad, m_or(pair_bad[0], pair_bad[1]));
		EACH_OF_PAIR {
			v_store(m->scale[j + u], found[u].scale);
			v_store(m->min[j + u], found[u].min);
			v_store(m->inverse[j + u], found[u].inverse);
			v_store(m->from[j + u], found[u].from);
		}
	}
	return bad;
}

V_INLINE unsigned batch_mins(size_t n, int max_code, int max_scale, const struct tare_trials *t, enum plain_weights kind,
			     const struct batch *b, struct batch_mins *m)
{
	vm bad = search_mins(n, max_code, t, kind, b, false, v_zero(), m);

	batch_spread(TARE_K / n, max_scale, m->scale, m->code_scale, m->d, &bad);
	batch_spread(TARE_K / n, max_scale, m->min, m->code_min, m->dmin, &bad);
	return m_bits(bad);
}

V_INLINE unsigned batch_mins_weighted(size_t n, int max_code, int max_scale, float factor, const struct batch *b, struct batch_mins *m)
{
	static const struct tare_trials trials = { -0.9f, 0.05f, 36, false };
	vm bad = search_mins(n, max_code, &trials, MAGNITUDE, b, true, batch_variance(b, factor), m);

	v_store(m->d, v_search_positive(TARE_K / n, max_scale, m->scale, m->sum_w, m->code_scale, &bad));
	v_store(m->dmin, v_search_positive(TARE_K / n, max_scale, m->min, m->sum_w, m->code_min, &bad));
	return m_bits(bad);
}

/* tare_k_requantize() of sub-block j of lane i; where the scale is zero, the search's own codes. */
V_INLINE void requantize_min(size_t n, int max_code, const struct batch *b, const struct batch_mins *m, size_t i, size_t j, float scale,
			     float min, uint8_t *code)
{
	const float *x = b->row[i] + j * n;

	if (scale == 0)
		tare_round_codes(n, max_code, code, x, m->inverse[j][i], m->from[j][i]);
	else
		for (size_t k = 0; k < n; k += 16)
			v_requantize16(code + k, x + k, scale, min, 0, max_code);
}

static void finish_q2_K(struct tare_q2_K *block, const struct batch *b, const struct batch_mins *m, size_t i)
{
	uint8_t code[TARE_K];
	float d, dmin;

	tare_put_scale(block->d, m->d[i]);
	tare_put_scale(block->dmin, m->dmin[i]);
	d = tare_get_scale(block->d);
	dmin = tare_get_scale(block->dmin);
	for (size_t j = 0; j < 16; j++) {
		float scale = m->code_scale[j][i], min = m->code_min[j][i];

		block->scales[j] = (uint8_t)((uint8_t)scale | (uint8_t)min << 4);
		requantize_min(16, 3, b, m, i, j, d * scale, dmin * min, code + j * 16);
	}
	tare_k_put_pairs(block->low, code);
}

/* Header and codes of q4_K (max_code 15) and q5_K (31). */
V_INLINE void finish_mins32(int max_code, uint8_t *d16, uint8_t *dmin16, uint8_t *scales, const struct batch *b, const struct batch_mins *m,
			    size_t i, uint8_t *code)
{
	uint8_t scale[8], min[8];
	float d, dmin;

	tare_put_scale(d16, m->d[i]);
	tare_put_scale(dmin16, m->dmin[i]);
	d = tare_get_scale(d16);
	dmin = tare_get_scale(dmin16);
	for (size_t j = 0; j < 8; j++) {
		scale[j] = (uint8_t)m->code_scale[j][i];
		min[j] = (uint8_t)m->code_min[j][i];
		requantize_min(32, max_code, b, m, i, j, d * (float)scale[j], dmin * (float)min[j], code + j * 32);
	}
	tare_k_put_scales(scales, scale, min);
}

static void finish_q4_K(struct tare_q4_K *block, const struct batch *b, const struct batch_mins *m, size_t i)
{
	uint8_t code[TARE_K];

	finish_mins32(15, block->d, block->dmin, block->scales, b, m, i, code);
	tare_k_put_nibbles(block->low, code);
}

static void finish_q5_K(struct tare_q5_K *block, const struct batch *b, const struct batch_mins *m, size_t i)
{
	uint8_t code[TARE_K];

	finish_mins32(31, block->d, block->dmin, block->scales, b, m, i, code);
	tare_k_put_bits(block->high, code, 1u << 4);
	tare_k_put_nibbles(block->low, code);
}

/* ---- types with a scale alone ---- */

struct batch_scales {
	_Alignas(64) float d[LANES];
	float scale[16][LANES], sum_w[16][LANES];
	float code_scale[16][LANES];   /* as stored, less what is added for storing */
	float inverse[16][LANES];      /* with what the winning codes were rounded */
	float code[TARE_K][LANES];     /* q3_K without importances: the codes themselves */
	unsigned zero[16];             /* lanes whose sub-block counts as zero */
	unsigned all_zero;             /* lanes whose super-block does */
};

V_INLINE void keep_scales(struct batch_scales *s, size_t j, const struct v_scale *found)
{
	EACH_OF_PAIR {
		v_store(s->scale[j + u], found[u].scale);
		v_store(s->inverse[j + u], found[u].inverse);
		s->zero[j + u] = m_bits(found[u].zero);
	}
}

/* The second level without importances: the scale of largest magnitude takes the lowest code. */
V_INLINE void spread_scales(int lowest, float smallest, struct batch_scales *s, vm *bad)
{
	vf magnitude, extreme = v_extreme(16, s->scale, &magnitude, bad), inverse = v_set((float)lowest) / extreme;
	vm zero = v_lt(magnitude, v_set(smallest));

	for (size_t j = 0; j < 16; j++) {
		vf v = inverse * v_load(s->scale[j]);

		*bad = m_or(*bad, m_not(m_or(zero, v_in_range(v))));
		v = v_min(v_nearest(v), v_set((float)(-lowest - 1)));
		v_store(s->code_scale[j], v_select(zero, v_set((float)lowest), v));
	}
	v_store(s->d, v_select(zero, v_zero(), v_set(1) / inverse));
	s->all_zero = m_bits(zero);
}

static unsigned batch_q6_K(const struct batch *b, bool weighted, struct batch_scales *s)
{
	vm bad = m_none();

	for (size_t j = 0; j < 16; j += PAIR) {
		struct v_scale found[PAIR];
		vm pair_bad[PAIR];
		_Alignas(64) float w[32][LANES];

		for (size_t i = 0; !weighted && i < 32; i++)
			v_store(w[i], v_load(b->x[j * 16 + i]) * v_load(b->x[j * 16 + i]));
		v_search_symmetric(PAIR, 16, 32, b->x + j * 16, weighted ? b->q + j * 16 : (const float (*)[LANES])w, found,
				   pair_bad);
		bad = m_or(bad, m_or(pair_bad[0], pair_bad[1]));
		keep_scales(s, j, found);
	}
	spread_scales(-128, TARE_TINY, s, &bad);
	return m_bits(bad);
}

static unsigned batch_q3_K(const struct batch *b, struct batch_scales *s)
{
	vm bad = m_none();

	for (size_t j = 0; j < 16; j++) {
		vf scale;
		vm zero;

		v_search_refined(16, 4, b->x + j * 16, s->code + j * 16, &scale, &zero, &bad);
		v_store(s->scale[j], scale);
		s->zero[j] = m_bits(zero);
	}
	spread_scales(-32, 0x1p-149f, s, &bad);
	return m_bits(bad);
}

static unsigned batch_q3_K_weighted(const struct batch *b, struct batch_scales *s)
{
	vf variance = batch_variance(b, 2);
	struct v_scale found[PAIR];
	vm bad = m_none(), pair_bad[PAIR];

	for (size_t j = 0; j < 16; j += PAIR) {
		_Alignas(64) float w[32][LANES];

		EACH_OF_PAIR {
			vf weight[16];

			v_store(s->sum_w[j + u], batch_soften(16, weight, b->q + (j + u) * 16, b->x + (j + u) * 16, variance));
			for (size_t i = 0; i < 16; i++)
				v_store(w[u * 16 + i], weight[i]);
		}
		v_search_symmetric(PAIR, 16, 4, b->x + j * 16, w, found, pair_bad);
		bad = m_or(bad, m_or(pair_bad[0], pair_bad[1]));
		keep_scales(s, j, found);
	}
	v_search_symmetric(1, 16, 32, s->scale, s->sum_w, found, pair_bad);
	bad = m_or(bad, pair_bad[0]);
	for (size_t j = 0; j < 16; j++) {
		vf code = v_centred_code(32, true, found->inverse * v_load(s->scale[j]));

		v_store(s->code_scale[j], v_select(found->zero, v_set(-32), code));
	}
	v_store(s->d, found->scale);
	return m_bits(bad);
}

/* tare_k_requantize() of sub-block j of lane i; where the scale is zero, the search's own codes. */
V_INLINE void requantize_centred(int half, bool refined, const struct batch *b, const struct batch_scales *s, size_t i, size_t j,
				 float scale, uint8_t *code)
{
	const float *x = b->row[i] + j * 16;

	if (scale != 0)
		v_requantize16(code, x, scale, 0, -half, half - 1);
	else if (s->zero[j] >> i & 1)
		memset(code, 0, 16);
	else
		for (size_t k = 0; k < 16; k++)
			code[k] = (uint8_t)(half + (refined ? (int)s->code[j * 16 + k][i] : tare_round_centred(s->inverse[j][i] * x[k], half)));
}

V_INLINE void finish_q3_K(bool refined, struct tare_q3_K *block, const struct batch *b, const struct batch_scales *s, size_t i)
{
	uint8_t code[TARE_K], scale[16];
	float d;

	tare_put_scale(block->d, s->d[i]);
	d = tare_get_scale(block->d);
	for (size_t j = 0; j < 16; j++) {
		scale[j] = (uint8_t)(s->code_scale[j][i] + 32);
		requantize_centred(4, refined, b, s, i, j, d * s->code_scale[j][i], code + j * 16);
	}
	tare_k_put_scales16(block->scales, scale);
	tare_k_put_bits(block->high, code, 1u << 2);
	tare_k_put_pairs(block->low, code);
}

static void finish_q6_K(struct tare_q6_K *block, const struct batch *b, const struct batch_scales *s, size_t i)
{
	uint8_t code[TARE_K];
	float d;

	if (s->all_zero >> i & 1) {
		memset(block, 0, sizeof *block);
		return;
	}
	tare_put_scale(block->d, s->d[i]);
	d = tare_get_scale(block->d);
	for (size_t j = 0; j < 16; j++) {
		block->scales[j] = (int8_t)s->code_scale[j][i];
		requantize_centred(32, false, b, s, i, j, d * s->code_scale[j][i], code + j * 16);
	}
	tare_k_put_sixes(block, code);
}

/* ---- one encoder a type ---- */

/* Runs over all super-blocks: `search` fills `found` for a batch and says which lanes the scalar code must do, `finish` packs one. */
#define K_ENCODER(type, found_type, search, finish)                                                                            \
	void LANES_NAME(tare_##type##_encode)(void *dst, const float *src, size_t rows, size_t cols, const float *weights)     \
	{                                                                                                                      \
		size_t per_row = cols / TARE_K, nblocks = rows * per_row;                                                      \
		struct tare_##type *block = dst;                                                                               \
		struct found_type found;                                                                                       \
		struct batch b;                                                                                                \
                                                                                                                               \
		for (size_t at = 0; at < nblocks; at += LANES) {                                                               \
			unsigned bad;                                                                                          \
                                                                                                                               \
			batch_load(&b, src, at, nblocks, per_row, weights);                                                    \
			bad = search;                                                                                          \
			for (size_t i = 0; i < b.count; i++, block++)                                                          \
				if (bad >> i & 1)                                                                              \
					tare_k_encode(block, sizeof *block, b.row[i], 1, TARE_K, b.importance[i],              \
						      tare_##type##_encode_block);                                             \
				else                                                                                           \
					finish;                                                                                \
		}                                                                                                              \
	}

static unsigned batch_q2_K(const struct batch *b, bool weighted, struct batch_mins *m)
{
	static const struct tare_trials trials = { -0.5f, 0.1f, 15, true };

	return weighted ? batch_mins_weighted(16, 3, 15, 1, b, m) : batch_mins(16, 3, 15, &trials, MAGNITUDE, b, m);
}

static unsigned batch_q4_K(const struct batch *b, bool weighted, struct batch_mins *m)
{
	static const struct tare_trials trials = { -1.f, 0.1f, 20, false };

	return weighted ? batch_mins_weighted(32, 15, 63, 2, b, m) : batch_mins(32, 15, 63, &trials, SOFT_MAGNITUDE, b, m);
}

static unsigned batch_q5_K(const struct batch *b, bool weighted, struct batch_mins *m)
{
	static const struct tare_trials trials = { -0.5f, 0.1f, 15, false };

	return weighted ? batch_mins_weighted(32, 31, 63, 2, b, m) : batch_mins(32, 31, 63, &trials, SOFT_MAGNITUDE, b, m);
}

K_ENCODER(q2_K, batch_mins, batch_q2_K(&b, weights, &found), finish_q2_K(block, &b, &found, i))
K_ENCODER(q3_K, batch_scales, weights ? batch_q3_K_weighted(&b, &found) : batch_q3_K(&b, &found),
	  finish_q3_K(!weights, block, &b, &found, i))
K_ENCODER(q4_K, batch_mins, batch_q4_K(&b, weights, &found), finish_q4_K(block, &b, &found, i))
K_ENCODER(q5_K, batch_mins, batch_q5_K(&b, weights, &found), finish_q5_K(block, &b, &found, i))
K_ENCODER(q6_K, batch_scales, batch_q6_K(&b, weights, &found), finish_q6_K(block, &b, &found, i))

#endif
