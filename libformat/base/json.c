#include "base/json.h"

#include "base/escape.h"

#include <stdarg.h>
#include <string.h>

/* Deeper nesting would cost stack in tare_json_skip(), whatever the limit says. */
enum { DEEPEST = 1000 };

uint64_t tare_json_place(const tare_json *j, size_t at)
{
	return j->origin == TARE_NOWHERE ? TARE_NOWHERE : j->origin + at;
}

tare_status tare_json_fail(tare_json *j, size_t at, const char *fmt, ...)
{
	char text[384];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	return tare_fail(j->err, TARE_E_DATA, tare_json_place(j, at == SIZE_MAX ? j->at : at), "%s: %s", j->what, text);
}

/* Eight bytes at a time while they are ASCII: headers are. */
static size_t first_not_utf8(const uint8_t *p, size_t n)
{
	size_t at = 0;
	uint64_t word;

	while (at < n) {
		size_t k = 8;

		if (n - at < 8 || (memcpy(&word, p + at, 8), word & 0x8080808080808080ull))
			k = tare_utf8_len(p + at, n - at);
		if (!k)
			return at;
		at += k;
	}
	return SIZE_MAX;
}

tare_status tare_json_start(tare_json *j, const void *text, size_t size, uint64_t origin, const char *what, const tare_limits *lim,
			    tare_arena *arena, tare_error *err)
{
	uint64_t depth = lim->value[TARE_LIMIT_depth];
	size_t bad = first_not_utf8(text, size);

	*j = (tare_json){ .text = text, .size = size, .origin = origin, .what = what, .arena = arena, .err = err };
	j->max_depth = depth < DEEPEST ? depth : DEEPEST;
	return bad == SIZE_MAX ? TARE_OK : tare_json_fail(j, bad, "byte 0x%02x is not UTF-8", j->text[bad]);
}

static void skip_space(tare_json *j)
{
	while (j->at < j->size && (j->text[j->at] == ' ' || j->text[j->at] == '\n' || j->text[j->at] == '\r' || j->text[j->at] == '\t'))
		j->at++;
}

/* The next byte that is not white space, 0 at the end (a NUL in the text is an error anyway). */
static uint8_t look(tare_json *j)
{
	skip_space(j);
	return j->at < j->size ? j->text[j->at] : 0;
}

static tare_status unexpected(tare_json *j, const char *expected)
{
	char c[2] = { 0 };

	if (j->at >= j->size)
		return tare_json_fail(j, j->size, "the JSON text ends where %s was expected", expected);
	c[0] = (char)j->text[j->at];
	return tare_json_fail(j, j->at, "found '%s' where %s was expected", TARE_SHOW(((tare_str){ c, 1 })), expected);
}

const char *tare_json_kind_name(tare_json_kind kind)
{
	static const char *const names[] = { "an object", "an array", "a string", "a number", "true", "false", "null" };

	return names[kind];
}

tare_status tare_json_peek(tare_json *j, tare_json_kind *kind)
{
	switch (look(j)) {
	case '{': *kind = TARE_JSON_OBJECT; return TARE_OK;
	case '[': *kind = TARE_JSON_ARRAY; return TARE_OK;
	case '"': *kind = TARE_JSON_STRING; return TARE_OK;
	case 't': *kind = TARE_JSON_TRUE; return TARE_OK;
	case 'f': *kind = TARE_JSON_FALSE; return TARE_OK;
	case 'n': *kind = TARE_JSON_NULL; return TARE_OK;
	case '-': case '0': case '1': case '2': case '3': case '4': case '5': case '6': case '7': case '8': case '9':
		*kind = TARE_JSON_NUMBER;
		return TARE_OK;
	default: return unexpected(j, "a value");
	}
}

/* Fails unless the next value is of this kind. */
static tare_status want(tare_json *j, tare_json_kind kind)
{
	tare_json_kind found = TARE_JSON_NULL;

	TARE_TRY(tare_json_peek(j, &found));
	if (found == kind)
		return TARE_OK;
	return tare_json_fail(j, j->at, "found %s where %s was expected", tare_json_kind_name(found), tare_json_kind_name(kind));
}

tare_status tare_json_open(tare_json *j, tare_json_kind kind)
{
	TARE_TRY(want(j, kind));
	if (j->depth >= j->max_depth)
		return tare_fail(j->err, TARE_E_LIMIT, tare_json_place(j, j->at),
				 "%s: JSON nested deeper than %llu (--limit depth=N raises it, up to %d)", j->what,
				 (unsigned long long)j->max_depth, DEEPEST);
	j->depth++;
	j->at++;
	j->fresh = true;
	return TARE_OK;
}

