/* iq4_xs: 4.25 bits a weight, the levels of iq4_nl with 6-bit scales. */
#include "types/type.h"

const struct tare_type tare_type_iq4_xs = {
	.name = "iq4_xs", .gguf_id = 23, .block_len = 256, .block_size = 136, .flags = TARE_TYPE_QUANTIZED,
};
