/* iq1_s: 1.56 bits a weight, groups of 8 from a grid of 2048 ternary points. */
#include "types/type.h"

const struct tare_type tare_type_iq1_s = {
	.name = "iq1_s", .gguf_id = 19, .block_len = 256, .block_size = 50, .flags = TARE_TYPE_QUANTIZED | TARE_TYPE_NEEDS_WEIGHTS,
};
