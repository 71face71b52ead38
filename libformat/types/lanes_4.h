/* Four floats in a register, by the compilers' vector types: SSE2 (every x86-64), NEON. See lanes.h for what each operation means. */
#ifndef TARE_TYPES_LANES_4_H
#define TARE_TYPES_LANES_4_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "types/bytes16.h"
#include "types/exact.h"

#ifdef __SSE2__
#include <emmintrin.h>
#define LANES_NAME(name) name##_sse2
#else
#include <arm_neon.h>
#include <math.h>
#define LANES_NAME(name) name##_neon
#endif

#define LANES 4

typedef float vf __attribute__((vector_size(16)));
typedef int32_t vm __attribute__((vector_size(16))); /* all bits of a lane, or none */

static inline vf v_set(float f) { return (vf){ f, f, f, f }; }
static inline vf v_load(const float *p) { vf a; memcpy(&a, p, sizeof a); return a; }
static inline void v_store(float *p, vf a) { memcpy(p, &a, sizeof a); }
static inline vm v_lt(vf a, vf b) { return a < b; }
static inline vm v_eq(vf a, vf b) { return a == b; }
static inline vm v_unordered(vf a, vf b) { return ~((a == a) & (b == b)); }
static inline vf v_abs(vf a) { return (vf)((vm)a & (vm){ 0x7fffffff, 0x7fffffff, 0x7fffffff, 0x7fffffff }); }
static inline vf v_select(vm m, vf yes, vf no) { return (vf)(((vm)yes & m) | ((vm)no & ~m)); }
static inline vf v_one_more(vm m, vf a) { return a + (vf)(m & (vm)v_set(1)); }
static inline vm m_none(void) { return (vm){ 0, 0, 0, 0 }; }
static inline vm m_and(vm a, vm b) { return a & b; }
static inline vm m_or(vm a, vm b) { return a | b; }
static inline vm m_not(vm a) { return ~a; }

#ifdef __SSE2__
static inline vf v_min(vf a, vf b) { return (vf)_mm_min_ps((__m128)a, (__m128)b); }
static inline vf v_max(vf a, vf b) { return (vf)_mm_max_ps((__m128)a, (__m128)b); }
static inline vf v_sqrt(vf a) { return (vf)_mm_sqrt_ps((__m128)a); }
static inline unsigned m_bits(vm a) { return (unsigned)_mm_movemask_ps((__m128)a); }
#else
static inline vf v_min(vf a, vf b) { return v_select(a < b, a, b); }
static inline vf v_max(vf a, vf b) { return v_select(a > b, a, b); }
static inline vf v_sqrt(vf a) { return (vf){ sqrtf(a[0]), sqrtf(a[1]), sqrtf(a[2]), sqrtf(a[3]) }; }
static inline unsigned m_bits(vm a) { return (a[0] & 1u) | (a[1] & 2u) | (a[2] & 4u) | (a[3] & 8u); }
#endif

static inline vm m_of_bits(uint32_t bits)
{
#define M(i) { -((i) & 1), -((i) >> 1 & 1), -((i) >> 2 & 1), -((i) >> 3 & 1) }
	static const vm mask[16] = { M(0), M(1), M(2), M(3), M(4), M(5), M(6), M(7), M(8), M(9), M(10), M(11), M(12), M(13), M(14), M(15) };
#undef M

	return mask[bits & 15];
}

/* No shifts that differ from lane to lane here: a product instead. */
static inline vf v_pairs(uint32_t word)
{
	int32_t w = (int32_t)word;

	return __builtin_convertvector((vm){ w, w, w, w } & (vm){ 3, 12, 48, 192 }, vf) * (vf){ 1, 0x1p-2f, 0x1p-4f, 0x1p-6f };
}

#ifdef __SSE2__
/* No table in a register here: the steps of the levels are added up. The codes are below 16. */
static inline tare_b16 b16_pick(const int8_t *table, tare_b16 code)
{
	typedef int8_t s16 __attribute__((vector_size(16)));
	tare_b16 v = (tare_b16){ 0 } + (uint8_t)table[0];

#define STEP(i) v += (tare_b16)((s16)code >= i) & (uint8_t)(table[i] - table[i - 1])
	STEP(1), STEP(2), STEP(3), STEP(4), STEP(5), STEP(6), STEP(7), STEP(8);
	STEP(9), STEP(10), STEP(11), STEP(12), STEP(13), STEP(14), STEP(15);
#undef STEP
	return v;
}
#else
static inline tare_b16 b16_pick(const int8_t *table, tare_b16 code)
{
	return (tare_b16)vqtbl1q_u8((uint8x16_t)vld1q_s8(table), (uint8x16_t)code);
}
#endif

static inline vm v_nearest_int(vf a)
{
	const vm mask = { 0x7fffff, 0x7fffff, 0x7fffff, 0x7fffff }, middle = { 0x400000, 0x400000, 0x400000, 0x400000 };

	return ((vm)(a + v_set(0x1.8p23f)) & mask) - middle;
}

static inline vf v_nearest_wrapped(vf a) { return __builtin_convertvector(v_nearest_int(a), vf); }

/* Columns c..c+3 of four rows to t[c..c+3]. */
static inline void v_transpose4(float (*t)[LANES], const float *const *row, size_t c)
{
	vf a = v_load(row[0] + c), b = v_load(row[1] + c), d = v_load(row[2] + c), e = v_load(row[3] + c);

	for (size_t i = 0; i < 4; i++)
		v_store(t[c + i], (vf){ a[i], b[i], d[i], e[i] });
}

