#include "types/type.h"

const struct tare_type tare_type_q2_K = {
	.name = "q2_K", .gguf_id = 10, .block_len = 256, .block_size = 84, .flags = TARE_TYPE_QUANTIZED,
};
