/* What a scalar of a YAML tree means to the one who asks. Independent of the locale. */
#include "base/checked.h"
#include "base/escape.h"
#include "base/yaml.h"

#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

const tare_yaml *tare_yaml_get(const tare_yaml *map, const char *key)
{
	size_t i;

	if (!map || map->kind != TARE_YAML_MAP)
		return NULL;
	for (i = 0; i < map->count; i++)
		if (tare_str_eq(map->keys[i]->text, tare_str_of(key)))
			return map->items[i];
	return NULL;
}

const char *tare_yaml_describe(const tare_yaml *n, tare_shown *buf)
{
	if (n->kind == TARE_YAML_LIST)
		return "a list";
	if (n->kind == TARE_YAML_MAP)
		return "a map";
	if (!n->text.len)
		return "nothing";
	buf->text[0] = '\'';
	tare_escape(n->text, 60, buf->text + 1, sizeof buf->text - 2);
	strcat(buf->text, "'");
	return buf->text;
}

static bool is_plain(const tare_yaml *n)
{
	return n->kind == TARE_YAML_SCALAR && !n->quoted && n->text.len && !memchr(n->text.ptr, 0, n->text.len);
}

tare_status tare_yaml_bool(const tare_yaml *n, bool *out, tare_error *err)
{
	*out = is_plain(n) && !strcmp(n->text.ptr, "true");
	if (*out || (is_plain(n) && !strcmp(n->text.ptr, "false")))
		return TARE_OK;
	return tare_yaml_fail(n, err, "expected true or false, not %s", TARE_YAML_SHOW(n));
}

static bool digits(const char **p, uint64_t *out)
{
	const char *start = *p;

	for (*out = 0; **p >= '0' && **p <= '9'; ++*p)
		if (!tare_mul(*out, 10, out) || !tare_add(*out, (uint64_t)(**p - '0'), out))
			return false;
	return *p > start;
}

tare_status tare_yaml_u64(const tare_yaml *n, uint64_t *out, tare_error *err)
{
	const char *p = n->text.ptr;

	*out = 0;
	if (is_plain(n) && digits(&p, out) && !*p)
		return TARE_OK;
	return tare_yaml_fail(n, err, "expected a whole number, not %s", TARE_YAML_SHOW(n));
}

/* [+-]digits[.digits][e[+-]digits], at least one digit in front. */
static bool is_decimal(const char *p)
{
	if (*p == '+' || *p == '-')
		p++;
	if (*p < '0' || *p > '9')
		return false;
	p += strspn(p, "0123456789");
	if (*p == '.')
		p += 1 + strspn(p + 1, "0123456789");
	if (*p == 'e' || *p == 'E') {
		p++;
		if (*p == '+' || *p == '-')
			p++;
		if (*p < '0' || *p > '9')
			return false;
		p += strspn(p, "0123456789");
	}
	return !*p;
}

tare_status tare_yaml_f64(const tare_yaml *n, double *out, tare_error *err)
{
	locale_t c;

	*out = 0;
	if (!is_plain(n) || !is_decimal(n->text.ptr))
		return tare_yaml_fail(n, err, "expected a number, not %s", TARE_YAML_SHOW(n));
	c = newlocale(LC_ALL_MASK, "C", (locale_t)0);
	if (!c)
		return tare_fail_nomem(err);
	*out = strtod_l(n->text.ptr, NULL, c);
	freelocale(c);
	if (isinf(*out))
		return tare_yaml_fail(n, err, "%s is too large for a number", TARE_YAML_SHOW(n));
	return TARE_OK;
}

/* "", "B", "K", "KiB" ... to a power of two; false for anything else, "KB" among it (1000 or 1024?). */
static bool unit_shift(const char *p, unsigned *shift)
{
	static const char units[] = "KMGT";
	const char *u;

	*shift = 0;
	if (!*p || !strcmp(p, "B"))
		return true;
	u = strchr(units, *p == 'k' ? 'K' : *p);
	if (!u)
		return false;
	*shift = 10 * (unsigned)(u - units + 1);
	return !p[1] || !strcmp(p + 1, "iB");
}

