/* iq3_s: groups of four weights on a lattice of 512 points, all signs stored, a scale of four bits for every 32. */
#include "types/kernels.h"
#include "types/lattice.h"
#include "types/lattice_fit.h"
#include "types/swap.h"
#include "types/type.h"

enum { LEN = TARE_LATTICE_LEN, SUB = 32, SUBS = LEN / SUB, GROUP = 4, GROUPS = SUB / GROUP };

static void decode_sub(float *y, const struct tare_iq3_s *b, size_t s, float scale)
{
	float value[8];

	for (int i = 0; i < 8; i++)
		value[i] = scale * tare_lattice_levels_iq3_s[i];
	for (size_t k = 0; k < GROUPS; k++) {
		unsigned point = b->low[GROUPS * s + k] | (b->high[s] >> k & 1u) << 8;

		tare_lattice_decode(y + GROUP * k, GROUP, 3, tare_codebook_iq3_s[point], value, b->signs[SUB / 8 * s + k / 2] >> 4 * (k % 2));
	}
}

static void decode(float *dst, const void *src, size_t nblocks)
{
	const struct tare_iq3_s *b = src;

	for (; nblocks--; b++, dst += LEN) {
		float d = tare_get_scale(b->d);

		for (size_t s = 0; s < SUBS; s++)
			decode_sub(dst + SUB * s, b, s, d * (float)(1 + 2 * (b->scale[s / 2] >> 4 * (s % 2) & 15)));
	}
}

TARE_LATTICE_CODER(tare_iq3_s_coder, TARE_RULE_IQ3_S, tare_lattice_iq3_s, NULL)

/* low and signs: where this sub-block's go; high: its own byte. Returns the scale. False: all weights are zero. */
static bool encode_sub(uint8_t *low, uint8_t *signs, uint8_t *high, float *scale, const float *x, const float *importance, float sigma2,
			const struct tare_lattice_coder *coder)
{
	const struct tare_lattice *l = tare_lattice_iq3_s();
	struct tare_lattice_fit f;
	float max;

	*scale = 0;
	coder->prepare(&f, x, importance, sigma2);
	max = tare_lattice_largest(f.x, SUB);
	if (max == 0)
		return false;
	f.scale = max / (2 * 8 - 1);
	coder->search(&f, max);
	for (size_t k = 0; k < GROUPS; k++) {
		unsigned number = tare_lattice_number(l, f.word[k]);

		low[k] = (uint8_t)number;
		*high |= (uint8_t)(number >> 8 << k);
	}
	memcpy(signs, f.signs, SUB / 8);
	*scale = f.scale;
	return true;
}

/* As in the reference, a sub-block of zeros takes no room in low and signs: those after it move up. (What they decode to is then
 * wrong, but these are the bytes.) */
static void encode_block(struct tare_iq3_s *b, const float *x, const float *importance, const struct tare_lattice_coder *coder)
{
	float scale[SUBS], max = 0, d, sigma2 = 2 * tare_lattice_sum_squares(x, LEN) / LEN;
	size_t at = 0;

	memset(b, 0, sizeof *b);
	for (size_t s = 0; s < SUBS; s++) {
		at += encode_sub(b->low + GROUPS * at, b->signs + SUB / 8 * at, b->high + s, scale + s, x + SUB * s,
				 importance ? importance + SUB * s : NULL, sigma2, coder);
		max = max > scale[s] ? max : scale[s];
	}
	if (max == 0)
		return;
	d = max / 31;
	tare_put_scale(b->d, d * 1.033f);
	for (size_t s = 0; s < SUBS; s++)
		b->scale[s / 2] |= (uint8_t)(tare_lattice_scale_code(1 / d, scale[s]) << 4 * (s % 2));
}

void tare_iq3_s_encode_with(void *dst, const float *src, size_t rows, size_t cols, const float *weights,
			const struct tare_lattice_coder *coder)
{
	struct tare_iq3_s *b = dst;

	for (size_t r = 0; r < rows; r++)
		for (size_t c = 0; c < cols; c += LEN, src += LEN)
			encode_block(b++, src, weights ? weights + c : NULL, coder);
}

static void encode(void *dst, const float *src, size_t rows, size_t cols, const float *weights)
{
	tare_iq3_s_encode_with(dst, src, rows, cols, weights, &tare_iq3_s_coder);
}

static void swap(void *blocks, size_t nblocks)
{
	tare_swap_fields(blocks, nblocks, sizeof(struct tare_iq3_s), 0, 1, 2);
}

const struct tare_type tare_type_iq3_s = {
	.name = "iq3_s", .gguf_id = 21, .block_len = LEN, .block_size = sizeof(struct tare_iq3_s), .flags = TARE_TYPE_QUANTIZED,
	.fields = "f16 d, u8 low[64], u8 high[8], u8 signs[32], u4 scales[8]",
	.decode = decode, .encode = encode, .swap = swap,
	.kernels = TARE_CODERS(iq3_s),
};
