/* The blocks of one and two bits a weight, and of ternary codes; what their encoders share. */
#ifndef TARE_TYPES_LOW_BITS_H
#define TARE_TYPES_LOW_BITS_H

#include "types/exact.h"

struct tare_q1_0 {
	uint8_t d[2];
	uint8_t positive[16]; /* bit j % 8 of byte j / 8: weight j */
};
_Static_assert(sizeof(struct tare_q1_0) == 18, "q1_0");

struct tare_q2_0 {
	uint8_t d[2];
	uint8_t code[16]; /* four weights a byte, the first lowest */
};
_Static_assert(sizeof(struct tare_q2_0) == 18, "q2_0");

struct tare_tq1_0 {
	uint8_t five[48]; /* byte m of a run of 32, then 16, bytes: weights m, m + 32, ... of 160, then m, m + 16, ... of 80 */
	uint8_t four[4];  /* m, m + 4, m + 8, m + 12 of 16 */
	uint8_t d[2];
};
_Static_assert(sizeof(struct tare_tq1_0) == 54, "tq1_0");

struct tare_tq2_0 {
	uint8_t code[64]; /* byte m of each run of 32 bytes: weights m, m + 32, m + 64, m + 96 */
	uint8_t d[2];
};
_Static_assert(sizeof(struct tare_tq2_0) == 66, "tq2_0");

/* The largest magnitude of n weights. As in ggml, a NaN makes it start anew: a block has a NaN scale only if its last weight is NaN. */
static inline float tare_ternary_scale(const float *x, size_t n)
{
	float max = 0;

	for (size_t i = 0; i < n; i++) {
		float a = tare_abs(x[i]);

		max = max > a ? max : a;
	}
	return max;
}

/* -1, 0, 1 to 0, 1, 2. Infinity and NaN count as zero; after a NaN in the block larger values may come out, of which the low bits stay. */
static inline uint8_t tare_ternary_code(float x, float inverse)
{
	return (uint8_t)((uint32_t)tare_round_away(x * inverse) + 1);
}

/* n x run codes to n digits of each of run bytes (tq1_0.c says how); missing digits are zero. */
static inline void tare_ternary_pack(uint8_t *restrict byte, const uint8_t *restrict code, size_t run, size_t n)
{
	for (size_t m = 0; m < run; m++) {
		uint8_t q = 0;

		for (size_t k = 0; k < 5; k++)
			q = (uint8_t)(q * 3 + (k < n ? code[m + k * run] : 0));
		byte[m] = (uint8_t)((uint16_t)(q * 256 + 242) / 243);
	}
}

static inline void tare_tq1_0_store(struct tare_tq1_0 *b, float d, const uint8_t *code)
{
	tare_put_scale(b->d, d);
	tare_ternary_pack(b->five, code, 32, 5);
	tare_ternary_pack(b->five + 32, code + 160, 16, 5);
	tare_ternary_pack(b->four, code + 240, 4, 4);
}

static inline void tare_tq2_0_store(struct tare_tq2_0 *restrict b, float d, const uint8_t *restrict code)
{
	tare_put_scale(b->d, d);
	for (size_t m = 0; m < sizeof b->code; m++) {
		const uint8_t *at = code + m / 32 * 128 + m % 32;

		b->code[m] = (uint8_t)((at[0] & 3) | (at[32] & 3) << 2 | (at[64] & 3) << 4 | at[96] << 6);
	}
}

#endif
