/* Which tensors a rule speaks of. */
#ifndef TARE_RECIPE_MATCH_H
#define TARE_RECIPE_MATCH_H

#include "model/model.h"
#include "recipe/pattern.h"

typedef struct tare_match tare_match;

/* A tensor as rules see it. role and layer are looked up when first asked for. */
typedef struct tare_subject {
	const tare_tensor *tensor;
	int64_t last_layer;     /* of the model, -1 if it has no layers */
	bool has_role, has_layer;
	const char *role;
	int layer;
} tare_subject;

/* node: a pattern, a list of patterns (any of them), or a map of fields (all of them). */
tare_status tare_match_read(const tare_match **out, tare_arena *arena, tare_yaml *node, tare_error *err);
bool tare_match_tensor(const tare_match *m, tare_subject *s);

#endif
