/* iq4_nl: 4.5 bits a weight, 16 levels unevenly spaced. */
#include "types/type.h"

const struct tare_type tare_type_iq4_nl = {
	.name = "iq4_nl", .gguf_id = 20, .block_len = 32, .block_size = 18, .flags = TARE_TYPE_QUANTIZED,
};
