/* Limits by number: lim->value[TARE_LIMIT_string]. */
#ifndef TARE_BASE_LIMITS_H
#define TARE_BASE_LIMITS_H

#include "base/error.h"

enum tare_limit {
#define LIMIT(name, fallback, text) TARE_LIMIT_##name,
#include "base/limits.def"
#undef LIMIT
	TARE_LIMIT_COUNT
};

/* Fails with TARE_E_LIMIT, naming the limit and how to raise it, when n is over it. what: "string of 5 bytes". */
tare_status tare_limit_check(const tare_limits *lim, enum tare_limit which, uint64_t n, uint64_t offset, const char *what,
			     tare_error *err);

#endif
