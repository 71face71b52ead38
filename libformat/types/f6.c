/* f6 (E2M3 and E3M2 of OCP MX), four in three bytes: a stream of bits, lowest first. No NaN, no infinity. */
#include "types/small_float.h"
#include "types/type.h"

static float e2m3(uint32_t code)
{
	return tare_small_float(code, 2, 3, 1);
}

static float e3m2(uint32_t code)
{
	return tare_small_float(code, 3, 2, 3);
}

static inline void decode_by(float *dst, const uint8_t *src, size_t nblocks, float (*value)(uint32_t))
{
	for (; nblocks--; src += 3, dst += 4) {
		uint32_t bits = src[0] | (uint32_t)src[1] << 8 | (uint32_t)src[2] << 16;

		for (unsigned k = 0; k < 4; k++)
			dst[k] = value(bits >> 6 * k & 63);
	}
}

#define F6(x) \
	static void decode_##x(float *dst, const void *src, size_t nblocks) \
	{ \
		decode_by(dst, src, nblocks, x); \
	} \
	const struct tare_type tare_type_f6_##x = { \
		.name = "f6_" #x, .gguf_id = -1, .block_len = 4, .block_size = 3, .flags = TARE_TYPE_BITSTREAM, .decode = decode_##x, \
	};

F6(e2m3)
F6(e3m2)
