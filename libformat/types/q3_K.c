#include "types/type.h"

const struct tare_type tare_type_q3_K = {
	.name = "q3_K", .gguf_id = 11, .block_len = 256, .block_size = 110, .flags = TARE_TYPE_QUANTIZED,
};
