/* tq2_0: ternary, two bits a weight. */
#include "types/type.h"

const struct tare_type tare_type_tq2_0 = {
	.name = "tq2_0", .gguf_id = 35, .block_len = 256, .block_size = 66, .flags = TARE_TYPE_QUANTIZED,
};
