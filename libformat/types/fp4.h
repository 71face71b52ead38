/* What mxfp4 and nvfp4 share: E2M1 codes (sign in bit 3), as doubled integers times half the scale. */
#ifndef TARE_TYPES_FP4_H
#define TARE_TYPES_FP4_H

#include "types/exact.h"
#include "types/vec4.h"

enum { TARE_NVFP4_SUB = 16 };

struct tare_mxfp4 {
	uint8_t e;
	uint8_t code[16]; /* low nibbles: the first half of the weights */
};
_Static_assert(sizeof(struct tare_mxfp4) == 17, "mxfp4");

struct tare_nvfp4 {
	uint8_t d[4];
	uint8_t code[32]; /* eight for each scale, packed as in mxfp4 */
};
_Static_assert(sizeof(struct tare_nvfp4) == 36, "nvfp4");

/* Half of 2^(e - 127). ggml knows no NaN here: 255 is 2^128, halved. */
static inline float tare_mxfp4_half(uint8_t e)
{
	return tare_f32_of_bits(e < 2 ? 0x00200000u << e : (uint32_t)(e - 1) << 23);
}

/* From the largest magnitude. */
uint8_t tare_mxfp4_exponent(float max);
/* x >= 0 to unsigned E4M3, halves up. From 256 (or what rounds to it) on ggml takes the largest, 448. */
static inline uint8_t tare_nvfp4_scale(float x)
{
	uint32_t bits = tare_bits_of_f32(x), code;

	if (x < 0x1p-6f) {
		code = (uint32_t)(x * 512 + 0.5f);
		return (uint8_t)(code < 7 ? code : 7);
	}
	code = (bits >> 20) - (120u << 3) + (bits >> 19 & 1);
	return (uint8_t)(code < 15u << 3 ? code : 0x7e);
}

/* Half an unsigned E4M3. As in ggml the NaN code counts as zero and the top bit is ignored (0xff is 480). */
static inline float tare_nvfp4_half(uint8_t e)
{
	uint32_t code = e & 0x7f;

	if (e == 0x7f)
		return 0;
	return code < 8 ? (float)code * 0x1p-10f : tare_f32_of_bits((code + (119u << 3)) << 20);
}

/* Where the codes of fp4 are good for these weights: nothing out of all proportion to the scale. */
static inline bool tare_mxfp4_plain(float max)
{
	return max > 0x1p-120f && max < 0x1p120f;
}

static inline bool tare_nvfp4_plain(float max)
{
	return max < 1e6f;
}

/* Twice the value of each code. The negative zero of code 8 is lost, as in ggml. */
static const int8_t tare_fp4_level[16] = { 0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12 };

static inline float tare_fp4_doubled(unsigned code)
{
	return tare_fp4_level[code & 15];
}

/* 2 n weights from n bytes: the low nibbles first, then the high ones. half: half the scale. */
static inline void tare_fp4_decode(float *restrict y, const uint8_t *restrict code, size_t n, float half)
{
	for (size_t j = 0; j < n; j++) {
		y[j] = tare_fp4_doubled(code[j]) * half;
		y[j + n] = tare_fp4_doubled(code[j] >> 4) * half;
	}
}

/* The code whose value is nearest to x, the first of equals. */
static inline uint8_t tare_fp4_nearest(float x, float half)
{
	uint8_t best = 0;
	float least = tare_abs(tare_fp4_doubled(0) * half - x);

	for (uint8_t c = 1; c < 16; c++) {
		float error = tare_abs(tare_fp4_doubled(c) * half - x);

		best = error < least ? c : best;
		least = error < least ? error : least;
	}
	return best;
}

static const float tare_fp4_limit[7] = { 0.5f, 1.5f, 2.5f, 3.5f, 5, 7, 10 };

/* The same for four weights, by counting the limits that |x| exceeds: as long as |x| is not so many times half that differences are
 * rounded away. */
static inline tare_v4i tare_fp4_count(const float *x, float half)
{
	tare_v4f v = tare_v4f_load(x), a = (tare_v4f)((tare_v4i)v & 0x7fffffff);
	tare_v4i code = { 0 };

	for (unsigned i = 0; i < 7; i++)
		code -= a > tare_v4f_all(tare_fp4_limit[i] * half);
	return code | ((v < 0) & (code > 0) & 8);
}

static inline void tare_fp4_encode_plain(uint8_t *restrict code, const float *restrict x, size_t n, float half)
{
	for (size_t j = 0; j < n; j += 4) {
		tare_v4i both = tare_fp4_count(x + j, half) | tare_fp4_count(x + j + n, half) << 4;

		for (unsigned i = 0; i < 4; i++)
			code[j + i] = (uint8_t)both[i];
	}
}

/* n bytes, a multiple of 4, from 2 n weights. plain: half is not out of all proportion to the weights. */
static inline void tare_fp4_encode(uint8_t *restrict code, const float *restrict x, size_t n, float half, bool plain)
{
	if (plain) {
		tare_fp4_encode_plain(code, x, n, half);
		return;
	}
	for (size_t j = 0; j < n; j++)
		code[j] = (uint8_t)(tare_fp4_nearest(x[j], half) | tare_fp4_nearest(x[j + n], half) << 4);
}

#endif
