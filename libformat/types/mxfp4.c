/* mxfp4: OCP microscaling, E2M1 with one E8M0 scale for 32 weights. ggml's order: low nibbles hold the first half of the block. */
#include "types/fp4.h"
#include "types/type.h"

enum { LEN = 32 };

struct block {
	uint8_t e;
	uint8_t code[LEN / 2];
};
_Static_assert(sizeof(struct block) == 17, "mxfp4");

/* Half of 2^(e - 127). ggml knows no NaN here: 255 is 2^128, halved. */
static float half_scale(uint8_t e)
{
	return tare_f32_of_bits(e < 2 ? 0x00200000u << e : (uint32_t)(e - 1) << 23);
}

static void decode(float *dst, const void *src, size_t nblocks)
{
	const struct block *b = src;

	for (; nblocks--; b++, dst += LEN)
		tare_fp4_decode(dst, b->code, LEN / 2, half_scale(b->e));
}

const struct tare_type tare_type_mxfp4 = {
	.name = "mxfp4", .gguf_id = 39, .block_len = LEN, .block_size = sizeof(struct block), .flags = TARE_TYPE_QUANTIZED,
	.decode = decode,
};
