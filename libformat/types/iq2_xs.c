/* iq2_xs: 2.31 bits a weight, groups of 8 from a grid of 512. */
#include "types/type.h"

const struct tare_type tare_type_iq2_xs = {
	.name = "iq2_xs", .gguf_id = 17, .block_len = 256, .block_size = 74, .flags = TARE_TYPE_QUANTIZED | TARE_TYPE_NEEDS_WEIGHTS,
};
