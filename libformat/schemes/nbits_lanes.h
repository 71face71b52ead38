/* MatMulNBits' plain rounding with a column in each lane: loads are contiguous, codes gather in the lanes of an integer register, and only
 * the finished words are turned into columns. Columns that do not fill a register are left to the plain loops. */
#ifndef TARE_SCHEMES_NBITS_LANES_H
#define TARE_SCHEMES_NBITS_LANES_H

#include "types/lanes.h"

#ifndef PLAIN
#define PLAIN(name) LANES_NAME(name)
#endif
#include "schemes/plain_kernels.h"

typedef uint32_t nb_words __attribute__((vector_size(4 * LANES)));

enum { NB_AT_ONCE = 4 }; /* registers of columns, so that the sums of one need not wait for themselves */

/* Word w of lane i to out + i * stride, four words. */
#if LANES == 16
V_INLINE void nb_put4(uint8_t *out, size_t stride, const nb_words *w)
{
	__m512i a = _mm512_unpacklo_epi32((__m512i)w[0], (__m512i)w[1]), b = _mm512_unpackhi_epi32((__m512i)w[0], (__m512i)w[1]);
	__m512i c = _mm512_unpacklo_epi32((__m512i)w[2], (__m512i)w[3]), d = _mm512_unpackhi_epi32((__m512i)w[2], (__m512i)w[3]);
	__m512i column[4] = { _mm512_unpacklo_epi64(a, c), _mm512_unpackhi_epi64(a, c), _mm512_unpacklo_epi64(b, d), _mm512_unpackhi_epi64(b, d) };

	for (size_t i = 0; i < 4; i++, out += stride) {
		_mm_storeu_si128((__m128i *)(void *)out, _mm512_castsi512_si128(column[i]));
		_mm_storeu_si128((__m128i *)(void *)(out + 4 * stride), _mm512_extracti32x4_epi32(column[i], 1));
		_mm_storeu_si128((__m128i *)(void *)(out + 8 * stride), _mm512_extracti32x4_epi32(column[i], 2));
		_mm_storeu_si128((__m128i *)(void *)(out + 12 * stride), _mm512_extracti32x4_epi32(column[i], 3));
	}
}
#elif LANES == 8
V_INLINE void nb_put4(uint8_t *out, size_t stride, const nb_words *w)
{
	__m256i a = _mm256_unpacklo_epi32((__m256i)w[0], (__m256i)w[1]), b = _mm256_unpackhi_epi32((__m256i)w[0], (__m256i)w[1]);
	__m256i c = _mm256_unpacklo_epi32((__m256i)w[2], (__m256i)w[3]), d = _mm256_unpackhi_epi32((__m256i)w[2], (__m256i)w[3]);
	__m256i column[4] = { _mm256_unpacklo_epi64(a, c), _mm256_unpackhi_epi64(a, c), _mm256_unpacklo_epi64(b, d), _mm256_unpackhi_epi64(b, d) };

	for (size_t i = 0; i < 4; i++, out += stride) {
		_mm_storeu_si128((__m128i *)(void *)out, _mm256_castsi256_si128(column[i]));
		_mm_storeu_si128((__m128i *)(void *)(out + 4 * stride), _mm256_extracti128_si256(column[i], 1));
	}
}
#else
V_INLINE void nb_put4(uint8_t *out, size_t stride, const nb_words *w)
{
	for (size_t i = 0; i < LANES; i++) {
		nb_words column = { w[0][i], w[1][i], w[2][i], w[3][i] };

		memcpy(out + i * stride, &column, sizeof column);
	}
}
#endif

V_INLINE void nb_put(uint8_t *out, size_t stride, const nb_words *w, size_t n)
{
	uint32_t lane[LANES];
	size_t k = 0;

	for (; k + 4 <= n; k += 4)
		nb_put4(out + 4 * k, stride, w + k);
	for (; k < n; k++) {
		memcpy(lane, w + k, sizeof lane);
		for (size_t i = 0; i < LANES; i++)
			tare_put32(out + i * stride + 4 * k, lane[i], false);
	}
}

