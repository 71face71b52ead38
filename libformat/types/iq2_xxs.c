/* iq2_xxs: groups of eight weights on a lattice of 256 points; points, signs and scale of 32 weights side by side. */
#include "types/kernels.h"
#include "types/lattice.h"
#include "types/lattice_fit.h"
#include "types/swap.h"
#include "types/type.h"

enum { LEN = TARE_LATTICE_LEN, SUB = 32, SUBS = LEN / SUB, GROUP = 8, GROUPS = SUB / GROUP };

static void decode_sub(float *y, const struct tare_iq2_xxs_sub *s, float d)
{
	uint32_t bits = tare_get32(s->signs_scale, false);
	float value[4];

	tare_lattice_values2(value, d * (0.5f + (float)(bits >> 28)) * 0.25f);
	for (size_t k = 0; k < GROUPS; k++)
		tare_lattice_decode(y + GROUP * k, GROUP, 2, tare_codebook_iq2_xxs[s->point[k]], value,
				    tare_lattice_eighth_sign(bits >> 7 * k & 127));
}

static void decode(float *dst, const void *src, size_t nblocks)
{
	const struct tare_iq2_xxs *b = src;

	for (; nblocks--; b++, dst += LEN) {
		float d = tare_get_scale(b->d);

		for (size_t s = 0; s < SUBS; s++)
			decode_sub(dst + SUB * s, b->sub + s, d);
	}
}

/* ---- the scale to start from: that of the best codes 0 ... 4, without regard to the lattice ---- */

enum { TOP = 4 };

/* The weighted error if the codes are rounded from x times inverse. */
static float error_of(const float *x, const float *w, float inverse, bool first)
{
	float scale = 1 / inverse, error = 0;

	for (size_t i = 0; i < SUB; i++) {
		int32_t c = tare_nearest(inverse * x[i]);
		float difference = x[i] - scale * (float)(first ? (uint8_t)c : c < TOP ? c : TOP);

		error += w[i] * difference * difference;
	}
	return error;
}

struct start {
	uint8_t code[SUB]; /* a negative code wraps, as in the reference */
	float xl, l2;      /* sums of importance x value x code, importance x code squared */
};

static void start_with(struct start *s, const float *x, const float *w, float inverse)
{
	s->xl = s->l2 = 0;
	for (size_t i = 0; i < SUB; i++) {
		int32_t c = tare_nearest(inverse * x[i]);

		c = c < TOP ? c : TOP;
		s->code[i] = (uint8_t)c;
		s->xl += w[i] * x[i] * (float)c;
		s->l2 += w[i] * (float)c * (float)c;
	}
}

/* Each code in turn to the best for the scale of all others, if that helps. Returns whether any changed. */
static bool improve(struct start *s, const float *x, const float *w)
{
	bool changed = false;

	for (size_t i = 0; i < SUB; i++) {
		float xl = s->xl - w[i] * x[i] * s->code[i], l2 = s->l2 - w[i] * s->code[i] * s->code[i];
		int32_t c;

		if (!(xl > 0 && l2 > 0))
			continue;
		c = tare_nearest(x[i] * l2 / xl);
		c = c < TOP ? c : TOP;
		if (c == s->code[i])
			continue;
		xl += w[i] * x[i] * (float)c;
		l2 += w[i] * (float)c * (float)c;
		if (!(xl * xl * s->l2 > s->xl * s->xl * l2))
			continue;
		s->code[i] = (uint8_t)c;
		s->xl = xl;
		s->l2 = l2;
		changed = true;
	}
	return changed;
}

static float start_scale(const float *x, const float *w, float max)
{
	float inverse = TOP / max, least = error_of(x, w, inverse, true);
	struct start s;

	for (int t = -4; t <= 4; t++) {
		float other = (0.1f * (float)t + TOP) / max, error = t ? error_of(x, w, other, false) : least;

		if (error < least) {
			least = error;
			inverse = other;
		}
	}
	start_with(&s, x, w, inverse);
	for (int pass = 0; pass < 5 && improve(&s, x, w); pass++)
		;
	return s.l2 > 0 ? s.xl / s.l2 : 0;
}

