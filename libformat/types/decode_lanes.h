/* Decoders: codes to bytes as the scalar code unpacks them, bytes to floats sixteen at a time. Compiled once per instruction set. */
#ifndef TARE_TYPES_DECODE_LANES_H
#define TARE_TYPES_DECODE_LANES_H

#include "types/k_pack.h"
#include "types/kernels.h"
#include "types/lanes.h"
#include "types/pack32.h"

/* n codes with one scale; n is a multiple of 16. */
V_INLINE void decode_run(float *y, const void *code, size_t n, bool has_sign, int bias, float scale, float min)
{
	for (size_t i = 0; i < n; i += 16)
		v_decode16(y + i, (const uint8_t *)code + i, has_sign, bias, scale, min);
}

V_INLINE void decode_q4_0(float *y, const struct tare_q4_0 *b)
{
	float d = tare_get_scale(b->d);
	uint8_t code[32];

	tare_unpack_low(code, b->low);
	decode_run(y, code, 32, false, 8, d, 0);
	tare_settle(y, 32, d, 0);
}

V_INLINE void decode_q4_1(float *y, const struct tare_q4_1 *b)
{
	float d = tare_get_scale(b->d), m = tare_get_scale(b->m);
	uint8_t code[32];

	tare_unpack_low(code, b->low);
	decode_run(y, code, 32, false, 0, d, -m);
	tare_settle(y, 32, d, m);
}

V_INLINE void decode_q5_0(float *y, const struct tare_q5_0 *b)
{
	float d = tare_get_scale(b->d);
	uint8_t code[32];

	tare_unpack_five(code, b->low, b->high);
	decode_run(y, code, 32, false, 16, d, 0);
	tare_settle(y, 32, d, 0);
}

V_INLINE void decode_q5_1(float *y, const struct tare_q5_1 *b)
{
	float d = tare_get_scale(b->d), m = tare_get_scale(b->m);
	uint8_t code[32];

	tare_unpack_five(code, b->low, b->high);
	decode_run(y, code, 32, false, 0, d, -m);
	tare_settle(y, 32, d, m);
}

V_INLINE void decode_q8_0(float *y, const struct tare_q8_0 *b)
{
	float d = tare_get_scale(b->d);

	decode_run(y, b->code, 32, true, 0, d, 0);
	tare_settle(y, 32, d, 0);
}

V_INLINE void decode_q2_K(float *y, const struct tare_q2_K *b)
{
	float d = tare_get_scale(b->d), dmin = tare_get_scale(b->dmin);
	uint8_t code[TARE_K];

	tare_k_get_pairs(code, b->low);
	for (size_t j = 0; j < 16; j++)
		v_decode16(y + 16 * j, code + 16 * j, false, 0, d * (float)(b->scales[j] & 15), dmin * (float)(b->scales[j] >> 4));
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
		v_decode16(y + 16 * j, code + 16 * j, false, 4, d * (float)(scale[j] - 32), 0);
	tare_settle(y, TARE_K, d, 0);
}

V_INLINE void decode_mins32(float *y, const uint8_t *code, const uint8_t *scales, float d, float dmin)
{
	uint8_t scale[8], min[8];

	tare_k_get_scales(scale, min, scales);
	for (size_t j = 0; j < 8; j++)
		decode_run(y + 32 * j, code + 32 * j, 32, false, 0, d * (float)scale[j], dmin * (float)min[j]);
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
		v_decode16(y + 16 * j, code + 16 * j, false, 32, d * (float)b->scales[j], 0);
	tare_settle(y, TARE_K, d, 0);
}

#define DECODER(type, len)                                                                        \
	void LANES_NAME(tare_##type##_decode)(float *dst, const void *src, size_t nblocks)        \
	{                                                                                         \
		const struct tare_##type *b = src;                                                \
                                                                                                  \
		for (; nblocks--; dst += (len))                                                   \
			decode_##type(dst, b++);                                                  \
	}

DECODER(q4_0, 32)
DECODER(q4_1, 32)
DECODER(q5_0, 32)
DECODER(q5_1, 32)
DECODER(q8_0, 32)
DECODER(q2_K, TARE_K)
DECODER(q3_K, TARE_K)
DECODER(q4_K, TARE_K)
DECODER(q5_K, TARE_K)
DECODER(q6_K, TARE_K)

#endif
