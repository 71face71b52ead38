/* Arithmetic on numbers from outside. Each returns false on overflow and then leaves *out unspecified. */
#ifndef TARE_BASE_CHECKED_H
#define TARE_BASE_CHECKED_H

#include <stdbool.h>
#include <stdint.h>

static inline bool tare_mul(uint64_t a, uint64_t b, uint64_t *out)
{
	return !__builtin_mul_overflow(a, b, out);
}

static inline bool tare_add(uint64_t a, uint64_t b, uint64_t *out)
{
	return !__builtin_add_overflow(a, b, out);
}

/* The next multiple of alignment, which is a power of two. */
static inline bool tare_align_up(uint64_t n, uint64_t alignment, uint64_t *out)
{
	if (!tare_add(n, alignment - 1, out))
		return false;
	*out &= ~(alignment - 1);
	return true;
}

static inline bool tare_is_power_of_two(uint64_t n)
{
	return n && !(n & (n - 1));
}

#endif
