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

static void swap(void *blocks, size_t nblocks)
{
	tare_swap_fields(blocks, nblocks, sizeof(struct block), 0, 2, 2);
}

const struct tare_type tare_type_iq4_xs = {
	.name = "iq4_xs", .gguf_id = 23, .block_len = LEN, .block_size = sizeof(struct block), .flags = TARE_TYPE_QUANTIZED,
	.decode = decode, .swap = swap,
};
