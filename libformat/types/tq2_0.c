/* tq2_0: ternary, two bits a weight, (code - 1) x scale. Byte m of each run of 32 holds weights m, m + 32, m + 64, m + 96. */
#include "types/exact.h"
#include "types/swap.h"
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

static void swap(void *blocks, size_t nblocks)
{
	tare_swap_fields(blocks, nblocks, sizeof(struct block), offsetof(struct block, d), 1, 2);
}

const struct tare_type tare_type_tq2_0 = {
	.name = "tq2_0", .gguf_id = 35, .block_len = LEN, .block_size = sizeof(struct block), .flags = TARE_TYPE_QUANTIZED,
	.decode = decode, .swap = swap,
};
