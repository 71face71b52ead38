/* f64: IEEE binary64; decoding rounds to nearest even. */
#include "types/swap.h"
#include "types/type.h"

#include "base/bytes.h"

static void decode(float *restrict dst, const void *restrict src, size_t nblocks)
{
	const uint8_t *p = src;

	for (size_t i = 0; i < nblocks; i++) {
		uint64_t u = tare_get64(p + 8 * i, false);
		double d;

		memcpy(&d, &u, sizeof d);
		dst[i] = (float)d;
	}
}

static void swap(void *blocks, size_t nblocks)
{
	tare_swap_fields(blocks, nblocks, 8, 0, 1, 8);
}

const struct tare_type tare_type_f64 = {
	.name = "f64", .gguf_id = 28, .block_len = 1, .block_size = 8, .decode = decode, .swap = swap,
};
