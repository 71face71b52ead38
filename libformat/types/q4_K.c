#include "types/type.h"

const struct tare_type tare_type_q4_K = {
	.name = "q4_K", .gguf_id = 12, .block_len = 256, .block_size = 144, .flags = TARE_TYPE_QUANTIZED,
};
