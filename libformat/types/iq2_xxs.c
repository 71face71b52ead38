/* iq2_xxs: 2.06 bits a weight, groups of 8 from a grid of 256. */
#include "types/type.h"

const struct tare_type tare_type_iq2_xxs = {
	.name = "iq2_xxs", .gguf_id = 16, .block_len = 256, .block_size = 66, .flags = TARE_TYPE_QUANTIZED | TARE_TYPE_NEEDS_WEIGHTS,
};