/* Behind an opening bracket or a value: a closing bracket (*more false), or what separates it from the next. */
static tare_status advance(tare_json *j, uint8_t close, bool *more)
{
	uint8_t c = look(j);

	*more = c != close || j->at >= j->size;
	if (!*more) {
		j->at++;
		j->depth--;
	} else if (!j->fresh) {
		if (c != ',')
			return unexpected(j, close == ']' ? "',' or ']'" : "',' or '}'");
		j->at++;
	}
	j->fresh = false;
	return TARE_OK;
}

tare_status tare_json_next(tare_json *j, bool *more)
{
	return advance(j, ']', more);
}

tare_status tare_json_key(tare_json *j, bool *more, tare_str *key)
{
	TARE_TRY(advance(j, '}', more));
	if (!*more)
		return TARE_OK;
	if (look(j) != '"')
		return unexpected(j, "a key in quotes");
	j->key_at = j->at;
	TARE_TRY(tare_json_string(j, key));
	if (look(j) != ':')
		return unexpected(j, "':' after a key");
	j->at++;
	return TARE_OK;
}

static int hex_digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The four digits behind \u at p; -1 if they are not all there. */
static int32_t hex4(const uint8_t *p, const uint8_t *end)
{
	int32_t v = 0;
	int i;

	if (end - p < 4)
		return -1;
	for (i = 0; i < 4; i++) {
		int d = hex_digit(p[i]);

		if (d < 0)
			return -1;
		v = v << 4 | d;
	}
	return v;
}

/* One escape at p (which is the backslash): its code point, its length in *took; -1 if it is none. */
static int32_t read_escape(const uint8_t *p, const uint8_t *end, size_t *took)
{
	static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
	const char *name;
	int32_t hi, lo;

	if (end - p < 2)
		return -1;
	*took = 2;
	if (p[1] != 'u') {
		name = p[1] ? strchr(names, p[1]) : NULL;
		return name ? values[name - names] : -1;
	}
	hi = hex4(p + 2, end);
	*took = 6;
	if (hi < 0xd800 || hi > 0xdfff)
		return hi;
	if (hi > 0xdbff || end - p < 12 || p[6] != '\\' || p[7] != 'u')
		return -1;
	lo = hex4(p + 8, end);
	*took = 12;
	return lo < 0xdc00 || lo > 0xdfff ? -1 : 0x10000 + ((hi - 0xd800) << 10) + (lo - 0xdc00);
}

