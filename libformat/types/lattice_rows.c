#include "types/lattice_rows.h"

#include "types/lattice.h"

#include <pthread.h>

static struct tare_lattice_rows rows;

/* n points of so many bits a weight and sixteen, or twelve, in all. */
static void make_rows(int8_t *row, const uint16_t *point, size_t n, unsigned bits, const int8_t *level)
{
	for (; n--; point++)
		for (unsigned at = 0; at < (bits == 2 ? 16 : 12); at += bits)
			*row++ = level[*point >> at & ((1u << bits) - 1)];
}

static void make_all(void)
{
	make_rows(rows.iq2_xxs[0], tare_codebook_iq2_xxs, 256, 2, tare_lattice_levels_iq2);
	make_rows(rows.iq2_xs[0], tare_codebook_iq2_xs, 512, 2, tare_lattice_levels_iq2);
	make_rows(rows.iq2_s[0], tare_codebook_iq2_s, 1024, 2, tare_lattice_levels_iq2);
	make_rows(rows.iq1[0], tare_codebook_iq1, 2048, 2, tare_lattice_levels_iq1);
	make_rows(rows.iq3_xxs[0], tare_codebook_iq3_xxs, 256, 3, tare_lattice_levels_iq3_xxs);
	make_rows(rows.iq3_s[0], tare_codebook_iq3_s, 512, 3, tare_lattice_levels_iq3_s);
	for (unsigned seven = 0; seven < 128; seven++)
		rows.even[seven] = (uint8_t)tare_lattice_eighth_sign(seven);
}

const struct tare_lattice_rows *tare_lattice_rows(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, make_all);
	return &rows;
}
