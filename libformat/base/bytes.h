/* Numbers in bytes of a named order, at any alignment. */
#ifndef TARE_BASE_BYTES_H
#define TARE_BASE_BYTES_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define TARE_HOST_BIG true
#else
#define TARE_HOST_BIG false
#endif

static inline uint16_t tare_get16(const void *p, bool big)
{
	uint16_t v;

	memcpy(&v, p, sizeof v);
	return big == TARE_HOST_BIG ? v : __builtin_bswap16(v);
}

static inline uint32_t tare_get32(const void *p, bool big)
{
	uint32_t v;

	memcpy(&v, p, sizeof v);
	return big == TARE_HOST_BIG ? v : __builtin_bswap32(v);
}

static inline uint64_t tare_get64(const void *p, bool big)
{
	uint64_t v;

	memcpy(&v, p, sizeof v);
	return big == TARE_HOST_BIG ? v : __builtin_bswap64(v);
}

static inline void tare_put16(void *p, uint16_t v, bool big)
{
	if (big != TARE_HOST_BIG)
		v = __builtin_bswap16(v);
	memcpy(p, &v, sizeof v);
}

static inline void tare_put32(void *p, uint32_t v, bool big)
{
	if (big != TARE_HOST_BIG)
		v = __builtin_bswap32(v);
	memcpy(p, &v, sizeof v);
}

static inline void tare_put64(void *p, uint64_t v, bool big)
{
	if (big != TARE_HOST_BIG)
		v = __builtin_bswap64(v);
	memcpy(p, &v, sizeof v);
}

static inline float tare_f32_of_bits(uint32_t u)
{
	float f;

	memcpy(&f, &u, sizeof f);
	return f;
}

static inline uint32_t tare_bits_of_f32(float f)
{
	uint32_t u;

	memcpy(&u, &f, sizeof u);
	return u;
}

#endif
