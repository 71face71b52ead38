/* Encoding one K super-block in steps: search, second level, requantize, pack. The vector versions replace the first three. */
#ifndef TARE_TYPES_K_BLOCK_H
#define TARE_TYPES_K_BLOCK_H

#include "types/k_pack.h"
#include "types/k_search.h"

/* Codes anew for the scale as stored: the nearest code to (x + min) / scale. A zero scale leaves the search's codes as they are. */
TARE_SEARCH void tare_k_requantize(size_t n, int low, int high, const float *x, float scale, float min, uint8_t *code)
{
	if (scale == 0)
		return;
	for (size_t i = 0; i < n; i++)
		code[i] = (uint8_t)(tare_clamp(tare_nearest((x[i] + min) / scale), low, high) - low);
}

/* Mean square over the whole super-block, times factor: what importances are softened by. */
TARE_SEARCH float tare_k_variance(const float *x, float factor)
{
	float sum = 0;

	for (size_t i = 0; i < TARE_K; i++)
		sum += x[i] * x[i];
	return factor * sum / TARE_K;
}

/* What n weights weigh without importances: their root mean square plus their own magnitude. */
TARE_SEARCH void tare_k_plain_weights(size_t n, float *w, const float *x)
{
	float sum = 0, root;

	for (size_t i = 0; i < n; i++)
		sum += x[i] * x[i];
	root = sqrtf(sum / (float)n);
	for (size_t i = 0; i < n; i++)
		w[i] = root + tare_abs(x[i]);
}

/* Runs one encoder over all super-blocks of rows; importances repeat from row to row. */
typedef void tare_k_encode_fn(void *block, const float *x, const float *importance);
void tare_k_encode(void *dst, size_t block_size, const float *src, size_t rows, size_t cols, const float *weights,
		   tare_k_encode_fn *encode_block);

/* The scalar encoders of one super-block: x without stray NaNs, importances of its 256 columns or NULL. */
tare_k_encode_fn tare_q2_K_encode_block, tare_q3_K_encode_block, tare_q4_K_encode_block, tare_q5_K_encode_block, tare_q6_K_encode_block;

/* One super-block of sub-blocks with scale and minimum, before packing (q2_K has sixteen sub-blocks, q4_K and q5_K eight). */
struct tare_k_mins {
	float d, dmin;                 /* before rounding to f16 */
	float scale[16], min[16];      /* of the sub-blocks, as found */
	float sum_w[16];               /* of their weights, with importances */
	uint8_t code_scale[16], code_min[16];
	uint8_t code[TARE_K];
};

/* Second level without importances: the largest scale takes the highest code. q2_K's codes are not clamped, as in the reference. */
TARE_SEARCH float tare_k_spread(size_t n, int max_code, bool clamp, const float *value, uint8_t *code)
{
	float max = 0, inverse;

	for (size_t j = 0; j < n; j++)
		max = value[j] > max ? value[j] : max;
	inverse = max > 0 ? (float)max_code / max : 0;
	for (size_t j = 0; j < n; j++) {
		uint8_t c = (uint8_t)tare_nearest(inverse * value[j]);

		code[j] = clamp && c > max_code ? (uint8_t)max_code : c;
	}
	return max / (float)max_code;
}

#endif
