/* f32: IEEE binary32. */
#include <string.h>

#include "types/swap.h"
#include "types/type.h"

static void decode(float *dst, const void *src, size_t nblocks)
{
	if (nblocks)
		memcpy(dst, src, nblocks * sizeof *dst);
}

static void encode(void *dst, const float *src, size_t rows, size_t cols, const float *weights)
{
	if (rows && cols)
		memcpy(dst, src, rows * cols * sizeof *src);
}

static void swap(void *blocks, size_t nblocks)
{
	tare_swap_fields(blocks, nblocks, 4, 0, 1, 4);
}

const struct tare_type tare_type_f32 = {
	.name = "f32", .gguf_id = 0, .block_len = 1, .block_size = 4,
	.decode = decode, .encode = encode, .swap = swap,
};
