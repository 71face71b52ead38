/* f4 (E2M1 of OCP MX), two a byte, the first in the low nibble. No NaN, no infinity. */
#include "types/small_float.h"
#include "types/type.h"

static void decode(float *dst, const void *src, size_t nblocks)
{
	const uint8_t *b = src;

	for (size_t i = 0; i < nblocks; i++) {
		dst[2 * i] = tare_small_float(b[i] & 15, 2, 1, 1);
		dst[2 * i + 1] = tare_small_float(b[i] >> 4, 2, 1, 1);
	}
}

const struct tare_type tare_type_f4 = {
	.name = "f4", .gguf_id = -1, .block_len = 2, .block_size = 1, .flags = TARE_TYPE_BITSTREAM | TARE_TYPE_PADDED, .decode = decode,
};
