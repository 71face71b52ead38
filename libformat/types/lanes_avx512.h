/* Sixteen floats in a register: AVX-512 F, BW, DQ, VL. See lanes.h for what each operation means. */
#ifndef TARE_TYPES_LANES_AVX512_H
#define TARE_TYPES_LANES_AVX512_H

#ifdef __AVX512BW__
#include <immintrin.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "types/bytes16.h"

#define LANES 16
#define LANES_NAME(name) name##_avx512

typedef __m512 vf;
typedef __mmask16 vm;

static inline vf v_set(float f) { return _mm512_set1_ps(f); }
static inline vf v_load(const float *p) { return _mm512_loadu_ps(p); }
static inline void v_store(float *p, vf a) { _mm512_storeu_ps(p, a); }
static inline vf v_min(vf a, vf b) { return _mm512_min_ps(a, b); }
static inline vf v_max(vf a, vf b) { return _mm512_max_ps(a, b); }
static inline vf v_abs(vf a) { return _mm512_and_ps(a, _mm512_castsi512_ps(_mm512_set1_epi32(0x7fffffff))); }
static inline vf v_sqrt(vf a) { return _mm512_sqrt_ps(a); }
static inline vm v_lt(vf a, vf b) { return _mm512_cmp_ps_mask(a, b, _CMP_LT_OQ); }
static inline vm v_eq(vf a, vf b) { return _mm512_cmp_ps_mask(a, b, _CMP_EQ_OQ); }
static inline vm v_unordered(vf a, vf b) { return _mm512_cmp_ps_mask(a, b, _CMP_UNORD_Q); }
static inline vf v_select(vm m, vf yes, vf no) { return _mm512_mask_blend_ps(m, no, yes); }
static inline vf v_one_more(vm m, vf a) { return _mm512_mask_add_ps(a, m, a, v_set(1)); }
static inline vm m_none(void) { return 0; }
static inline vm m_and(vm a, vm b) { return (vm)(a & b); }
static inline vm m_or(vm a, vm b) { return (vm)(a | b); }
static inline vm m_not(vm a) { return (vm)~a; }
static inline unsigned m_bits(vm a) { return a; }

static inline vm m_of_bits(uint32_t bits) { return (vm)bits; }

static inline vf v_pairs(uint32_t word)
{
	const __m512i at = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);

	return _mm512_cvtepi32_ps(_mm512_and_si512(_mm512_srlv_epi32(_mm512_set1_epi32((int)word), at), _mm512_set1_epi32(3)));
}

static inline tare_b16 b16_pick(const int8_t *table, tare_b16 code)
{
	return (tare_b16)_mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(const void *)table), (__m128i)code);
}

static inline vf v_nearest_wrapped(vf a)
{
	__m512i i = _mm512_castps_si512(a + _mm512_set1_ps(0x1.8p23f));

	i = _mm512_sub_epi32(_mm512_and_si512(i, _mm512_set1_epi32(0x7fffff)), _mm512_set1_epi32(0x400000));
	return _mm512_cvtepi32_ps(i);
}

/* Columns c..c+3 of sixteen rows to t[c..c+3]: 4 x 4 transpositions in the four quarters of a register. */
static inline void v_transpose4(float (*t)[LANES], const float *const *row, size_t c)
{
	__m512 a[4], lo0, lo1, hi0, hi1;

	for (size_t r = 0; r < 4; r++) {
		a[r] = _mm512_castps128_ps512(_mm_loadu_ps(row[r] + c));
		a[r] = _mm512_insertf32x4(a[r], _mm_loadu_ps(row[r + 4] + c), 1);
		a[r] = _mm512_insertf32x4(a[r], _mm_loadu_ps(row[r + 8] + c), 2);
		a[r] = _mm512_insertf32x4(a[r], _mm_loadu_ps(row[r + 12] + c), 3);
	}
	lo0 = _mm512_unpacklo_ps(a[0], a[1]);
	lo1 = _mm512_unpacklo_ps(a[2], a[3]);
	hi0 = _mm512_unpackhi_ps(a[0], a[1]);
	hi1 = _mm512_unpackhi_ps(a[2], a[3]);
	_mm512_storeu_ps(t[c], _mm512_shuffle_ps(lo0, lo1, 0x44));
	_mm512_storeu_ps(t[c + 1], _mm512_shuffle_ps(lo0, lo1, 0xee));
	_mm512_storeu_ps(t[c + 2], _mm512_shuffle_ps(hi0, hi1, 0x44));
	_mm512_storeu_ps(t[c + 3], _mm512_shuffle_ps(hi0, hi1, 0xee));
}

static inline void v_narrow16(uint8_t *code, const vf *v, int low, int high)
{
	__m512i i = _mm512_castps_si512(v[0] + _mm512_set1_ps(0x1.8p23f));

	i = _mm512_sub_epi32(_mm512_and_si512(i, _mm512_set1_epi32(0x7fffff)), _mm512_set1_epi32(0x400000));
	i = _mm512_min_epi32(_mm512_max_epi32(i, _mm512_set1_epi32(low)), _mm512_set1_epi32(high));
	i = _mm512_sub_epi32(i, _mm512_set1_epi32(low));
	_mm_storeu_si128((__m128i *)(void *)code, _mm512_cvtepi32_epi8(i));
}

static inline void v_truncate16(uint8_t *code, const vf *v)
{
	_mm_storeu_si128((__m128i *)(void *)code, _mm512_cvtepi32_epi8(_mm512_cvttps_epi32(v[0])));
}

static inline void v_widen16(vf *v, const void *bytes, bool has_sign)
{
	__m128i b = _mm_loadu_si128((const __m128i *)bytes);

	v[0] = _mm512_cvtepi32_ps(has_sign ? _mm512_cvtepi8_epi32(b) : _mm512_cvtepu8_epi32(b));
}

static inline void v_from_f16(vf *v, const void *f16)
{
	v[0] = _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)f16));
}

static inline void v_to_f16(void *f16, const vf *v)
{
	__m512i bits = _mm512_castps_si512(v[0]);
	__m256i h = _mm512_cvtps_ph(v[0], _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
	__m256i nan = _mm512_cvtepi32_epi16(_mm512_and_si512(_mm512_srli_epi32(bits, 16), _mm512_set1_epi32(0x8000)));

	nan = _mm256_or_si256(nan, _mm256_set1_epi16(0x7e00));
	h = _mm256_mask_blend_epi16(v_unordered(v[0], v[0]), h, nan);
	_mm256_storeu_si256((__m256i *)f16, h);
}

#endif
#endif