static void start_all(float *scale, const struct tare_lattice_fit *f, size_t n)
{
	for (; n--; f++)
		*scale++ = start_scale(f->x, f->w, tare_lattice_largest(f->x, SUB));
}

TARE_LATTICE_CODER(tare_iq2_xxs_coder, TARE_RULE_IQ2_XXS, tare_lattice_iq2_xxs, start_all)

/* ---- */

static float encode_sub(struct tare_iq2_xxs_sub *s, uint32_t *bits, struct tare_lattice_fit *f, float start,
			const struct tare_lattice_coder *coder)
{
	const struct tare_lattice *l = tare_lattice_iq2_xxs();

	if (tare_lattice_largest(f->x, SUB) < 1e-15f)
		return 0;
	f->scale = start;
	if (f->scale * 3 <= 0)
		return 0;
	coder->search(f, f->scale * 3);
	for (size_t k = 0; k < GROUPS; k++) {
		s->point[k] = (uint8_t)tare_lattice_number(l, f->word[k]);
		*bits |= (uint32_t)f->signs[k] << 7 * k;
	}
	return f->scale;
}

static void encode_block(struct tare_iq2_xxs *b, const float *x, const float *importance, const struct tare_lattice_coder *coder)
{
	float scale[SUBS], max = 0, d, sigma2 = tare_lattice_sum_squares(x, LEN) / LEN;
	struct tare_lattice_fit f[SUBS];
	uint32_t bits[SUBS] = { 0 };

	memset(b, 0, sizeof *b);
	for (size_t s = 0; s < SUBS; s++)
		coder->prepare(f + s, x + SUB * s, importance ? importance + SUB * s : NULL, sigma2);
	coder->start(scale, f, SUBS);
	for (size_t s = 0; s < SUBS; s++) {
		scale[s] = encode_sub(b->sub + s, bits + s, f + s, scale[s], coder);
		max = max > scale[s] ? max : scale[s];
	}
	if (max == 0) {
		memset(b, 0, sizeof *b);
		return;
	}
	d = max / 31;
	tare_put_scale(b->d, d);
	for (size_t s = 0; s < SUBS; s++)
		tare_put32(b->sub[s].signs_scale, bits[s] | (uint32_t)tare_lattice_scale_code(1 / d, scale[s]) << 28, false);
}

void tare_iq2_xxs_encode_with(void *dst, const float *src, size_t rows, size_t cols, const float *weights,
			const struct tare_lattice_coder *coder)
{
	struct tare_iq2_xxs *b = dst;

	for (size_t r = 0; r < rows; r++)
		for (size_t c = 0; c < cols; c += LEN, src += LEN)
			encode_block(b++, src, weights ? weights + c : NULL, coder);
}

static void encode(void *dst, const float *src, size_t rows, size_t cols, const float *weights)
{
	tare_iq2_xxs_encode_with(dst, src, rows, cols, weights, &tare_iq2_xxs_coder);
}

/* Big-endian machines read the second word of a sub-block as a number, the first as bytes. */
static void swap(void *blocks, size_t nblocks)
{
	tare_swap_fields(blocks, nblocks, sizeof(struct tare_iq2_xxs), 0, 1, 2);
	for (size_t s = 0; s < SUBS; s++)
		tare_swap_fields(blocks, nblocks, sizeof(struct tare_iq2_xxs), offsetof(struct tare_iq2_xxs, sub[s].signs_scale), 1, 4);
}

const struct tare_type tare_type_iq2_xxs = {
	.name = "iq2_xxs", .gguf_id = 16, .block_len = LEN, .block_size = sizeof(struct tare_iq2_xxs),
	.fields = "f16 d, u8 subs[64]",
	.flags = TARE_TYPE_QUANTIZED | TARE_TYPE_NEEDS_WEIGHTS, .decode = decode, .encode = encode, .swap = swap,
	.kernels = TARE_CODERS(iq2_xxs),
};
