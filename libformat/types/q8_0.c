/* q8_0: 32 signed bytes and a scale. */
#include "types/exact.h"
#include "types/kernels.h"
#include "types/pack32.h"
#include "types/swap.h"
#include "types/type.h"

enum { LEN = 32 };

static void decode(float *restrict dst, const void *restrict src, size_t nblocks)
{
	const struct tare_q8_0 *b = src;

	for (; nblocks--; b++, dst += LEN) {
		float d = tare_get_scale(b->d);

		for (size_t j = 0; j < LEN; j++)
			dst[j] = (float)b->code[j] * d;
		tare_settle(dst, LEN, d, 0);
	}
}

/* The largest magnitude; a NaN is forgotten at the next value, as the reference does. */
static float largest(const float *x)
{
	float max = 0;

	for (size_t j = 0; j < LEN; j++) {
		float a = tare_abs(x[j]);

		max = max > a ? max : a;
	}
	return max;
}

static void encode_block(struct tare_q8_0 *restrict b, const float *restrict x)
{
	float d = largest(x) / 127;
	float inverse = d != 0 ? 1 / d : 0;

	tare_put16(b->d, tare_f16_of_f32(d), false); /* NaN, if any, is that of the last weight, made positive */
	for (size_t j = 0; j < LEN; j++)
		b->code[j] = (int8_t)tare_round_away(x[j] * inverse);
}

static void encode(void *dst, const float *src, size_t rows, size_t cols, const float *weights)
{
	struct tare_q8_0 *b = dst;

	for (size_t n = rows * cols / LEN; n--; src += LEN)
		encode_block(b++, src);
}

static void swap(void *blocks, size_t nblocks)
{
	tare_swap_fields(blocks, nblocks, sizeof(struct tare_q8_0), 0, 1, 2);
}

const struct tare_type tare_type_q8_0 = {
	.name = "q8_0", .gguf_id = 8, .block_len = LEN, .block_size = sizeof(struct tare_q8_0),
	.fields = "f16 d, i8 codes[32]",
	.flags = TARE_TYPE_QUANTIZED | TARE_TYPE_IGNORES_WEIGHTS,
	.decode = decode, .encode = encode, .swap = swap, .kernels = TARE_CODERS(q8_0),
};
