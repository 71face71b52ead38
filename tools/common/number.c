#include "common/number.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ROOM = 128, PLACES = 8 };

static char *place(void)
{
	static char places[PLACES][ROOM];
	static unsigned next;

	return places[next++ % PLACES];
}

bool tool_parse_number(const char *text, uint64_t *out)
{
	const char *p = text;

	for (*out = 0; *p >= '0' && *p <= '9'; p++)
		if (__builtin_mul_overflow(*out, 10u, out) || __builtin_add_overflow(*out, (unsigned)(*p - '0'), out))
			return false;
	return p != text && !*p;
}

/* The power of 1024 a unit stands for, -1 if none: "", K, KB, KiB, M ... in any case; a plain B is 0. */
static int unit_power(const char *unit)
{
	static const char letters[] = "KMGT";
	const char *at;

	if (!*unit || !strcasecmp(unit, "B"))
		return 0;
	at = strchr(letters, *unit & ~0x20);
	if (!at || !*at || (unit[1] && strcasecmp(unit + 1, "B") && strcasecmp(unit + 1, "iB")))
		return -1;
	return (int)(at - letters) + 1;
}

/* Digits with at most one point, which getopt's locale-free callers write as '.'. */
static bool parse_fraction(const char *text, size_t n, double *out)
{
	double scale = 1;
	size_t i, points = 0;

	for (*out = 0, i = 0; i < n; i++) {
		if (text[i] == '.') {
			points++;
			continue;
		}
		*out = *out * 10 + (text[i] - '0');
		if (points)
			scale *= 10;
	}
	*out /= scale;
	return points <= 1 && n > points && text[0] != '.';
}

bool tool_parse_size(const char *text, uint64_t *out)
{
	size_t n = strspn(text, "0123456789."), blanks = strspn(text + n, " ");
	int power = unit_power(text + n + blanks);
	char digits[32];
	double v;

	if (!n || n >= sizeof digits || power < 0)
		return false;
	memcpy(digits, text, n);
	digits[n] = '\0';
	if (tool_parse_number(digits, out)) {
		if (*out > UINT64_MAX >> (10 * power))
			return false;
		*out <<= 10 * power;
		return true;
	}
	if (!power || !parse_fraction(digits, n, &v))
		return false;
	v = ldexp(v, 10 * power);
	*out = v < 0x1p63 ? (uint64_t)v : 0;
	return v < 0x1p63;
}

bool tool_parse_real(const char *text, double *out)
{
	const char *digits = text + (*text == '-');
	char *end;

	*out = strtod(text, &end);
	return *digits >= '0' && *digits <= '9' && !*end && !strpbrk(text, "xX") && isfinite(*out);
}

bool tool_parse_percent(const char *text, double *out)
{
	size_t n = strlen(text);
	char digits[32];

	if (n && text[n - 1] == '%')
		n -= 1 + (n > 1 && text[n - 2] == ' ');
	if (n >= sizeof digits)
		return false;
	memcpy(digits, text, n);
	digits[n] = '\0';
	return tool_parse_real(digits, out);
}

const char *tool_bytes(uint64_t n)
{
	static const char *const units[] = { "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	char *out = place();
	double v = (double)n / 1024;
	size_t i = 0;

	if (n < 1024) {
		snprintf(out, ROOM, "%u B", (unsigned)n);
		return out;
	}
	for (; v >= 999.995 && i + 1 < sizeof units / sizeof *units; i++)
		v /= 1024;
	snprintf(out, ROOM, "%.2f %s", v, units[i]);
	return out;
}

const char *tool_count(uint64_t n)
{
	char digits[24], *out = place(), *to = out;
	int len = snprintf(digits, sizeof digits, "%llu", (unsigned long long)n), i;

	for (i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0)
			*to++ = ',';
		*to++ = digits[i];
	}
	*to = '\0';
	return out;
}

const char *tool_share(uint64_t part, uint64_t whole)
{
	char *out = place();

	snprintf(out, ROOM, "%.1f %%", whole ? 100.0 * (double)part / (double)whole : 0.0);
	return out;
}

const char *tool_bits(uint64_t bytes, uint64_t count)
{
	char *out = place();

	snprintf(out, ROOM, "%.2f", count ? 8.0 * (double)bytes / (double)count : 0.0);
	return out;
}

const char *tool_real(double v)
{
	char *out = place();
	double size = fabs(v);

	if (size < 1e15 && v == nearbyint(v))
		snprintf(out, ROOM, "%.0f", size ? v : 0.0);
	else if (!isfinite(v))
		snprintf(out, ROOM, isnan(v) ? "nan" : v < 0 ? "-inf" : "inf");
	else if (size >= 1e-4 && size < 1e6)
		snprintf(out, ROOM, "%.4g", v);
	else
		snprintf(out, ROOM, "%.3e", v);
	return out;
}

const char *tool_shape(const uint64_t *dim, uint32_t n)
{
	char *out = place();
	int used = 0;
	uint32_t i;

	if (!n)
		return "scalar";
	for (i = 0; i < n && used < ROOM - 24; i++)
		used += snprintf(out + used, ROOM - (size_t)used, "%s%llu", i ? " x " : "", (unsigned long long)dim[i]);
	if (i < n)
		strcpy(out + used, " ...");
	return out;
}

const char *tool_time(double seconds)
{
	char *out = place();
	unsigned long s = seconds < 0 ? 0 : seconds > 1e8 ? 100000000ul : (unsigned long)(seconds + 0.5);

	if (s >= 3600)
		snprintf(out, ROOM, "%lu:%02lu:%02lu", s / 3600, s / 60 % 60, s % 60);
	else
		snprintf(out, ROOM, "%lu:%02lu", s / 60, s % 60);
	return out;
}
