/* Decoders: codes to bytes as the scalar code unpacks them, bytes to floats sixteen at a time. Compiled once per instruction set. */
#ifndef TARE_TYPES_DECODE_LANES_H
#define TARE_TYPES_DECODE_LANES_H

#include "types/fp4.h"
#include "types/k_pack.h"
#include "types/kernels.h"
#include "types/lanes.h"
#include "types/low_bits.h"
#include "types/pack32.h"

/* n codes with one scale, from 0 on or from -bias on; n is a multiple of 16. */
V_INLINE void decode_run(float *y, const uint8_t *code, size_t n, float scale, float min)
{
	for (size_t i = 0; i < n; i += 16)
		v_decode16(y + i, tare_b16_load(code + i), false, scale, min);
}

V_INLINE void decode_run_around(float *y, const void *code, size_t n, uint8_t bias, float scale)
{
	for (size_t i = 0; i < n; i += 16)
		v_decode_signed16(y + i, tare_b16_load((const uint8_t *)code + i) - bias, scale);
}

V_INLINE void decode_q4_0(float *y, const struct tare_q4_0 *b)
{
	float d = tare_get_scale(b->d);
	uint8_t code[32];

	tare_unpack_low(code, b->low);
	decode_run_around(y, code, 32, 8, d);
	tare_settle(y, 32, d, 0);
}

V_INLINE void decode_q4_1(float *y, const struct tare_q4_1 *b)
{
	float d = tare_get_scale(b->d), m = tare_get_scale(b->m);
	uint8_t code[32];

	tare_unpack_low(code, b->low);
	decode_run(y, code, 32, d, -m);
	tare_settle(y, 32, d, m);
}

V_INLINE void decode_q5_0(float *y, const struct tare_q5_0 *b)
{
	float d = tare_get_scale(b->d);
	uint8_t code[32];

	tare_unpack_five(code, b->low, b->high);
	decode_run_around(y, code, 32, 16, d);
	tare_settle(y, 32, d, 0);
}

V_INLINE void decode_q5_1(float *y, const struct tare_q5_1 *b)
{
	float d = tare_get_scale(b->d), m = tare_get_scale(b->m);
	uint8_t code[32];

	tare_unpack_five(code, b->low, b->high);
	decode_run(y, code, 32, d, -m);
	tare_settle(y, 32, d, m);
}

V_INLINE void decode_q8_0(float *y, const struct tare_q8_0 *b)
{
	float d = tare_get_scale(b->d);

	decode_run_around(y, b->code, 32, 0, d);
	tare_settle(y, 32, d, 0);
}

V_INLINE void decode_q2_K(float *y, const struct tare_q2_K *b)
{
	float d = tare_get_scale(b->d), dmin = tare_get_scale(b->dmin);
	uint8_t code[TARE_K];

	tare_k_get_pairs(code, b->low);
	for (size_t j = 0; j < 16; j++)
		decode_run(y + 16 * j, code + 16 * j, 16, d * (float)(b->scales[j] & 15), dmin * (float)(b->scales[j] >> 4));
	tare_settle(y, TARE_K, d, dmin);
}

V_INLINE void decode_q3_K(float *y, const struct tare_q3_K *b)
{
	float d = tare_get_scale(b->d);
	uint8_t code[TARE_K], scale[16];

	tare_k_get_pairs(code, b->low);
	tare_k_get_bits(code, b->high, 1u << 2);
	tare_k_get_scales16(scale, b->scales);
	for (size_t j = 0; j < 16; j++)
		decode_run_around(y + 16 * j, code + 16 * j, 16, 4, d * (float)(scale[j] - 32));
	tare_settle(y, TARE_K, d, 0);
}

V_INLINE void decode_mins32(float *y, const uint8_t *code, const uint8_t *scales, float d, float dmin)
{
	uint8_t scale[8], min[8];

	tare_k_get_scales(scale, min, scales);
	for (size_t j = 0; j < 8; j++)
		decode_run(y + 32 * j, code + 32 * j, 32, d * (float)scale[j], dmin * (float)min[j]);
	tare_settle(y, TARE_K, d, dmin);
}

V_INLINE void decode_q4_K(float *y, const struct tare_q4_K *b)
{
	uint8_t code[TARE_K];

	tare_k_get_nibbles(code, b->low);
	decode_mins32(y, code, b->scales, tare_get_scale(b->d), tare_get_scale(b->dmin));
}

V_INLINE void decode_q5_K(float *y, const struct tare_q5_K *b)
{
	uint8_t code[TARE_K];

	tare_k_get_nibbles(code, b->low);
	tare_k_get_bits(code, b->high, 1u << 4);
	decode_mins32(y, code, b->scales, tare_get_scale(b->d), tare_get_scale(b->dmin));
}

