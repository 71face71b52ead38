/* tq1_0: ternary, five weights a byte. */
#include "types/type.h"

const struct tare_type tare_type_tq1_0 = {
	.name = "tq1_0", .gguf_id = 34, .block_len = 256, .block_size = 54, .flags = TARE_TYPE_QUANTIZED,
};
