/* q1_0: 128 signs times one scale. */
#include "types/kernels.h"
#include "types/low_bits.h"
#include "types/swap.h"
#include "types/type.h"

enum { LEN = 128 };

static void decode_block(float *restrict y, const struct tare_q1_0 *restrict b)
{
	float d = tare_get_scale(b->d);
	float value[2] = { -d, d };

	for (size_t j = 0; j < LEN; j++)
		y[j] = value[b->positive[j / 8] >> j % 8 & 1];
}

static void decode(float *dst, const void *src, size_t nblocks)
{
	const struct tare_q1_0 *b = src;

	for (; nblocks--; dst += LEN)
		decode_block(dst, b++);
}

/* The scale is the mean magnitude; zero counts as positive. */
static void encode_block(struct tare_q1_0 *restrict b, const float *restrict x)
{
	float sum = 0;

	memset(b->positive, 0, sizeof b->positive);
	for (size_t j = 0; j < LEN; j++) {
		sum += tare_abs(x[j]);
		b->positive[j / 8] |= (uint8_t)((x[j] >= 0) << j % 8);
	}
	tare_put_scale(b->d, sum / LEN);
}

static void encode(void *dst, const float *src, size_t rows, size_t cols, const float *weights)
{
	struct tare_q1_0 *b = dst;

	for (size_t n = rows * cols / LEN; n--; src += LEN)
		encode_block(b++, src);
}

static void swap(void *blocks, size_t nblocks)
{
	tare_swap_fields(blocks, nblocks, sizeof(struct tare_q1_0), 0, 1, 2);
}

const struct tare_type tare_type_q1_0 = {
	.name = "q1_0", .gguf_id = 41, .block_len = LEN, .block_size = sizeof(struct tare_q1_0),
	.fields = "f16 d, u1 positive[128]",
	.flags = TARE_TYPE_QUANTIZED | TARE_TYPE_IGNORES_WEIGHTS,
	.decode = decode, .encode = encode, .swap = swap, .kernels = TARE_CODERS(q1_0),
};
