/* iq2_s: groups of eight weights on a lattice of 1024 points, all signs stored, a scale of four bits for every 16. */
#include "types/kernels.h"
#include "types/lattice.h"
#include "types/lattice_fit.h"
#include "types/swap.h"
#include "types/type.h"

enum { LEN = TARE_LATTICE_LEN, SUB = 16, SUBS = LEN / SUB, GROUP = 8, GROUPS = LEN / GROUP };

static void decode_block(float *y, const struct tare_iq2_s *b)
{
	float d = tare_get_scale(b->d), value[4];

	for (size_t k = 0; k < GROUPS; k++, y += GROUP) {
		unsigned point = b->low[k] | (b->high[k / 4] >> 2 * (k % 4) & 3u) << 8;

		if (k % 2 == 0)
			tare_lattice_values2(value, d * (0.5f + (float)(b->scale[k / 4] >> 2 * (k % 4) & 15)) * 0.25f);
		tare_lattice_decode(y, GROUP, 2, tare_codebook_iq2_s[point], value, b->signs[k]);
	}
}

static void decode(float *dst, const void *src, size_t nblocks)
{
	const struct tare_iq2_s *b = src;

	for (; nblocks--; dst += LEN)
		decode_block(dst, b++);
}

TARE_LATTICE_CODER(tare_iq2_s_coder, TARE_RULE_IQ2_S, tare_lattice_iq2_s, NULL)

/* Sub-block s of x; returns the scale, 0 for weights too small. */
static float encode_sub(struct tare_iq2_s *b, size_t s, const float *x, const float *importance, float sigma2,
			const struct tare_lattice_coder *coder)
{
	const struct tare_lattice *l = tare_lattice_iq2_s();
	struct tare_lattice_fit f;
	float max;

	coder->prepare(&f, x, importance, sigma2);
	max = tare_lattice_largest(f.x, SUB);
	if (max < 1e-8f)
		return 0;
	f.scale = max / (2 * 3 - 1);
	coder->search(&f, max);
	for (size_t k = 2 * s; k < 2 * s + 2; k++) {
		unsigned number = tare_lattice_number(l, f.word[k % 2]);

		b->low[k] = (uint8_t)number;
		b->high[k / 4] |= (uint8_t)(number >> 8 << 2 * (k % 4));
		b->signs[k] = f.signs[k % 2];
	}
	return f.scale;
}

static void encode_block(struct tare_iq2_s *b, const float *x, const float *importance, const struct tare_lattice_coder *coder)
{
	float scale[SUBS], max = 0, d, sigma2 = 2 * tare_lattice_sum_squares(x, LEN) / LEN;

	memset(b, 0, sizeof *b);
	for (size_t s = 0; s < SUBS; s++) {
		scale[s] = encode_sub(b, s, x + SUB * s, importance ? importance + SUB * s : NULL, sigma2, coder);
		max = max > scale[s] ? max : scale[s];
	}
	if (max == 0)
		return;
	d = max / 31;
	tare_put_scale(b->d, d * 0.9875f);
	for (size_t s = 0; s < SUBS; s++)
		b->scale[s / 2] |= (uint8_t)(tare_lattice_scale_code(1 / d, scale[s]) << 4 * (s % 2));
}

void tare_iq2_s_encode_with(void *dst, const float *src, size_t rows, size_t cols, const float *weights,
			const struct tare_lattice_coder *coder)
{
	struct tare_iq2_s *b = dst;

	for (size_t r = 0; r < rows; r++)
		for (size_t c = 0; c < cols; c += LEN, src += LEN)
			encode_block(b++, src, weights ? weights + c : NULL, coder);
}

static void encode(void *dst, const float *src, size_t rows, size_t cols, const float *weights)
{
	tare_iq2_s_encode_with(dst, src, rows, cols, weights, &tare_iq2_s_coder);
}

static void swap(void *blocks, size_t nblocks)
{
	tare_swap_fields(blocks, nblocks, sizeof(struct tare_iq2_s), 0, 1, 2);
}

const struct tare_type tare_type_iq2_s = {
	.name = "iq2_s", .gguf_id = 22, .block_len = LEN, .block_size = sizeof(struct tare_iq2_s), .flags = TARE_TYPE_QUANTIZED,
	.fields = "f16 d, u8 low[32], u8 signs[32], u8 high[8], u4 scales[16]",
	.decode = decode, .encode = encode, .swap = swap,
	.kernels = TARE_CODERS(iq2_s),
};
