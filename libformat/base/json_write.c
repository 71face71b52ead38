#include "base/escape.h"
#include "base/json.h"

#include <float.h>
#include <inttypes.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

tare_status tare_json_put_text(tare_sink *s, const char *raw, tare_error *err)
{
	return tare_sink_put(s, raw, strlen(raw), err);
}

/* The escape for a byte that cannot stand in a string, NULL if it can. */
static const char *escape_of(uint8_t c, char buf[8])
{
	switch (c) {
	case '"': return "\\\"";
	case '\\': return "\\\\";
	case '\b': return "\\b";
	case '\f': return "\\f";
	case '\n': return "\\n";
	case '\r': return "\\r";
	case '\t': return "\\t";
	default:
		if (c >= 0x20)
			return NULL;
		snprintf(buf, 8, "\\u%04x", c);
		return buf;
	}
}

tare_status tare_json_put_escaped(tare_sink *s, tare_str text, tare_error *err)
{
	const char *escape;
	size_t i, run = 0;
	char buf[8];

	for (i = 0; i < text.len; i++) {
		escape = escape_of((uint8_t)text.ptr[i], buf);
		if (!escape)
			continue;
		TARE_TRY(tare_sink_put(s, text.ptr + run, i - run, err));
		TARE_TRY(tare_json_put_text(s, escape, err));
		run = i + 1;
	}
	return text.len ? tare_sink_put(s, text.ptr + run, text.len - run, err) : TARE_OK;
}

tare_status tare_json_put_string(tare_sink *s, tare_str text, tare_error *err)
{
	TARE_TRY(tare_sink_put(s, "\"", 1, err));
	TARE_TRY(tare_json_put_escaped(s, text, err));
	return tare_sink_put(s, "\"", 1, err);
}

tare_status tare_json_put_u64(tare_sink *s, uint64_t v, tare_error *err)
{
	char buf[24];

	snprintf(buf, sizeof buf, "%" PRIu64, v);
	return tare_json_put_text(s, buf, err);
}

tare_status tare_json_put_i64(tare_sink *s, int64_t v, tare_error *err)
{
	char buf[24];

	snprintf(buf, sizeof buf, "%" PRId64, v);
	return tare_json_put_text(s, buf, err);
}

tare_status tare_json_put_hex(tare_sink *s, tare_str bytes, tare_error *err)
{
	static const char digit[] = "0123456789abcdef";
	char buf[512];
	size_t i, n = 0;

	TARE_TRY(tare_json_put_text(s, "{\"hex\":\"", err));
	for (i = 0; i < bytes.len; i++) {
		uint8_t c = (uint8_t)bytes.ptr[i];

		buf[n++] = digit[c >> 4];
		buf[n++] = digit[c & 15];
		if (n == sizeof buf || i + 1 == bytes.len) {
			TARE_TRY(tare_sink_put(s, buf, n, err));
			n = 0;
		}
	}
	return tare_json_put_text(s, "\"}", err);
}

/* Any decimal of 6 (f32) or 15 (f64) digits survives the way through the type, and %g drops zeros at the end: fewer need not be tried,
 * but for subnormal numbers. */
static void shortest(double v, bool single, char *buf, size_t size)
{
	bool subnormal = fabs(v) < (single ? (double)FLT_MIN : DBL_MIN);
	int digits, most = single ? 9 : 17;

	for (digits = subnormal ? 1 : single ? 6 : 15; digits <= most; digits++) {
		snprintf(buf, size, "%.*g", digits, v);
		if (single ? strtof(buf, NULL) == (float)v : strtod(buf, NULL) == v)
			break;
	}
}

/* snprintf and strtod follow the thread's locale: ours is "C" while we look. */
static tare_status put_real(tare_sink *s, double v, bool single, tare_error *err)
{
	locale_t c, old;
	char buf[48];

	if (fabs(v) < 1e6 && v == (double)(int)v) {
		snprintf(buf, sizeof buf, "%s%d.0", signbit(v) ? "-" : "", abs((int)v));
		return tare_json_put_text(s, buf, err);
	}
	c = newlocale(LC_ALL_MASK, "C", (locale_t)0);
	if (!c)
		return tare_fail_nomem(err);
	old = uselocale(c);
	shortest(v, single, buf, sizeof buf - 3);
	uselocale(old);
	freelocale(c);
	if (!strpbrk(buf, ".e"))
		strcat(buf, ".0");
	return tare_json_put_text(s, buf, err);
}

tare_status tare_json_put_f32(tare_sink *s, float v, tare_error *err)
{
	return put_real(s, (double)v, true, err);
}

tare_status tare_json_put_f64(tare_sink *s, double v, tare_error *err)
{
	return put_real(s, v, false, err);
}

/* The text may not be terminated, and a long one is legal: 1 followed by a million zeros behind the point. */
static bool parse_real(const tare_json_number *n, bool single, double *out)
{
	char small[128];
	char *copy = n->text.len < sizeof small ? small : malloc(n->text.len + 1);
	locale_t c = newlocale(LC_ALL_MASK, "C", (locale_t)0), old;

	*out = HUGE_VAL;
	if (copy && c) {
		memcpy(copy, n->text.ptr, n->text.len);
		copy[n->text.len] = '\0';
		old = uselocale(c);
		*out = single ? (double)strtof(copy, NULL) : strtod(copy, NULL);
		uselocale(old);
	}
	if (c)
		freelocale(c);
	if (copy != small)
		free(copy);
	return isfinite(*out);
}

bool tare_json_f64(const tare_json_number *n, double *out)
{
	return parse_real(n, false, out);
}

bool tare_json_f32(const tare_json_number *n, float *out)
{
	double v;
	bool ok = parse_real(n, true, &v);

	*out = (float)v;
	return ok;
}
