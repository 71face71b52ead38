/* iq4_nl: 32 codes of four bits, each a level of iq4.h, times one scale. */
#include "types/iq4.h"
#include "types/kernels.h"
#include "types/swap.h"
#include "types/type.h"

enum { LEN = TARE_IQ4_LEN };

static void decode(float *dst, const void *src, size_t nblocks)
{
	const struct tare_iq4_nl *b = src;

	for (; nblocks--; b++, dst += LEN)
		tare_iq4_decode(dst, b->code, tare_get_scale(b->d));
}

void tare_iq4_nl_encode_block(struct tare_iq4_nl *b, const float *x, const float *importance)
{
	float d = tare_iq4_scale(x, importance, importance ? tare_iq4_sigma2(x, LEN) : 0);

	tare_put_scale(b->d, d);
	tare_iq4_encode(b->code, x, d != 0 ? 1 / d : 0);
}

static void encode(void *dst, const float *src, size_t rows, size_t cols, const float *weights)
{
	struct tare_iq4_nl *b = dst;

	for (size_t r = 0; r < rows; r++)
		for (size_t c = 0; c < cols; c += LEN, src += LEN)
			tare_iq4_nl_encode_block(b++, src, weights ? weights + c : NULL);
}

static void swap(void *blocks, size_t nblocks)
{
	tare_swap_fields(blocks, nblocks, sizeof(struct tare_iq4_nl), 0, 1, 2);
}

const struct tare_type tare_type_iq4_nl = {
	.name = "iq4_nl", .gguf_id = 20, .block_len = LEN, .block_size = sizeof(struct tare_iq4_nl), .flags = TARE_TYPE_QUANTIZED,
	.fields = "f16 d, u4 codes[32]",
	.decode = decode, .encode = encode, .swap = swap, .kernels = TARE_CODERS(iq4_nl),
};
