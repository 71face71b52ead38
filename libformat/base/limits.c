#include "base/limits.h"

#include "base/escape.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const tare_limit_info infos[] = {
#define LIMIT(name, fallback, text) { #name, fallback, text },
#include "base/limits.def"
#undef LIMIT
};

_Static_assert(TARE_LIMIT_COUNT <= sizeof((tare_limits *)0)->value / sizeof(uint64_t), "tare_limits has too few places");

const tare_limit_info *tare_limit_at(size_t i)
{
	return i < TARE_LIMIT_COUNT ? &infos[i] : NULL;
}

void tare_limits_init(tare_limits *lim)
{
	size_t i;

	memset(lim, 0, sizeof *lim);
	for (i = 0; i < TARE_LIMIT_COUNT; i++)
		lim->value[i] = infos[i].fallback;
}

/* *out changes only on success. */
static bool parse_size(const char *text, uint64_t *out)
{
	static const char units[] = "KMGT";
	const char *unit;
	uint64_t n;
	char *end;
	unsigned shift = 0;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	n = strtoull(text, &end, 10);
	if (errno)
		return false;
	if (*end && (unit = strchr(units, *end & ~0x20)) && *unit) {
		shift = 10 * (unsigned)(unit - units + 1);
		end++;
	}
	if (*end || n > UINT64_MAX >> shift)
		return false;
	*out = n << shift;
	return true;
}

tare_status tare_limits_set(tare_limits *lim, const char *assignment, tare_error *err)
{
	const char *eq = strchr(assignment, '=');
	size_t i, n = eq ? (size_t)(eq - assignment) : 0;

	for (i = 0; eq && i < TARE_LIMIT_COUNT; i++)
		if (strlen(infos[i].name) == n && !memcmp(infos[i].name, assignment, n))
			return parse_size(eq + 1, &lim->value[i]) ? TARE_OK
				       : tare_fail(err, TARE_E_ARG, TARE_NOWHERE, "limit %s: '%s' is not a number such as 4096, 64K or 2G",
						   infos[i].name, TARE_SHOW(tare_str_of(eq + 1)));
	return tare_fail(err, TARE_E_ARG, TARE_NOWHERE, "'%s': expected NAME=NUMBER with a name from the table of limits in tare(7)",
			 TARE_SHOW(tare_str_of(assignment)));
}

tare_status tare_limit_check(const tare_limits *lim, enum tare_limit which, uint64_t n, uint64_t offset, const char *what,
			     tare_error *err)
{
	if (n <= lim->value[which])
		return TARE_OK;
	return tare_fail(err, TARE_E_LIMIT, offset, "%s: %llu is over the limit of %llu (--limit %s=N raises it)", what,
			 (unsigned long long)n, (unsigned long long)lim->value[which], infos[which].name);
}
