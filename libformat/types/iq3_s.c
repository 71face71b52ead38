/* iq3_s: 3.44 bits a weight, groups of 4 from a grid of 512. */
#include "types/type.h"

const struct tare_type tare_type_iq3_s = {
	.name = "iq3_s", .gguf_id = 21, .block_len = 256, .block_size = 110, .flags = TARE_TYPE_QUANTIZED,
};
