/* mxfp4: OCP microscaling, E2M1 with one E8M0 scale for 32 weights. ggml's order: low nibbles hold the first half of the block. */
#include "types/fp4.h"
#include "types/type.h"

enum { LEN = 32 };

struct block {
	uint8_t e;
	uint8_t code[LEN / 2];
};
_Static_assert(sizeof(struct block) == 17, "mxfp4");

/* Half of 2^(e - 127). ggml knows no NaN here: 255 is 2^128, halved. */
static float half_scale(uint8_t e)
{
	return tare_f32_of_bits(e < 2 ? 0x00200000u << e : (uint32_t)(e - 1) << 23);
}

static void decode(float *dst, const void *src, size_t nblocks)
{
	const struct block *b = src;

	for (; nblocks--; b++, dst += LEN)
		tare_fp4_decode(dst, b->code, LEN / 2, half_scale(b->e));
}

/* The largest integer not above log2(x) rounded to a float, x > 0 and finite: the exponent, but one more just below a power of two
 * 2^n where the logarithm rounds to n. How many floats below it do so depends on the floats' spacing around n. */
static int floor_log2(float x)
{
	uint32_t bits = tare_bits_of_f32(x);
	unsigned shift = bits < 0x00800000 ? (unsigned)__builtin_clz(bits) - 8 : 0;
	int exponent = shift ? -126 - (int)shift : (int)(bits >> 23) - 127;
	uint32_t below = 0x800000 - (bits << shift & 0x7fffff); /* in units of the last place below 2^(exponent + 1) */
	unsigned next = (unsigned)(exponent < 0 ? -(exponent + 1) : exponent);

	return exponent + (next && below <= 88u >> (__builtin_clz(next) - 24));
}

/* Largest magnitude to scale. Below 2^-125 the exponent wraps (and the codes come out as zero), of infinity it is 0: as the
 * reference's conversion to a byte does on x86. */
static uint8_t exponent_for(float max)
{
	if (max == 0 || !tare_is_finite(max))
		return 0;
	return (uint8_t)(floor_log2(max) - 2 + 127);
}

static void encode_block(struct block *b, const float *x)
{
	float max = tare_abs(tare_extreme(x, LEN));

	b->e = exponent_for(max);
	if (max == 0)
		memset(b->code, 0, sizeof b->code);
	else
		tare_fp4_encode(b->code, x, LEN / 2, half_scale(b->e), max > 0x1p-120f && max < 0x1p120f);
}

static void encode(void *dst, const float *src, size_t rows, size_t cols, const float *weights)
{
	struct block *b = dst;

	for (size_t n = rows * cols / LEN; n--; src += LEN)
		encode_block(b++, src);
}

const struct tare_type tare_type_mxfp4 = {
	.name = "mxfp4", .gguf_id = 39, .block_len = LEN, .block_size = sizeof(struct block),
	.flags = TARE_TYPE_QUANTIZED | TARE_TYPE_IGNORES_WEIGHTS,
	.decode = decode, .encode = encode,
};
