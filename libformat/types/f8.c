/* The 8-bit floats of safetensors. */
#include "types/type.h"

const struct tare_type tare_type_f8_e4m3 = {
	.name = "f8_e4m3", .gguf_id = -1, .block_len = 1, .block_size = 1,
};

const struct tare_type tare_type_f8_e4m3fnuz = {
	.name = "f8_e4m3fnuz", .gguf_id = -1, .block_len = 1, .block_size = 1,
};

const struct tare_type tare_type_f8_e5m2 = {
	.name = "f8_e5m2", .gguf_id = -1, .block_len = 1, .block_size = 1,
};

const struct tare_type tare_type_f8_e5m2fnuz = {
	.name = "f8_e5m2fnuz", .gguf_id = -1, .block_len = 1, .block_size = 1,
};

const struct tare_type tare_type_f8_e8m0 = {
	.name = "f8_e8m0", .gguf_id = -1, .block_len = 1, .block_size = 1,
};
