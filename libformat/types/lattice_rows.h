/* The points of codebook.c as rows of bytes, one a weight: what decoders in lanes read. */
#ifndef TARE_TYPES_LATTICE_ROWS_H
#define TARE_TYPES_LATTICE_ROWS_H

#include <stdint.h>

/* Levels in the units of lattice.h. */
struct tare_lattice_rows {
	int8_t iq2_xxs[256][8], iq2_xs[512][8], iq2_s[1024][8], iq1[2048][8];
	int8_t iq3_xxs[256][4], iq3_s[512][4];
	uint8_t even[128]; /* tare_lattice_eighth_sign() */
};

/* Built once; thread-safe. */
const struct tare_lattice_rows *tare_lattice_rows(void);

#endif
