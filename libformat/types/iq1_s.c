/* iq1_s: see iq1.h; scale (three bits) and shift for every 32 weights. */
#include "types/iq1.h"
#include "types/kernels.h"
#include "types/swap.h"
#include "types/type.h"
#include "types/vec4.h"

#include <float.h>

enum { LEN = TARE_LATTICE_LEN, SUB = 32, SUBS = LEN / SUB, GROUP = TARE_IQ1_GROUP, GROUPS = SUB / GROUP };

static void decode_sub(float *y, const uint8_t *low, unsigned high, float d)
{
	float scale = d * (float)(2 * (high >> 12 & 7) + 1);

	for (unsigned k = 0; k < GROUPS; k++)
		tare_iq1_decode(y + GROUP * k, low[k] | (high >> 3 * k & 7) << 8, scale, high >> 15);
}

static void decode(float *dst, const void *src, size_t nblocks)
{
	const struct tare_iq1_s *b = src;

	for (; nblocks--; b++, dst += LEN) {
		float d = tare_get_scale(b->d);

		for (size_t s = 0; s < SUBS; s++)
			decode_sub(dst + SUB * s, b->low + GROUPS * s, tare_get16(b->high + 2 * s, false), d);
	}
}

enum { UP, DOWN, PADDED = SUB + 4 };

/* What the lowest i, and all but the lowest i, sorted weights add to the sums for each shift; beyond SUB NaN, which is never better. */
struct terms {
	float x[PADDED], w[PADDED]; /* sums of the lowest i w x, and of w */
	float low_qx[2][PADDED], low_q2[2][PADDED], high_qx[2][PADDED], high_q2[2][PADDED];
};

static void make_terms(struct terms *t, const float *x, const float *w, const uint8_t *place)
{
	static const float *const level[2] = { tare_iq1_up, tare_iq1_down };

	t->x[0] = t->w[0] = 0;
	for (unsigned j = 0; j < SUB; j++) {
		t->x[j + 1] = t->x[j] + w[place[j]] * x[place[j]];
		t->w[j + 1] = t->w[j] + w[place[j]];
	}
	for (unsigned j = SUB + 1; j < PADDED; j++)
		t->x[j] = t->w[j] = tare_f32_of_bits(TARE_NAN_BITS);
	for (unsigned s = UP; s <= DOWN; s++)
		for (unsigned i = 0; i < PADDED; i++) {
			t->low_qx[s][i] = (t->x[i] - t->x[0]) * level[s][0];
			t->low_q2[s][i] = (t->w[i] - t->w[0]) * level[s][0] * level[s][0];
			t->high_qx[s][i] = (t->x[SUB] - t->x[i]) * level[s][2];
			t->high_q2[s][i] = (t->w[SUB] - t->w[i]) * level[s][2] * level[s][2];
		}
}

/* Four cuts, at low and at high ... high + 3. The shift of the middle only turns the sign of what it adds. */
static void consider_four(struct tare_iq1_cut *c, const struct terms *t, unsigned low, unsigned high)
{
	tare_v4f x = (tare_v4f_load(t->x + high) - t->x[low]) * TARE_IQ1_SHIFT;
	tare_v4f w = (tare_v4f_load(t->w + high) - t->w[low]) * TARE_IQ1_SHIFT * TARE_IQ1_SHIFT;
	tare_v4f qx[2], q2[2];
	tare_v4i better = { 0 };

	for (unsigned s = UP; s <= DOWN; s++) {
		qx[s] = t->low_qx[s][low] + (s == UP ? x : -x) + tare_v4f_load(t->high_qx[s] + high);
		q2[s] = t->low_q2[s][low] + w + tare_v4f_load(t->high_q2[s] + high);
		better |= (q2[s] > 0) & (qx[s] * qx[s] > c->best * q2[s]);
	}
	if (!tare_v4i_any(better))
		return;
	for (unsigned i = 0; i < 4; i++)
		for (unsigned s = UP; s <= DOWN; s++)
			tare_iq1_consider(c, low, high + i, s, qx[s][i], q2[s][i]);
}

static struct tare_iq1_cut best_cut(const float *x, const float *w, const uint8_t *place)
{
	struct tare_iq1_cut c = { .best = -FLT_MAX };
	struct terms t;

	make_terms(&t, x, w, place);
	for (unsigned low = 0; low <= SUB; low++)
		for (unsigned high = low; high <= SUB; high += 4)
			consider_four(&c, &t, low, high);
	return c;
}

static void cut_all(struct tare_iq1_cut *c, uint8_t *place, const float *x, const float *w, size_t n)
{
	for (; n--; x += SUB, w += SUB, place += SUB) {
		tare_iq1_sort(place, x, SUB);
		*c++ = best_cut(x, w, place);
	}
}

const struct tare_iq1_coder tare_iq1_s_coder = { tare_iq1_weigh, cut_all, tare_lattice_nearest_of };

struct sub {
	float scale;
	bool down;
	unsigned number[GROUPS];
};

