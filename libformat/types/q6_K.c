/* q6_K: 256 weights of six bits around zero in sub-blocks of 16, each with an 8-bit scale. */
#include "types/k_block.h"
#include "types/kernels.h"
#include "types/swap.h"
#include "types/type.h"

enum { SUB = 16, COUNT = TARE_K / SUB, HALF = 32 };

static void decode_block(float *restrict y, const struct tare_q6_K *restrict b)
{
	float d = tare_get_scale(b->d);
	uint8_t code[TARE_K];

	tare_k_get_sixes(code, b);
	for (size_t j = 0; j < COUNT; j++) {
		float s = d * (float)b->scales[j];

		for (size_t i = j * SUB; i < (j + 1) * SUB; i++)
			y[i] = s * (float)(code[i] - HALF);
	}
	tare_settle(y, TARE_K, d, 0);
}

static void decode(float *dst, const void *src, size_t nblocks)
{
	const struct tare_q6_K *b = src;

	for (; nblocks--; dst += TARE_K)
		decode_block(dst, b++);
}

/* Importances weigh the error as they are, not softened by the variance as in the other K types. */
void tare_q6_K_encode_block(void *block, const float *x, const float *importance)
{
	struct tare_q6_K *b = block;
	float scale[COUNT], extreme, inverse, d;
	uint8_t code[TARE_K];

	for (size_t j = 0; j < COUNT; j++)
		scale[j] = importance ? tare_search_symmetric(SUB, HALF, x + j * SUB, importance + j * SUB, code + j * SUB) :
					tare_search_symmetric(SUB, HALF, x + j * SUB, NULL, code + j * SUB);
	extreme = tare_extreme(scale, COUNT);
	if (tare_abs(extreme) < TARE_TINY) {
		memset(b, 0, sizeof *b);
		return;
	}
	inverse = -128 / extreme;
	tare_put_scale(b->d, 1 / inverse);
	d = tare_get_scale(b->d);
	for (size_t j = 0; j < COUNT; j++) {
		int s = tare_nearest(inverse * scale[j]);

		b->scales[j] = (int8_t)(s < 127 ? s : 127);
		tare_k_requantize(SUB, -HALF, HALF - 1, x + j * SUB, d * (float)b->scales[j], 0, code + j * SUB);
	}
	tare_k_put_sixes(b, code);
}

static void encode(void *dst, const float *src, size_t rows, size_t cols, const float *weights)
{
	tare_k_encode(dst, sizeof(struct tare_q6_K), src, rows, cols, weights, tare_q6_K_encode_block);
}

static void swap(void *blocks, size_t nblocks)
{
	tare_swap_fields(blocks, nblocks, sizeof(struct tare_q6_K), offsetof(struct tare_q6_K, d), 1, 2);
}

const struct tare_type tare_type_q6_K = {
	.name = "q6_K", .gguf_id = 14, .block_len = TARE_K, .block_size = sizeof(struct tare_q6_K), .flags = TARE_TYPE_QUANTIZED,
	.fields = "u4 low[256], u2 high[256], i8 scales[16], f16 d",
	.decode = decode, .encode = encode, .swap = swap, .kernels = TARE_CODERS(q6_K),
};
