/* The maps from levels to points of the IQ lattices, against the plain definition. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "types/lattice_cells.h"
#include "types/lattice_map.h"

static unsigned level(const struct tare_lattice *l, unsigned word, unsigned i)
{
	unsigned bits = l->group == 8 ? 2 : 3;

	return word >> bits * i & ((1u << bits) - 1);
}

static unsigned keys(const struct tare_lattice *l)
{
	unsigned n = 1;

	for (unsigned i = 0; i < l->group; i++)
		n *= l->levels;
	return n;
}

static int distance(const struct tare_lattice *l, unsigned key, unsigned word)
{
	int sum = 0;

	for (unsigned i = 0; i < l->group; i++, key /= l->levels) {
		int d = (int)(key % l->levels) - (int)level(l, word, i);

		sum += d * d;
	}
	return sum;
}

static const struct tare_lattice *lattice(size_t i)
{
	switch (i) {
	case 0: return tare_lattice_iq2_xxs();
	case 1: return tare_lattice_iq2_xs();
	case 2: return tare_lattice_iq2_s();
	case 3: return tare_lattice_iq3_xxs();
	case 4: return tare_lattice_iq3_s();
	case 5: return tare_lattice_iq1();
	default: return NULL;
	}
}

static void every_point_is_found(void **state)
{
	for (size_t n = 0; lattice(n); n++) {
		const struct tare_lattice *l = lattice(n);
		unsigned on = 0;

		for (unsigned i = 0; i < l->points; i++)
			assert_int_equal(tare_lattice_number(l, l->point[i]), i);
		for (unsigned key = 0; key < keys(l); key++)
			on += l->index[key] != TARE_LATTICE_OFF;
		assert_int_equal(on, l->points);
		assert_int_equal(l->index[0], 0); /* the searches start from level 0 everywhere */
	}
}

/* In order of distance, then of number; none left out that is nearer than the last. */
static void neighbours_are_the_nearest(void **state)
{
	for (size_t n = 0; lattice(n); n++) {
		const struct tare_lattice *l = lattice(n);

		assert_int_equal(l->first[keys(l)], l->neighbours);
		for (unsigned key = 0; key < keys(l); key += 7) {
			unsigned first = l->first[key], end = l->first[key + 1], shells = 0, within = 0;
			int last = 0;

			if (l->index[key] != TARE_LATTICE_OFF) {
				assert_int_equal(first, end);
				continue;
			}
			for (unsigned i = first; i < end; i++) {
				int d = distance(l, key, l->near[i]);

				assert_true(d > last || (d == last && tare_lattice_number(l, l->near[i - 1]) < tare_lattice_number(l, l->near[i])));
				shells += d > last;
				last = d;
			}
			assert_int_equal(shells, l->shells);
			for (unsigned i = 0; i < l->points; i++)
				within += distance(l, key, l->point[i]) <= last;
			assert_int_equal(within, end - first);
		}
	}
}

/* Every candidate by the plain sum, with weights from a generator. */
static void the_best_neighbour_is_chosen(void **state)
{
	static const float value[8] = { 1, 3, 5, 7, 9, 11, 13, 15 };
	uint32_t seed = 1;

	for (size_t n = 0; lattice(n); n++) {
		const struct tare_lattice *l = lattice(n);

		for (unsigned key = 0; key < keys(l); key++) {
			float x[8], w[8], best = 0;
			unsigned chosen = 0;

			if (l->index[key] != TARE_LATTICE_OFF)
				continue;
			for (unsigned i = 0; i < 8; i++) {
				seed = seed * 1664525 + 1013904223;
				x[i] = (float)(seed >> 16) / 65536;
				w[i] = (float)(seed >> 8 & 255) / 64;
			}
			for (unsigned c = l->first[key]; c < l->first[key + 1]; c++) {
				float sum = 0;

				for (unsigned i = 0; i < l->group; i++) {
					float d = 0.1f * value[level(l, l->near[c], i)] - x[i];

					sum += w[i] * d * d;
				}
				if (c == l->first[key] || sum < best) {
					best = sum;
					chosen = l->near[c];
				}
			}
			assert_int_equal(tare_lattice_nearest(l, key, x, w, 0.1f, value), chosen);
		}
	}
}

/* Where no sum is finite the first neighbour is taken. */
static void nothing_finite_takes_the_first(void **state)
{
	static const float value[8] = { 1, 3, 5, 7, 9, 11, 13, 15 };
	const float x[8] = { 0 }, w[8] = { 1e38f, 1e38f, 1e38f, 1e38f, 1e38f, 1e38f, 1e38f, 1e38f };

	for (size_t n = 0; lattice(n); n++) {
		const struct tare_lattice *l = lattice(n);

		for (unsigned key = 0; key < keys(l); key++)
			if (l->index[key] == TARE_LATTICE_OFF)
				assert_int_equal(tare_lattice_nearest(l, key, x, w, 1e9f, value), l->near[l->first[key]]);
	}
}

/* As many candidates as there is room for, every list within them. */
static void cells_fill_their_tables(void **state)
{
	const struct {
		const struct tare_lattice_cells *cells;
		unsigned candidates;
	} c[] = {
		{ tare_lattice_cells_iq2_xxs(), 923267 }, { tare_lattice_cells_iq2_xs(), 1122780 }, { tare_lattice_cells_iq2_s(), 604596 },
		{ tare_lattice_cells_iq3_xxs(), 223448 }, { tare_lattice_cells_iq3_s(), 243591 },
	};

	for (size_t n = 0; n < sizeof c / sizeof *c; n++) {
		assert_int_equal(c[n].cells->candidates, c[n].candidates);
		for (unsigned key = 0; key < TARE_CELL_KEYS; key++) {
			uint32_t entry = c[n].cells->entry[key], count = entry >> TARE_CELL_COUNT & 255;

			assert_in_range(count, 1, c[n].candidates - (entry >> TARE_CELL_FIRST));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_point_is_found),
		cmocka_unit_test(neighbours_are_the_nearest),
		cmocka_unit_test(the_best_neighbour_is_chosen),
		cmocka_unit_test(nothing_finite_takes_the_first),
		cmocka_unit_test(cells_fill_their_tables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
