#include "types/type.h"

const struct tare_type tare_type_q6_K = {
	.name = "q6_K", .gguf_id = 14, .block_len = 256, .block_size = 210, .flags = TARE_TYPE_QUANTIZED,
};
