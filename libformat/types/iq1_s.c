/* iq1_s: see iq1.h; scale (three bits) and shift for every 32 weights. */
#include "types/iq1.h"
#include "types/swap.h"
#include "types/type.h"

enum { LEN = 256, SUB = 32, SUBS = LEN / SUB, GROUP = TARE_IQ1_GROUP, GROUPS = SUB / GROUP };

struct block {
	uint8_t d[2];
	uint8_t low[SUBS * GROUPS]; /* of the point */
	uint8_t high[2 * SUBS];     /* u16: three bits of each point, three of scale, shift down */
};
_Static_assert(sizeof(struct block) == 50, "iq1_s");

static void decode_sub(float *y, const uint8_t *low, unsigned high, float d)
{
	float scale = d * (float)(2 * (high >> 12 & 7) + 1);

	for (unsigned k = 0; k < GROUPS; k++)
		tare_iq1_decode(y + GROUP * k, low[k] | (high >> 3 * k & 7) << 8, scale, high >> 15);
}

static void decode(float *dst, const void *src, size_t nblocks)
{
	const struct block *b = src;

	for (; nblocks--; b++, dst += LEN) {
		float d = tare_get_scale(b->d);

		for (size_t s = 0; s < SUBS; s++)
			decode_sub(dst + SUB * s, b->low + GROUPS * s, tare_get16(b->high + 2 * s, false), d);
	}
}

static void swap(void *blocks, size_t nblocks)
{
	tare_swap_fields(blocks, nblocks, sizeof(struct block), 0, 1, 2);
	tare_swap_fields(blocks, nblocks, sizeof(struct block), offsetof(struct block, high), SUBS, 2);
}

const struct tare_type tare_type_iq1_s = {
	.name = "iq1_s", .gguf_id = 19, .block_len = LEN, .block_size = sizeof(struct block),
	.flags = TARE_TYPE_QUANTIZED | TARE_TYPE_NEEDS_WEIGHTS, .decode = decode, .swap = swap,
};
