/* A register of LANES integers, for types/lattice_lanes.h. */
#ifndef TARE_TYPES_LANES_INTEGER_H
#define TARE_TYPES_LANES_INTEGER_H

#include "types/lanes.h"

typedef uint32_t vu __attribute__((vector_size(4 * LANES)));

V_INLINE vu u_load(const uint32_t *p)
{
	vu v;

	memcpy(&v, p, sizeof v);
	return v;
}

V_INLINE void u_store(uint32_t *p, vu v)
{
	memcpy(p, &v, sizeof v);
}

/* vg collects in which lanes a number of twelve bits behind the point was within one unit of an integer. u_truncate(): 0 <= v < 2^31;
 * u_above(): lanes above b, all being below 2^31. u_words(): from a table; u_pairs(): two halves from a table, the first in the lower
 * half; one may be beyond the last.
 * u_odd(): 2 field + 1 for the field of 2 or 3 bits at the bottom of each lane. */
#if LANES == 16
typedef __mmask16 vg;

V_INLINE vu u_truncate(vf v)
{
	return (vu)_mm512_cvttps_epi32(v);
}

V_INLINE vg g_collect(vg g, vu fixed)
{
	return (vg)(g | _mm512_testn_epi32_mask((__m512i)(fixed + 1), _mm512_set1_epi32(0xffe)));
}

V_INLINE vg g_none(void)
{
	return 0;
}

V_INLINE unsigned g_bits(vg g)
{
	return g;
}

V_INLINE unsigned u_above(vu a, unsigned b)
{
	return _mm512_cmpgt_epu32_mask((__m512i)a, _mm512_set1_epi32((int)b));
}

V_INLINE vu u_words(const uint32_t *table, vu at)
{
	return (vu)_mm512_i32gather_epi32((__m512i)at, table, 4);
}

V_INLINE vu u_pairs(const uint16_t *table, vu at)
{
	return (vu)_mm512_i32gather_epi32((__m512i)at, table, 2);
}

V_INLINE vf u_odd(vu fields, unsigned bits)
{
	if (bits == 2)
		return _mm512_permutevar_ps(_mm512_setr_ps(1, 3, 5, 7, 1, 3, 5, 7, 1, 3, 5, 7, 1, 3, 5, 7), (__m512i)fields);
	return _mm512_permutexvar_ps((__m512i)fields, _mm512_setr_ps(1, 3, 5, 7, 9, 11, 13, 15, 1, 3, 5, 7, 9, 11, 13, 15));
}

#elif LANES == 8
typedef __m256i vg;

V_INLINE vu u_truncate(vf v)
{
	return (vu)_mm256_cvttps_epi32(v);
}

V_INLINE vg g_collect(vg g, vu fixed)
{
	return _mm256_min_epu32(g, (__m256i)((fixed + 1) & 0xffe));
}

V_INLINE vg g_none(void)
{
	return _mm256_set1_epi32(-1);
}

V_INLINE unsigned g_bits(vg g)
{
	return (unsigned)_mm256_movemask_ps(_mm256_castsi256_ps(_mm256_cmpeq_epi32(g, _mm256_setzero_si256())));
}

V_INLINE unsigned u_above(vu a, unsigned b)
{
	__m256i above = _mm256_cmpgt_epi32((__m256i)a, _mm256_set1_epi32((int)b));

	return (unsigned)_mm256_movemask_ps(_mm256_castsi256_ps(above));
}

V_INLINE vu u_words(const uint32_t *table, vu at)
{
	return (vu)_mm256_i32gather_epi32((const int *)(const void *)table, (__m256i)at, 4);
}

V_INLINE vu u_pairs(const uint16_t *table, vu at)
{
	return (vu)_mm256_i32gather_epi32((const int *)(const void *)table, (__m256i)at, 2);
}

V_INLINE vf u_odd(vu fields, unsigned bits)
{
	if (bits == 2)
		return _mm256_permutevar_ps(_mm256_setr_ps(1, 3, 5, 7, 1, 3, 5, 7), (__m256i)fields);
	return _mm256_permutevar8x32_ps(_mm256_setr_ps(1, 3, 5, 7, 9, 11, 13, 15), (__m256i)fields);
}

#else
typedef vm vg;

V_INLINE vu u_truncate(vf v)
{
	return (vu)__builtin_convertvector(v, vm);
}

V_INLINE vg g_collect(vg g, vu fixed)
{
	return g | (vm)(((fixed + 1) & 0xffe) == 0);
}

V_INLINE vg g_none(void)
{
	return m_none();
}

V_INLINE unsigned g_bits(vg g)
{
	return m_bits(g);
}

V_INLINE unsigned u_above(vu a, unsigned b)
{
	return m_bits((vm)(a > b));
}

V_INLINE vu u_words(const uint32_t *table, vu at)
{
	return (vu){ table[at[0]], table[at[1]], table[at[2]], table[at[3]] };
}

V_INLINE uint32_t u_pair(const uint16_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof v);
	return v;
}

V_INLINE vu u_pairs(const uint16_t *table, vu at)
{
	return (vu){ u_pair(table + at[0]), u_pair(table + at[1]), u_pair(table + at[2]), u_pair(table + at[3]) };
}

V_INLINE vf u_odd(vu fields, unsigned bits)
{
	return __builtin_convertvector((vm)((fields & ((1u << bits) - 1)) * 2 + 1), vf);
}
#endif

/* Below 2^31. */
V_INLINE vf u_float(vu v)
{
	typedef int32_t with_sign __attribute__((vector_size(4 * LANES)));

	return __builtin_convertvector((with_sign)v, vf);
}

#endif
