/* f6 (E2M3, E3M2), four in three bytes: a stream of bits, lowest first. */
#include "types/type.h"

const struct tare_type tare_type_f6_e2m3 = {
	.name = "f6_e2m3", .gguf_id = -1, .block_len = 4, .block_size = 3, .flags = TARE_TYPE_BITSTREAM,
};

const struct tare_type tare_type_f6_e3m2 = {
	.name = "f6_e3m2", .gguf_id = -1, .block_len = 4, .block_size = 3, .flags = TARE_TYPE_BITSTREAM,
};
