/* Four lanes at a time, in the compilers' own vectors: every machine has them or imitates them, and each lane is plain IEEE arithmetic,
 * so the results are those of scalar code. */
#ifndef TARE_TYPES_VEC4_H
#define TARE_TYPES_VEC4_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

typedef float tare_v4f __attribute__((vector_size(16)));
typedef int32_t tare_v4i __attribute__((vector_size(16)));

static inline tare_v4f tare_v4f_load(const float *p)
{
	tare_v4f v;

	memcpy(&v, p, sizeof v);
	return v;
}

static inline void tare_v4f_store(float *p, tare_v4f v)
{
	memcpy(p, &v, sizeof v);
}

static inline tare_v4f tare_v4f_all(float f)
{
	return (tare_v4f){ f, f, f, f };
}

/* a where the mask is all ones, b where it is zero. */
static inline tare_v4f tare_v4f_select(tare_v4i mask, tare_v4f a, tare_v4f b)
{
	return (tare_v4f)(((tare_v4i)a & mask) | ((tare_v4i)b & ~mask));
}

static inline bool tare_v4i_any(tare_v4i mask)
{
	uint64_t half[2];

	memcpy(half, &mask, sizeof half);
	return half[0] | half[1];
}

#endif
