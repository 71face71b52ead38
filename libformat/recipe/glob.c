/* Globs as syntax trees. */
#include "recipe/pattern.h"

static tare_status parse_list(tare_re_parser *p, bool inside, tare_re **out, tare_error *err);

static tare_status fail(const tare_re_parser *p, tare_error *err, const char *what)
{
	return tare_yaml_fail(p->node, err, "glob '%s': %s", TARE_SHOW(p->node->text), what);
}

/* At the byte after '['. */
static tare_status parse_class(tare_re_parser *p, tare_re *set, tare_error *err)
{
	bool invert = p->at < p->end && (*p->at == '!' || *p->at == '^');
	const uint8_t *first;

	p->at += invert;
	for (first = p->at; p->at < p->end && (*p->at != ']' || p->at == first); p->at++) {
		uint8_t from = *p->at;

		if (p->end - p->at > 2 && p->at[1] == '-' && p->at[2] != ']') {
			p->at += 2;
			if (*p->at < from)
				return fail(p, err, "a range in [...] runs backwards");
		}
		tare_re_add_range(set, from, *p->at);
	}
	if (p->at == p->end)
		return fail(p, err, "'[' without ']'");
	p->at++;
	if (invert)
		tare_re_invert(set);
	return TARE_OK;
}

/* {a,b}: at the byte after '{'. */
static tare_status parse_choice(tare_re_parser *p, tare_re **out, tare_error *err)
{
	tare_re *alt = tare_re_new(p, TARE_RE_ALT, NULL), **link = alt ? &alt->child : NULL;

	if (!alt)
		return tare_fail_nomem(err);
	if (++p->depth > TARE_RE_MAX_DEPTH)
		return fail(p, err, "braces are nested too deeply");
	do {
		TARE_TRY(parse_list(p, true, link, err));
		link = &(*link)->next;
	} while (p->at < p->end && *p->at++ == ',');
	if (p->at[-1] != '}')
		return fail(p, err, "'{' without '}'");
	p->depth--;
	*out = alt;
	return TARE_OK;
}

static tare_status parse_one(tare_re_parser *p, tare_re **out, tare_error *err)
{
	uint8_t c = *p->at++;
	tare_re *set;

	if (c == '{')
		return parse_choice(p, out, err);
	*out = set = tare_re_new(p, TARE_RE_SET, NULL);
	if (!set)
		return tare_fail_nomem(err);
	if (c == '[')
		return parse_class(p, set, err);
	if (c == '\\') {
		if (p->at == p->end)
			return fail(p, err, "ends with a backslash");
		tare_re_add(set, *p->at++);
	} else if (c == '*' || c == '?') {
		tare_re_add_range(set, 0, 255);
	} else {
		tare_re_add(set, c);
	}
	if (c != '*')
		return TARE_OK;
	while (p->at < p->end && *p->at == '*')
		p->at++;
	*out = tare_re_new(p, TARE_RE_REPEAT, set);
	if (!*out)
		return tare_fail_nomem(err);
	(*out)->max = TARE_RE_MANY;
	return TARE_OK;
}

/* Up to the end, or inside braces to a comma or closing brace. */
static tare_status parse_list(tare_re_parser *p, bool inside, tare_re **out, tare_error *err)
{
	tare_re *cat = tare_re_new(p, TARE_RE_CAT, NULL), **link = cat ? &cat->child : NULL;

	*out = cat;
	if (!cat)
		return tare_fail_nomem(err);
	while (p->at < p->end && !(inside && (*p->at == ',' || *p->at == '}'))) {
		TARE_TRY(parse_one(p, link, err));
		link = &(*link)->next;
	}
	return TARE_OK;
}

tare_status tare_glob_parse(tare_re_parser *p, tare_re **out, tare_error *err)
{
	return parse_list(p, false, out, err);
}
