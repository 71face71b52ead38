/* q2_K: 256 weights of two bits in sub-blocks of 16, each with a 4-bit scale and minimum. */
#include "types/k_block.h"
#include "types/kernels.h"
#include "types/swap.h"
#include "types/type.h"

enum { SUB = 16, COUNT = TARE_K / SUB, MAX_CODE = 3, MAX_SCALE = 15 };

static void decode_block(float *restrict y, const struct tare_q2_K *restrict b)
{
	float d = tare_get_scale(b->d), dmin = tare_get_scale(b->dmin);
	uint8_t code[TARE_K];

	tare_k_get_pairs(code, b->low);
	for (size_t j = 0; j < COUNT; j++) {
		float scale = d * (float)(b->scales[j] & 15), min = dmin * (float)(b->scales[j] >> 4);

		for (size_t i = j * SUB; i < (j + 1) * SUB; i++)
			y[i] = scale * (float)code[i] - min;
	}
	tare_settle(y, TARE_K, d, dmin);
}

static void decode(float *dst, const void *src, size_t nblocks)
{
	const struct tare_q2_K *b = src;

	for (; nblocks--; dst += TARE_K)
		decode_block(dst, b++);
}

static void search(struct tare_k_mins *k, const float *x)
{
	static const struct tare_trials trials = { -0.5f, 0.1f, 15, true };
	float w[SUB];

	for (size_t j = 0; j < COUNT; j++) {
		const float *xs = x + j * SUB;
		struct tare_scale_min s;

		for (size_t i = 0; i < SUB; i++)
			w[i] = tare_abs(xs[i]);
		s = tare_search_min(SUB, MAX_CODE, &trials, xs, w, k->code + j * SUB);
		k->scale[j] = s.scale;
		k->min[j] = s.min;
	}
	k->d = tare_k_spread(COUNT, MAX_SCALE, false, k->scale, k->code_scale);
	k->dmin = tare_k_spread(COUNT, MAX_SCALE, false, k->min, k->code_min);
}

static void search_weighted(struct tare_k_mins *k, const float *x, const float *importance)
{
	static const struct tare_trials trials = { -0.9f, 0.05f, 36, false };
	float w[SUB], variance = tare_k_variance(x, 1);

	for (size_t j = 0; j < COUNT; j++) {
		const float *xs = x + j * SUB;
		struct tare_scale_min s;

		k->sum_w[j] = tare_soften(SUB, w, importance + j * SUB, xs, variance);
		s = tare_search_min(SUB, MAX_CODE, &trials, xs, w, k->code + j * SUB);
		k->scale[j] = s.scale;
		k->min[j] = s.min;
	}
	k->d = tare_search_positive(COUNT, MAX_SCALE, k->scale, k->sum_w, k->code_scale);
	k->dmin = tare_search_positive(COUNT, MAX_SCALE, k->min, k->sum_w, k->code_min);
}

static void finish(struct tare_q2_K *restrict b, const float *restrict x, struct tare_k_mins *k)
{
	float d, dmin;

	tare_put_scale(b->d, k->d);
	tare_put_scale(b->dmin, k->dmin);
	d = tare_get_scale(b->d);
	dmin = tare_get_scale(b->dmin);
	for (size_t j = 0; j < COUNT; j++) {
		b->scales[j] = (uint8_t)(k->code_scale[j] | k->code_min[j] << 4);
		tare_k_requantize(SUB, 0, MAX_CODE, x + j * SUB, d * (float)(b->scales[j] & 15), dmin * (float)(b->scales[j] >> 4),
				  k->code + j * SUB);
	}
	tare_k_put_pairs(b->low, k->code);
}

void tare_q2_K_encode_block(void *block, const float *x, const float *importance)
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
	tare_k_encode(dst, sizeof(struct tare_q2_K), src, rows, cols, weights, tare_q2_K_encode_block);
}

static void swap(void *blocks, size_t nblocks)
{
	tare_swap_fields(blocks, nblocks, sizeof(struct tare_q2_K), offsetof(struct tare_q2_K, d), 2, 2);
}

const struct tare_type tare_type_q2_K = {
	.name = "q2_K", .gguf_id = 10, .block_len = TARE_K, .block_size = sizeof(struct tare_q2_K), .flags = TARE_TYPE_QUANTIZED,
	.fields = "u8 scales[16], u2 codes[256], f16 d, f16 dmin",
	.decode = decode, .encode = encode, .swap = swap, .kernels = TARE_CODERS(q2_K),
};
