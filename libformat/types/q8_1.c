/* q8_1: 32 signed bytes, a scale and the sum of all decoded weights: an activation type, read but never written. */
#include "types/exact.h"
#include "types/swap.h"
#include "types/type.h"

enum { LEN = 32 };

struct block {
	uint8_t d[2];
	uint8_t sum[2];
	int8_t code[LEN];
};
_Static_assert(sizeof(struct block) == 36, "q8_1");

static void decode(float *restrict dst, const void *restrict src, size_t nblocks)
{
	const struct block *b = src;

	for (; nblocks--; b++, dst += LEN) {
		float d = tare_get_scale(b->d);

		for (size_t j = 0; j < LEN; j++)
			dst[j] = (float)b->code[j] * d;
		tare_settle(dst, LEN, d, 0);
	}
}

static void swap(void *blocks, size_t nblocks)
{
	tare_swap_fields(blocks, nblocks, sizeof(struct block), 0, 2, 2);
}

const struct tare_type tare_type_q8_1 = {
	.name = "q8_1", .gguf_id = 9, .block_len = LEN, .block_size = sizeof(struct block), .flags = TARE_TYPE_QUANTIZED,
	.fields = "f16 d, f16 sum, i8 codes[32]",
	.decode = decode, .swap = swap,
};
