/* The K blocks: 256 weights in sub-blocks of 16 or 32, whose scales (and minima) are themselves small integers under one f16 scale.
 * Layouts, and the packing of codes into them. Codes are one byte a weight, in order, before packing. */
#ifndef TARE_TYPES_K_PACK_H
#define TARE_TYPES_K_PACK_H

#include "types/bytes16.h"
#include "types/exact.h"

enum { TARE_K = 256 };

struct tare_q2_K { /* code x scale - min, sub-blocks of 16 */
	uint8_t scales[16]; /* low nibble scale, high nibble min */
	uint8_t low[64];
	uint8_t d[2];
	uint8_t dmin[2];
};
_Static_assert(sizeof(struct tare_q2_K) == 84, "q2_K");

struct tare_q3_K { /* (code - 4) x (scale - 32), sub-blocks of 16 */
	uint8_t high[32];
	uint8_t low[64];
	uint8_t scales[12]; /* low nibbles of 0-7, of 8-15 above them; then pairs of high bits */
	uint8_t d[2];
};
_Static_assert(sizeof(struct tare_q3_K) == 110, "q3_K");

struct tare_q4_K { /* code x scale - min, sub-blocks of 32 */
	uint8_t d[2];
	uint8_t dmin[2];
	uint8_t scales[12]; /* 6-bit scales and minima, see tare_k_put_scales() */
	uint8_t low[128];
};
_Static_assert(sizeof(struct tare_q4_K) == 144, "q4_K");

struct tare_q5_K { /* as q4_K, with a fifth bit */
	uint8_t d[2];
	uint8_t dmin[2];
	uint8_t scales[12];
	uint8_t high[32];
	uint8_t low[128];
};
_Static_assert(sizeof(struct tare_q5_K) == 176, "q5_K");

struct tare_q6_K { /* (code - 32) x scale, sub-blocks of 16 */
	uint8_t low[128];
	uint8_t high[64];
	int8_t scales[16];
	uint8_t d[2];
};
_Static_assert(sizeof(struct tare_q6_K) == 210, "q6_K");

/* Two-bit planes (q2_K, q3_K): byte k of a half's 32 holds the weights k, k + 32, k + 64, k + 96 of that half. */
static inline void tare_k_put_pairs(uint8_t *low, const uint8_t *code)
{
	for (size_t half = 0; half < 2; half++, low += 32, code += 128)
		for (size_t k = 0; k < 32; k += 16) {
			tare_b16 v = (tare_b16_load(code + k) & 3) | (tare_b16_load(code + k + 32) & 3) << 2;

			v |= (tare_b16_load(code + k + 64) & 3) << 4 | tare_b16_load(code + k + 96) << 6;
			tare_b16_store(low + k, v);
		}
}

static inline void tare_k_get_pairs(uint8_t *code, const uint8_t *low)
{
	for (size_t half = 0; half < 2; half++, low += 32, code += 128)
		for (size_t k = 0; k < 32; k += 16) {
			tare_b16 v = tare_b16_load(low + k);

			tare_b16_store(code + k, v & 3);
			tare_b16_store(code + k + 32, v >> 2 & 3);
			tare_b16_store(code + k + 64, v >> 4 & 3);
			tare_b16_store(code + k + 96, v >> 6);
		}
}

/* One bit a weight (q3_K, q5_K): bit p of byte k tells whether weight 32p + k has the bit `bit` of its code. */
static inline void tare_k_put_bits(uint8_t *high, const uint8_t *code, uint8_t bit)
{
	for (size_t k = 0; k < 32; k += 16) {
		tare_b16 v = { 0 };

		for (size_t p = 0; p < 8; p++)
			v |= tare_b16_bit(tare_b16_load(code + 32 * p + k), bit, (uint8_t)(1u << p));
		tare_b16_store(high + k, v);
	}
}

/* Adds the bits to codes that have none there. */
static inline void tare_k_get_bits(uint8_t *code, const uint8_t *high, uint8_t bit)
{
	for (size_t k = 0; k < 32; k += 16) {
		tare_b16 v = tare_b16_load(high + k);

		for (size_t p = 0; p < 8; p++)
			tare_b16_store(code + 32 * p + k, tare_b16_load(code + 32 * p + k) | tare_b16_bit(v, (uint8_t)(1u << p), bit));
	}
}

/* Nibbles (q4_K, q5_K): byte k of a quarter's 32 holds the weights k and k + 32 of that quarter's 64. */
static inline void tare_k_put_nibbles(uint8_t *low, const uint8_t *code)
{
	for (size_t quarter = 0; quarter < 4; quarter++, low += 32, code += 64)
		for (size_t k = 0; k < 32; k += 16)
			tare_b16_store(low + k, (tare_b16_load(code + k) & 15) | tare_b16_load(code + k + 32) << 4);
}

