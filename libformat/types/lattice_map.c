#include "types/lattice_map.h"

#include "types/codebook.h"
#include "types/vec4.h"

#include <float.h>
#include <pthread.h>

enum { KEYS8 = 6561, KEYS4 = 4096, MAX_POINTS = 2048, MAX_DISTANCE = 4 * 49 };

static unsigned bits_of(const struct tare_lattice *l)
{
	return l->group == 8 ? 2 : 3;
}

static unsigned word_of(const struct tare_lattice *l, unsigned key)
{
	unsigned word = 0;

	for (unsigned i = 0; i < l->group; i++, key /= l->levels)
		word |= key % l->levels << bits_of(l) * i;
	return word;
}

static unsigned key_of(const struct tare_lattice *l, unsigned word)
{
	unsigned key = 0, bits = bits_of(l);

	for (unsigned i = l->group; i--;)
		key = key * l->levels + (word >> bits * i & ((1u << bits) - 1));
	return key;
}

unsigned tare_lattice_number(const struct tare_lattice *l, unsigned word)
{
	return l->index[key_of(l, word)];
}

/* square[a][b] for two fields of one word: of eight bits (four weights) or six (two). */
static uint8_t square2[256][256], square3[64][64];

static unsigned field_distance(unsigned a, unsigned b, unsigned bits, unsigned n)
{
	unsigned sum = 0;

	for (unsigned i = 0; i < n; i++) {
		int d = (int)(a >> bits * i & ((1u << bits) - 1)) - (int)(b >> bits * i & ((1u << bits) - 1));

		sum += (unsigned)(d * d);
	}
	return sum;
}

static void make_squares(void)
{
	for (unsigned a = 0; a < 256; a++)
		for (unsigned b = 0; b < 256; b++)
			square2[a][b] = (uint8_t)field_distance(a, b, 2, 4);
	for (unsigned a = 0; a < 64; a++)
		for (unsigned b = 0; b < 64; b++)
			square3[a][b] = (uint8_t)field_distance(a, b, 3, 2);
}

static unsigned distance(const struct tare_lattice *l, unsigned a, unsigned b)
{
	if (l->group == 8)
		return square2[a & 255][b & 255] + square2[a >> 8][b >> 8];
	return square3[a & 63][b & 63] + square3[a >> 6][b >> 6];
}

/* Sorts by counting. Returns how many there are. */
static unsigned find_neighbours(const struct tare_lattice *l, unsigned word, uint16_t *near)
{
	uint16_t count[MAX_DISTANCE + 1] = { 0 };
	uint8_t far[MAX_POINTS];
	unsigned n = 0, shells = 0, limit = 0;

	for (unsigned i = 0; i < l->points; i++)
		count[far[i] = (uint8_t)distance(l, word, l->point[i])]++;
	for (unsigned d = 0; d <= MAX_DISTANCE && shells < l->shells; d++) {
		unsigned here = count[d];

		count[d] = (uint16_t)n;
		n += here;
		shells += here > 0;
		limit = d;
	}
	for (unsigned i = 0; i < l->points; i++)
		if (far[i] <= limit)
			near[count[far[i]]++] = l->point[i];
	return n;
}

static void build(const struct tare_lattice *l)
{
	static pthread_once_t squares = PTHREAD_ONCE_INIT;
	unsigned keys = l->group == 8 ? KEYS8 : KEYS4;

	pthread_once(&squares, make_squares);
	for (unsigned key = 0; key < keys; key++)
		l->index[key] = TARE_LATTICE_OFF;
	for (unsigned i = 0; i < l->points; i++)
		l->index[key_of(l, l->point[i])] = (uint16_t)i;
	l->first[0] = 0;
	for (unsigned key = 0; key < keys; key++) {
		unsigned at = l->first[key];

		if (l->index[key] == TARE_LATTICE_OFF)
			at += find_neighbours(l, word_of(l, key), l->near + at);
		l->first[key + 1] = at;
	}
}

