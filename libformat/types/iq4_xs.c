/* iq4_xs: the levels of iq4.h in eight sub-blocks of 32, each with a scale of six bits (less 32) times that of the block. */
#include "types/iq4.h"
#include "types/swap.h"
#include "types/type.h"

enum { LEN = 256, SUBS = LEN / TARE_IQ4_LEN, ZERO = 32 };

struct block {
	uint8_t d[2];
	uint8_t scale_high[2];        /* u16: two bits each */
	uint8_t scale_low[SUBS / 2];  /* four bits each */
	uint8_t code[LEN / 2];
};
_Static_assert(sizeof(struct block) == 136, "iq4_xs");

static void decode_block(float *y, const struct block *b)
{
	float d = tare_get_scale(b->d);
	unsigned high = tare_get16(b->scale_high, false);

	for (unsigned s = 0; s < SUBS; s++) {
		int scale = (b->scale_low[s / 2] >> 4 * (s % 2) & 15) | (int)(high >> 2 * s & 3) << 4;

		tare_iq4_decode(y + s * TARE_IQ4_LEN, b->code + s * TARE_IQ4_LEN / 2, d * (float)(scale - ZERO));
	}
	tare_settle(y, LEN, d, 0);
}

static void decode(float *dst, const void *src, size_t nblocks)
{
	const struct block *b = src;

	for (; nblocks--; dst += LEN)
		decode_block(dst, b++);
}

/* The scale of a sub-block in units of d, and its codes for the product of the two. The reference uses d as it was before rounding. */
static void encode_sub(struct block *b, unsigned s, const float *x, float scale, float d)
{
	int level = tare_clamp(tare_nearest((d != 0 ? 1 / d : 0) * scale), -ZERO, ZERO - 1);
	float product = d * (float)level;
	unsigned high = tare_get16(b->scale_high, false);

	tare_iq4_encode(b->code + s * TARE_IQ4_LEN / 2, x, product != 0 ? 1 / product : 0);
	level += ZERO;
	b->scale_low[s / 2] |= (uint8_t)((level & 15) << 4 * (s % 2));
	tare_put16(b->scale_high, (uint16_t)(high | (unsigned)level >> 4 << 2 * s), false);
}

static void encode_block(struct block *b, const float *x, const float *importance)
{
	float scale[SUBS], sigma2 = importance ? tare_iq4_sigma2(x, LEN) : 0, d;

	for (size_t s = 0; s < SUBS; s++)
		scale[s] = tare_iq4_scale(x + s * TARE_IQ4_LEN, importance ? importance + s * TARE_IQ4_LEN : NULL, sigma2);
	d = -tare_extreme(scale, SUBS) / ZERO;
	memset(b, 0, sizeof *b);
	tare_put_scale(b->d, d);
	for (unsigned s = 0; s < SUBS; s++)
		encode_sub(b, s, x + s * TARE_IQ4_LEN, scale[s], d);
}

static void encode(void *dst, const float *src, size_t rows, size_t cols, const float *weights)
{
	struct block *b = dst;

	for (size_t r = 0; r < rows; r++)
		for (size_t c = 0; c < cols; c += LEN, src += LEN)
			encode_block(b++, src, weights ? weights + c : NULL);
}

static void swap(void *blocks, size_t nblocks)
{
	tare_swap_fields(blocks, nblocks, sizeof(struct block), 0, 2, 2);
}

const struct tare_type tare_type_iq4_xs = {
	.name = "iq4_xs", .gguf_id = 23, .block_len = LEN, .block_size = sizeof(struct block), .flags = TARE_TYPE_QUANTIZED,
	.decode = decode, .encode = encode, .swap = swap,
};
