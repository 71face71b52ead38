/* YAML text as a small tree with a place for every node. Stricter than YAML: one document, no anchors or aliases, no tags, no duplicate
 * keys, bounded depth and size. Scalars are text; what they mean is decided by who reads them (no "no" that is false). */
#ifndef TARE_BASE_YAML_H
#define TARE_BASE_YAML_H

#include "base/arena.h"
#include "base/escape.h"
#include "base/limits.h"

typedef enum tare_yaml_kind { TARE_YAML_SCALAR, TARE_YAML_LIST, TARE_YAML_MAP } tare_yaml_kind;

typedef struct tare_yaml {
	tare_yaml_kind kind;
	uint32_t line, column;      /* from 1 */
	bool quoted;                /* scalar in quotes or a block scalar: certainly text */
	tare_str text;              /* of a scalar; NUL-terminated */
	size_t count;               /* items of a list, pairs of a map */
	struct tare_yaml **keys;    /* of a map */
	struct tare_yaml **items;   /* of a list or map */
} tare_yaml;

/* The tree lives in arena. An empty document is an error. */
tare_status tare_yaml_parse(tare_yaml **out, tare_arena *arena, const char *text, size_t size, const tare_limits *lim, tare_error *err);
/* The value under key, NULL if absent or if map is not a map. */
const tare_yaml *tare_yaml_get(const tare_yaml *map, const char *key);
/* Checked readings of a scalar; the error names line, column and what was expected. true/false only; numbers whole; sizes with K, M, G, T
 * (and KiB ...) as powers of 1024. */
tare_status tare_yaml_bool(const tare_yaml *n, bool *out, tare_error *err);
tare_status tare_yaml_u64(const tare_yaml *n, uint64_t *out, tare_error *err);
tare_status tare_yaml_f64(const tare_yaml *n, double *out, tare_error *err);
tare_status tare_yaml_bytes(const tare_yaml *n, uint64_t *out, tare_error *err);
/* Refuses keys of map that are not among names (NULL-terminated), with "did you mean". */
tare_status tare_yaml_only(const tare_yaml *map, const char *const *names, tare_error *err);
/* The nearest of names to text within a small edit distance, NULL if none. */
const char *tare_nearest(const char *text, const char *const *names);
/* What a node is, for messages: "'text'", "a list", "nothing". expected true or false, not %s: TARE_YAML_SHOW(n) */
const char *tare_yaml_describe(const tare_yaml *n, tare_shown *buf);
#define TARE_YAML_SHOW(n) tare_yaml_describe((n), &(tare_shown){ { 0 } })
/* Fails at n's place. */
tare_status tare_yaml_fail(const tare_yaml *n, tare_error *err, const char *fmt, ...) TARE_PRINTF(3, 4);

#endif
