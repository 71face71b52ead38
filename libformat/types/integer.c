/* Integers and truth values: stored as they are, decoded to the nearest f32, never written from f32. */
#include "types/integer.h"
#include "types/kernels.h"
#include "types/swap.h"
#include "types/type.h"

#define DECODE(name, expression)                                                                       \
	static void decode_##name(float *restrict dst, const void *restrict src, size_t nblocks)       \
	{                                                                                              \
		const uint8_t *p = src;                                                                \
                                                                                                       \
		for (size_t i = 0; i < nblocks; i++)                                                   \
			dst[i] = (float)(expression);                                                  \
	}

#define SWAP(width)                                                          \
	static void swap##width(void *blocks, size_t nblocks)                \
	{                                                                    \
		tare_swap_fields(blocks, nblocks, width, 0, 1, width);       \
	}

#define ROW(type, id, width, swapper)                                                                        \
	const struct tare_type tare_type_##type = {                                                          \
		.name = #type, .gguf_id = id, .block_len = 1, .block_size = width, .flags = TARE_TYPE_INTEGER, \
		.decode = decode_##type, .swap = swapper, .kernels = TARE_DECODERS(type),                    \
	};

SWAP(2)
SWAP(4)
SWAP(8)

TARE_INTEGERS(DECODE)

ROW(i8, 24, 1, NULL)
ROW(i16, 25, 2, swap2)
ROW(i32, 26, 4, swap4)
ROW(i64, 27, 8, swap8)
ROW(u8, -1, 1, NULL)
ROW(u16, -1, 2, swap2)
ROW(u32, -1, 4, swap4)
ROW(u64, -1, 8, swap8)

const struct tare_type tare_type_bool = {
	.name = "bool", .gguf_id = -1, .block_len = 1, .block_size = 1, .flags = TARE_TYPE_INTEGER,
	.decode = decode_truth, .kernels = TARE_DECODERS(truth),
};