static inline void tare_k_get_nibbles(uint8_t *code, const uint8_t *low)
{
	for (size_t quarter = 0; quarter < 4; quarter++, low += 32, code += 64)
		for (size_t k = 0; k < 32; k += 16) {
			tare_b16_store(code + k, tare_b16_load(low + k) & 15);
			tare_b16_store(code + k + 32, tare_b16_load(low + k) >> 4);
		}
}

/* q6_K: in each half, low nibbles of weights k and k + 64 in one byte (k < 64), high pairs of k, k + 32, k + 64, k + 96 in another. */
static inline void tare_k_put_sixes(struct tare_q6_K *b, const uint8_t *code)
{
	uint8_t *low = b->low, *high = b->high;

	for (size_t half = 0; half < 2; half++, low += 64, high += 32, code += 128) {
		for (size_t k = 0; k < 64; k += 16)
			tare_b16_store(low + k, (tare_b16_load(code + k) & 15) | tare_b16_load(code + k + 64) << 4);
		for (size_t k = 0; k < 32; k += 16) {
			tare_b16 v = tare_b16_load(code + k) >> 4 | tare_b16_load(code + k + 32) >> 4 << 2;

			v |= tare_b16_load(code + k + 64) >> 4 << 4 | tare_b16_load(code + k + 96) >> 4 << 6;
			tare_b16_store(high + k, v);
		}
	}
}

static inline void tare_k_get_sixes(uint8_t *code, const struct tare_q6_K *b)
{
	const uint8_t *low = b->low, *high = b->high;

	for (size_t half = 0; half < 2; half++, low += 64, high += 32, code += 128)
		for (size_t k = 0; k < 32; k += 16) {
			tare_b16 v = tare_b16_load(low + k), w = tare_b16_load(low + k + 32), h = tare_b16_load(high + k);

			tare_b16_store(code + k, (v & 15) | (h & 3) << 4);
			tare_b16_store(code + k + 32, (w & 15) | (h >> 2 & 3) << 4);
			tare_b16_store(code + k + 64, v >> 4 | (h >> 4 & 3) << 4);
			tare_b16_store(code + k + 96, w >> 4 | h >> 6 << 4);
		}
}

/* q4_K, q5_K: eight 6-bit scales and minima in twelve bytes. The first four of each lie in bytes 0-3 and 4-7, whose two upper bits take
 * the upper bits of the last four; their nibbles share bytes 8-11. A value above 63 (only a degenerate search gives one) spills into
 * its neighbour's upper bits, as in the reference. */
static inline void tare_k_put_scales(uint8_t *restrict packed, const uint8_t *restrict scale, const uint8_t *restrict min)
{
	for (size_t j = 0; j < 4; j++) {
		packed[j] = (uint8_t)(scale[j] | scale[j + 4] >> 4 << 6);
		packed[j + 4] = (uint8_t)(min[j] | min[j + 4] >> 4 << 6);
		packed[j + 8] = (uint8_t)((scale[j + 4] & 15) | (min[j + 4] & 15) << 4);
	}
}

static inline void tare_k_get_scales(uint8_t *restrict scale, uint8_t *restrict min, const uint8_t *restrict packed)
{
	for (size_t j = 0; j < 4; j++) {
		scale[j] = packed[j] & 63;
		min[j] = packed[j + 4] & 63;
		scale[j + 4] = (uint8_t)((packed[j + 8] & 15) | packed[j] >> 6 << 4);
		min[j + 4] = (uint8_t)(packed[j + 8] >> 4 | packed[j + 4] >> 6 << 4);
	}
}

/* q3_K: sixteen 6-bit scales in twelve bytes. */
static inline void tare_k_put_scales16(uint8_t *restrict packed, const uint8_t *restrict scale)
{
	for (size_t j = 0; j < 8; j++)
		packed[j] = (uint8_t)((scale[j] & 15) | scale[j + 8] << 4);
	for (size_t j = 0; j < 4; j++)
		packed[j + 8] = (uint8_t)(scale[j] >> 4 | scale[j + 4] >> 4 << 2 | scale[j + 8] >> 4 << 4 | scale[j + 12] >> 4 << 6);
}

static inline void tare_k_get_scales16(uint8_t *restrict scale, const uint8_t *restrict packed)
{
	for (size_t j = 0; j < 16; j++)
		scale[j] = (uint8_t)((packed[j % 8] >> j / 8 * 4 & 15) | (packed[8 + j % 4] >> j / 4 * 2 & 3) << 4);
}

#endif
