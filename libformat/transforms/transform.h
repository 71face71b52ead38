/* What a rule of a recipe can ask for: one row (transforms.def) and one file per operation. A transform reads its own value from the
 * recipe's tree and, when the plan is made, changes what becomes of one tensor. */
#ifndef TARE_TRANSFORMS_TRANSFORM_H
#define TARE_TRANSFORMS_TRANSFORM_H

#include "base/yaml.h"
#include "model/model.h"
#include "transforms/scheme.h"

/* What will become of one source tensor. Starts as: same name, same type, not dropped. */
typedef struct tare_planned {
	tare_model *out;         /* the outline, for memory (its arena) */
	const tare_tensor *source;
	tare_str name;
	const tare_type *type;   /* NULL with a source type that is not known */
	tare_scheme_spec spread; /* over several tensors; scheme NULL: it stays one, of that type */
	bool drop;
	bool decided;            /* the rule settled the type: base and mix have no say */
} tare_planned;

enum {
	TARE_TRANSFORM_SETTLES = 1u << 0, /* says what becomes of the type: at most one of these in a rule */
	TARE_TRANSFORM_ALONE = 1u << 1,   /* leaves nothing for another transform to do */
};

typedef struct tare_transform {
	const char *key;         /* in a rule: "type" */
	const char *text;        /* one line for people */
	unsigned flags;
	/* Is the value well-formed? Needs no model. May put a name into its canonical spelling. */
	tare_status (*check)(tare_yaml *value, tare_error *err);
	tare_status (*apply)(const tare_yaml *value, tare_planned *t, tare_error *err);
} tare_transform;

#define TRANSFORM(name) extern const tare_transform tare_transform_##name;
#include "transforms/transforms.def"
#undef TRANSFORM

const tare_transform *tare_transform_find(const char *key);
const tare_transform *tare_transform_at(size_t i); /* NULL past the last */
/* A type's name in a recipe, put into its canonical spelling; the error says "did you mean". */
tare_status tare_type_of_yaml(tare_yaml *value, const tare_type **out, tare_error *err);

#endif