#define LATTICE(name, points_, group_, levels_, shells_, neighbours_) \
	static uint16_t index_##name[group_ == 8 ? KEYS8 : KEYS4], near_##name[neighbours_ + TARE_LATTICE_SPARE]; \
	static uint32_t first_##name[(group_ == 8 ? KEYS8 : KEYS4) + 1]; \
	static const struct tare_lattice lattice_##name = { \
		.point = tare_codebook_##name, .points = points_, .group = group_, .levels = levels_, .shells = shells_, \
		.neighbours = neighbours_, .index = index_##name, .first = first_##name, .near = near_##name, \
	}; \
	static void build_##name(void) \
	{ \
		build(&lattice_##name); \
	} \
	const struct tare_lattice *tare_lattice_##name(void) \
	{ \
		static pthread_once_t once = PTHREAD_ONCE_INIT; \
	\
		pthread_once(&once, build_##name); \
		return &lattice_##name; \
	}

/* The numbers of neighbours follow from the codebooks; tests/unit/test_lattice.c counts them. */
LATTICE(iq2_xxs, 256, 8, 3, 2, 113157)
LATTICE(iq2_xs, 512, 8, 3, 2, 181721)
LATTICE(iq2_s, 1024, 8, 3, 1, 44716)
LATTICE(iq3_xxs, 256, 4, 8, 2, 18985)
LATTICE(iq3_s, 512, 4, 8, 3, 24733)
LATTICE(iq1, 2048, 8, 3, 3, 327721)

/* What one weight adds to the distance if it gets a level: for all levels and weights of the group. */
static void make_terms(float term[8][8], unsigned group, unsigned levels, const float *x, const float *w, float scale, const float *value)
{
	for (unsigned q = 0; q < levels; q++)
		for (unsigned i = 0; i < group; i += 4) {
			tare_v4f difference = tare_v4f_all(scale * value[q]) - tare_v4f_load(x + i);

			tare_v4f_store(term[q] + i, tare_v4f_load(w + i) * difference * difference);
		}
}

static uint16_t nearest_of_8(const uint16_t *p, const uint16_t *end, float term[8][8])
{
	float best = FLT_MAX;
	uint16_t chosen = *p;

	for (; p < end; p++) {
		unsigned c = *p;
		float d = term[c & 3][0];

		d += term[c >> 2 & 3][1];
		d += term[c >> 4 & 3][2];
		d += term[c >> 6 & 3][3];
		d += term[c >> 8 & 3][4];
		d += term[c >> 10 & 3][5];
		d += term[c >> 12 & 3][6];
		d += term[c >> 14][7];
		chosen = d < best ? (uint16_t)c : chosen;
		best = d < best ? d : best;
	}
	return chosen;
}

/* The same for long lists: what the first four weights come to is added up beforehand, for all that they can be. */
static uint16_t nearest_of_many(const uint16_t *p, const uint16_t *end, float term[8][8])
{
	float best = FLT_MAX, first[256];
	uint16_t chosen = *p;

	for (unsigned c = 0; c < 27; c++) {
		unsigned low = c % 3 | c / 3 % 3 << 2 | c / 9 << 4;
		float d = term[c % 3][0] + term[c / 3 % 3][1] + term[c / 9][2];

		for (unsigned q = 0; q < 3; q++)
			first[low | q << 6] = d + term[q][3];
	}
	for (; p < end; p++) {
		unsigned c = *p;
		float d = first[c & 255];

		d += term[c >> 8 & 3][4];
		d += term[c >> 10 & 3][5];
		d += term[c >> 12 & 3][6];
		d += term[c >> 14][7];
		chosen = d < best ? (uint16_t)c : chosen;
		best = d < best ? d : best;
	}
	return chosen;
}

static uint16_t nearest_of_4(const uint16_t *p, const uint16_t *end, float term[8][8])
{
	float best = FLT_MAX;
	uint16_t chosen = *p;

	for (; p < end; p++) {
		unsigned c = *p;
		float d = term[c & 7][0];

		d += term[c >> 3 & 7][1];
		d += term[c >> 6 & 7][2];
		d += term[c >> 9][3];
		chosen = d < best ? (uint16_t)c : chosen;
		best = d < best ? d : best;
	}
	return chosen;
}

uint16_t tare_lattice_nearest_of(const struct tare_lattice *l, const uint16_t *list, size_t n, const float *x, const float *w, float scale,
				 const float *value)
{
	float term[8][8];

	make_terms(term, l->group, l->levels, x, w, scale, value);
	if (l->group == 4)
		return nearest_of_4(list, list + n, term);
	return n < 20 ? nearest_of_8(list, list + n, term) : nearest_of_many(list, list + n, term);
}

uint16_t tare_lattice_nearest(const struct tare_lattice *l, unsigned key, const float *x, const float *w, float scale, const float *value)
{
	return tare_lattice_nearest_of(l, l->near + l->first[key], l->first[key + 1] - l->first[key], x, w, scale, value);
}
