/* tq2_0: ternary, two bits a weight, (code - 1) x scale. Byte m of each run of 32 holds weights m, m + 32, m + 64, m + 96. */
#include "types/kernels.h"
#include "types/low_bits.h"
#include "types/swap.h"
#include "types/type.h"

enum { LEN = 256, RUN = 32 };

static void decode_block(float *restrict y, const struct tare_tq2_0 *restrict b)
{
	float d = tare_get_scale(b->d);

	for (size_t i = 0; i < LEN; i++)
		y[i] = (float)((b->code[i / 128 * RUN + i % RUN] >> 2 * (i % 128 / RUN) & 3) - 1) * d;
	tare_settle(y, LEN, d, 0);
}

static void decode(float *dst, const void *src, size_t nblocks)
{
	const struct tare_tq2_0 *b = src;

	for (; nblocks--; dst += LEN)
		decode_block(dst, b++);
}

static void encode_block(struct tare_tq2_0 *restrict b, const float *restrict x)
{
	float d = tare_ternary_scale(x, LEN);
	float inverse = d != 0 ? 1 / d : 0;

	uint8_t code[LEN];

	for (size_t i = 0; i < LEN; i++)
		code[i] = tare_ternary_code(x[i], inverse);
	tare_tq2_0_store(b, d, code);
}

static void encode(void *dst, const float *src, size_t rows, size_t cols, const float *weights)
{
	struct tare_tq2_0 *b = dst;

	for (size_t n = rows * cols / LEN; n--; src += LEN)
		encode_block(b++, src);
}

static void swap(void *blocks, size_t nblocks)
{
	tare_swap_fields(blocks, nblocks, sizeof(struct tare_tq2_0), offsetof(struct tare_tq2_0, d), 1, 2);
}

const struct tare_type tare_type_tq2_0 = {
	.name = "tq2_0", .gguf_id = 35, .block_len = LEN, .block_size = sizeof(struct tare_tq2_0),
	.fields = "u2 codes[256], f16 d",
	.flags = TARE_TYPE_QUANTIZED | TARE_TYPE_IGNORES_WEIGHTS,
	.decode = decode, .encode = encode, .swap = swap, .kernels = TARE_CODERS(tq2_0),
};
