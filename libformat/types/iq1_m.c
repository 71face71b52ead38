/* iq1_m: see iq1.h; a scale of three bits for every 16 weights, a shift for every 8. The f16 scale of the block is spread over the top
 * four bits of the four words of scales, lowest first. */
#include "types/iq1.h"
#include "types/kernels.h"
#include "types/swap.h"
#include "types/type.h"
#include "types/vec4.h"

#include <float.h>

enum { LEN = TARE_LATTICE_LEN, SUB = 16, SUBS = LEN / SUB, GROUP = TARE_IQ1_GROUP, GROUPS = LEN / GROUP };

static void decode_block(float *y, const struct tare_iq1_m *b)
{
	float d = tare_iq1_m_scale(b);

	for (unsigned k = 0; k < GROUPS; k++) {
		unsigned s = k / 2, high = b->high[s] >> 4 * (k % 2) & 15, scale = tare_get16(b->scale + s / 4 * 2, false) >> 3 * (s % 4) & 7u;

		tare_iq1_decode(y + GROUP * k, b->low[k] | (high & 7) << 8, d * (float)(2 * scale + 1), high >> 3);
	}
}

static void decode(float *dst, const void *src, size_t nblocks)
{
	const struct tare_iq1_m *b = src;

	for (; nblocks--; dst += LEN)
		decode_block(dst, b++);
}

/* ---- the best cut of 16 weights, each half with a shift of its own ---- */

/* Lane c is for shifts c: bit 1 the first half down, bit 0 the second. What each sorted weight adds to the sums at each level. */
struct terms {
	tare_v4f qx[3][SUB], q2[3][SUB];
};

static void make_terms(struct terms *t, const float *x, const float *w, const uint8_t *place)
{
	for (unsigned j = 0; j < SUB; j++)
		for (unsigned q = 0; q < 3; q++) {
			unsigned i = place[j];
			float up = tare_iq1_up[q], down = tare_iq1_down[q];
			tare_v4f v = i < SUB / 2 ? (tare_v4f){ up, up, down, down } : (tare_v4f){ up, down, up, down };

			t->qx[q][j] = w[i] * v * x[i];
			t->q2[q][j] = w[i] * v * v;
		}
}

/* qx, q2: sums over the levels below; those of the last level are added in order, and so afresh for every cut. */
static void consider(struct tare_iq1_cut *c, const struct terms *t, unsigned low, unsigned high, tare_v4f qx, tare_v4f q2)
{
	for (unsigned j = high; j < SUB; j++) {
		qx += t->qx[2][j];
		q2 += t->q2[2][j];
	}
	if (!tare_v4i_any((q2 > 0) & (qx * qx > c->best * q2)))
		return;
	for (unsigned i = 0; i < 4; i++)
		tare_iq1_consider(c, low, high, i, qx[i], q2[i]);
}

static struct tare_iq1_cut best_cut(const float *x, const float *w, const uint8_t *place)
{
	struct tare_iq1_cut c = { .best = -FLT_MAX };
	tare_v4f low_qx = { 0 }, low_q2 = { 0 };
	struct terms t;

	make_terms(&t, x, w, place);
	for (unsigned low = 0; low <= SUB; low++) {
		tare_v4f qx = low_qx, q2 = low_q2;

		for (unsigned high = low; high <= SUB; high++) {
			consider(&c, &t, low, high, qx, q2);
			if (high < SUB) {
				qx += t.qx[1][high];
				q2 += t.q2[1][high];
			}
		}
		if (low < SUB) {
			low_qx += t.qx[0][low];
			low_q2 += t.q2[0][low];
		}
	}
	return c;
}

static void cut_all(struct tare_iq1_cut *c, uint8_t *place, const float *x, const float *w, size_t n)
{
	for (; n--; x += SUB, w += SUB, place += SUB) {
		tare_iq1_sort(place, x, SUB);
		*c++ = best_cut(x, w, place);
	}
}

const struct tare_iq1_coder tare_iq1_m_coder = { tare_iq1_weigh, cut_all, tare_lattice_nearest_of };

/* ---- */

struct sub {
	float scale;
	unsigned shifts;    /* bit 1: the first group down, bit 0: the second */
	unsigned number[2]; /* of the points */
	unsigned word[2];
};

static const float *values(unsigned shifts, unsigned group)
{
	return shifts >> (1 - group) & 1 ? tare_iq1_down : tare_iq1_up;
}

struct sums {
	float qx, q2;
};

/* Adds a sub-block with its points, its scale being `scale`. */
static void add_sub(struct sums *sum, const struct sub *s, const float *x, const float *w, float scale)
{
	for (unsigned i = 0; i < SUB; i++) {
		float q = values(s->shifts, i / GROUP)[s->word[i / GROUP] >> 2 * (i % GROUP) & 3] * scale;

		sum->qx += w[i] * q * x[i];
		sum->q2 += w[i] * q * q;
	}
}

