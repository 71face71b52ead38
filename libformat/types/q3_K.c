/* q3_K: 256 weights of three bits around zero in sub-blocks of 16, each with a 6-bit scale around zero. */
#include "types/k_block.h"
#include "types/kernels.h"
#include "types/swap.h"
#include "types/type.h"

enum { SUB = 16, COUNT = TARE_K / SUB, HALF = 4, HALF_SCALE = 32 };

static void decode_block(float *restrict y, const struct tare_q3_K *restrict b)
{
	float d = tare_get_scale(b->d);
	uint8_t code[TARE_K], scale[COUNT];

	tare_k_get_pairs(code, b->low);
	tare_k_get_bits(code, b->high, 1u << 2);
	tare_k_get_scales16(scale, b->scales);
	for (size_t j = 0; j < COUNT; j++) {
		float s = d * (float)(scale[j] - HALF_SCALE);

		for (size_t i = j * SUB; i < (j + 1) * SUB; i++)
			y[i] = s * (float)(code[i] - HALF);
	}
	tare_settle(y, TARE_K, d, 0);
}

static void decode(float *dst, const void *src, size_t nblocks)
{
	const struct tare_q3_K *b = src;

	for (; nblocks--; dst += TARE_K)
		decode_block(dst, b++);
}

/* The scale of largest magnitude takes the lowest code. */
static float search(uint8_t *code, uint8_t *code_scale, const float *x)
{
	float scale[COUNT], extreme, inverse;

	for (size_t j = 0; j < COUNT; j++)
		scale[j] = tare_search_refined(SUB, HALF, x + j * SUB, code + j * SUB);
	extreme = tare_extreme(scale, COUNT);
	memset(code_scale, 0, COUNT);
	if (extreme == 0)
		return 0;
	inverse = -(float)HALF_SCALE / extreme;
	for (size_t j = 0; j < COUNT; j++)
		code_scale[j] = (uint8_t)(tare_clamp((int8_t)tare_nearest(inverse * scale[j]), -HALF_SCALE, HALF_SCALE - 1) + HALF_SCALE);
	return 1 / inverse;
}

static float search_weighted(uint8_t *code, uint8_t *code_scale, const float *x, const float *importance)
{
	float scale[COUNT], sum_w[COUNT], w[SUB], variance = tare_k_variance(x, 2);

	for (size_t j = 0; j < COUNT; j++) {
		sum_w[j] = tare_soften(SUB, w, importance + j * SUB, x + j * SUB, variance);
		scale[j] = tare_search_symmetric(SUB, HALF, x + j * SUB, w, code + j * SUB);
	}
	return tare_search_symmetric(COUNT, HALF_SCALE, scale, sum_w, code_scale);
}

void tare_q3_K_encode_block(void *block, const float *x, const float *importance)
{
	struct tare_q3_K *b = block;
	uint8_t code[TARE_K], code_scale[COUNT];
	float d = importance ? search_weighted(code, code_scale, x, importance) : search(code, code_scale, x);

	tare_put_scale(b->d, d);
	d = tare_get_scale(b->d);
	for (size_t j = 0; j < COUNT; j++)
		tare_k_requantize(SUB, -HALF, HALF - 1, x + j * SUB, d * (float)(code_scale[j] - HALF_SCALE), 0, code + j * SUB);
	tare_k_put_scales16(b->scales, code_scale);
	tare_k_put_bits(b->high, code, 1u << 2);
	tare_k_put_pairs(b->low, code);
}

static void encode(void *dst, const float *src, size_t rows, size_t cols, const float *weights)
{
	tare_k_encode(dst, sizeof(struct tare_q3_K), src, rows, cols, weights, tare_q3_K_encode_block);
}

static void swap(void *blocks, size_t nblocks)
{
	tare_swap_fields(blocks, nblocks, sizeof(struct tare_q3_K), offsetof(struct tare_q3_K, d), 1, 2);
}

const struct tare_type tare_type_q3_K = {
	.name = "q3_K", .gguf_id = 11, .block_len = TARE_K, .block_size = sizeof(struct tare_q3_K), .flags = TARE_TYPE_QUANTIZED,
	.fields = "u1 high[256], u2 low[256], u8 scales[12], f16 d",
	.decode = decode, .encode = encode, .swap = swap, .kernels = TARE_CODERS(q3_K),
};
