/* tq2_0: ternary, two bits a weight, (code - 1) x scale. Byte m of each run of 32 holds weights m, m + 32, m + 64, m + 96. */
#include "types/swap.h"
#include "types/ternary.h"
#include "types/type.h"

enum { LEN = 256, RUN = 32 };

struct block {
	uint8_t code[LEN / 4];
	uint8_t d[2];
};
_Static_assert(sizeof(struct block) == 66, "tq2_0");

static void decode_block(float *restrict y, const struct block *restrict b)
{
	float d = tare_get_scale(b->d);

	for (size_t i = 0; i < LEN; i++)
		y[i] = (float)((b->code[i / 128 * RUN + i % RUN] >> 2 * (i % 128 / RUN) & 3) - 1) * d;
	tare_settle(y, LEN, d, 0);
}

static void decode(float *dst, const void *src, size_t nblocks)
{
	const struct block *b = src;

	for (; nblocks--; dst += LEN)
		decode_block(dst, b++);
}

static void encode_block(struct block *restrict b, const float *restrict x)
{
	float d = tare_ternary_scale(x, LEN);
	float inverse = d != 0 ? 1 / d : 0;

	tare_put_scale(b->d, d);
	for (size_t m = 0; m < LEN / 4; m++) {
		const float *at = x + m / RUN * 4 * RUN + m % RUN;
		unsigned q = 0;

		for (size_t k = 0; k < 4; k++)
			q |= (tare_ternary_code(at[k * RUN], inverse) & 3u) << 2 * k;
		b->code[m] = (uint8_t)q;
	}
}

static void encode(void *dst, const float *src, size_t rows, size_t cols, const float *weights)
{
	struct block *b = dst;

	for (size_t n = rows * cols / LEN; n--; src += LEN)
		encode_block(b++, src);
}

static void swap(void *blocks, size_t nblocks)
{
	tare_swap_fields(blocks, nblocks, sizeof(struct block), offsetof(struct block, d), 1, 2);
}

const struct tare_type tare_type_tq2_0 = {
	.name = "tq2_0", .gguf_id = 35, .block_len = LEN, .block_size = sizeof(struct block),
	.flags = TARE_TYPE_QUANTIZED | TARE_TYPE_IGNORES_WEIGHTS,
	.decode = decode, .encode = encode, .swap = swap,
};
