/* Encoders of the legacy types: with importances LANES blocks at a time in each of a pair, without one after the other.
 * Compiled once per instruction set. */
#ifndef TARE_TYPES_LEGACY_LANES_H
#define TARE_TYPES_LEGACY_LANES_H

#include "types/k_lanes_search.h"
#include "types/kernels.h"
#include "types/pack32.h"
#include "types/range32.h"
#include "types/weighted32.h"

enum { BLOCK = 32, PAIR_BLOCKS = PAIR * LANES };

/* Blocks of up to LANES rows: where they lie and what weighs them. */
struct legacy_rows {
	const float *src, *weights;
	size_t cols, per_row, nblocks;
	float variance[LANES];
};

/* PAIR_BLOCKS of them: in columns, and what was found. The last block again where there are fewer. */
struct legacy_batch {
	const float *row[PAIR_BLOCKS], *importance[PAIR_BLOCKS];
	float variance[PAIR_BLOCKS];
	size_t count;
	_Alignas(64) float x[PAIR * BLOCK][LANES];
	_Alignas(64) float w[PAIR * BLOCK][LANES];
	float scale[PAIR_BLOCKS], min[PAIR_BLOCKS], inverse[PAIR_BLOCKS], from[PAIR_BLOCKS];
	uint64_t zero, bad; /* a bit a block */
};

/* The mean square of each row: a lane a row, as the sum must be taken in order. */
static void legacy_variance(struct legacy_rows *g, size_t rows)
{
	const float *row[LANES];
	float t[4][LANES];
	vf sum = v_zero();

	for (size_t i = 0; i < LANES; i++)
		row[i] = g->src + (i < rows ? i : rows - 1) * g->cols;
	for (size_t c = 0; c < g->cols; c += 4) {
		for (size_t i = 0; i < LANES && c; i++)
			row[i] += 4;
		v_transpose4(t, row, 0);
		for (size_t i = 0; i < 4; i++)
			sum = sum + v_load(t[i]) * v_load(t[i]);
	}
	v_store(g->variance, sum / v_set((float)g->cols));
}

static void legacy_load(struct legacy_batch *b, const struct legacy_rows *g, size_t at)
{
	b->count = g->nblocks - at < PAIR_BLOCKS ? g->nblocks - at : PAIR_BLOCKS;
	for (size_t i = 0; i < PAIR_BLOCKS; i++) {
		size_t block = at + (i < b->count ? i : b->count - 1);

		b->row[i] = g->src + block * BLOCK;
		b->importance[i] = g->weights + block % g->per_row * BLOCK;
		b->variance[i] = g->variance[block / g->per_row];
	}
	EACH_OF_PAIR {
		vf variance = v_load(b->variance + u * LANES);

		for (size_t c = 0; c < BLOCK; c += 4) {
			v_transpose4(b->x + u * BLOCK, b->row + u * LANES, c);
			v_transpose4(b->w + u * BLOCK, b->importance + u * LANES, c);
		}
		for (size_t i = u * BLOCK; i < (u + 1) * BLOCK; i++)
			v_store(b->w[i], v_load(b->w[i]) * v_sqrt(variance + v_load(b->x[i]) * v_load(b->x[i])));
	}
}

V_INLINE void legacy_search_symmetric(int half, struct legacy_batch *b)
{
	struct v_scale found[PAIR];

	b->zero = b->bad = 0;
	EACH_OF_PAIR {
		vm bad = m_none();

		v_search_symmetric(1, BLOCK, half, b->x + u * BLOCK, b->w + u * BLOCK, &found[u], &bad);
		v_store(b->scale + u * LANES, found[u].scale);
		v_store(b->inverse + u * LANES, found[u].inverse);
		b->zero |= (uint64_t)m_bits(found[u].zero) << u * LANES;
		b->bad |= (uint64_t)m_bits(bad) << u * LANES;
	}
}

V_INLINE void legacy_search_min(int max_code, struct legacy_batch *b)
{
	static const struct tare_trials trials = { -0.9f, 0.05f, 36, false };
	struct v_scale_min found[PAIR];
	vf w[PAIR][32];
	vm bad[PAIR];

	EACH_OF_PAIR
		for (size_t i = 0; i < BLOCK; i++)
			w[u][i] = v_load(b->w[u * BLOCK + i]);
	v_search_min(BLOCK, max_code, &trials, b->x, w, found, bad);
	b->zero = b->bad = 0;
	EACH_OF_PAIR {
		v_store(b->scale + u * LANES, found[u].scale);
		v_store(b->min + u * LANES, found[u].min);
		v_store(b->inverse + u * LANES, found[u].inverse);
		v_store(b->from + u * LANES, found[u].from);
		b->bad |= (uint64_t)m_bits(bad[u]) << u * LANES;
	}
}

