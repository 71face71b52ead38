/* q5_0: 32 codes of five bits, (code - 16) x scale. */
#include "types/exact.h"
#include "types/kernels.h"
#include "types/pack32.h"
#include "types/swap.h"
#include "types/type.h"
#include "types/weighted32.h"

enum { LEN = 32, HALF = 16 };

static void decode_block(float *restrict y, const struct tare_q5_0 *restrict b)
{
	float d = tare_get_scale(b->d);
	uint8_t code[LEN];

	tare_unpack_five(code, b->low, b->high);
	for (size_t j = 0; j < LEN; j++)
		y[j] = (float)(code[j] - HALF) * d;
	tare_settle(y, LEN, d, 0);
}

static void decode(float *dst, const void *src, size_t nblocks)
{
	const struct tare_q5_0 *b = src;

	for (; nblocks--; dst += LEN)
		decode_block(dst, b++);
}

/* The extreme weight becomes code 0, whatever its sign. */
static void encode_block(struct tare_q5_0 *restrict b, const float *restrict x)
{
	float d = tare_extreme(x, LEN) / -HALF;
	float inverse = d != 0 ? 1 / d : 0;
	uint8_t code[LEN];

	tare_put_scale(b->d, d);
	for (size_t j = 0; j < LEN; j++) {
		int8_t c = (int8_t)tare_truncate(x[j] * inverse + (HALF + 0.5f));

		code[j] = (uint8_t)(c < 31 ? c : 31);
	}
	tare_pack_high(b->high, code);
	tare_pack_low(b->low, code);
}

void tare_q5_0_encode_weighted(void *block, const float *x, const float *w)
{
	struct tare_q5_0 *b = block;
	uint8_t code[LEN];

	tare_put_scale(b->d, tare_search_symmetric(LEN, HALF, x, w, code));
	tare_pack_high(b->high, code);
	tare_pack_low(b->low, code);
}

static void encode(void *dst, const float *src, size_t rows, size_t cols, const float *weights)
{
	struct tare_q5_0 *b = dst;

	if (weights) {
		tare_encode_weighted32(dst, sizeof *b, src, rows, cols, weights, tare_q5_0_encode_weighted);
		return;
	}
	for (size_t n = rows * cols / LEN; n--; src += LEN)
		encode_block(b++, src);
}

static void swap(void *blocks, size_t nblocks)
{
	tare_swap_fields(blocks, nblocks, sizeof(struct tare_q5_0), 0, 1, 2);
	tare_swap_fields(blocks, nblocks, sizeof(struct tare_q5_0), offsetof(struct tare_q5_0, high), 1, 4);
}

const struct tare_type tare_type_q5_0 = {
	.name = "q5_0", .gguf_id = 6, .block_len = LEN, .block_size = sizeof(struct tare_q5_0), .flags = TARE_TYPE_QUANTIZED,
	.fields = "f16 d, u1 high[32], u4 low[32]",
	.decode = decode, .encode = encode, .swap = swap, .kernels = TARE_CODERS(q5_0),
};
