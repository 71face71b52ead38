/* The 8-bit floats of safetensors (OCP OFP8, the "fnuz" variants of Graphcore and AMD, and the exponent-only E8M0 of OCP MX).
 *
 * NaN becomes the quiet NaN with the sign of the code (fnuz and E8M0: positive); f8_e5m2, which is the upper half of an f16, keeps
 * its payload. */
#include "types/small_float.h"
#include "types/type.h"

#define QUIET_NAN 0x7fc00000u

/* No infinity; all ones is NaN. */
static float e4m3(uint8_t c)
{
	return (c & 0x7f) == 0x7f ? tare_f32_of_bits((uint32_t)(c & 0x80) << 24 | QUIET_NAN) : tare_small_float(c, 4, 3, 7);
}

/* "Finite, NaN unsigned zero": the code of negative zero is the only NaN. */
static float e4m3fnuz(uint8_t c)
{
	return c == 0x80 ? tare_f32_of_bits(QUIET_NAN) : tare_small_float(c, 4, 3, 8);
}

static float e5m2(uint8_t c)
{
	return tare_f32_of_f16((uint16_t)(c << 8));
}

static float e5m2fnuz(uint8_t c)
{
	return c == 0x80 ? tare_f32_of_bits(QUIET_NAN) : tare_small_float(c, 5, 2, 16);
}

/* 2^(c - 127); the smallest is subnormal in f32. */
static float e8m0(uint8_t c)
{
	return tare_f32_of_bits(c == 0xff ? QUIET_NAN : c ? (uint32_t)c << 23 : 0x00400000);
}

static inline void decode_by(float *dst, const uint8_t *src, size_t n, float (*value)(uint8_t))
{
	for (size_t i = 0; i < n; i++)
		dst[i] = value(src[i]);
}

#define F8(x) \
	static void decode_##x(float *dst, const void *src, size_t nblocks) \
	{ \
		decode_by(dst, src, nblocks, x); \
	} \
	const struct tare_type tare_type_f8_##x = { \
		.name = "f8_" #x, .gguf_id = -1, .block_len = 1, .block_size = 1, .decode = decode_##x, \
	};

F8(e4m3)
F8(e4m3fnuz)
F8(e5m2)
F8(e5m2fnuz)
F8(e8m0)
