/* Patterns over names: globs and regular expressions, compiled to one small automaton that reads each byte once, so that no pattern can be
 * slow (no backtracking) or large (bounded program). Immutable after compiling; shared freely between threads. */
#ifndef TARE_RECIPE_PATTERN_H
#define TARE_RECIPE_PATTERN_H

#include "base/yaml.h"

typedef struct tare_pattern tare_pattern;

/* node: a scalar. "re:EXPR" is searched for anywhere in a name (ECMAScript's basic syntax: . [] () | * + ? {n,m} ^ $ \d \w \s; no captures,
 * look-around or back references); anything else is a glob for the whole name: * any bytes, ? one byte, [a-z], {a,b}, \ takes the next
 * byte literally. */
tare_status tare_pattern_compile(const tare_pattern **out, tare_arena *arena, const tare_yaml *node, tare_error *err);
bool tare_pattern_match(const tare_pattern *p, tare_str name);

/* For the two front ends (glob, regex): a syntax tree that pattern.c turns into a program. */
typedef enum tare_re_kind { TARE_RE_EMPTY, TARE_RE_SET, TARE_RE_START, TARE_RE_END, TARE_RE_CAT, TARE_RE_ALT, TARE_RE_REPEAT } tare_re_kind;

enum { TARE_RE_MANY = -1, TARE_RE_MAX_DEPTH = 100 };

typedef struct tare_re {
	tare_re_kind kind;
	uint8_t set[32];        /* SET: one bit a byte */
	struct tare_re *child;  /* CAT, ALT: the first; REPEAT: the only one */
	struct tare_re *next;   /* sibling */
	int min, max;           /* REPEAT: max may be TARE_RE_MANY */
} tare_re;

typedef struct tare_re_parser {
	const uint8_t *at, *end;
	tare_arena *arena;
	const tare_yaml *node;  /* for messages */
	int depth;
} tare_re_parser;

tare_status tare_re_parse(tare_re_parser *p, tare_re **out, tare_error *err);
tare_status tare_glob_parse(tare_re_parser *p, tare_re **out, tare_error *err);
/* NULL when memory is short. */
tare_re *tare_re_new(tare_re_parser *p, tare_re_kind kind, tare_re *child);
static inline void tare_re_add(tare_re *set, unsigned byte)
{
	set->set[byte >> 3] |= (uint8_t)(1u << (byte & 7));
}
void tare_re_add_range(tare_re *set, unsigned from, unsigned to);
void tare_re_invert(tare_re *set);

#endif
