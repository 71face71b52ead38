/* mxfp4: OCP microscaling: E2M1 with one E8M0 scale for 32 weights. */
#include "types/type.h"

const struct tare_type tare_type_mxfp4 = {
	.name = "mxfp4", .gguf_id = 39, .block_len = 32, .block_size = 17, .flags = TARE_TYPE_QUANTIZED,
};
