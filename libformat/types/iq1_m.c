/* iq1_m: see iq1.h; a scale of three bits for every 16 weights, a shift for every 8. The f16 scale of the block is spread over the top
 * four bits of the four words of scales, lowest first. */
#include "types/iq1.h"
#include "types/swap.h"
#include "types/type.h"

enum { LEN = 256, SUB = 16, SUBS = LEN / SUB, GROUP = TARE_IQ1_GROUP, GROUPS = LEN / GROUP };

struct block {
	uint8_t low[GROUPS];      /* of the point */
	uint8_t high[GROUPS / 2]; /* four bits a group: three of the point, shift down */
	uint8_t scale[8];         /* u16 x 4: four scales and a quarter of d each */
};
_Static_assert(sizeof(struct block) == 56, "iq1_m");

static void decode_block(float *y, const struct block *b)
{
	unsigned word[4], bits = 0;

	for (unsigned i = 0; i < 4; i++) {
		word[i] = tare_get16(b->scale + 2 * i, false);
		bits |= word[i] >> 12 << 4 * i;
	}
	float d = tare_f32_of_f16((uint16_t)bits);

	for (unsigned k = 0; k < GROUPS; k++) {
		unsigned s = k / 2, high = b->high[s] >> 4 * (k % 2) & 15;

		tare_iq1_decode(y + GROUP * k, b->low[k] | (high & 7) << 8, d * (float)(2 * (word[s / 4] >> 3 * (s % 4) & 7) + 1), high >> 3);
	}
}

static void decode(float *dst, const void *src, size_t nblocks)
{
	const struct block *b = src;

	for (; nblocks--; dst += LEN)
		decode_block(dst, b++);
}

static void swap(void *blocks, size_t nblocks)
{
	tare_swap_fields(blocks, nblocks, sizeof(struct block), offsetof(struct block, scale), 4, 2);
}

const struct tare_type tare_type_iq1_m = {
	.name = "iq1_m", .gguf_id = 29, .block_len = LEN, .block_size = sizeof(struct block), .flags = TARE_TYPE_QUANTIZED,
	.decode = decode, .swap = swap,
};