static void encode_sub(struct sub *s, const float *x, const float *w, struct tare_iq1_cut *c, const uint8_t *place,
		       const struct tare_iq1_coder *coder)
{
	struct sums sum = { 0, 0 };
	uint8_t level[SUB];
	bool off = false;

	*s = (struct sub){ .word = { tare_codebook_iq1[0], tare_codebook_iq1[0] } };
	if (!c->found || tare_iq1_below(x, SUB, 1e-7f))
		return;
	s->shifts = tare_iq1_levels(level, c, place, SUB) ? 3 - c->shifts : c->shifts;
	s->scale = c->scale;
	for (unsigned k = 0; k < 2; k++)
		s->word[k] = tare_iq1_place(coder, level + GROUP * k, x + GROUP * k, w + GROUP * k, c->scale, values(s->shifts, k), &off,
					    s->number + k);
	if (!off)
		return;
	add_sub(&sum, s, x, w, 1);
	if (sum.qx > 0 && sum.q2 > 0)
		s->scale = sum.qx / sum.q2;
}

static void put_points(struct tare_iq1_m *b, const struct sub *sub)
{
	for (unsigned s = 0; s < SUBS; s++) {
		b->low[2 * s] = (uint8_t)sub[s].number[0];
		b->low[2 * s + 1] = (uint8_t)sub[s].number[1];
		b->high[s] = (uint8_t)(sub[s].number[0] >> 8 | sub[s].number[1] >> 8 << 4);
	}
}

/* Shifts and scales. The scale of the block is fitted once more to all that was chosen. */
static void put_scales(struct tare_iq1_m *b, const struct sub *sub, const float *x, float w[SUBS][SUB], float max)
{
	float d = max / 15, inverse = 1 / d;
	struct sums sum = { 0, 0 };
	unsigned word[4] = { 0 };
	uint8_t half[2];

	for (unsigned s = 0; s < SUBS; s++) {
		unsigned code = (unsigned)tare_clamp(tare_nearest(0.5f * (inverse * sub[s].scale - 1)), 0, 7);

		word[s / 4] |= code << 3 * (s % 4);
		b->high[s] |= (uint8_t)((sub[s].shifts >> 1) << 3 | (sub[s].shifts & 1) << 7);
		add_sub(&sum, sub + s, x + SUB * s, w[s], (float)(2 * code + 1));
	}
	if (sum.q2 > 0)
		d = sum.qx / sum.q2;
	tare_put_scale(half, d * 1.1125f);
	for (unsigned i = 0; i < 4; i++)
		tare_put16(b->scale + 2 * i, (uint16_t)(word[i] | (tare_get16(half, false) >> 4 * i & 15u) << 12), false);
}

static void encode_block(struct tare_iq1_m *b, const float *x, const float *importance, const struct tare_iq1_coder *coder)
{
	float max = 0, sigma2 = 2 * tare_lattice_sum_squares(x, LEN) / LEN, w[SUBS][SUB];
	struct tare_iq1_cut c[SUBS];
	uint8_t place[LEN];
	struct sub sub[SUBS];

	memset(b, 0, sizeof *b);
	coder->weigh(w[0], x, LEN, importance, sigma2);
	coder->cut(c, place, x, w[0], SUBS);
	for (unsigned s = 0; s < SUBS; s++) {
		encode_sub(sub + s, x + SUB * s, w[s], c + s, place + SUB * s, coder);
		max = max > sub[s].scale ? max : sub[s].scale;
	}
	put_points(b, sub);
	if (max != 0)
		put_scales(b, sub, x, w, max);
}

void tare_iq1_m_encode_with(void *dst, const float *src, size_t rows, size_t cols, const float *weights, const struct tare_iq1_coder *coder)
{
	struct tare_iq1_m *b = dst;

	for (size_t r = 0; r < rows; r++)
		for (size_t c = 0; c < cols; c += LEN, src += LEN)
			encode_block(b++, src, weights ? weights + c : NULL, coder);
}

static void encode(void *dst, const float *src, size_t rows, size_t cols, const float *weights)
{
	tare_iq1_m_encode_with(dst, src, rows, cols, weights, &tare_iq1_m_coder);
}

static void swap(void *blocks, size_t nblocks)
{
	tare_swap_fields(blocks, nblocks, sizeof(struct tare_iq1_m), offsetof(struct tare_iq1_m, scale), 4, 2);
}

const struct tare_type tare_type_iq1_m = {
	.name = "iq1_m", .gguf_id = 29, .block_len = LEN, .block_size = sizeof(struct tare_iq1_m), .flags = TARE_TYPE_QUANTIZED,
	.fields = "u8 low[32], u4 high[32], u16 scales[4]",
	.decode = decode, .encode = encode, .swap = swap, .kernels = TARE_CODERS(iq1_m),
};
