/* Eight floats in a register: AVX2. See lanes.h for what each operation means. */
#ifndef TARE_TYPES_LANES_AVX2_H
#define TARE_TYPES_LANES_AVX2_H

#ifdef __AVX2__
#include <immintrin.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "types/bytes16.h"

#define LANES 8
#define LANES_NAME(name) name##_avx2

typedef __m256 vf;
typedef __m256 vm; /* all bits of a lane, or none */

static inline vf v_set(float f) { return _mm256_set1_ps(f); }
static inline vf v_load(const float *p) { return _mm256_loadu_ps(p); }
static inline void v_store(float *p, vf a) { _mm256_storeu_ps(p, a); }
static inline vf v_min(vf a, vf b) { return _mm256_min_ps(a, b); }
static inline vf v_max(vf a, vf b) { return _mm256_max_ps(a, b); }
static inline vf v_abs(vf a) { return _mm256_and_ps(a, _mm256_castsi256_ps(_mm256_set1_epi32(0x7fffffff))); }
static inline vf v_sqrt(vf a) { return _mm256_sqrt_ps(a); }
static inline vm v_lt(vf a, vf b) { return _mm256_cmp_ps(a, b, _CMP_LT_OQ); }
static inline vm v_eq(vf a, vf b) { return _mm256_cmp_ps(a, b, _CMP_EQ_OQ); }
static inline vm v_unordered(vf a, vf b) { return _mm256_cmp_ps(a, b, _CMP_UNORD_Q); }
static inline vf v_select(vm m, vf yes, vf no) { return _mm256_blendv_ps(no, yes, m); }
static inline vf v_one_more(vm m, vf a) { return a + _mm256_and_ps(m, v_set(1)); }
static inline vm m_none(void) { return _mm256_setzero_ps(); }
static inline vm m_and(vm a, vm b) { return _mm256_and_ps(a, b); }
static inline vm m_or(vm a, vm b) { return _mm256_or_ps(a, b); }
static inline vm m_not(vm a) { return _mm256_xor_ps(a, _mm256_castsi256_ps(_mm256_set1_epi32(-1))); }
static inline unsigned m_bits(vm a) { return (unsigned)_mm256_movemask_ps(a); }

static inline vm m_of_bits(uint32_t bits)
{
	const __m256i bit = _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128);

	return _mm256_castsi256_ps(_mm256_cmpeq_epi32(_mm256_and_si256(_mm256_set1_epi32((int)bits), bit), bit));
}

static inline vf v_pairs(uint32_t word)
{
	const __m256i at = _mm256_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14);

	return _mm256_cvtepi32_ps(_mm256_and_si256(_mm256_srlv_epi32(_mm256_set1_epi32((int)word), at), _mm256_set1_epi32(3)));
}

static inline tare_b16 b16_pick(const int8_t *table, tare_b16 code)
{
	return (tare_b16)_mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)(const void *)table), (__m128i)code);
}

static inline __m256i v_nearest_int(vf a)
{
	__m256i i = _mm256_castps_si256(a + _mm256_set1_ps(0x1.8p23f));

	return _mm256_sub_epi32(_mm256_and_si256(i, _mm256_set1_epi32(0x7fffff)), _mm256_set1_epi32(0x400000));
}

static inline vf v_nearest_wrapped(vf a) { return _mm256_cvtepi32_ps(v_nearest_int(a)); }

/* Columns c..c+3 of eight rows to t[c..c+3]: 4 x 4 transpositions in the two halves of a register. */
static inline void v_transpose4(float (*t)[LANES], const float *const *row, size_t c)
{
	__m256 a[4], lo0, lo1, hi0, hi1;

	for (size_t r = 0; r < 4; r++)
		a[r] = _mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps(row[r] + c)), _mm_loadu_ps(row[r + 4] + c), 1);
	lo0 = _mm256_unpacklo_ps(a[0], a[1]);
	lo1 = _mm256_unpacklo_ps(a[2], a[3]);
	hi0 = _mm256_unpackhi_ps(a[0], a[1]);
	hi1 = _mm256_unpackhi_ps(a[2], a[3]);
	_mm256_storeu_ps(t[c], _mm256_shuffle_ps(lo0, lo1, 0x44));
	_mm256_storeu_ps(t[c + 1], _mm256_shuffle_ps(lo0, lo1, 0xee));
	_mm256_storeu_ps(t[c + 2], _mm256_shuffle_ps(hi0, hi1, 0x44));
	_mm256_storeu_ps(t[c + 3], _mm256_shuffle_ps(hi0, hi1, 0xee));
}

/* Sixteen integers below 256 as bytes. */
static inline void v_bytes16(uint8_t *code, __m256i a, __m256i b)
{
	__m256i words = _mm256_permute4x64_epi64(_mm256_packs_epi32(a, b), 0xd8);

	_mm_storeu_si128((__m128i *)(void *)code, _mm_packus_epi16(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1)));
}

static inline void v_narrow16(uint8_t *code, const vf *v, int low, int high)
{
	__m256i l = _mm256_set1_epi32(low), h = _mm256_set1_epi32(high), i[2];

	for (size_t k = 0; k < 2; k++) {
		i[k] = _mm256_min_epi32(_mm256_max_epi32(v_nearest_int(v[k]), l), h);
		i[k] = _mm256_sub_epi32(i[k], l);
	}
	v_bytes16(code, i[0], i[1]);
}

static inline void v_truncate16(uint8_t *code, const vf *v)
{
	__m256i byte = _mm256_set1_epi32(255);

	v_bytes16(code, _mm256_and_si256(_mm256_cvttps_epi32(v[0]), byte), _mm256_and_si256(_mm256_cvttps_epi32(v[1]), byte));
}

static inline void v_widen16(vf *v, const void *bytes, bool has_sign)
{
	__m128i b = _mm_loadu_si128((const __m128i *)bytes), c = _mm_unpackhi_epi64(b, b);

	v[0] = _mm256_cvtepi32_ps(has_sign ? _mm256_cvtepi8_epi32(b) : _mm256_cvtepu8_epi32(b));
	v[1] = _mm256_cvtepi32_ps(has_sign ? _mm256_cvtepi8_epi32(c) : _mm256_cvtepu8_epi32(c));
}

static inline void v_from_f16(vf *v, const void *f16)
{
	v[0] = _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)f16));
	v[1] = _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)f16 + 1));
}

static inline void v_to_f16(void *f16, const vf *v)
{
	for (size_t k = 0; k < 2; k++) {
		__m256i nans = _mm256_castps_si256(v_unordered(v[k], v[k])), bits = _mm256_castps_si256(v[k]);
		__m256i nan = _mm256_or_si256(_mm256_set1_epi32(0x7e00), _mm256_and_si256(_mm256_srli_epi32(bits, 16), _mm256_set1_epi32(0x8000)));
		__m256i h = _mm256_cvtepu16_epi32(_mm256_cvtps_ph(v[k], _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));

		h = _mm256_blendv_epi8(h, nan, nans);
		h = _mm256_permute4x64_epi64(_mm256_packus_epi32(h, h), 0xd8);
		_mm_storeu_si128((__m128i *)f16 + k, _mm256_castsi256_si128(h));
	}
}

#endif
#endif