static size_t put_utf8(char *out, int32_t c)
{
	if (c < 0x80) {
		out[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (char)(0xc0 | c >> 6);
		out[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (char)(0xe0 | c >> 12);
		out[1] = (char)(0x80 | (c >> 6 & 0x3f));
		out[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | c >> 18);
	out[1] = (char)(0x80 | (c >> 12 & 0x3f));
	out[2] = (char)(0x80 | (c >> 6 & 0x3f));
	out[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

/* Passes a string, checked. *raw: what stands between the quotes; *escapes: it is not what is meant. */
static tare_status scan_string(tare_json *j, tare_str *raw, bool *escapes)
{
	const uint8_t *end = j->text + j->size, *start = j->text + j->at + 1, *p = start;
	size_t took;

	*escapes = false;
	for (; p < end && *p != '"'; p += took) {
		took = 1;
		if (*p < 0x20)
			return tare_json_fail(j, (size_t)(p - j->text), "control byte 0x%02x in a string: expected \\u00%02x", *p, *p);
		if (*p != '\\')
			continue;
		if (read_escape(p, end, &took) < 0)
			return tare_json_fail(j, (size_t)(p - j->text), "a backslash in a string begins no valid escape");
		*escapes = true;
	}
	if (p >= end)
		return tare_json_fail(j, j->at, "a string is not closed");
	*raw = (tare_str){ (const char *)start, (size_t)(p - start) };
	j->at = (size_t)(p - j->text) + 1;
	return TARE_OK;
}

tare_status tare_json_string(tare_json *j, tare_str *out)
{
	const uint8_t *p, *end;
	bool escapes;
	size_t took, n = 0;
	char *copy;

	TARE_TRY(want(j, TARE_JSON_STRING));
	TARE_TRY(scan_string(j, out, &escapes));
	if (!escapes)
		return TARE_OK;
	copy = tare_arena_alloc(j->arena, out->len + 1);
	if (!copy)
		return tare_fail_nomem(j->err);
	p = (const uint8_t *)out->ptr;
	for (end = p + out->len; p < end; p += took) {
		took = 1;
		if (*p == '\\')
			n += put_utf8(copy + n, read_escape(p, end, &took));
		else
			copy[n++] = (char)*p;
	}
	*out = (tare_str){ copy, n };
	return TARE_OK;
}

static size_t digits(tare_json *j)
{
	size_t start = j->at;

	while (j->at < j->size && j->text[j->at] >= '0' && j->text[j->at] <= '9')
		j->at++;
	return j->at - start;
}

static bool accept(tare_json *j, char a, char b)
{
	if (j->at >= j->size || (j->text[j->at] != (uint8_t)a && j->text[j->at] != (uint8_t)b))
		return false;
	j->at++;
	return true;
}

static tare_status scan_digits(tare_json *j)
{
	return digits(j) ? TARE_OK : unexpected(j, "a digit");
}

tare_status tare_json_number_read(tare_json *j, tare_json_number *out)
{
	size_t start, i, n;

	TARE_TRY(want(j, TARE_JSON_NUMBER));
	*out = (tare_json_number){ .whole = true, .fits = true };
	start = j->at;
	out->negative = accept(j, '-', '-');
	i = j->at;
	TARE_TRY(scan_digits(j));
	n = j->at - i;
	if (n > 1 && j->text[i] == '0')
		return tare_json_fail(j, i, "a number begins with a superfluous 0");
	for (; n--; i++)
		if (__builtin_mul_overflow(out->magnitude, 10u, &out->magnitude) ||
		    __builtin_add_overflow(out->magnitude, (uint64_t)(j->text[i] - '0'), &out->magnitude))
			out->fits = false;
	if (accept(j, '.', '.')) {
		out->whole = out->fits = false;
		TARE_TRY(scan_digits(j));
	}
	if (accept(j, 'e', 'E')) {
		out->whole = out->fits = false;
		accept(j, '+', '-');
		TARE_TRY(scan_digits(j));
	}
	out->text = (tare_str){ (const char *)j->text + start, j->at - start };
	return TARE_OK;
}

tare_status tare_json_u64(tare_json *j, uint64_t *out)
{
	tare_json_number n;

	TARE_TRY(tare_json_number_read(j, &n));
	*out = n.magnitude;
	if (n.fits && !n.negative)
		return TARE_OK;
	return tare_json_fail(j, j->at - n.text.len, "found %s where a whole number from 0 to 2^64-1 was expected", TARE_SHOW(n.text));
}

static tare_status word(tare_json *j, const char *text)
{
	size_t n = strlen(text);

	if (j->size - j->at < n || memcmp(j->text + j->at, text, n))
		return tare_json_fail(j, j->at, "misspelt '%s'", text);
	j->at += n;
	return TARE_OK;
}

tare_status tare_json_bool(tare_json *j, bool *out)
{
	tare_json_kind kind;

	TARE_TRY(tare_json_peek(j, &kind));
	*out = kind == TARE_JSON_TRUE;
	if (kind != TARE_JSON_TRUE && kind != TARE_JSON_FALSE)
		return tare_json_fail(j, j->at, "found %s where true or false was expected", tare_json_kind_name(kind));
	return word(j, *out ? "true" : "false");
}

static tare_status skip_members(tare_json *j, tare_json_kind kind)
{
	bool more = true, escapes;
	tare_str raw;

	TARE_TRY(tare_json_open(j, kind));
	for (;;) {
		TARE_TRY(advance(j, kind == TARE_JSON_ARRAY ? ']' : '}', &more));
		if (!more)
			return TARE_OK;
		if (kind == TARE_JSON_OBJECT) {
			if (look(j) != '"')
				return unexpected(j, "a key in quotes");
			TARE_TRY(scan_string(j, &raw, &escapes));
			if (look(j) != ':')
				return unexpected(j, "':' after a key");
			j->at++;
		}
		TARE_TRY(tare_json_skip(j));
	}
}

/* A number that nobody wants must still be one that a double can hold, as other readers have it. */
static tare_status skip_number(tare_json *j)
{
	tare_json_number n;
	double v;

	TARE_TRY(tare_json_number_read(j, &n));
	if (n.fits || tare_json_f64(&n, &v))
		return TARE_OK;
	return tare_json_fail(j, j->at - n.text.len, "number %s is out of range", TARE_SHOW(n.text));
}

tare_status tare_json_skip(tare_json *j)
{
	tare_json_kind kind;
	tare_str raw;
	bool flag;

	TARE_TRY(tare_json_peek(j, &kind));
	switch (kind) {
	case TARE_JSON_STRING: return scan_string(j, &raw, &flag);
	case TARE_JSON_NUMBER: return skip_number(j);
	case TARE_JSON_TRUE: return word(j, "true");
	case TARE_JSON_FALSE: return word(j, "false");
	case TARE_JSON_NULL: return word(j, "null");
	default: return skip_members(j, kind);
	}
}

tare_status tare_json_end(tare_json *j)
{
	look(j);
	return j->at >= j->size ? TARE_OK : tare_json_fail(j, j->at, "more follows after the JSON text has ended");
}
