/* A recipe, read and checked: immutable, independent of any model. The tree it was read from stays, for printing. */
#ifndef TARE_RECIPE_RECIPE_H
#define TARE_RECIPE_RECIPE_H

#include "base/yaml.h"
#include "recipe/match.h"
#include "recipe/mix.h"
#include "recipe/plan.h"
#include "transforms/transform.h"

typedef struct tare_gate_spec {
	tare_gate_kind kind;
	const char *name;       /* "gates.sqnr_db.min (line 14)" */
	double limit;
} tare_gate_spec;

typedef struct tare_gate_list {
	tare_gate_spec *gate;
	size_t count;
} tare_gate_list;

/* One thing a rule does: a transform and its value. */
typedef struct tare_action {
	const tare_transform *transform;
	const tare_yaml *value;
} tare_action;

typedef struct tare_rule {
	const char *label;      /* "rules[2] (line 9)" */
	const tare_yaml *node;
	const tare_match *match;
	bool optional;
	tare_action *actions;
	size_t n_actions;
	tare_gate_list gates;
} tare_rule;

/* tensor_types: {RE: TYPE} */
typedef struct tare_type_override {
	const tare_pattern *pattern;
	const tare_type *type;
	const tare_yaml *key;
} tare_type_override;

/* prune_layers: both inclusive */
typedef struct tare_layer_range {
	uint64_t from, to;
	const tare_yaml *node;
} tare_layer_range;

/* base: {fit: SIZE, types: [...]} */
enum { TARE_FIT_TYPES = 16 };

typedef struct tare_fit_spec {
	uint64_t budget;        /* bytes of all files */
	const tare_type *types[TARE_FIT_TYPES];
	unsigned n_types;
} tare_fit_spec;

typedef enum tare_fallback { TARE_FALLBACK_ERROR, TARE_FALLBACK_ADJUST } tare_fallback;

/* What the keys say. */
typedef struct tare_settings {
	const tare_mix *mix;            /* base: a mix, */
	const tare_type *type;          /* or one type, */
	const tare_scheme_spec *spread; /* or a scheme for the weights that operators can read so, */
	const tare_fit_spec *fit;       /* or the best of several in a budget; or none: tensors stay as they are */
	tare_rule *rules;
	size_t n_rules;
	const tare_type_override *overrides;
	size_t n_overrides;
	const tare_layer_range *pruned;
	size_t n_pruned;
	const tare_yaml *imatrix;       /* NULL: none */
	const tare_yaml *include_weights, *exclude_weights; /* lists of scalars, or NULL */
	tare_fallback fallback;
	bool allow_requantize, pure, leave_output, keep_split;
	const tare_type *output_type, *token_embedding_type; /* NULL: as base says */
	tare_nonfinite nonfinite;
	const tare_yaml *set;           /* metadata.set: a map, or NULL */
	const tare_yaml *remove;        /* metadata.remove: a list of scalars, or NULL */
	tare_gate_list gates;
} tare_settings;

struct tare_recipe {
	tare_arena arena;
	char *file;             /* for messages; in arena, NULL: none */
	tare_yaml *root;        /* a map */
	const char **origins;   /* per pair of root: NULL for the file, else what tare_recipe_set() was told */
	tare_settings is;
};

/* Names in err where the recipe got key from: its file, or the origin tare_recipe_set() was told. */
void tare_recipe_blame(const tare_recipe *r, const char *key, tare_error *err);

/* Reads one top-level value into s. where: how messages and labels name its place: "line 9" of a file, else an origin such as "--pure". */
typedef struct tare_reading {
	tare_arena *arena;
	const char *origin;     /* NULL: lines of the file say where */
	tare_settings *into;
} tare_reading;

tare_status tare_recipe_read(tare_reading *r, const char *key, tare_yaml *value, tare_error *err);
tare_status tare_rules_read(tare_reading *r, tare_yaml *list, tare_error *err);
/* prefix: "gates" or "rules[2].gates". */
tare_status tare_gates_read(tare_reading *r, const char *prefix, tare_yaml *map, tare_gate_list *out, tare_error *err);
tare_status tare_metadata_read(tare_reading *r, tare_yaml *map, tare_error *err);
/* "line 9", or the origin. In arena; NULL when memory is short. */
const char *tare_reading_place(tare_reading *r, const tare_yaml *n);
/* Keys that ask for others: pure without a mix. Checked when a recipe has been read whole and again for each plan. */
tare_status tare_recipe_check(const tare_recipe *r, tare_error *err);

/* NULL-terminated names of keys: "base" ...; for messages, schemas and tests. */
extern const char *const tare_recipe_keys[];
extern const char *const tare_match_keys[];
extern const char *const tare_gate_keys[];
const char *const *tare_rule_keys(void); /* with those of the transforms */
extern const char *const tare_fallback_names[];  /* in the order of tare_fallback */
extern const char *const tare_nonfinite_names[]; /* in the order of tare_nonfinite */

/* Text as a YAML scalar, in double quotes if it needs them or quoted asks for them. */
tare_status tare_print_flow(tare_buffer *b, const tare_yaml *n, tare_error *err); /* on one line */
tare_status tare_print_text(tare_buffer *b, tare_str s, bool quoted, tare_error *err);
/* "u32" and the like, with "arr:" in front for arrays; false if it is none. */
bool tare_find_kind(const char *name, bool *array, tare_kind *out);
/* metadata.set's value for key as a metadata value; before: what m has under key, or NULL. Strings and arrays live in m's arena. */
tare_status tare_recipe_value(tare_model *m, const tare_yaml *node, const tare_value *before, tare_value *out, tare_error *err);

#endif
