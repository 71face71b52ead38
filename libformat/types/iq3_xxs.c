/* iq3_xxs: 3.06 bits a weight, groups of 4 from a grid of 256. */
#include "types/type.h"

const struct tare_type tare_type_iq3_xxs = {
	.name = "iq3_xxs", .gguf_id = 18, .block_len = 256, .block_size = 98, .flags = TARE_TYPE_QUANTIZED,
};
