/* nvfp4: E2M1 with one unsigned E4M3 scale for 16 weights. */
#include "types/type.h"

const struct tare_type tare_type_nvfp4 = {
	.name = "nvfp4", .gguf_id = 40, .block_len = 64, .block_size = 36, .flags = TARE_TYPE_QUANTIZED,
};
