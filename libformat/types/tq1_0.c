/* tq1_0: ternary, five weights a byte (four in the last four bytes).
 *
 * A byte holds its five digits as a fraction of 256: round up(256 x / 243). The first digit is the whole part of 3 x byte / 256, and
 * byte x 3^n modulo 256 brings digit n to the front. Byte m of a run of 32 (then 16, then 4) holds weights m, m + 32, m + 64 ... */
#include "types/swap.h"
#include "types/ternary.h"
#include "types/type.h"

enum { LEN = 256 };

struct block {
	uint8_t five[48];
	uint8_t four[4];
	uint8_t d[2];
};
_Static_assert(sizeof(struct block) == 54, "tq1_0");

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

static void decode_block(float *y, const struct block *b)
{
	float d = tare_get_scale(b->d), *at = y;

	at = decode_run(at, b->five, 32, 5, d);
	at = decode_run(at, b->five + 32, 16, 5, d);
	decode_run(at, b->four, 4, 4, d);
	tare_settle(y, LEN, d, 0);
}

static void decode(float *dst, const void *src, size_t nblocks)
{
	const struct block *b = src;

	for (; nblocks--; dst += LEN)
		decode_block(dst, b++);
}

/* n x run weights to n digits of each of run bytes; missing digits are zero. */
static void encode_run(uint8_t *restrict byte, const float *restrict x, size_t run, size_t n, float inverse)
{
	for (size_t m = 0; m < run; m++) {
		uint8_t q = 0;

		for (size_t k = 0; k < 5; k++)
			q = (uint8_t)(q * 3 + (k < n ? tare_ternary_code(x[m + k * run], inverse) : 0));
		byte[m] = (uint8_t)((q * 256u + 242) / 243);
	}
}

static void encode_block(struct block *b, const float *x)
{
	float d = tare_ternary_scale(x, LEN);
	float inverse = d != 0 ? 1 / d : 0;

	tare_put_scale(b->d, d);
	encode_run(b->five, x, 32, 5, inverse);
	encode_run(b->five + 32, x + 160, 16, 5, inverse);
	encode_run(b->four, x + 240, 4, 4, inverse);
}

static void encode(void *dst, const float *src, size_t rows, size_t cols, const float *weights)
{
	struct block *b = dst;

	for (size_t n = rows * cols / LEN; n--; src += LEN)
		encode_block(b++, src);
}

static void swap(void *blocks, size_t nblocks)
{
	tare_swap_fields(blocks, nblocks, sizeof(struct block), offsetof(struct block, d), 1, 2);
}

const struct tare_type tare_type_tq1_0 = {
	.name = "tq1_0", .gguf_id = 34, .block_len = LEN, .block_size = sizeof(struct block),
	.flags = TARE_TYPE_QUANTIZED | TARE_TYPE_IGNORES_WEIGHTS,
	.decode = decode, .encode = encode, .swap = swap,
};
