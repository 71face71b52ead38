/* iq1_m: 1.75 bits a weight, groups of 8 from a grid of 2048 ternary points. */
#include "types/type.h"

const struct tare_type tare_type_iq1_m = {
	.name = "iq1_m", .gguf_id = 29, .block_len = 256, .block_size = 56, .flags = TARE_TYPE_QUANTIZED,
};
