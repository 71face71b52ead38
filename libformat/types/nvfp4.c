/* nvfp4: E2M1 with an unsigned E4M3 scale for every 16 weights, four such in a block. */
#include "types/fp4.h"
#include "types/kernels.h"
#include "types/type.h"

enum { LEN = 64, SUB = TARE_NVFP4_SUB, SUBS = LEN / SUB };

static void decode(float *dst, const void *src, size_t nblocks)
{
	const struct tare_nvfp4 *b = src;

	for (; nblocks--; b++, dst += LEN)
		for (size_t s = 0; s < SUBS; s++)
			tare_fp4_decode(dst + s * SUB, b->code + s * SUB / 2, SUB / 2, tare_nvfp4_half(b->d[s]));
}

static void encode(void *dst, const float *src, size_t rows, size_t cols, const float *weights)
{
	struct tare_nvfp4 *b = dst;

	for (size_t n = rows * cols / LEN; n--; b++)
		for (size_t s = 0; s < SUBS; s++, src += SUB) {
			float max = tare_abs(tare_extreme(src, SUB));

			b->d[s] = tare_nvfp4_scale(max / 6);
			if (b->d[s])
				tare_fp4_encode(b->code + s * SUB / 2, src, SUB / 2, tare_nvfp4_half(b->d[s]), tare_nvfp4_plain(max));
			else
				memset(b->code + s * SUB / 2, 0, SUB / 2);
		}
}

const struct tare_type tare_type_nvfp4 = {
	.name = "nvfp4", .gguf_id = 40, .block_len = LEN, .block_size = sizeof(struct tare_nvfp4),
	.fields = "e4m3 d[4], u4 codes[64]",
	.flags = TARE_TYPE_QUANTIZED | TARE_TYPE_IGNORES_WEIGHTS,
	.decode = decode, .encode = encode, .kernels = TARE_CODERS(nvfp4),
};
