/* Integers of 4 and 2 bits, two or four a byte, the first in the lowest bits: a tensor's elements one after another, the last byte filled
 * up with zero bits. ONNX: onnx.proto3, TensorProto.int32_data and raw_data. */
#include "types/type.h"

static inline float element(const uint8_t *src, size_t i, unsigned bits, unsigned sign)
{
	unsigned per = 8 / bits, code = src[i / per] >> i % per * bits & ((1u << bits) - 1);

	return (float)((int)(code ^ sign) - (int)sign);
}

#define NARROW(type, bits, sign)                                                                                          \
	static void decode_##type(float *restrict dst, const void *restrict src, size_t nblocks)                          \
	{                                                                                                                 \
		for (size_t i = 0; i < nblocks * (8 / bits); i++)                                                         \
			dst[i] = element(src, i, bits, sign);                                                             \
	}                                                                                                                 \
	const struct tare_type tare_type_##type = {                                                                       \
		.name = #type, .gguf_id = -1, .block_len = 8 / bits, .block_size = 1,                                     \
		.flags = TARE_TYPE_INTEGER | TARE_TYPE_BITSTREAM | TARE_TYPE_PADDED, .decode = decode_##type,             \
	};

NARROW(i2, 2, 2u)
NARROW(i4, 4, 8u)
NARROW(u2, 2, 0u)
NARROW(u4, 4, 0u)
