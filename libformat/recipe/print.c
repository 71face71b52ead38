/* A recipe as canonical YAML: keys in the order of keys.def, text quoted only where it must be. */
#include "recipe/recipe.h"

#include <stdlib.h>
#include <string.h>

static bool is_wordy(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c && strchr("_./+-*()<>=^$;", c));
}

/* Can text stand as it is? It begins with a letter, digit, '/' or '.', or is a number with a sign, and holds nothing special to YAML. */
static bool is_plain(tare_str s)
{
	size_t i;

	if (!s.len || !(is_wordy(s.ptr[0]) && !strchr("-*()<>=^$+;", s.ptr[0])))
		if (s.len < 2 || (s.ptr[0] != '-' && s.ptr[0] != '+') || s.ptr[1] < '0' || s.ptr[1] > '9')
			return false;
	for (i = 0; i < s.len; i++)
		if (!is_wordy(s.ptr[i]))
			return false;
	return strncmp(s.ptr, "...", 3);
}

/* One character in double quotes; its bytes as read from valid UTF-8. */
static tare_status put_escaped(tare_buffer *b, const uint8_t *p, size_t len, tare_error *err)
{
	unsigned c;

	if (*p == '"' || *p == '\\')
		return tare_buffer_printf(b, err, "\\%c", *p);
	if (*p == '\n' || *p == '\t')
		return tare_buffer_put(b, *p == '\n' ? "\\n" : "\\t", 2, err);
	if (*p < 0x20 || *p == 0x7f)
		return tare_buffer_printf(b, err, "\\x%02x", *p);
	c = len == 2 ? (*p & 0x1fu) << 6 | (p[1] & 0x3fu) : len == 3 ? (*p & 0x0fu) << 12 | (p[1] & 0x3fu) << 6 | (p[2] & 0x3fu) : 0;
	if ((len == 2 && c < 0xa0) || (len == 3 && (c == 0x2028 || c == 0x2029 || c == 0xfeff || c >= 0xfffe)))
		return tare_buffer_printf(b, err, "\\u%04x", c);
	return tare_buffer_put(b, p, len, err);
}

tare_status tare_print_text(tare_buffer *b, tare_str s, bool quoted, tare_error *err)
{
	const uint8_t *p = (const uint8_t *)s.ptr;
	size_t at = 0, len;

	if (!quoted && is_plain(s))
		return tare_buffer_put(b, s.ptr, s.len, err);
	TARE_TRY(tare_buffer_put(b, "\"", 1, err));
	for (; at < s.len; at += len) {
		len = tare_utf8_len(p + at, s.len - at);
		if (!len)
			len = 1;
		TARE_TRY(put_escaped(b, p + at, len, err));
	}
	return tare_buffer_put(b, "\"", 1, err);
}

static bool all_scalars(const tare_yaml *n)
{
	size_t i;

	for (i = 0; i < n->count; i++)
		if (n->items[i]->kind != TARE_YAML_SCALAR)
			return false;
	return true;
}

/* [a, b] or {a: 1, b: 2}; depth is bounded by the parser's limit. */
tare_status tare_print_flow(tare_buffer *b, const tare_yaml *n, tare_error *err)
{
	bool map = n->kind == TARE_YAML_MAP;
	size_t i;

	if (n->kind == TARE_YAML_SCALAR)
		return tare_print_text(b, n->text, n->quoted || !n->text.len, err);
	TARE_TRY(tare_buffer_put(b, map ? "{" : "[", 1, err));
	for (i = 0; i < n->count; i++) {
		if (i)
			TARE_TRY(tare_buffer_put(b, ", ", 2, err));
		if (map) {
			TARE_TRY(tare_print_text(b, n->keys[i]->text, false, err));
			TARE_TRY(tare_buffer_put(b, ": ", 2, err));
		}
		TARE_TRY(tare_print_flow(b, n->items[i], err));
	}
	return tare_buffer_put(b, map ? "}" : "]", 1, err);
}

/* key: value, in the shape that suits the value: rules' fields and short lists on one line. */
static tare_status print_pair(tare_buffer *b, int indent, const tare_yaml *key, const tare_yaml *value, tare_error *err)
{
	size_t i;

	TARE_TRY(tare_print_text(b, key->text, false, err));
	if (indent < 2 && value->kind == TARE_YAML_MAP && value->count && (value->count > 1 || !all_scalars(value))) {
		TARE_TRY(tare_buffer_put(b, ":\n", 2, err));
		for (i = 0; i < value->count; i++) {
			TARE_TRY(tare_buffer_printf(b, err, "%*s", 2 * indent + 2, ""));
			TARE_TRY(print_pair(b, indent + 1, value->keys[i], value->items[i], err));
		}
		return TARE_OK;
	}
	TARE_TRY(tare_buffer_put(b, ": ", 2, err));
	TARE_TRY(tare_print_flow(b, value, err));
	return tare_buffer_put(b, "\n", 1, err);
}

/* A rule: match first, then its other keys in the order of the table. */
static tare_status print_rule(tare_buffer *b, const tare_yaml *rule, tare_error *err)
{
	const char *const *key;
	const char *lead = "  - ";
	size_t i;

	for (key = tare_rule_keys(); *key; key++)
		for (i = 0; i < rule->count; i++) {
			if (!tare_str_eq(rule->keys[i]->text, tare_str_of(*key)))
				continue;
			TARE_TRY(tare_buffer_put(b, lead, 4, err));
			TARE_TRY(print_pair(b, 2, rule->keys[i], rule->items[i], err));
			lead = "    ";
		}
	return TARE_OK;
}

static tare_status print_key(tare_buffer *b, const tare_yaml *key, const tare_yaml *value, tare_error *err)
{
	size_t i;

	if (!tare_str_eq(key->text, tare_str_of("rules")) || !value->count)
		return print_pair(b, 0, key, value, err);
	TARE_TRY(tare_buffer_put(b, "rules:\n", 7, err));
	for (i = 0; i < value->count; i++)
		TARE_TRY(print_rule(b, value->items[i], err));
	return TARE_OK;
}

tare_status tare_recipe_print(const tare_recipe *r, char **yaml, tare_error *err)
{
	tare_buffer b = { 0 };
	tare_status st = TARE_OK;
	size_t k, i;

	*yaml = NULL;
	for (k = 0; tare_recipe_keys[k]; k++)
		for (i = 0; i < r->root->count && st == TARE_OK; i++)
			if (tare_str_eq(r->root->keys[i]->text, tare_str_of(tare_recipe_keys[k])))
				st = print_key(&b, r->root->keys[i], r->root->items[i], err);
	if (st != TARE_OK) {
		free(b.bytes);
		return st;
	}
	*yaml = b.bytes;
	return TARE_OK;
}