#ifdef __SSE2__
/* The packing saturates; a code is wrapped before and clamped after, so that nothing is lost between. */
static inline void v_narrow16(uint8_t *code, const vf *v, int low, int high)
{
	__m128i half[2], l = _mm_set1_epi16((short)low), h = _mm_set1_epi16((short)high);

	for (size_t i = 0; i < 2; i++) {
		half[i] = _mm_packs_epi32((__m128i)v_nearest_int(v[2 * i]), (__m128i)v_nearest_int(v[2 * i + 1]));
		half[i] = _mm_sub_epi16(_mm_min_epi16(_mm_max_epi16(half[i], l), h), l);
	}
	_mm_storeu_si128((__m128i *)(void *)code, _mm_packus_epi16(half[0], half[1]));
}

static inline void v_truncate16(uint8_t *code, const vf *v)
{
	__m128i byte = _mm_set1_epi32(255), i[4];

	for (size_t k = 0; k < 4; k++)
		i[k] = _mm_and_si128(_mm_cvttps_epi32((__m128)v[k]), byte);
	i[0] = _mm_packus_epi16(_mm_packs_epi32(i[0], i[1]), _mm_packs_epi32(i[2], i[3]));
	_mm_storeu_si128((__m128i *)(void *)code, i[0]);
}

static inline void v_widen16(vf *v, const void *bytes, bool has_sign)
{
	__m128i b = _mm_loadu_si128((const __m128i *)bytes), s = has_sign ? _mm_cmplt_epi8(b, _mm_setzero_si128()) : _mm_setzero_si128();
	__m128i low = _mm_unpacklo_epi8(b, s), high = _mm_unpackhi_epi8(b, s);
	__m128i ls = has_sign ? _mm_srai_epi16(low, 15) : s, hs = has_sign ? _mm_srai_epi16(high, 15) : s;

	v[0] = (vf)_mm_cvtepi32_ps(_mm_unpacklo_epi16(low, ls));
	v[1] = (vf)_mm_cvtepi32_ps(_mm_unpackhi_epi16(low, ls));
	v[2] = (vf)_mm_cvtepi32_ps(_mm_unpacklo_epi16(high, hs));
	v[3] = (vf)_mm_cvtepi32_ps(_mm_unpackhi_epi16(high, hs));
}
#else
static inline void v_narrow16(uint8_t *code, const vf *v, int low, int high)
{
	const vm l = { low, low, low, low }, h = { high, high, high, high };

	for (size_t i = 0; i < 4; i++) {
		vm a = v_nearest_int(v[i]);

		a = (a & (a > l)) | (l & ~(a > l));
		a = (a & (a < h)) | (h & ~(a < h));
		a -= l;
		for (size_t k = 0; k < 4; k++)
			code[4 * i + k] = (uint8_t)a[k];
	}
}

static inline void v_truncate16(uint8_t *code, const vf *v)
{
	for (size_t i = 0; i < 16; i++)
		code[i] = (uint8_t)tare_truncate(v[i / 4][i % 4]);
}

static inline void v_widen16(vf *v, const void *bytes, bool has_sign)
{
	const uint8_t *u = bytes;
	const int8_t *s = bytes;

	for (size_t i = 0; i < 4; i++, u += 4, s += 4) {
		vm whole = { u[0], u[1], u[2], u[3] }, with_sign = { s[0], s[1], s[2], s[3] };

		v[i] = __builtin_convertvector(has_sign ? with_sign : whole, vf);
	}
}
#endif

/* Four little-endian words. */
static inline vm v_words4(const uint8_t *p)
{
#ifdef __SSE2__
	return (vm)_mm_unpacklo_epi16(_mm_loadl_epi64((const __m128i *)(const void *)p), _mm_setzero_si128());
#else
	return (vm)vmovl_u16((uint16x4_t)vld1_u8(p));
#endif
}

/* tare_f32_of_f16(), four at a time. */
static inline vf v_from_half4(const uint8_t *p)
{
	const vm k112 = (vm){ 112, 112, 112, 112 } << 23, inf = (vm){ 255, 255, 255, 255 } << 23, quiet = inf - inf + 0x400000;
	vm h = v_words4(p), magnitude = h & 0x7fff;
	vm normal = (magnitude << 13) + k112, small = magnitude < 0x400, special = magnitude >= 0x7c00;
	vm subnormal = (vm)(__builtin_convertvector(magnitude, vf) * v_set(0x1p-24f));
	vm other = (magnitude << 13) | inf | (quiet & (magnitude > 0x7c00));

	normal = (subnormal & small) | (normal & ~small);
	return (vf)((other & special) | (normal & ~special) | (h & 0x8000) << 16);
}

static inline void v_from_f16(vf *v, const void *f16)
{
	for (size_t i = 0; i < 4; i++)
		v[i] = v_from_half4((const uint8_t *)f16 + 8 * i);
}

static inline void v_to_f16(void *f16, const vf *v)
{
	float f[16];

	memcpy(f, v, sizeof f);
	for (size_t i = 0; i < 16; i++)
		tare_put16((uint8_t *)f16 + 2 * i, tare_f16_of_f32(f[i]), false);
}

#endif
