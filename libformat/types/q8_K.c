/* q8_K: 256 signed bytes, an f32 scale and sums of sixteen codes each: an activation type, read but never written. */
#include "types/exact.h"
#include "types/swap.h"
#include "types/type.h"

enum { LEN = 256 };

struct block {
	uint8_t d[4]; /* f32 */
	int8_t code[LEN];
	uint8_t sums[LEN / 16][2]; /* i16 */
};
_Static_assert(sizeof(struct block) == 292, "q8_K");

static void decode(float *restrict dst, const void *restrict src, size_t nblocks)
{
	const struct block *b = src;

	for (; nblocks--; b++, dst += LEN) {
		float d = tare_f32_of_bits(tare_get32(b->d, false));

		for (size_t j = 0; j < LEN; j++)
			dst[j] = d * (float)b->code[j];
		tare_settle(dst, LEN, d, 0);
	}
}

static void swap(void *blocks, size_t nblocks)
{
	tare_swap_fields(blocks, nblocks, sizeof(struct block), offsetof(struct block, d), 1, 4);
	tare_swap_fields(blocks, nblocks, sizeof(struct block), offsetof(struct block, sums), LEN / 16, 2);
}

const struct tare_type tare_type_q8_K = {
	.name = "q8_K", .gguf_id = 15, .block_len = LEN, .block_size = sizeof(struct block), .flags = TARE_TYPE_QUANTIZED,
	.fields = "f32 d, i8 codes[256], i16 sums[16]",
	.decode = decode, .swap = swap,
};
