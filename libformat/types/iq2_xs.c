/* iq2_xs: groups of eight weights on a lattice of 512 points, a scale of four bits for every 16. */
#include "types/lattice.h"
#include "types/swap.h"
#include "types/type.h"

enum { LEN = 256, SUB = 16, SUBS = LEN / SUB, GROUP = 8, GROUPS = LEN / GROUP };

struct block {
	uint8_t d[2];
	uint8_t group[2 * GROUPS]; /* u16: nine bits of point, seven signs */
	uint8_t scale[SUBS / 2];
};
_Static_assert(sizeof(struct block) == 74, "iq2_xs");

static void decode_block(float *y, const struct block *b)
{
	float d = tare_get_scale(b->d), value[4];

	for (size_t k = 0; k < GROUPS; k++, y += GROUP) {
		unsigned bits = tare_get16(b->group + 2 * k, false);

		if (k % 2 == 0)
			tare_lattice_values2(value, d * (0.5f + (float)(b->scale[k / 4] >> 2 * (k % 4) & 15)) * 0.25f);
		tare_lattice_decode(y, GROUP, 2, tare_codebook_iq2_xs[bits & 511], value, tare_lattice_eighth_sign(bits >> 9));
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
	tare_swap_fields(blocks, nblocks, sizeof(struct block), 0, 1 + GROUPS, 2);
}

const struct tare_type tare_type_iq2_xs = {
	.name = "iq2_xs", .gguf_id = 17, .block_len = LEN, .block_size = sizeof(struct block),
	.flags = TARE_TYPE_QUANTIZED | TARE_TYPE_NEEDS_WEIGHTS, .decode = decode, .swap = swap,
};
