/* iq4_nl: 32 codes of four bits, each a level of iq4.h, times one scale. */
#include "types/iq4.h"
#include "types/swap.h"
#include "types/type.h"

enum { LEN = TARE_IQ4_LEN };

struct block {
	uint8_t d[2];
	uint8_t code[LEN / 2];
};
_Static_assert(sizeof(struct block) == 18, "iq4_nl");

static void decode(float *dst, const void *src, size_t nblocks)
{
	const struct block *b = src;

	for (; nblocks--; b++, dst += LEN)
		tare_iq4_decode(dst, b->code, tare_get_scale(b->d));
}

static void swap(void *blocks, size_t nblocks)
{
	tare_swap_fields(blocks, nblocks, sizeof(struct block), 0, 1, 2);
}

const struct tare_type tare_type_iq4_nl = {
	.name = "iq4_nl", .gguf_id = 20, .block_len = LEN, .block_size = sizeof(struct block), .flags = TARE_TYPE_QUANTIZED,
	.decode = decode, .swap = swap,
};
