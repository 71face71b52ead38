/* Decoders of the IQ types: levels as bytes from a table of sixteen or of lattice points, signs, then floats sixteen at a time. Compiled
 * once per instruction set. */
#ifndef TARE_TYPES_DECODE_IQ_LANES_H
#define TARE_TYPES_DECODE_IQ_LANES_H

#include "types/iq1.h"
#include "types/iq4.h"
#include "types/kernels.h"
#include "types/lanes.h"
#include "types/lattice_rows.h"

V_INLINE void decode_iq4_32(float *y, const uint8_t *code, float d)
{
	tare_b16 v = tare_b16_load(code);

	v_decode_signed16(y, b16_pick(tare_iq4_level, v & 15), d);
	v_decode_signed16(y + 16, b16_pick(tare_iq4_level, v >> 4), d);
}

V_INLINE void decode_iq4_nl(float *y, const struct tare_iq4_nl *b)
{
	decode_iq4_32(y, b->code, tare_get_scale(b->d));
}

V_INLINE void decode_iq4_xs(float *y, const struct tare_iq4_xs *b)
{
	float d = tare_get_scale(b->d);

	for (unsigned s = 0; s < TARE_IQ4_XS_SUBS; s++)
		decode_iq4_32(y + 32 * s, b->code + 16 * s, d * (float)tare_iq4_xs_level(b, s));
	tare_settle(y, TARE_IQ4_XS_LEN, d, 0);
}

/* ---- lattices ---- */

/* Sixteen magnitudes, negative where sign is 255. */
V_INLINE void decode_magnitudes16(float *y, tare_b16 level, tare_b16 sign, float scale)
{
	v_decode_signed16(y, (level ^ sign) - sign, scale);
}

/* The signs of sixteen weights, seven in eight of them stored. */
V_INLINE tare_b16 even_signs(const struct tare_lattice_rows *r, uint32_t low, uint32_t high)
{
	return tare_b16_of_bits(r->even[low & 127], r->even[high & 127]);
}

V_INLINE void decode_iq2_xxs(float *y, const struct tare_iq2_xxs *b, const struct tare_lattice_rows *r)
{
	float d = tare_get_scale(b->d);

	for (size_t s = 0; s < 8; s++) {
		const uint8_t *point = b->sub[s].point;
		uint32_t bits = tare_get32(b->sub[s].signs_scale, false);
		float scale = d * (0.5f + (float)(bits >> 28)) * 0.25f;

		for (size_t k = 0; k < 4; k += 2, y += 16, bits >>= 14)
			decode_magnitudes16(y, tare_b16_join2(r->iq2_xxs[point[k]], r->iq2_xxs[point[k + 1]]),
					    even_signs(r, bits, bits >> 7), scale);
	}
}

/* Half a byte is the scale of sixteen weights. */
V_INLINE float iq2_scale(unsigned half, float d)
{
	return d * (0.5f + (float)(int)(half & 15)) * 0.25f;
}

V_INLINE void decode_iq2_xs(float *y, const struct tare_iq2_xs *b, const struct tare_lattice_rows *r)
{
	float d = tare_get_scale(b->d);
	const uint8_t *group = b->group;

	for (size_t s = 0; s < 8; s++)
		for (unsigned k = 0; k < 2; k++, y += 16, group += 4) {
			size_t low = tare_get16(group, false), high = tare_get16(group + 2, false);

			decode_magnitudes16(y, tare_b16_join2(r->iq2_xs[low & 511], r->iq2_xs[high & 511]),
					    even_signs(r, low >> 9, high >> 9), iq2_scale(b->scale[s] >> 4 * k, d));
		}
}

V_INLINE void decode_iq2_s(float *y, const struct tare_iq2_s *b, const struct tare_lattice_rows *r)
{
	float d = tare_get_scale(b->d);
	const uint8_t *low = b->low, *sign = b->signs;

	for (size_t s = 0; s < 8; s++) {
		size_t high = (size_t)b->high[s] << 8;

		for (unsigned k = 0; k < 2; k++, y += 16, low += 2, sign += 2, high >>= 4)
			decode_magnitudes16(y, tare_b16_join2(r->iq2_s[low[0] | (high & 0x300)], r->iq2_s[low[1] | (high >> 2 & 0x300)]),
					    tare_b16_of_bits(sign[0], sign[1]), iq2_scale(b->scale[s] >> 4 * k, d));
	}
}

