/* iq2_xxs: groups of eight weights on a lattice of 256 points.
 *
 * Each sub-block of 32 is two words: four bytes of point indices, then four times seven signs and four bits of scale. */
#include "types/lattice.h"
#include "types/swap.h"
#include "types/type.h"

enum { LEN = 256, SUB = 32, SUBS = LEN / SUB, GROUP = 8, GROUPS = SUB / GROUP };

struct sub {
	uint8_t point[GROUPS];
	uint8_t signs_scale[4]; /* u32 */
};

struct block {
	uint8_t d[2];
	struct sub sub[SUBS];
};
_Static_assert(sizeof(struct block) == 66, "iq2_xxs");

static void decode_sub(float *y, const struct sub *s, float d)
{
	uint32_t bits = tare_get32(s->signs_scale, false);
	float value[4];

	tare_lattice_values2(value, d * (0.5f + (float)(bits >> 28)) * 0.25f);
	for (size_t k = 0; k < GROUPS; k++)
		tare_lattice_decode(y + GROUP * k, GROUP, 2, tare_codebook_iq2_xxs[s->point[k]], value,
				    tare_lattice_eighth_sign(bits >> 7 * k & 127));
}

static void decode(float *dst, const void *src, size_t nblocks)
{
	const struct block *b = src;

	for (; nblocks--; b++, dst += LEN) {
		float d = tare_get_scale(b->d);

		for (size_t s = 0; s < SUBS; s++)
			decode_sub(dst + SUB * s, b->sub + s, d);
	}
}

/* Big-endian machines read the second word of a sub-block as a number, the first as bytes. */
static void swap(void *blocks, size_t nblocks)
{
	tare_swap_fields(blocks, nblocks, sizeof(struct block), 0, 1, 2);
	for (size_t s = 0; s < SUBS; s++)
		tare_swap_fields(blocks, nblocks, sizeof(struct block), 2 + s * sizeof(struct sub) + offsetof(struct sub, signs_scale), 1, 4);
}

const struct tare_type tare_type_iq2_xxs = {
	.name = "iq2_xxs", .gguf_id = 16, .block_len = LEN, .block_size = sizeof(struct block),
	.flags = TARE_TYPE_QUANTIZED | TARE_TYPE_NEEDS_WEIGHTS, .decode = decode, .swap = swap,
};
