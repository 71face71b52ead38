/* The blocks of the types on lattices: 256 weights in groups of eight or four, each a point of codebook.c. Numbers are little-endian. */
#ifndef TARE_TYPES_LATTICE_BLOCKS_H
#define TARE_TYPES_LATTICE_BLOCKS_H

#include <stdint.h>

enum { TARE_LATTICE_LEN = 256 };

struct tare_iq2_xxs {
	uint8_t d[2];
	struct tare_iq2_xxs_sub {       /* 32 weights */
		uint8_t point[4];
		uint8_t signs_scale[4]; /* u32: four times seven signs, four bits of scale */
	} sub[8];
};
_Static_assert(sizeof(struct tare_iq2_xxs) == 66, "iq2_xxs");

struct tare_iq2_xs {
	uint8_t d[2];
	uint8_t group[64]; /* u16: nine bits of point, seven signs */
	uint8_t scale[8];  /* four bits for every 16 weights */
};
_Static_assert(sizeof(struct tare_iq2_xs) == 74, "iq2_xs");

struct tare_iq2_s {
	uint8_t d[2];
	uint8_t low[32];   /* of the point */
	uint8_t signs[32];
	uint8_t high[8];   /* two bits of each point */
	uint8_t scale[8];  /* four bits for every 16 weights */
};
_Static_assert(sizeof(struct tare_iq2_s) == 82, "iq2_s");

struct tare_iq3_xxs {
	uint8_t d[2];
	uint8_t point[64];
	uint8_t signs_scale[32]; /* u32 for 32 weights: four times seven signs, four bits of scale */
};
_Static_assert(sizeof(struct tare_iq3_xxs) == 98, "iq3_xxs");

struct tare_iq3_s {
	uint8_t d[2];
	uint8_t low[64];   /* of the point */
	uint8_t high[8];   /* its ninth bit: of 32 weights, bit k for group k */
	uint8_t signs[32];
	uint8_t scale[4];  /* four bits for every 32 weights */
};
_Static_assert(sizeof(struct tare_iq3_s) == 110, "iq3_s");

struct tare_iq1_s {
	uint8_t d[2];
	uint8_t low[32];   /* of the point */
	uint8_t high[16];  /* u16 for 32 weights: three bits of each point, three of scale, shift down */
};
_Static_assert(sizeof(struct tare_iq1_s) == 50, "iq1_s");

struct tare_iq1_m {
	uint8_t low[32];   /* of the point */
	uint8_t high[16];  /* four bits a group: three of the point, shift down */
	uint8_t scale[8];  /* u16 x 4: four scales of 16 weights and a quarter of d each */
};
_Static_assert(sizeof(struct tare_iq1_m) == 56, "iq1_m");

#endif
