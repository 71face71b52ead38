/* Sixteen bytes at a time by the compilers' vector types, which every machine's registers hold: for packing and unpacking codes. */
#ifndef TARE_TYPES_BYTES16_H
#define TARE_TYPES_BYTES16_H

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

/* The bytes of two numbers that are alike in every byte order. */
static inline tare_b16 tare_b16_pair(uint64_t a, uint64_t b)
{
	typedef uint64_t pair __attribute__((vector_size(16)));

	return (tare_b16)(pair){ a, b };
}

/* `bit` where v has any bit of mask, else 0. */
static inline tare_b16 tare_b16_bit(tare_b16 v, uint8_t mask, uint8_t bit)
{
	return (tare_b16)((v & mask) != 0) & bit;
}

#endif