/* The scalar code's block, for blocks that a search marked. */
static void legacy_redo(void *block, const struct legacy_batch *b, size_t i, tare_weighted_fn *encode_block)
{
	float copy[BLOCK], w[BLOCK];
	const float *x = tare_tame(BLOCK, b->row[i], copy);

	tare_soften(BLOCK, w, b->importance[i], x, b->variance[i]);
	encode_block(block, x, w);
}

V_INLINE void legacy_codes(int low, int high, const struct legacy_batch *b, size_t i, float from, uint8_t *code)
{
	if (b->zero >> i & 1)
		memset(code, 0, BLOCK);
	else
		for (size_t k = 0; k < BLOCK; k += 16)
			v_round16(code + k, b->row[i] + k, b->inverse[i], from, low, high);
}

static void finish_q4_0(struct tare_q4_0 *block, const struct legacy_batch *b, size_t i)
{
	uint8_t code[BLOCK];

	legacy_codes(-8, 7, b, i, 0, code);
	tare_put_scale(block->d, b->scale[i]);
	tare_pack_low(block->low, code);
}

static void finish_q5_0(struct tare_q5_0 *block, const struct legacy_batch *b, size_t i)
{
	uint8_t code[BLOCK];

	legacy_codes(-16, 15, b, i, 0, code);
	tare_put_scale(block->d, b->scale[i]);
	tare_pack_high(block->high, code);
	tare_pack_low(block->low, code);
}

static void finish_q4_1(struct tare_q4_1 *block, const struct legacy_batch *b, size_t i)
{
	uint8_t code[BLOCK];

	legacy_codes(0, 15, b, i, b->from[i], code);
	tare_put_scale(block->d, b->scale[i]);
	tare_put_scale(block->m, -b->min[i]);
	tare_pack_low(block->low, code);
}

static void finish_q5_1(struct tare_q5_1 *block, const struct legacy_batch *b, size_t i)
{
	uint8_t code[BLOCK];

	legacy_codes(0, 31, b, i, b->from[i], code);
	tare_put_scale(block->d, b->scale[i]);
	tare_put_scale(block->m, -b->min[i]);
	tare_pack_high(block->high, code);
	tare_pack_low(block->low, code);
}

/* ---- without importances: plain rounding, block after block ---- */

enum { REGISTERS = BLOCK / LANES };

V_INLINE void plain_load(vf *v, const float *x)
{
	for (size_t i = 0; i < REGISTERS; i++)
		v[i] = v_load(x + i * LANES);
}

/* The largest magnitude, NaN passed over. */
V_INLINE float plain_magnitude(const vf *v)
{
	vf max = v_zero();

	for (size_t i = 0; i < REGISTERS; i++)
		max = v_max(v_abs(v[i]), max);
	return v_largest(max);
}

/* tare_extreme() */
V_INLINE float plain_extreme(const vf *v, const float *x)
{
	float magnitude = plain_magnitude(v);

	for (size_t i = 0; i < REGISTERS && magnitude > 0; i++) {
		unsigned found = m_bits(v_eq(v_abs(v[i]), v_set(magnitude)));

		if (found)
			return x[i * LANES + (size_t)__builtin_ctz(found)];
	}
	return 0;
}

/* The low bytes of the truncated v * inverse + half, at most max_code. */
V_INLINE void plain_codes(uint8_t *code, vf *v, float inverse, float half, int max_code)
{
	for (size_t i = 0; i < REGISTERS; i++)
		v[i] = v[i] * v_set(inverse) + v_set(half);
	v_truncate16(code, v);
	v_truncate16(code + 16, v + SIXTEEN);
	for (size_t i = 0; i < BLOCK; i++)
		code[i] = (int8_t)code[i] < max_code ? code[i] : (uint8_t)max_code;
}

V_INLINE float plain_centred(uint8_t *code, const float *x, int half)
{
	vf v[REGISTERS];
	float d;

	plain_load(v, x);
	d = plain_extreme(v, x) / (float)-half;
	plain_codes(code, v, d != 0 ? 1 / d : 0, (float)half + 0.5f, 2 * half - 1);
	return d;
}

