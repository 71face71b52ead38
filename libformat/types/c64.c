/* c64: two f32, real and imaginary part; it has no value in f32. */
#include "types/swap.h"
#include "types/type.h"

static void swap(void *blocks, size_t nblocks)
{
	tare_swap_fields(blocks, nblocks, 8, 0, 2, 4);
}

const struct tare_type tare_type_c64 = {
	.name = "c64", .gguf_id = -1, .block_len = 1, .block_size = 8, .swap = swap,
};
