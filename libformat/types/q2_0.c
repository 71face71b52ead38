/* q2_0: two bits a weight, -1 0 1 2 times the scale. */
#include "types/type.h"

const struct tare_type tare_type_q2_0 = {
	.name = "q2_0", .gguf_id = 42, .block_len = 64, .block_size = 18, .flags = TARE_TYPE_QUANTIZED,
};