V_INLINE void decode_q6_K(float *y, const struct tare_q6_K *b)
{
	float d = tare_get_scale(b->d);
	uint8_t code[TARE_K];

	tare_k_get_sixes(code, b);
	for (size_t j = 0; j < 16; j++)
		decode_run_around(y + 16 * j, code + 16 * j, 16, 32, d * (float)b->scales[j]);
	tare_settle(y, TARE_K, d, 0);
}

V_INLINE void decode_mxfp4(float *y, const struct tare_mxfp4 *b)
{
	float half = tare_mxfp4_half(b->e);
	tare_b16 v = tare_b16_load(b->code);

	v_decode_signed16(y, b16_pick(tare_fp4_level, v & 15), half);
	v_decode_signed16(y + 16, b16_pick(tare_fp4_level, v >> 4), half);
}

V_INLINE void decode_nvfp4(float *y, const struct tare_nvfp4 *b)
{
	for (size_t s = 0; s < 4; s++) {
		uint64_t low = tare_get64(b->code + 8 * s, false), high = low >> 4;
		tare_b16 code = tare_b16_join2(&low, &high) & 15;

		v_decode_signed16(y + 16 * s, b16_pick(tare_fp4_level, code), tare_nvfp4_half(b->d[s]));
	}
}

V_INLINE void decode_q1_0(float *y, const struct tare_q1_0 *b)
{
	float d = tare_get_scale(b->d);

	for (size_t i = 0; i < 128; i += LANES)
		v_store(y + i, v_select(m_of_bits((uint32_t)tare_get16(b->positive + i / 16 * 2, false) >> i % 16), v_set(d), v_set(-d)));
}

V_INLINE void decode_q2_0(float *y, const struct tare_q2_0 *b)
{
	float d = tare_get_scale(b->d);

	for (size_t i = 0; i < 64; i += LANES)
		v_store(y + i, (v_pairs(tare_get32(b->code + i / 16 * 4, false) >> 2 * (i % 16)) - v_set(1)) * v_set(d));
	tare_settle(y, 64, d, 0);
}

/* The digit in front of each byte, 0, 1 or 2, less one. With the top bit turned round bytes compare as integers with a sign, and times
 * three modulo 256 stays what it is. */
V_INLINE tare_b16 ternary_front(tare_b16 turned)
{
	typedef int8_t s16 __attribute__((vector_size(16)));

	return (tare_b16)((s16)turned < 86 - 128) - (tare_b16)((s16)turned >= 171 - 128);
}

/* Five digits of sixteen bytes, run weights apart. */
V_INLINE void decode_five(float *y, size_t run, const uint8_t *five, float d)
{
	tare_b16 v = tare_b16_load(five) ^ 128;

	for (size_t k = 0; k < 5; k++, v = v + v + v)
		v_decode_signed16(y + k * run, ternary_front(v), d);
}

V_INLINE void decode_tq1_0(float *y, const struct tare_tq1_0 *b)
{
	float d = tare_get_scale(b->d);
	uint8_t last[4 * 3 + 16];
	tare_b16 v = tare_b16_join4(b->four, b->four, b->four, b->four) ^ 128;

	decode_five(y, 32, b->five, d);
	decode_five(y + 16, 32, b->five + 16, d);
	decode_five(y + 160, 16, b->five + 32, d);
	for (size_t k = 0; k < 4; k++, v = v + v + v)
		tare_b16_store(last + 4 * k, ternary_front(v));
	v_decode_signed16(y + 240, tare_b16_load(last), d);
	tare_settle(y, 256, d, 0);
}

V_INLINE void decode_tq2_0(float *y, const struct tare_tq2_0 *b)
{
	float d = tare_get_scale(b->d);
	uint8_t code[256];

	tare_k_get_pairs(code, b->code);
	decode_run_around(y, code, 256, 1, d);
	tare_settle(y, 256, d, 0);
}

LANES_DECODER(q4_0, 32)
LANES_DECODER(q4_1, 32)
LANES_DECODER(q5_0, 32)
LANES_DECODER(q5_1, 32)
LANES_DECODER(q8_0, 32)
LANES_DECODER(q2_K, TARE_K)
LANES_DECODER(q3_K, TARE_K)
LANES_DECODER(q4_K, TARE_K)
LANES_DECODER(q5_K, TARE_K)
LANES_DECODER(q6_K, TARE_K)
LANES_DECODER(mxfp4, 32)
LANES_DECODER(nvfp4, 64)
LANES_DECODER(q1_0, 128)
LANES_DECODER(q2_0, 64)
LANES_DECODER(tq1_0, 256)
LANES_DECODER(tq2_0, 256)

#endif