static void place_groups(struct sub *s, const uint8_t *level, const float *x, const float *w, const struct tare_iq1_coder *coder)
{
	const float *value = s->down ? tare_iq1_down : tare_iq1_up;
	unsigned word[GROUPS];
	bool off = false;
	float qx = 0, q2 = 0;

	for (unsigned k = 0; k < GROUPS; k++)
		word[k] = tare_iq1_place(coder, level + GROUP * k, x + GROUP * k, w + GROUP * k, s->scale, value, &off,
					 s->number + k);
	if (!off)
		return;
	for (unsigned i = 0; i < SUB; i++) {
		float q = value[word[i / GROUP] >> 2 * (i % GROUP) & 3];

		qx += w[i] * q * x[i];
		q2 += w[i] * q * q;
	}
	if (qx > 0 && q2 > 0)
		s->scale = qx / q2;
}

static struct sub encode_sub(const float *x, const float *w, struct tare_iq1_cut *c, const uint8_t *place,
			     const struct tare_iq1_coder *coder)
{
	struct sub s = { 0 };
	uint8_t level[SUB];

	if (!c->found || tare_iq1_below(x, SUB, 1e-12f))
		return s;
	s.down = tare_iq1_levels(level, c, place, SUB) != (c->shifts == DOWN);
	s.scale = c->scale;
	place_groups(&s, level, x, w, coder);
	return s;
}

static void encode_block(struct tare_iq1_s *b, const float *x, const float *w, struct tare_iq1_cut *c, const uint8_t *place,
			 const struct tare_iq1_coder *coder)
{
	struct sub sub[SUBS];
	float max = 0, d;

	memset(b, 0, sizeof *b);
	for (unsigned s = 0; s < SUBS; s++) {
		unsigned high = 0;

		sub[s] = encode_sub(x + SUB * s, w + SUB * s, c + s, place + SUB * s, coder);
		for (unsigned k = 0; k < GROUPS; k++) {
			b->low[GROUPS * s + k] = (uint8_t)sub[s].number[k];
			high |= sub[s].number[k] >> 8 << 3 * k;
		}
		tare_put16(b->high + 2 * s, (uint16_t)high, false);
		max = max > sub[s].scale ? max : sub[s].scale;
	}
	if (max == 0)
		return;
	d = max / 15;
	tare_put_scale(b->d, d * 1.125f);
	for (unsigned s = 0; s < SUBS; s++) {
		unsigned code = (unsigned)tare_clamp(tare_nearest(0.5f * (1 / d * sub[s].scale - 1)), 0, 7) | (sub[s].down ? 8u : 0);

		tare_put16(b->high + 2 * s, (uint16_t)(tare_get16(b->high + 2 * s, false) | code << 12), false);
	}
}

/* n blocks of one row. */
static void encode_blocks(struct tare_iq1_s *b, const float *x, const float *importance, size_t n, const struct tare_iq1_coder *coder)
{
	struct tare_iq1_cut c[TARE_IQ1_TOGETHER];
	uint8_t place[TARE_IQ1_TOGETHER * SUB];
	float w[TARE_IQ1_TOGETHER * SUB];

	for (size_t i = 0; i < n; i++)
		coder->weigh(w + LEN * i, x + LEN * i, LEN, importance ? importance + LEN * i : NULL,
			     2 * tare_lattice_sum_squares(x + LEN * i, LEN) / LEN);
	coder->cut(c, place, x, w, SUBS * n);
	for (size_t i = 0; i < n; i++)
		encode_block(b + i, x + LEN * i, w + LEN * i, c + SUBS * i, place + LEN * i, coder);
}

void tare_iq1_s_encode_with(void *dst, const float *src, size_t rows, size_t cols, const float *weights, const struct tare_iq1_coder *coder)
{
	size_t blocks = cols / LEN, together = TARE_IQ1_TOGETHER / SUBS;
	struct tare_iq1_s *b = dst;

	for (size_t r = 0; r < rows; r++, b += blocks, src += cols)
		for (size_t i = 0; i < blocks; i += together)
			encode_blocks(b + i, src + LEN * i, weights ? weights + LEN * i : NULL, blocks - i < together ? blocks - i : together,
				      coder);
}

static void encode(void *dst, const float *src, size_t rows, size_t cols, const float *weights)
{
	tare_iq1_s_encode_with(dst, src, rows, cols, weights, &tare_iq1_s_coder);
}

static void swap(void *blocks, size_t nblocks)
{
	tare_swap_fields(blocks, nblocks, sizeof(struct tare_iq1_s), 0, 1, 2);
	tare_swap_fields(blocks, nblocks, sizeof(struct tare_iq1_s), offsetof(struct tare_iq1_s, high), SUBS, 2);
}

const struct tare_type tare_type_iq1_s = {
	.name = "iq1_s", .gguf_id = 19, .block_len = LEN, .block_size = sizeof(struct tare_iq1_s),
	.fields = "f16 d, u8 low[32], u16 high[8]",
	.flags = TARE_TYPE_QUANTIZED | TARE_TYPE_NEEDS_WEIGHTS, .decode = decode, .encode = encode, .swap = swap,
	.kernels = TARE_CODERS(iq1_s),
};
