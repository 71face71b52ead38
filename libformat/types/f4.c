/* f4 (E2M1), two a byte, the first in the low nibble. */
#include "types/type.h"

const struct tare_type tare_type_f4 = {
	.name = "f4", .gguf_id = -1, .block_len = 2, .block_size = 1, .flags = TARE_TYPE_BITSTREAM,
};
