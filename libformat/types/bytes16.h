/* Sixteen bytes at a time by the compilers' vector types, which every machine's registers hold: for packing and unpacking codes. */
#ifndef TARE_TYPES_BYTES16_H
#define TARE_TYPES_BYTES16_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef uint8_t tare_b16 __attribute__((vector_size(16)));

static inline tare_b16 tare_b16_load(const uint8_t *p)
{
	tare_b16 v;

	memcpy(&v, p, sizeof v);
	return v;
}

static inline void tare_b16_store(uint8_t *p, tare_b16 v)
{
	memcpy(p, &v, sizeof v);
}

static inline bool tare_b16_any(tare_b16 v)
{
	uint64_t half[2];

	memcpy(half, &v, sizeof half);
	return half[0] | half[1];
}

/* Two times eight bytes. */
static inline tare_b16 tare_b16_join2(const void *a, const void *b)
{
	typedef uint64_t two __attribute__((vector_size(16)));
	uint64_t v[2];

	memcpy(v, a, sizeof v[0]);
	memcpy(v + 1, b, sizeof v[1]);
	return (tare_b16)(two){ v[0], v[1] };
}

/* Four times four bytes. */
static inline tare_b16 tare_b16_join4(const void *a, const void *b, const void *c, const void *d)
{
	typedef uint32_t four __attribute__((vector_size(16)));
	uint32_t v[4];

	memcpy(v, a, sizeof v[0]);
	memcpy(v + 1, b, sizeof v[1]);
	memcpy(v + 2, c, sizeof v[2]);
	memcpy(v + 3, d, sizeof v[3]);
	return (tare_b16)(four){ v[0], v[1], v[2], v[3] };
}

/* Byte j of row i is 255 if i has bit j, else 0. */
extern const uint8_t tare_b16_bits[256][8];

/* 255 for every bit that is set, of two bytes; the lowest first. */
static inline tare_b16 tare_b16_of_bits(unsigned low, unsigned high)
{
	return tare_b16_join2(tare_b16_bits[low], tare_b16_bits[high]);
}

/* `bit` where v has any bit of mask, else 0. */
static inline tare_b16 tare_b16_bit(tare_b16 v, uint8_t mask, uint8_t bit)
{
	return (tare_b16)((v & mask) != 0) & bit;
}

#endif
