/* iq3_xxs: groups of four weights on a lattice of 256 points; signs and scale of 32 weights in one word. */
#include "types/lattice.h"
#include "types/swap.h"
#include "types/type.h"

enum { LEN = 256, SUB = 32, SUBS = LEN / SUB, GROUP = 4, GROUPS = SUB / GROUP };

struct block {
	uint8_t d[2];
	uint8_t point[SUBS * GROUPS];
	uint8_t signs_scale[4 * SUBS]; /* u32: four times seven signs, four bits of scale */
};
_Static_assert(sizeof(struct block) == 98, "iq3_xxs");

static const uint8_t level[8] = { 4, 12, 20, 28, 36, 44, 52, 62 };

static void decode_sub(float *y, const uint8_t *point, uint32_t bits, float d)
{
	float value[8], scale = d * (0.5f + (float)(bits >> 28)) * 0.5f;

	for (unsigned i = 0; i < 8; i++)
		value[i] = scale * level[i];
	for (unsigned k = 0; k < GROUPS; k++) {
		unsigned signs = tare_lattice_eighth_sign(bits >> 7 * (k / 2) & 127);

		tare_lattice_decode(y + GROUP * k, GROUP, 3, tare_codebook_iq3_xxs[point[k]], value, signs >> 4 * (k % 2));
	}
}

static void decode(float *dst, const void *src, size_t nblocks)
{
	const struct block *b = src;

	for (; nblocks--; b++, dst += LEN) {
		float d = tare_get_scale(b->d);

		for (size_t s = 0; s < SUBS; s++)
			decode_sub(dst + SUB * s, b->point + GROUPS * s, tare_get32(b->signs_scale + 4 * s, false), d);
	}
}

static void swap(void *blocks, size_t nblocks)
{
	tare_swap_fields(blocks, nblocks, sizeof(struct block), 0, 1, 2);
	tare_swap_fields(blocks, nblocks, sizeof(struct block), offsetof(struct block, signs_scale), SUBS, 4);
}

const struct tare_type tare_type_iq3_xxs = {
	.name = "iq3_xxs", .gguf_id = 18, .block_len = LEN, .block_size = sizeof(struct block), .flags = TARE_TYPE_QUANTIZED,
	.decode = decode, .swap = swap,
};
