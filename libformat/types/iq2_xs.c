/* iq2_xs: groups of eight weights on a lattice of 512 points, a scale of four bits for every 16. */
#include "types/kernels.h"
#include "types/lattice.h"
#include "types/lattice_fit.h"
#include "types/swap.h"
#include "types/type.h"

enum { LEN = TARE_LATTICE_LEN, SUB = 16, SUBS = LEN / SUB, GROUP = 8, GROUPS = LEN / GROUP };

static void decode_block(float *y, const struct tare_iq2_xs *b)
{
	float d = tare_get_scale(b->d), value[4];

	for (size_t k = 0; k < GROUPS; k++, y += GROUP) {
		unsigned bits = tare_get16(b->group + 2 * k, false);

		if (k % 2 == 0)
			tare_lattice_values2(value, d * (0.5f + (float)(b->scale[k / 4] >> 2 * (k % 4) & 15)) * 0.25f);
		tare_lattice_decode(y, GROUP, 2, tare_codebook_iq2_xs[bits & 511], value, tare_lattice_eighth_sign(bits >> 9));
	}
}

static void decode(float *dst, const void *src, size_t nblocks)
{
	const struct tare_iq2_xs *b = src;

	for (; nblocks--; dst += LEN)
		decode_block(dst, b++);
}

TARE_LATTICE_CODER(tare_iq2_xs_coder, TARE_RULE_IQ2_XS, tare_lattice_iq2_xs, NULL)

/* group: of this sub-block. Returns the scale, 0 for weights too small. */
static float encode_sub(uint8_t *group, const float *x, const float *importance, float sigma2,
			const struct tare_lattice_coder *coder)
{
	const struct tare_lattice *l = tare_lattice_iq2_xs();
	struct tare_lattice_fit f;
	float max;

	coder->prepare(&f, x, importance, sigma2);
	max = tare_lattice_largest(f.x, SUB);
	if (max < 1e-15f)
		return 0;
	f.scale = max / (2 * 3 - 1);
	coder->search(&f, max);
	for (size_t k = 0; k < SUB / GROUP; k++)
		tare_put16(group + 2 * k, (uint16_t)(tare_lattice_number(l, f.word[k]) | (unsigned)f.signs[k] << 9), false);
	return f.scale;
}

static void encode_block(struct tare_iq2_xs *b, const float *x, const float *importance, const struct tare_lattice_coder *coder)
{
	float scale[SUBS], max = 0, d, sigma2 = tare_lattice_sum_squares(x, LEN) / LEN;

	memset(b, 0, sizeof *b);
	for (size_t s = 0; s < SUBS; s++) {
		scale[s] = encode_sub(b->group + 4 * s, x + SUB * s, importance ? importance + SUB * s : NULL, sigma2, coder);
		max = max > scale[s] ? max : scale[s];
	}
	if (max == 0) {
		memset(b, 0, sizeof *b);
		return;
	}
	d = max / 31;
	tare_put_scale(b->d, d);
	for (size_t s = 0; s < SUBS; s++)
		b->scale[s / 2] |= (uint8_t)(tare_lattice_scale_code(1 / d, scale[s]) << 4 * (s % 2));
}

void tare_iq2_xs_encode_with(void *dst, const float *src, size_t rows, size_t cols, const float *weights,
			const struct tare_lattice_coder *coder)
{
	struct tare_iq2_xs *b = dst;

	for (size_t r = 0; r < rows; r++)
		for (size_t c = 0; c < cols; c += LEN, src += LEN)
			encode_block(b++, src, weights ? weights + c : NULL, coder);
}

static void encode(void *dst, const float *src, size_t rows, size_t cols, const float *weights)
{
	tare_iq2_xs_encode_with(dst, src, rows, cols, weights, &tare_iq2_xs_coder);
}

static void swap(void *blocks, size_t nblocks)
{
	tare_swap_fields(blocks, nblocks, sizeof(struct tare_iq2_xs), 0, 1 + GROUPS, 2);
}

const struct tare_type tare_type_iq2_xs = {
	.name = "iq2_xs", .gguf_id = 17, .block_len = LEN, .block_size = sizeof(struct tare_iq2_xs),
	.fields = "f16 d, u16 groups[32], u4 scales[16]",
	.flags = TARE_TYPE_QUANTIZED | TARE_TYPE_NEEDS_WEIGHTS, .decode = decode, .encode = encode, .swap = swap,
	.kernels = TARE_CODERS(iq2_xs),
};
