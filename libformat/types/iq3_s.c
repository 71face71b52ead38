/* iq3_s: groups of four weights on a lattice of 512 points, all signs stored, a scale of four bits for every 32. */
#include "types/lattice.h"
#include "types/swap.h"
#include "types/type.h"

enum { LEN = 256, SUB = 32, SUBS = LEN / SUB, GROUP = 4, GROUPS = SUB / GROUP };

struct block {
	uint8_t d[2];
	uint8_t low[SUBS * GROUPS]; /* of the point */
	uint8_t high[SUBS];         /* its ninth bit, bit k for group k */
	uint8_t signs[LEN / 8];
	uint8_t scale[SUBS / 2];
};
_Static_assert(sizeof(struct block) == 110, "iq3_s");

static void decode_sub(float *y, const struct block *b, size_t s, float scale)
{
	float value[8];

	for (int i = 0; i < 8; i++)
		value[i] = scale * (float)(2 * i + 1);
	for (size_t k = 0; k < GROUPS; k++) {
		unsigned point = b->low[GROUPS * s + k] | (b->high[s] >> k & 1u) << 8;

		tare_lattice_decode(y + GROUP * k, GROUP, 3, tare_codebook_iq3_s[point], value, b->signs[SUB / 8 * s + k / 2] >> 4 * (k % 2));
	}
}

static void decode(float *dst, const void *src, size_t nblocks)
{
	const struct block *b = src;

	for (; nblocks--; b++, dst += LEN) {
		float d = tare_get_scale(b->d);

		for (size_t s = 0; s < SUBS; s++)
			decode_sub(dst + SUB * s, b, s, d * (float)(1 + 2 * (b->scale[s / 2] >> 4 * (s % 2) & 15)));
	}
}

static void swap(void *blocks, size_t nblocks)
{
	tare_swap_fields(blocks, nblocks, sizeof(struct block), 0, 1, 2);
}

const struct tare_type tare_type_iq3_s = {
	.name = "iq3_s", .gguf_id = 21, .block_len = LEN, .block_size = sizeof(struct block), .flags = TARE_TYPE_QUANTIZED,
	.decode = decode, .swap = swap,
};
