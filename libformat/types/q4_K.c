/* q4_K: 256 weights of four bits in sub-blocks of 32, each with a 6-bit scale and minimum. */
#include "types/k_block.h"
#include "types/kernels.h"
#include "types/swap.h"
#include "types/type.h"

enum { SUB = 32, COUNT = TARE_K / SUB, MAX_CODE = 15, MAX_SCALE = 63 };

static void decode_block(float *restrict y, const struct tare_q4_K *restrict b)
{
	float d = tare_get_scale(b->d), dmin = tare_get_scale(b->dmin);
	uint8_t code[TARE_K], code_scale[COUNT], code_min[COUNT];

	tare_k_get_nibbles(code, b->low);
	tare_k_get_scales(code_scale, code_min, b->scales);
	for (size_t j = 0; j < COUNT; j++) {
		float scale = d * (float)code_scale[j], min = dmin * (float)code_min[j];

		for (size_t i = j * SUB; i < (j + 1) * SUB; i++)
			y[i] = scale * (float)code[i] - min;
	}
	tare_settle(y, TARE_K, d, dmin);
}

static void decode(float *dst, const void *src, size_t nblocks)
{
	const struct tare_q4_K *b = src;

	for (; nblocks--; dst += TARE_K)
		decode_block(dst, b++);
}

static void search(struct tare_k_mins *k, const float *x)
{
	static const struct tare_trials trials = { -1.f, 0.1f, 20, false };
	float w[SUB];

	for (size_t j = 0; j < COUNT; j++) {
		struct tare_scale_min s;

		tare_k_plain_weights(SUB, w, x + j * SUB);
		s = tare_search_min(SUB, MAX_CODE, &trials, x + j * SUB, w, k->code + j * SUB);
		k->scale[j] = s.scale;
		k->min[j] = s.min;
	}
	k->d = tare_k_spread(COUNT, MAX_SCALE, true, k->scale, k->code_scale);
	k->dmin = tare_k_spread(COUNT, MAX_SCALE, true, k->min, k->code_min);
}

static void search_weighted(struct tare_k_mins *k, const float *x, const float *importance)
{
	static const struct tare_trials trials = { -0.9f, 0.05f, 36, false };
	float w[SUB], variance = tare_k_variance(x, 2);

	for (size_t j = 0; j < COUNT; j++) {
		struct tare_scale_min s;

		k->sum_w[j] = tare_soften(SUB, w, importance + j * SUB, x + j * SUB, variance);
		s = tare_search_min(SUB, MAX_CODE, &trials, x + j * SUB, w, k->code + j * SUB);
		k->scale[j] = s.scale;
		k->min[j] = s.min;
	}
	k->d = tare_search_positive(COUNT, MAX_SCALE, k->scale, k->sum_w, k->code_scale);
	k->dmin = tare_search_positive(COUNT, MAX_SCALE, k->min, k->sum_w, k->code_min);
}

static void finish(struct tare_q4_K *restrict b, const float *restrict x, struct tare_k_mins *k)
{
	float d, dmin;

	tare_put_scale(b->d, k->d);
	tare_put_scale(b->dmin, k->dmin);
	d = tare_get_scale(b->d);
	dmin = tare_get_scale(b->dmin);
	tare_k_put_scales(b->scales, k->code_scale, k->code_min);
	tare_k_get_scales(k->code_scale, k->code_min, b->scales);
	for (size_t j = 0; j < COUNT; j++)
		tare_k_requantize(SUB, 0, MAX_CODE, x + j * SUB, d * (float)k->code_scale[j], dmin * (float)k->code_min[j],
				  k->code + j * SUB);
	tare_k_put_nibbles(b->low, k->code);
}

void tare_q4_K_encode_block(void *block, const float *x, const float *importance)
{
	struct tare_k_mins k;

	if (importance)
		search_weighted(&k, x, importance);
	else
		search(&k, x);
	finish(block, x, &k);
}

static void encode(void *dst, const float *src, size_t rows, size_t cols, const float *weights)
{
	tare_k_encode(dst, sizeof(struct tare_q4_K), src, rows, cols, weights, tare_q4_K_encode_block);
}

static void swap(void *blocks, size_t nblocks)
{
	tare_swap_fields(blocks, nblocks, sizeof(struct tare_q4_K), offsetof(struct tare_q4_K, d), 2, 2);
}

const struct tare_type tare_type_q4_K = {
	.name = "q4_K", .gguf_id = 12, .block_len = TARE_K, .block_size = sizeof(struct tare_q4_K), .flags = TARE_TYPE_QUANTIZED,
	.fields = "f16 d, f16 dmin, u8 scales[12], u4 codes[256]",
	.decode = decode, .encode = encode, .swap = swap, .kernels = TARE_CODERS(q4_K),
};
