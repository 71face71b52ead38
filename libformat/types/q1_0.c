/* q1_0: one sign bit a weight. */
#include "types/type.h"

const struct tare_type tare_type_q1_0 = {
	.name = "q1_0", .gguf_id = 41, .block_len = 128, .block_size = 18, .flags = TARE_TYPE_QUANTIZED,
};
