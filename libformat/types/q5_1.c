/* q5_1: 32 codes of five bits, code x scale + minimum. */
#include "types/exact.h"
#include "types/kernels.h"
#include "types/pack32.h"
#include "types/range32.h"
#include "types/swap.h"
#include "types/type.h"
#include "types/weighted32.h"

enum { LEN = 32, MAX_CODE = 31 };

static void decode_block(float *restrict y, const struct tare_q5_1 *restrict b)
{
	float d = tare_get_scale(b->d), m = tare_get_scale(b->m);
	uint8_t code[LEN];

	tare_unpack_five(code, b->low, b->high);
	for (size_t j = 0; j < LEN; j++)
		y[j] = (float)code[j] * d + m;
	tare_settle(y, LEN, d, m);
}

static void decode(float *dst, const void *src, size_t nblocks)
{
	const struct tare_q5_1 *b = src;

	for (; nblocks--; dst += LEN)
		decode_block(dst, b++);
}

static void encode_block(struct tare_q5_1 *restrict b, const float *restrict x)
{
	uint8_t code[LEN];
	struct tare_range r = tare_range32(code, x, MAX_CODE);

	tare_put_scale(b->d, r.scale);
	tare_put_scale(b->m, r.min);
	tare_pack_high(b->high, code);
	tare_pack_low(b->low, code);
}

void tare_q5_1_encode_weighted(void *block, const float *x, const float *w)
{
	static const struct tare_trials trials = { -0.9f, 0.05f, 36, false };
	struct tare_q5_1 *b = block;
	uint8_t code[LEN];
	struct tare_scale_min s = tare_search_min(LEN, MAX_CODE, &trials, x, w, code);

	tare_put_scale(b->d, s.scale);
	tare_put_scale(b->m, -s.min);
	tare_pack_high(b->high, code);
	tare_pack_low(b->low, code);
}

static void encode(void *dst, const float *src, size_t rows, size_t cols, const float *weights)
{
	struct tare_q5_1 *b = dst;

	if (weights) {
		tare_encode_weighted32(dst, sizeof *b, src, rows, cols, weights, tare_q5_1_encode_weighted);
		return;
	}
	for (size_t n = rows * cols / LEN; n--; src += LEN)
		encode_block(b++, src);
}

static void swap(void *blocks, size_t nblocks)
{
	tare_swap_fields(blocks, nblocks, sizeof(struct tare_q5_1), 0, 2, 2);
	tare_swap_fields(blocks, nblocks, sizeof(struct tare_q5_1), offsetof(struct tare_q5_1, high), 1, 4);
}

const struct tare_type tare_type_q5_1 = {
	.name = "q5_1", .gguf_id = 7, .block_len = LEN, .block_size = sizeof(struct tare_q5_1), .flags = TARE_TYPE_QUANTIZED,
	.fields = "f16 d, f16 m, u1 high[32], u4 low[32]",
	.decode = decode, .encode = encode, .swap = swap, .kernels = TARE_CODERS(q5_1),
};
