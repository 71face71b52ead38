/* iq3_xxs: groups of four weights on a lattice of 256 points; signs and scale of 32 weights in one word. */
#include "types/kernels.h"
#include "types/lattice.h"
#include "types/lattice_fit.h"
#include "types/swap.h"
#include "types/type.h"

enum { LEN = TARE_LATTICE_LEN, SUB = 32, SUBS = LEN / SUB, GROUP = 4, GROUPS = SUB / GROUP };

static void decode_sub(float *y, const uint8_t *point, uint32_t bits, float d)
{
	float value[8], scale = d * (0.5f + (float)(bits >> 28)) * 0.5f;

	for (unsigned i = 0; i < 8; i++)
		value[i] = scale * tare_lattice_levels_iq3_xxs[i];
	for (unsigned k = 0; k < GROUPS; k++) {
		unsigned signs = tare_lattice_eighth_sign(bits >> 7 * (k / 2) & 127);

		tare_lattice_decode(y + GROUP * k, GROUP, 3, tare_codebook_iq3_xxs[point[k]], value, signs >> 4 * (k % 2));
	}
}

static void decode(float *dst, const void *src, size_t nblocks)
{
	const struct tare_iq3_xxs *b = src;

	for (; nblocks--; b++, dst += LEN) {
		float d = tare_get_scale(b->d);

		for (size_t s = 0; s < SUBS; s++)
			decode_sub(dst + SUB * s, b->point + GROUPS * s, tare_get32(b->signs_scale + 4 * s, false), d);
	}
}

TARE_LATTICE_CODER(tare_iq3_xxs_coder, TARE_RULE_IQ3_XXS, tare_lattice_iq3_xxs, NULL)

/* Signs and points; returns the scale, 0 for weights too small. */
static float encode_sub(uint8_t *point, uint32_t *bits, const float *x, const float *importance, float sigma2,
			const struct tare_lattice_coder *coder)
{
	const struct tare_lattice *l = tare_lattice_iq3_xxs();
	struct tare_lattice_fit f;
	float max;

	coder->prepare(&f, x, importance, sigma2);
	max = tare_lattice_largest(f.x, SUB);
	if (max < 1e-8f)
		return 0;
	f.scale = max / (2 * 8 - 1);
	coder->search(&f, max);
	for (size_t k = 0; k < GROUPS; k++)
		point[k] = (uint8_t)tare_lattice_number(l, f.word[k]);
	for (size_t k = 0; k < SUB / 8; k++)
		*bits |= (uint32_t)f.signs[k] << 7 * k;
	return f.scale;
}

static void encode_block(struct tare_iq3_xxs *b, const float *x, const float *importance, const struct tare_lattice_coder *coder)
{
	float scale[SUBS], max = 0, d, sigma2 = 2 * tare_lattice_sum_squares(x, LEN) / LEN;
	uint32_t bits[SUBS] = { 0 };

	memset(b, 0, sizeof *b);
	for (size_t s = 0; s < SUBS; s++) {
		scale[s] = encode_sub(b->point + GROUPS * s, bits + s, x + SUB * s, importance ? importance + SUB * s : NULL, sigma2, coder);
		max = max > scale[s] ? max : scale[s];
	}
	if (max == 0) {
		memset(b, 0, sizeof *b);
		return;
	}
	d = max / 31;
	tare_put_scale(b->d, d * 1.0125f);
	for (size_t s = 0; s < SUBS; s++)
		tare_put32(b->signs_scale + 4 * s, bits[s] | (uint32_t)tare_lattice_scale_code(1 / d, scale[s]) << 28, false);
}

void tare_iq3_xxs_encode_with(void *dst, const float *src, size_t rows, size_t cols, const float *weights,
			const struct tare_lattice_coder *coder)
{
	struct tare_iq3_xxs *b = dst;

	for (size_t r = 0; r < rows; r++)
		for (size_t c = 0; c < cols; c += LEN, src += LEN)
			encode_block(b++, src, weights ? weights + c : NULL, coder);
}

static void encode(void *dst, const float *src, size_t rows, size_t cols, const float *weights)
{
	tare_iq3_xxs_encode_with(dst, src, rows, cols, weights, &tare_iq3_xxs_coder);
}

static void swap(void *blocks, size_t nblocks)
{
	tare_swap_fields(blocks, nblocks, sizeof(struct tare_iq3_xxs), 0, 1, 2);
	tare_swap_fields(blocks, nblocks, sizeof(struct tare_iq3_xxs), offsetof(struct tare_iq3_xxs, signs_scale), SUBS, 4);
}

const struct tare_type tare_type_iq3_xxs = {
	.name = "iq3_xxs", .gguf_id = 18, .block_len = LEN, .block_size = sizeof(struct tare_iq3_xxs), .flags = TARE_TYPE_QUANTIZED,
	.fields = "f16 d, u8 points[64], u32 signs_scales[8]",
	.decode = decode, .encode = encode, .swap = swap,
	.kernels = TARE_CODERS(iq3_xxs),
};
