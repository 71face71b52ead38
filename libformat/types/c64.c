/* c64 and c128: two f32 or f64, real and imaginary part; they have no value in f32. */
#include "types/swap.h"
#include "types/type.h"

static void swap64(void *blocks, size_t nblocks)
{
	tare_swap_fields(blocks, nblocks, 8, 0, 2, 4);
}

static void swap128(void *blocks, size_t nblocks)
{
	tare_swap_fields(blocks, nblocks, 16, 0, 2, 8);
}

const struct tare_type tare_type_c64 = {
	.name = "c64", .gguf_id = -1, .block_len = 1, .block_size = 8, .swap = swap64,
};

const struct tare_type tare_type_c128 = {
	.name = "c128", .gguf_id = -1, .block_len = 1, .block_size = 16, .swap = swap128,
};
