#include "types/type.h"

const struct tare_type tare_type_q5_K = {
	.name = "q5_K", .gguf_id = 13, .block_len = 256, .block_size = 176, .flags = TARE_TYPE_QUANTIZED,
};