/* tare_range32(). A smallest weight of zero has the sign of the first zero, which no order but the scalar code's finds. */
V_INLINE struct tare_range plain_range(uint8_t *code, const float *x, int max_code)
{
	vf v[REGISTERS], min = v_set(FLT_MAX), max = v_set(-FLT_MAX);
	struct tare_range r;

	plain_load(v, x);
	for (size_t i = 0; i < REGISTERS; i++) {
		min = v_min(v[i], min);
		max = v_max(v[i], max);
	}
	r.min = v_smallest(min);
	r.scale = (v_largest(max) - r.min) / (float)max_code;
	if (r.min == 0)
		return tare_range32(code, x, max_code);
	for (size_t i = 0; i < REGISTERS; i++)
		v[i] = v[i] - v_set(r.min);
	plain_codes(code, v, r.scale != 0 ? 1 / r.scale : 0, 0.5f, max_code);
	return r;
}

V_INLINE void plain_q4_0(struct tare_q4_0 *b, const float *x)
{
	uint8_t code[BLOCK];

	tare_put_scale(b->d, plain_centred(code, x, 8));
	tare_pack_low(b->low, code);
}

V_INLINE void plain_q5_0(struct tare_q5_0 *b, const float *x)
{
	uint8_t code[BLOCK];

	tare_put_scale(b->d, plain_centred(code, x, 16));
	tare_pack_high(b->high, code);
	tare_pack_low(b->low, code);
}

V_INLINE void plain_q4_1(struct tare_q4_1 *b, const float *x)
{
	uint8_t code[BLOCK];
	struct tare_range r = plain_range(code, x, 15);

	tare_put_scale(b->d, r.scale);
	tare_put_scale(b->m, r.min);
	tare_pack_low(b->low, code);
}

V_INLINE void plain_q5_1(struct tare_q5_1 *b, const float *x)
{
	uint8_t code[BLOCK];
	struct tare_range r = plain_range(code, x, 31);

	tare_put_scale(b->d, r.scale);
	tare_put_scale(b->m, r.min);
	tare_pack_high(b->high, code);
	tare_pack_low(b->low, code);
}

V_INLINE void plain_q8_0(struct tare_q8_0 *b, const float *x)
{
	bool nan;
	float d = v_magnitude(x, BLOCK, &nan) / 127, inverse = d != 0 ? 1 / d : 0;

	if (nan) {
		tare_type_q8_0.encode(b, x, 1, BLOCK, NULL);
		return;
	}
	tare_put_scale(b->d, d);
	for (size_t i = 0; i < BLOCK; i += 16)
		v_round_away16((uint8_t *)b->code + i, x + i, inverse);
}

void LANES_NAME(tare_q8_0_encode)(void *dst, const float *src, size_t rows, size_t cols, const float *weights)
{
	struct tare_q8_0 *b = dst;

	(void)weights;
	for (size_t n = rows * cols / BLOCK; n--; src += BLOCK)
		plain_q8_0(b++, src);
}

#define LEGACY_ENCODER(type, search)                                                                                           \
	void LANES_NAME(tare_##type##_encode)(void *dst, const float *src, size_t rows, size_t cols, const float *weights)     \
	{                                                                                                                      \
		struct legacy_rows g = { src, weights, cols, cols / BLOCK, 0, { 0 } };                                         \
		struct tare_##type *block = dst;                                                                               \
		struct legacy_batch b;                                                                                         \
                                                                                                                               \
		for (size_t n = weights ? 0 : rows * g.per_row; n--; src += BLOCK)                                             \
			plain_##type(block++, src);                                                                            \
		for (size_t n; weights && rows; rows -= n, g.src += n * cols) {                                                           \
			n = rows < LANES ? rows : LANES;                                                                       \
			g.nblocks = n * g.per_row;                                                                             \
			legacy_variance(&g, n);                                                                                \
			for (size_t at = 0; at < g.nblocks; at += PAIR_BLOCKS) {                                               \
				legacy_load(&b, &g, at);                                                                       \
				search;                                                                                        \
				for (size_t i = 0; i < b.count; i++, block++)                                                  \
					if (b.bad >> i & 1)                                                                    \
						legacy_redo(block, &b, i, tare_##type##_encode_weighted);                      \
					else                                                                                   \
						finish_##type(block, &b, i);                                                   \
			}                                                                                                      \
		}                                                                                                              \
	}

LEGACY_ENCODER(q4_0, legacy_search_symmetric(8, &b))
LEGACY_ENCODER(q4_1, legacy_search_min(15, &b))
LEGACY_ENCODER(q5_0, legacy_search_symmetric(16, &b))
LEGACY_ENCODER(q5_1, legacy_search_min(31, &b))

#endif
