/* nvfp4: E2M1 with an unsigned E4M3 scale for every 16 weights, four such in a block. */
#include "types/fp4.h"
#include "types/small_float.h"
#include "types/type.h"

enum { LEN = 64, SUBS = 4, SUB = LEN / SUBS };

struct block {
	uint8_t d[SUBS];
	uint8_t code[LEN / 2];
};
_Static_assert(sizeof(struct block) == 36, "nvfp4");

/* Half the scale. As in ggml the NaN code counts as zero and the top bit is ignored (0xff is 480). */
static float half_scale(uint8_t e)
{
	return e == 0x7f ? 0 : tare_small_float(e & 0x7f, 4, 3, 7) * 0.5f;
}

static void decode(float *dst, const void *src, size_t nblocks)
{
	const struct block *b = src;

	for (; nblocks--; b++, dst += LEN)
		for (size_t s = 0; s < SUBS; s++)
			tare_fp4_decode(dst + s * SUB, b->code + s * SUB / 2, SUB / 2, half_scale(b->d[s]));
}

const struct tare_type tare_type_nvfp4 = {
	.name = "nvfp4", .gguf_id = 40, .block_len = LEN, .block_size = sizeof(struct block), .flags = TARE_TYPE_QUANTIZED,
	.decode = decode,
};
