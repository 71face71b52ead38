/* f16: IEEE binary16. */
#include "types/half.h"
#include "types/kernels.h"
#include "types/swap.h"
#include "types/type.h"

static void decode(float *restrict dst, const void *restrict src, size_t nblocks)
{
	const uint8_t *p = src;

	for (size_t i = 0; i < nblocks; i++)
		dst[i] = tare_f32_of_f16(tare_get16(p + 2 * i, false));
}

static void encode(void *restrict dst, const float *restrict src, size_t rows, size_t cols, const float *weights)
{
	uint8_t *p = dst;

	for (size_t i = 0; i < rows * cols; i++)
		tare_put16(p + 2 * i, tare_f16_of_f32(src[i]), false);
}

static void swap(void *blocks, size_t nblocks)
{
	tare_swap_fields(blocks, nblocks, 2, 0, 1, 2);
}

const struct tare_type tare_type_f16 = {
	.name = "f16", .gguf_id = 1, .block_len = 1, .block_size = 2,
	.decode = decode, .encode = encode, .swap = swap, .kernels = TARE_CODERS(f16),
};
