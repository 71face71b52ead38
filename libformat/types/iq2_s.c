/* iq2_s: 2.56 bits a weight, groups of 8 from a grid of 1024. */
#include "types/type.h"

const struct tare_type tare_type_iq2_s = {
	.name = "iq2_s", .gguf_id = 22, .block_len = 256, .block_size = 82, .flags = TARE_TYPE_QUANTIZED,
};
