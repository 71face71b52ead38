/* tq1_0: ternary, five weights a byte (four in the last four bytes).
 *
 * A byte holds its five digits as a fraction of 256: round up(256 x / 243). The first digit is the whole part of 3 x byte / 256, and
 * byte x 3^n modulo 256 brings digit n to the front. Byte m of a run of 32 (then 16, then 4) holds weights m, m + 32, m + 64 ... */
#include "types/kernels.h"
#include "types/low_bits.h"
#include "types/swap.h"
#include "types/type.h"

enum { LEN = 256 };

static const uint8_t power_of_3[5] = { 1, 3, 9, 27, 81 };

/* n digits of each of run bytes to n x run weights. */
static float *decode_run(float *restrict y, const uint8_t *restrict byte, size_t run, size_t n, float d)
{
	for (size_t k = 0; k < n; k++)
		for (size_t m = 0; m < run; m++) {
			uint8_t front = (uint8_t)(byte[m] * power_of_3[k]);

			*y++ = (float)((front * 3 >> 8) - 1) * d;
		}
	return y;
}

static void decode_block(float *y, const struct tare_tq1_0 *b)
{
	float d = tare_get_scale(b->d), *at = y;

	at = decode_run(at, b->five, 32, 5, d);
	at = decode_run(at, b->five + 32, 16, 5, d);
	decode_run(at, b->four, 4, 4, d);
	tare_settle(y, LEN, d, 0);
}

static void decode(float *dst, const void *src, size_t nblocks)
{
	const struct tare_tq1_0 *b = src;

	for (; nblocks--; dst += LEN)
		decode_block(dst, b++);
}

static void encode_block(struct tare_tq1_0 *b, const float *x)
{
	float d = tare_ternary_scale(x, LEN);
	float inverse = d != 0 ? 1 / d : 0;
	uint8_t code[LEN];

	for (size_t i = 0; i < LEN; i++)
		code[i] = tare_ternary_code(x[i], inverse);
	tare_tq1_0_store(b, d, code);
}

static void encode(void *dst, const float *src, size_t rows, size_t cols, const float *weights)
{
	struct tare_tq1_0 *b = dst;

	for (size_t n = rows * cols / LEN; n--; src += LEN)
		encode_block(b++, src);
}

static void swap(void *blocks, size_t nblocks)
{
	tare_swap_fields(blocks, nblocks, sizeof(struct tare_tq1_0), offsetof(struct tare_tq1_0, d), 1, 2);
}

const struct tare_type tare_type_tq1_0 = {
	.name = "tq1_0", .gguf_id = 34, .block_len = LEN, .block_size = sizeof(struct tare_tq1_0),
	.fields = "u8 five[48], u8 four[4], f16 d",
	.flags = TARE_TYPE_QUANTIZED | TARE_TYPE_IGNORES_WEIGHTS,
	.decode = decode, .encode = encode, .swap = swap, .kernels = TARE_CODERS(tq1_0),
};