/* whole.fraction shifted left, rounded down; at most 18 digits of the fraction count. */
static bool scaled(uint64_t whole, const char *fraction, size_t n, unsigned shift, uint64_t *out)
{
	unsigned __int128 part = 0, scale = 1;
	size_t i;

	for (i = 0; i < n && i < 18; i++) {
		part = part * 10 + (unsigned)(fraction[i] - '0');
		scale *= 10;
	}
	if (whole > UINT64_MAX >> shift)
		return false;
	return tare_add(whole << shift, (uint64_t)((part << shift) / scale), out);
}

tare_status tare_yaml_bytes(const tare_yaml *n, uint64_t *out, tare_error *err)
{
	const char *p = n->text.ptr, *fraction = "";
	uint64_t whole;
	size_t k = 0;
	unsigned shift;

	*out = 0;
	if (n->kind != TARE_YAML_SCALAR || !digits(&p, &whole))
		goto bad;
	if (*p == '.') {
		fraction = p + 1;
		k = strspn(fraction, "0123456789");
		p = fraction + k;
		if (!k)
			goto bad;
	}
	while (*p == ' ')
		p++;
	if (strlen(n->text.ptr) == n->text.len && unit_shift(p, &shift) && scaled(whole, fraction, k, shift, out))
		return TARE_OK;
bad:
	return tare_yaml_fail(n, err, "expected a size such as 2500000, 300K or 2.4GiB, not %s", TARE_YAML_SHOW(n));
}

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Edit distance with transpositions of neighbours, letter case ignored; texts of at most MAX_NAME bytes. */
enum { MAX_NAME = 63 };

static unsigned char lower(char c)
{
	return (unsigned char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
}

static size_t distance(const char *a, size_t na, const char *b, size_t nb)
{
	size_t row[3][MAX_NAME + 1], i, j;

	for (j = 0; j <= nb; j++)
		row[0][j] = j;
	for (i = 1; i <= na; i++) {
		size_t *now = row[i % 3], *up = row[(i + 2) % 3], *up2 = row[(i + 1) % 3];

		now[0] = i;
		for (j = 1; j <= nb; j++) {
			now[j] = least(least(up[j], now[j - 1]) + 1, up[j - 1] + (lower(a[i - 1]) != lower(b[j - 1])));
			if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) && lower(a[i - 2]) == lower(b[j - 1]))
				now[j] = least(now[j], up2[j - 2] + 1);
		}
	}
	return row[na % 3][nb];
}

const char *tare_nearest(const char *text, const char *const *names)
{
	size_t n = strlen(text), best = SIZE_MAX, d;
	const char *found = NULL;

	if (!n || n > MAX_NAME)
		return NULL;
	for (; *names; names++) {
		if (strlen(*names) > MAX_NAME)
			continue;
		d = distance(text, n, *names, strlen(*names));
		if (d < best) {
			best = d;
			found = *names;
		}
	}
	return best <= (n < 4 ? 1 : n < 9 ? 2 : 3) && best < n ? found : NULL;
}

/* "a, b, c" in buf, cut where it ends. */
static const char *joined(const char *const *names, char *buf, size_t size)
{
	size_t at = 0;

	buf[0] = '\0';
	for (; *names && at < size; names++)
		at += (size_t)snprintf(buf + at, size - at, "%s%s", at ? ", " : "", *names);
	return buf;
}

tare_status tare_yaml_only(const tare_yaml *map, const char *const *names, tare_error *err)
{
	const char *near;
	char all[320];
	size_t i, k;

	if (map->kind != TARE_YAML_MAP)
		return tare_yaml_fail(map, err, "expected a map with the keys %s, not %s", joined(names, all, sizeof all), TARE_YAML_SHOW(map));
	for (i = 0; i < map->count; i++) {
		for (k = 0; names[k] && !tare_str_eq(map->keys[i]->text, tare_str_of(names[k])); k++)
			;
		if (names[k])
			continue;
		near = tare_nearest(map->keys[i]->text.ptr, names);
		return tare_yaml_fail(map->keys[i], err, "unknown key '%s': %s%s", TARE_SHOW(map->keys[i]->text),
				      near ? "did you mean " : "expected one of ", near ? near : joined(names, all, sizeof all));
	}
	return TARE_OK;
}
