/* mxfp4: OCP microscaling, E2M1 with one E8M0 scale for 32 weights. ggml's order: low nibbles hold the first half of the block. */
#include "types/fp4.h"
#include "types/kernels.h"
#include "types/type.h"

enum { LEN = 32 };

static void decode(float *dst, const void *src, size_t nblocks)
{
	const struct tare_mxfp4 *b = src;

	for (; nblocks--; b++, dst += LEN)
		tare_fp4_decode(dst, b->code, LEN / 2, tare_mxfp4_half(b->e));
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

/* Below 2^-125 it wraps (and the codes come out as zero), of infinity it is 0: as the reference's conversion to a byte does on x86. */
uint8_t tare_mxfp4_exponent(float max)
{
	if (max == 0 || !tare_is_finite(max))
		return 0;
	return (uint8_t)(floor_log2(max) - 2 + 127);
}

static void encode_block(struct tare_mxfp4 *b, const float *x)
{
	float max = tare_abs(tare_extreme(x, LEN));

	b->e = tare_mxfp4_exponent(max);
	if (max == 0)
		memset(b->code, 0, sizeof b->code);
	else
		tare_fp4_encode(b->code, x, LEN / 2, tare_mxfp4_half(b->e), tare_mxfp4_plain(max));
}

static void encode(void *dst, const float *src, size_t rows, size_t cols, const float *weights)
{
	struct tare_mxfp4 *b = dst;

	for (size_t n = rows * cols / LEN; n--; src += LEN)
		encode_block(b++, src);
}

const struct tare_type tare_type_mxfp4 = {
	.name = "mxfp4", .gguf_id = 39, .block_len = LEN, .block_size = sizeof(struct tare_mxfp4),
	.fields = "e8m0 e, u4 codes[32]",
	.flags = TARE_TYPE_QUANTIZED | TARE_TYPE_IGNORES_WEIGHTS,
	.decode = decode, .encode = encode, .kernels = TARE_CODERS(mxfp4),
};
