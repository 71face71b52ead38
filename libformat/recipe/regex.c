/* Regular expressions (the plain part of ECMAScript's syntax) as syntax trees. */
#include "recipe/pattern.h"

#include <string.h>

enum { MAX_COUNT = 1000 };

static tare_status parse_alt(tare_re_parser *p, tare_re **out, tare_error *err);

static tare_status fail(const tare_re_parser *p, tare_error *err, const char *what)
{
	return tare_yaml_fail(p->node, err, "'%s': %s", TARE_SHOW(p->node->text), what);
}

static bool next_is(tare_re_parser *p, char c)
{
	if (p->at == p->end || *p->at != (uint8_t)c)
		return false;
	p->at++;
	return true;
}

static void add_class(tare_re *set, char name)
{
	if (name == 'd' || name == 'w')
		tare_re_add_range(set, '0', '9');
	if (name == 'w') {
		tare_re_add_range(set, 'a', 'z');
		tare_re_add_range(set, 'A', 'Z');
		tare_re_add(set, '_');
	}
	if (name == 's') {
		tare_re_add(set, ' ');
		tare_re_add_range(set, '\t', '\r');
	}
}

static bool is_alnum(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* At the byte after a backslash. *single: the byte meant, or -1 for a class of bytes. */
static tare_status parse_escape(tare_re_parser *p, tare_re *set, int *single, tare_error *err)
{
	static const char control[] = "t\tn\nr\rf\fv\v";
	tare_re other = { .kind = TARE_RE_SET };
	uint8_t c;
	const char *at;
	size_t i;

	if (p->at == p->end)
		return fail(p, err, "ends with a backslash");
	c = *p->at++;
	*single = -1;
	if (strchr("dwsDWS", c) && c) {
		add_class(&other, (char)(c | 0x20));
		if (c < 'a')
			tare_re_invert(&other);
		for (i = 0; i < sizeof set->set; i++)
			set->set[i] |= other.set[i];
		return TARE_OK;
	}
	at = c >= 'a' ? strchr(control, c) : NULL;
	if (at)
		c = (uint8_t)at[1];
	else if (is_alnum(c))
		return fail(p, err, "back references, \\b and other letters after a backslash are not supported");
	*single = c;
	tare_re_add(set, c);
	return TARE_OK;
}

/* One end of a range in brackets, or a class. */
static tare_status parse_member(tare_re_parser *p, tare_re *set, int *single, tare_error *err)
{
	if (next_is(p, '\\'))
		return parse_escape(p, set, single, err);
	if (p->end - p->at > 1 && p->at[0] == '[' && strchr(":.=", p->at[1]))
		return fail(p, err, "[:name:] classes are not supported: write the range out");
	*single = *p->at++;
	tare_re_add(set, (unsigned)*single);
	return TARE_OK;
}

/* At the byte after '['. */
static tare_status parse_brackets(tare_re_parser *p, tare_re *set, tare_error *err)
{
	bool invert = next_is(p, '^');
	int from, to;

	while (p->at < p->end && *p->at != ']') {
		TARE_TRY(parse_member(p, set, &from, err));
		if (p->end - p->at < 2 || p->at[0] != '-' || p->at[1] == ']')
			continue;
		p->at++;
		TARE_TRY(parse_member(p, set, &to, err));
		if (from < 0 || to < from)
			return fail(p, err, "a range in [...] does not run from a lower to a higher byte");
		tare_re_add_range(set, (unsigned)from, (unsigned)to);
	}
	if (!next_is(p, ']'))
		return fail(p, err, "'[' without ']'");
	if (invert)
		tare_re_invert(set);
	return TARE_OK;
}

/* At the byte after '('. */
static tare_status parse_group(tare_re_parser *p, tare_re **out, tare_error *err)
{
	if (++p->depth > TARE_RE_MAX_DEPTH)
		return fail(p, err, "groups are nested too deeply");
	if (next_is(p, '?') && !next_is(p, ':'))
		return fail(p, err, "look-around and other (?...) groups are not supported");
	TARE_TRY(parse_alt(p, out, err));
	if (!next_is(p, ')'))
		return fail(p, err, "'(' without ')'");
	p->depth--;
	return TARE_OK;
}

static tare_status parse_atom(tare_re_parser *p, tare_re **out, tare_error *err)
{
	uint8_t c = *p->at++;
	tare_re *n;
	int single;

	if (c == '(')
		return parse_group(p, out, err);
	if (strchr("*+?{", c) && c)
		return fail(p, err, "a repeat with nothing to repeat");
	*out = n = tare_re_new(p, c == '^' ? TARE_RE_START : c == '$' ? TARE_RE_END : TARE_RE_SET, NULL);
	if (!n)
		return tare_fail_nomem(err);
	if (c == '[')
		return parse_brackets(p, n, err);
	if (c == '\\')
		return parse_escape(p, n, &single, err);
	if (c == '.')
		tare_re_add_range(n, 0, 255);
	else
		tare_re_add(n, c);
	return TARE_OK;
}

static bool parse_count(tare_re_parser *p, int *out)
{
	const uint8_t *start = p->at;

	for (*out = 0; p->at < p->end && *p->at >= '0' && *p->at <= '9'; p->at++)
		if (*out <= MAX_COUNT)
			*out = *out * 10 + (*p->at - '0');
	return p->at > start;
}

/* {n}, {n,} or {n,m}: at the byte after '{'. */
static tare_status parse_bounds(tare_re_parser *p, tare_re *rep, tare_error *err)
{
	bool ok = parse_count(p, &rep->min);

	rep->max = rep->min;
	if (ok && next_is(p, ',') && !parse_count(p, &rep->max))
		rep->max = TARE_RE_MANY;
	if (!ok || !next_is(p, '}'))
		return fail(p, err, "a repeat is written {n}, {n,} or {n,m}");
	if (rep->min > MAX_COUNT || rep->max > MAX_COUNT)
		return fail(p, err, "a repeat count is over 1000");
	if (rep->max != TARE_RE_MANY && rep->max < rep->min)
		return fail(p, err, "a repeat's largest count is below its smallest");
	return TARE_OK;
}

static tare_status parse_repeat(tare_re_parser *p, tare_re **out, tare_error *err)
{
	tare_re *rep;
	uint8_t c;

	TARE_TRY(parse_atom(p, out, err));
	if (p->at == p->end || !*p->at || !strchr("*+?{", *p->at))
		return TARE_OK;
	c = *p->at++;
	rep = tare_re_new(p, TARE_RE_REPEAT, *out);
	if (!rep)
		return tare_fail_nomem(err);
	rep->min = c == '+';
	rep->max = c == '?' ? 1 : TARE_RE_MANY;
	if (c == '{')
		TARE_TRY(parse_bounds(p, rep, err));
	next_is(p, '?'); /* lazy or greedy: the question is only whether, not where */
	*out = rep;
	return TARE_OK;
}

static tare_status parse_cat(tare_re_parser *p, tare_re **out, tare_error *err)
{
	tare_re *cat = tare_re_new(p, TARE_RE_CAT, NULL), **link = cat ? &cat->child : NULL;

	*out = cat;
	if (!cat)
		return tare_fail_nomem(err);
	while (p->at < p->end && *p->at != '|' && *p->at != ')') {
		TARE_TRY(parse_repeat(p, link, err));
		link = &(*link)->next;
	}
	return TARE_OK;
}

static tare_status parse_alt(tare_re_parser *p, tare_re **out, tare_error *err)
{
	tare_re *alt = tare_re_new(p, TARE_RE_ALT, NULL), **link = alt ? &alt->child : NULL;

	*out = alt;
	if (!alt)
		return tare_fail_nomem(err);
	do {
		TARE_TRY(parse_cat(p, link, err));
		link = &(*link)->next;
	} while (next_is(p, '|'));
	return TARE_OK;
}

tare_status tare_re_parse(tare_re_parser *p, tare_re **out, tare_error *err)
{
	TARE_TRY(parse_alt(p, out, err));
	return p->at < p->end ? fail(p, err, "')' without '('") : TARE_OK;
}