V_INLINE void decode_iq3_xxs(float *y, const struct tare_iq3_xxs *b, const struct tare_lattice_rows *r)
{
	float d = tare_get_scale(b->d);
	const uint8_t *point = b->point;

	for (size_t s = 0; s < 8; s++) {
		uint32_t bits = tare_get32(b->signs_scale + 4 * s, false);
		float scale = d * (0.5f + (float)(bits >> 28)) * 0.5f;

		for (size_t k = 0; k < 2; k++, y += 16, point += 4, bits >>= 14)
			decode_magnitudes16(y, tare_b16_join4(r->iq3_xxs[point[0]], r->iq3_xxs[point[1]], r->iq3_xxs[point[2]], r->iq3_xxs[point[3]]),
					    even_signs(r, bits, bits >> 7), scale);
	}
}

V_INLINE void decode_iq3_s(float *y, const struct tare_iq3_s *b, const struct tare_lattice_rows *r)
{
	float d = tare_get_scale(b->d);
	const uint8_t *low = b->low, *sign = b->signs;

	for (size_t s = 0; s < 8; s++) {
		size_t high = (size_t)b->high[s] << 8;
		float scale = d * (float)(1 + 2 * (b->scale[s / 2] >> 4 * (s % 2) & 15));

		for (size_t k = 0; k < 2; k++, y += 16, low += 4, sign += 2, high >>= 4)
			decode_magnitudes16(y, tare_b16_join4(r->iq3_s[low[0] | (high & 256)], r->iq3_s[low[1] | (high >> 1 & 256)],
							      r->iq3_s[low[2] | (high >> 2 & 256)], r->iq3_s[low[3] | (high >> 3 & 256)]),
					    tare_b16_of_bits(sign[0], sign[1]), scale);
	}
}

/* Two groups of iq1_*, in eighths of the scale. high: what is above the lower eight bits of each point; down: two bits, the shifts. */
V_INLINE void decode_iq1_16(float *y, const struct tare_lattice_rows *r, const uint8_t *low, size_t high0, size_t high1, unsigned down,
			    float scale)
{
	static const int8_t shift[4][16] = {
		{ 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1 },
		{ -1, -1, -1, -1, -1, -1, -1, -1, 1, 1, 1, 1, 1, 1, 1, 1 },
		{ 1, 1, 1, 1, 1, 1, 1, 1, -1, -1, -1, -1, -1, -1, -1, -1 },
		{ -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1 },
	};
	tare_b16 level = tare_b16_join2(r->iq1[low[0] | (high0 & 7) << 8], r->iq1[low[1] | (high1 & 7) << 8]);

	v_decode_signed16(y, level + tare_b16_load((const uint8_t *)shift[down]), scale * TARE_IQ1_SHIFT);
}

V_INLINE void decode_iq1_s(float *y, const struct tare_iq1_s *b, const struct tare_lattice_rows *r)
{
	float d = tare_get_scale(b->d);
	const uint8_t *low = b->low;

	for (size_t s = 0; s < 8; s++) {
		size_t high = tare_get16(b->high + 2 * s, false);
		float scale = d * (float)(int)(2 * (high >> 12 & 7) + 1);
		unsigned down = high >> 15 ? 3 : 0;

		for (size_t k = 0; k < 2; k++, y += 16, low += 2, high >>= 6)
			decode_iq1_16(y, r, low, high, high >> 3, down, scale);
	}
}

V_INLINE void decode_iq1_m(float *y, const struct tare_iq1_m *b, const struct tare_lattice_rows *r)
{
	float d = tare_iq1_m_scale(b);
	const uint8_t *low = b->low, *high = b->high;

	for (size_t i = 0; i < 4; i++) {
		unsigned scales = tare_get16(b->scale + 2 * i, false);

		for (size_t k = 0; k < 4; k++, y += 16, low += 2, high++, scales >>= 3)
			decode_iq1_16(y, r, low, *high, *high >> 4, (*high >> 3 & 1u) | (*high >> 6 & 2u), d * (float)(int)(2 * (scales & 7) + 1));
	}
}

#define LATTICE_DECODER(type)                                                                  \
	void LANES_NAME(tare_##type##_decode)(float *dst, const void *src, size_t nblocks)     \
	{                                                                                      \
		const struct tare_lattice_rows *r = tare_lattice_rows();                       \
		const struct tare_##type *b = src;                                             \
                                                                                               \
		for (; nblocks--; dst += TARE_LATTICE_LEN)                                     \
			decode_##type(dst, b++, r);                                            \
	}

LANES_DECODER(iq4_nl, TARE_IQ4_LEN)
LANES_DECODER(iq4_xs, TARE_IQ4_XS_LEN)
LATTICE_DECODER(iq2_xxs)
LATTICE_DECODER(iq2_xs)
LATTICE_DECODER(iq2_s)
LATTICE_DECODER(iq3_xxs)
LATTICE_DECODER(iq3_s)
LATTICE_DECODER(iq1_s)
LATTICE_DECODER(iq1_m)

#endif