V_INLINE void nb_range(float *lo, float *hi, const tare_strip *s, size_t at, size_t registers)
{
	vf low[NB_AT_ONCE], high[NB_AT_ONCE];
	const float *x = s->x + at;

	for (size_t k = 0; k < registers; k++) {
		low[k] = v_load(lo + at + k * LANES);
		high[k] = v_load(hi + at + k * LANES);
	}
	for (size_t r = 0; r < s->rows; r++, x += s->stride)
		for (size_t k = 0; k < registers; k++) {
			vf v = v_load(x + k * LANES);

			__builtin_prefetch(x + (k + NB_AT_ONCE) * LANES); /* the next strip */
			low[k] = v_min(v, low[k]);
			high[k] = v_max(v, high[k]);
		}
	for (size_t k = 0; k < registers; k++) {
		v_store(lo + at + k * LANES, low[k]);
		v_store(hi + at + k * LANES, high[k]);
	}
}

static inline void LANES_NAME(range_lanes)(float *lo, float *hi, const tare_strip *s)
{
	size_t at = 0;

	for (; at + NB_AT_ONCE * LANES <= s->cols; at += NB_AT_ONCE * LANES)
		nb_range(lo, hi, s, at, NB_AT_ONCE);
	for (; at + LANES <= s->cols; at += LANES)
		nb_range(lo, hi, s, at, 1);
	if (at < s->cols)
		PLAIN(range)(lo + at, hi + at, &(tare_strip){ s->x + at, s->stride, s->rows, s->cols - at });
}

/* 32 / bits codes of each lane. */
V_INLINE nb_words nb_word(const float *x, size_t stride, vf inverse, vf zero, uint32_t bits)
{
	const vf max = v_set((float)((1 << bits) - 1)), half = v_set(0x1.fffffep-2f);
	nb_words word = { 0 };

	for (uint32_t i = 0; i < 32 / bits; i++, x += stride) {
		vf v = v_min(v_max(v_load(x) * inverse + zero, v_zero()), max) + half;

		word |= __builtin_convertvector(v, nb_words) << (i * bits);
	}
	return word;
}

V_INLINE void nb_codes(uint8_t *out, size_t out_stride, const tare_strip *s, const tare_nbits_scales *q, uint32_t bits)
{
	size_t words = s->rows * bits / 32, at = 0;
	nb_words w[TARE_STRIP_ROWS / 4];

	for (; at + LANES <= s->cols; at += LANES) {
		vf inverse = v_load(q->inverse + at), zero = v_load(q->zero + at);

		for (size_t k = 0; k < words; k++)
			w[k] = nb_word(s->x + at + k * (32 / bits) * s->stride, s->stride, inverse, zero, bits);
		nb_put(out + at * out_stride, out_stride, w, words);
	}
}

static inline void LANES_NAME(nbits_codes_lanes)(uint8_t *out, size_t out_stride, const tare_strip *s, const tare_nbits_scales *q,
						 uint32_t bits)
{
	size_t per = 32 / bits, whole = s->rows / per * per, full = s->cols / LANES * LANES;
	tare_strip rest = { s->x + whole * s->stride, s->stride, s->rows - whole, full };

	if (bits == 4)
		nb_codes(out, out_stride, s, q, 4);
	else if (bits == 2)
		nb_codes(out, out_stride, s, q, 2);
	else
		nb_codes(out, out_stride, s, q, 8);
	if (rest.rows)
		PLAIN(nbits_codes)(out + whole * bits / 8, out_stride, &rest, q, bits);
	if (full < s->cols) {
		tare_nbits_scales last;

		memcpy(last.inverse, q->inverse + full, (s->cols - full) * sizeof *q->inverse);
		memcpy(last.zero, q->zero + full, (s->cols - full) * sizeof *q->zero);
		rest = (tare_strip){ s->x + full, s->stride, s->rows, s->cols - full };
		PLAIN(nbits_codes)(out + full * out_stride, out_stride, &rest, &last, bits);
	}
}

#endif
