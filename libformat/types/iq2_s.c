/* iq2_s: groups of eight weights on a lattice of 1024 points, all signs stored, a scale of four bits for every 16. */
#include "types/lattice.h"
#include "types/swap.h"
#include "types/type.h"

enum { LEN = 256, SUB = 16, SUBS = LEN / SUB, GROUP = 8, GROUPS = LEN / GROUP };

struct block {
	uint8_t d[2];
	uint8_t low[GROUPS];      /* of the point */
	uint8_t signs[GROUPS];
	uint8_t high[GROUPS / 4]; /* two bits of each point */
	uint8_t scale[SUBS / 2];
};
_Static_assert(sizeof(struct block) == 82, "iq2_s");

static void decode_block(float *y, const struct block *b)
{
	float d = tare_get_scale(b->d), value[4];

	for (size_t k = 0; k < GROUPS; k++, y += GROUP) {
		unsigned point = b->low[k] | (b->high[k / 4] >> 2 * (k % 4) & 3u) << 8;

		if (k % 2 == 0)
			tare_lattice_values2(value, d * (0.5f + (float)(b->scale[k / 4] >> 2 * (k % 4) & 15)) * 0.25f);
		tare_lattice_decode(y, GROUP, 2, tare_codebook_iq2_s[point], value, b->signs[k]);
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
	tare_swap_fields(blocks, nblocks, sizeof(struct block), 0, 1, 2);
}

const struct tare_type tare_type_iq2_s = {
	.name = "iq2_s", .gguf_id = 22, .block_len = LEN, .block_size = sizeof(struct block), .flags = TARE_TYPE_QUANTIZED,
	.decode = decode, .swap = swap,
};
