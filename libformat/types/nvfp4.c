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

/* x >= 0 to unsigned E4M3, halves up. From 256 (or what rounds to it) on ggml takes the largest, 448. */
static uint8_t scale_code(float x)
{
	uint32_t bits = tare_bits_of_f32(x), code;

	if (x < 0x1p-6f) {
		code = (uint32_t)(x * 512 + 0.5f);
		return (uint8_t)(code < 7 ? code : 7);
	}
	code = (bits >> 20) - (120u << 3) + (bits >> 19 & 1);
	return (uint8_t)(code < 15u << 3 ? code : 0x7e);
}

static void encode(void *dst, const float *src, size_t rows, size_t cols, const float *weights)
{
	struct block *b = dst;

	for (size_t n = rows * cols / LEN; n--; b++)
		for (size_t s = 0; s < SUBS; s++, src += SUB) {
			float max = tare_abs(tare_extreme(src, SUB));

			b->d[s] = scale_code(max / 6);
			if (b->d[s])
				tare_fp4_encode(b->code + s * SUB / 2, src, SUB / 2, half_scale(b->d[s]), max < 1e6f);
			else
				memset(b->code + s * SUB / 2, 0, SUB / 2);
		}
}

const struct tare_type tare_type_nvfp4 = {
	.name = "nvfp4", .gguf_id = 40, .block_len = LEN, .block_size = sizeof(struct block),
	.flags = TARE_TYPE_QUANTIZED | TARE_TYPE_IGNORES_WEIGHTS,
	.decode = decode, .encode = encode,
};
