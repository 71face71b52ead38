/* The nearest of a list of candidates, eight of them at a time. For lattice_jobs.h.
 *
 * A weight adds one of three (or eight) values to the distance of a candidate, which are worked out first and looked up in a register by
 * the bits of the candidate's word. Each distance is added up in the order of the weights; of equal ones the first is taken. */
#ifndef TARE_TYPES_LATTICE_PICK_H
#define TARE_TYPES_LATTICE_PICK_H

#include <float.h>

#include "types/lanes.h"
#include "types/lattice_cells.h"
#include "types/lattice_fit.h"

#if LANES > 4
/* The weights of a sub-block as the evaluation wants them: each four times, if they come in groups of eight. */
struct pick_input {
	_Alignas(64) float x[4 * TARE_LATTICE_SUB], w[4 * TARE_LATTICE_SUB];
};

V_INLINE void pick_prepare(struct pick_input *p, const struct tare_lattice_fit *f, unsigned sub, unsigned group)
{
	if (group == 4) {
		memcpy(p->x, f->x, sub * sizeof *f->x);
		memcpy(p->w, f->root, sub * sizeof *f->root);
		return;
	}
	for (unsigned i = 0; i < sub; i++) {
		_mm_store_ps(p->x + 4 * i, _mm_set1_ps(f->x[i]));
		_mm_store_ps(p->w + 4 * i, _mm_set1_ps(f->root[i]));
	}
}

/* Eight distances; term[]: 8 x 4 or 4 x 8 values. */
V_INLINE __m256 pick_distances_of_8(__m256i c, const float *term)
{
	__m256 d = _mm256_permutevar_ps(_mm256_broadcast_ps((const __m128 *)(const void *)term), c);

	for (int i = 1; i < 8; i++)
		d = d + _mm256_permutevar_ps(_mm256_broadcast_ps((const __m128 *)(const void *)(term + 4 * i)), _mm256_srli_epi32(c, 2 * i));
	return d;
}

V_INLINE __m256 pick_distances_of_4(__m256i c, const __m256 *term)
{
	__m256 d = _mm256_permutevar8x32_ps(term[0], c);

	for (int i = 1; i < 4; i++)
		d = d + _mm256_permutevar8x32_ps(term[i], _mm256_srli_epi32(c, 3 * i));
	return d;
}

/* The least of eight in all lanes. */
V_INLINE __m256 pick_least(__m256 d)
{
	d = _mm256_min_ps(d, _mm256_permute2f128_ps(d, d, 1));
	d = _mm256_min_ps(d, _mm256_permute_ps(d, 0x4e));
	return _mm256_min_ps(d, _mm256_permute_ps(d, 0xb1));
}

/* Of the lanes with the least distance the lowest place. No distance is NaN. */
V_INLINE unsigned pick_first(__m256 d, __m256i place)
{
	__m256i p = _mm256_castps_si256(_mm256_cmp_ps(d, pick_least(d), _CMP_EQ_OQ));

	p = _mm256_blendv_epi8(_mm256_set1_epi32(INT32_MAX), place, p);
	p = _mm256_min_epi32(p, _mm256_permute2x128_si256(p, p, 1));
	p = _mm256_min_epi32(p, _mm256_shuffle_epi32(p, 0x4e));
	p = _mm256_min_epi32(p, _mm256_shuffle_epi32(p, 0xb1));
	return (unsigned)_mm256_cvtsi256_si32(p);
}

/* n candidates, at most eight if `few`. No distance is NaN. */
V_INLINE uint16_t pick_from(const struct pick_input *p, unsigned group, unsigned k, float scale, const uint16_t *list, unsigned n, bool few)
{
	static const float beyond[16] = { 0, 0, 0, 0, 0, 0, 0, 0, INFINITY, INFINITY, INFINITY, INFINITY, INFINITY, INFINITY, INFINITY,
					  INFINITY };
	const float *x = p->x + (group == 8 ? 32 : 4) * k, *w = p->w + (group == 8 ? 32 : 4) * k;
	_Alignas(32) float memory[32];
	__m256 term[4], best = _mm256_set1_ps(INFINITY);
	__m256i chosen = _mm256_setzero_si256(), place = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);

	for (int i = 0; i < 4; i++) {
		__m256 odd = group == 8 ? _mm256_setr_ps(1, 3, 5, 7, 1, 3, 5, 7) : _mm256_setr_ps(1, 3, 5, 7, 9, 11, 13, 15);
		__m256 xi = group == 8 ? _mm256_load_ps(x + 8 * i) : _mm256_broadcast_ss(x + i);
		__m256 wi = group == 8 ? _mm256_load_ps(w + 8 * i) : _mm256_broadcast_ss(w + i);
		__m256 difference = _mm256_set1_ps(scale) * odd - xi;

		term[i] = wi * difference * difference;
		if (group == 8)
			_mm256_store_ps(memory + 8 * i, term[i]);
	}
	for (unsigned at = 0; at < n; at += 8, place = _mm256_add_epi32(place, _mm256_set1_epi32(8))) {
		__m256i c = _mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i *)(const void *)(list + at)));
		__m256 d = group == 8 ? pick_distances_of_8(c, memory) : pick_distances_of_4(c, term), less;

		d = _mm256_max_ps(d, _mm256_loadu_ps(beyond + (n - at < 8 ? 8 - (n - at) : 0)));
		if (few)
			return list[__builtin_ctz((unsigned)_mm256_movemask_ps(_mm256_cmp_ps(d, pick_least(d), _CMP_EQ_OQ)))];
		less = _mm256_cmp_ps(d, best, _CMP_LT_OQ);
		best = _mm256_blendv_ps(best, d, less);
		chosen = _mm256_blendv_epi8(chosen, place, _mm256_castps_si256(less));
	}
	return list[pick_first(best, chosen)];
}

/* tare_lattice_nearest_of() for groups of eight, for long lists: each lane keeps its own best. */
static uint16_t pick_nearest_of(const struct tare_lattice *l, const uint16_t *list, size_t n, const float *x, const float *w, float scale,
				const float *value)
{
	_Alignas(32) float term[8 * 4];
	__m256 best = _mm256_set1_ps(FLT_MAX);
	__m256i chosen = _mm256_setzero_si256(), at = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);

	for (int i = 0; i < 8; i++) {
		__m128 difference = _mm_set1_ps(scale) * _mm_loadu_ps(value) - _mm_set1_ps(x[i]);

		_mm_store_ps(term + 4 * i, _mm_set1_ps(w[i]) * difference * difference);
	}
	for (size_t i = 0; i < n; i += 8, at = _mm256_add_epi32(at, _mm256_set1_epi32(8))) {
		__m256i c = _mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i *)(const void *)(list + i)));
		__m256 d = pick_distances_of_8(c, term), less = _mm256_cmp_ps(d, best, _CMP_LT_OQ);

		if (n - i < 8)
			less = _mm256_and_ps(less, _mm256_castsi256_ps(_mm256_cmpgt_epi32(_mm256_set1_epi32((int)n), at)));
		best = _mm256_blendv_ps(best, d, less);
		chosen = _mm256_blendv_epi8(chosen, at, _mm256_castps_si256(less));
	}
	return list[pick_first(best, chosen)];
}

#endif
#endif
