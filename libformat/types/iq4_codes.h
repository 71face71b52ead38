/* Codes of iq4.h in lanes: vi, LANES integers; iq4_codes(), how many limits are not above each lane, all fifteen for NaN, as the scalar
 * code has it; iq4_of(), a table of sixteen read by code.
 *
 * iq4_pick(m, iq4_other(yes, no), no) is yes where m, else no. iq4_encode(): tare_iq4_encode(). */
#ifndef TARE_TYPES_IQ4_CODES_H
#define TARE_TYPES_IQ4_CODES_H

#include "types/iq4.h"
#include "types/lanes.h"

#if LANES == 16
typedef __m512i vi;

/* Bins of width 8 hold a limit at most. A value just below a bin may be rounded into it: the limit of the bin, if it has one, is then
 * not reached. */
V_INLINE vi iq4_codes(vf v)
{
	const __m512 low = _mm512_setr_ps(-INFINITY, -115.5f, -INFINITY, -INFINITY, -93.5f, -INFINITY, -74, -INFINITY, -57, -INFINITY, -42,
					  -INFINITY, -28.5f, -INFINITY, -16, -4.5f);
	const __m512 high = _mm512_setr_ps(7, -INFINITY, 19, 31.5f, -INFINITY, 45.5f, -INFINITY, 61, -INFINITY, 79, -INFINITY, -INFINITY, 101,
					   -INFINITY, -INFINITY, -INFINITY);
	/* the codes from that limit on, less one */
	const __m512i low_code = _mm512_setr_epi32(-1, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 7);
	const __m512i high_code = _mm512_setr_epi32(8, 8, 9, 10, 10, 11, 11, 12, 12, 13, 13, 13, 14, 14, 14, 14);
	__m512 inside = _mm512_min_ps(_mm512_max_ps(_mm512_set1_ps(-128), v), _mm512_set1_ps(127)); /* NaN: 127 */
	__m512i bin = _mm512_cvttps_epi32(inside * _mm512_set1_ps(0.125f) + _mm512_set1_ps(16));
	__m512i code = _mm512_permutex2var_epi32(low_code, bin, high_code);
	__mmask16 reached = _mm512_cmp_ps_mask(v, _mm512_permutex2var_ps(low, bin, high), _CMP_NLT_UQ);

	return _mm512_mask_add_epi32(code, reached, code, _mm512_set1_epi32(1));
}

V_INLINE vf iq4_of(const float table[16], vi code)
{
	return _mm512_permutexvar_ps(code, _mm512_loadu_ps(table));
}

V_INLINE void iq4_encode(uint8_t *restrict code, const float *restrict x, float inverse)
{
	vi low = iq4_codes(v_set(inverse) * v_load(x)), high = iq4_codes(v_set(inverse) * v_load(x + 16));

	_mm_storeu_si128((__m128i *)(void *)code, _mm512_cvtepi32_epi8(_mm512_or_si512(low, _mm512_slli_epi32(high, 4))));
}

V_INLINE vf iq4_other(vf yes, vf no)
{
	(void)no;
	return yes;
}

V_INLINE vf iq4_pick(vm m, vf other, vf no)
{
	return v_select(m, other, no);
}

#elif LANES == 8
typedef __m256i vi;

V_INLINE vi iq4_step(vf v, vf limit, int step)
{
	return _mm256_and_si256(_mm256_castps_si256(_mm256_cmp_ps(v, limit, _CMP_NLT_UQ)), _mm256_set1_epi32(step));
}

/* A binary search, the limits of a step in one register. */
V_INLINE vi iq4_codes(vf v)
{
	const __m256 fourths = _mm256_setr_ps(-57, 45.5f, 0, 0, 0, 0, 0, 0), seconds = _mm256_setr_ps(-93.5f, -28.5f, 19, 79, 0, 0, 0, 0);
	const __m256 firsts = _mm256_setr_ps(-115.5f, -74, -42, -16, 7, 31.5f, 61, 101);
	vi at = iq4_step(v, v_set(-4.5f), 8);

	at = _mm256_add_epi32(at, iq4_step(v, _mm256_permutevar8x32_ps(fourths, _mm256_srli_epi32(at, 3)), 4));
	at = _mm256_add_epi32(at, iq4_step(v, _mm256_permutevar8x32_ps(seconds, _mm256_srli_epi32(at, 2)), 2));
	return _mm256_add_epi32(at, iq4_step(v, _mm256_permutevar8x32_ps(firsts, _mm256_srli_epi32(at, 1)), 1));
}

V_INLINE vf iq4_of(const float table[16], vi code)
{
	vf low = _mm256_permutevar8x32_ps(v_load(table), code), high = _mm256_permutevar8x32_ps(v_load(table + 8), code);

	return _mm256_blendv_ps(low, high, _mm256_castsi256_ps(_mm256_slli_epi32(code, 28)));
}

V_INLINE void iq4_encode(uint8_t *restrict code, const float *restrict x, float inverse)
{
	vi pair[2], words;

	for (size_t i = 0; i < 2; i++) {
		vi low = iq4_codes(v_set(inverse) * v_load(x + 8 * i)), high = iq4_codes(v_set(inverse) * v_load(x + 16 + 8 * i));

		pair[i] = _mm256_or_si256(low, _mm256_slli_epi32(high, 4));
	}
	words = _mm256_permute4x64_epi64(_mm256_packs_epi32(pair[0], pair[1]), 0xd8);
	_mm_storeu_si128((__m128i *)(void *)code, _mm_packus_epi16(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1)));
}

V_INLINE vf iq4_other(vf yes, vf no)
{
	return _mm256_xor_ps(yes, no);
}

V_INLINE vf iq4_pick(vm m, vf other, vf no)
{
	return _mm256_xor_ps(_mm256_and_ps(m, other), no);
}

#else
typedef vm vi;

V_INLINE vi iq4_codes(vf v)
{
	vi code = { 15, 15, 15, 15 };

	for (size_t i = 0; i < 15; i++)
		code += v < v_set(tare_iq4_limit[i]);
	return code;
}

V_INLINE vf iq4_of(const float table[16], vi code)
{
	return (vf){ table[code[0]], table[code[1]], table[code[2]], table[code[3]] };
}

V_INLINE void iq4_encode(uint8_t *restrict code, const float *restrict x, float inverse)
{
	for (size_t i = 0; i < 4; i++) {
		vi low = iq4_codes(v_set(inverse) * v_load(x + 4 * i)), high = iq4_codes(v_set(inverse) * v_load(x + 16 + 4 * i));

		low |= high << 4;
		for (size_t k = 0; k < 4; k++)
			code[4 * i + k] = (uint8_t)low[k];
	}
}

V_INLINE vf iq4_other(vf yes, vf no)
{
	return (vf)((vm)yes ^ (vm)no);
}

V_INLINE vf iq4_pick(vm m, vf other, vf no)
{
	return (vf)((m & (vm)other) ^ (vm)no);
}
#endif

#endif
