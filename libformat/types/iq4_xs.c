/* iq4_xs: the levels of iq4.h in eight sub-blocks of 32, each with a scale of six bits (less 32) times that of the block. */
#include "types/iq4.h"
#include "types/kernels.h"
#include "types/swap.h"
#include "types/type.h"

enum { LEN = TARE_IQ4_XS_LEN, SUBS = TARE_IQ4_XS_SUBS };

static void decode_block(float *y, const struct tare_iq4_xs *b)
{
	float d = tare_get_scale(b->d);

	for (unsigned s = 0; s < SUBS; s++)
		tare_iq4_decode(y + s * TARE_IQ4_LEN, b->code + s * TARE_IQ4_LEN / 2, d * (float)tare_iq4_xs_level(b, s));
	tare_settle(y, LEN, d, 0);
}

static void decode(float *dst, const void *src, size_t nblocks)
{
	const struct tare_iq4_xs *b = src;

	for (; nblocks--; dst += LEN)
		decode_block(dst, b++);
}

void tare_iq4_xs_encode_block(struct tare_iq4_xs *b, const float *x, const float *importance)
{
	float scale[SUBS], sigma2 = importance ? tare_iq4_sigma2(x, LEN) : 0;

	for (size_t s = 0; s < SUBS; s++)
		scale[s] = tare_iq4_scale(x + s * TARE_IQ4_LEN, importance ? importance + s * TARE_IQ4_LEN : NULL, sigma2);
	tare_iq4_xs_put(b, x, scale, tare_iq4_encode);
}

static void encode(void *dst, const float *src, size_t rows, size_t cols, const float *weights)
{
	struct tare_iq4_xs *b = dst;

	for (size_t r = 0; r < rows; r++)
		for (size_t c = 0; c < cols; c += LEN, src += LEN)
			tare_iq4_xs_encode_block(b++, src, weights ? weights + c : NULL);
}

static void swap(void *blocks, size_t nblocks)
{
	tare_swap_fields(blocks, nblocks, sizeof(struct tare_iq4_xs), 0, 2, 2);
}

const struct tare_type tare_type_iq4_xs = {
	.name = "iq4_xs", .gguf_id = 23, .block_len = LEN, .block_size = sizeof(struct tare_iq4_xs), .flags = TARE_TYPE_QUANTIZED,
	.fields = "f16 d, u16 scales_high, u4 scales_low[8], u4 codes[256]",
	.decode = decode, .encode = encode, .swap = swap, .kernels = TARE_CODERS(iq4_xs),
};
