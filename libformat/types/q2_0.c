/* q2_0: 64 codes of two bits, (code - 1) x scale. */
#include "types/kernels.h"
#include "types/low_bits.h"
#include "types/swap.h"
#include "types/type.h"

enum { LEN = 64, ZERO = 1 };

static void decode_block(float *restrict y, const struct tare_q2_0 *restrict b)
{
	float d = tare_get_scale(b->d);

	for (size_t j = 0; j < LEN; j++)
		y[j] = (float)((b->code[j / 4] >> 2 * (j % 4) & 3) - ZERO) * d;
	tare_settle(y, LEN, d, 0);
}

static void decode(float *dst, const void *src, size_t nblocks)
{
	const struct tare_q2_0 *b = src;

	for (; nblocks--; dst += LEN)
		decode_block(dst, b++);
}

/* The scale is the largest magnitude, so 2 never comes out. A scale so small that its inverse is infinite gives codes of 0. */
static void encode_block(struct tare_q2_0 *restrict b, const float *restrict x)
{
	float d = tare_abs(tare_extreme(x, LEN));
	float inverse = d > 0 ? 1 / d : 0;

	tare_put_scale(b->d, d);
	memset(b->code, 0, sizeof b->code);
	for (size_t j = 0; j < LEN; j++) {
		int32_t c = tare_clamp(tare_round_away(x[j] * inverse), -ZERO, 3 - ZERO) + ZERO;

		b->code[j / 4] |= (uint8_t)(c << 2 * (j % 4));
	}
}

static void encode(void *dst, const float *src, size_t rows, size_t cols, const float *weights)
{
	struct tare_q2_0 *b = dst;

	for (size_t n = rows * cols / LEN; n--; src += LEN)
		encode_block(b++, src);
}

static void swap(void *blocks, size_t nblocks)
{
	tare_swap_fields(blocks, nblocks, sizeof(struct tare_q2_0), 0, 1, 2);
}

const struct tare_type tare_type_q2_0 = {
	.name = "q2_0", .gguf_id = 42, .block_len = LEN, .block_size = sizeof(struct tare_q2_0),
	.fields = "f16 d, u2 codes[64]",
	.flags = TARE_TYPE_QUANTIZED | TARE_TYPE_IGNORES_WEIGHTS,
	.decode = decode, .encode = encode, .swap = swap, .kernels = TARE_CODERS(q2_0),
};
