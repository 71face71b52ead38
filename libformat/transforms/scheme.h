/* {scheme: NAME, ...} in a recipe: how a weight is to be spread over several tensors. */
#ifndef TARE_TRANSFORMS_SCHEME_H
#define TARE_TRANSFORMS_SCHEME_H

#include "base/yaml.h"
#include "schemes/scheme.h"

typedef struct tare_scheme_spec {
	const tare_scheme *scheme;
	tare_scheme_options opt; /* scale, axis: found out for each weight */
	int64_t accuracy_level;  /* of the operator: how exactly it may compute; 0: not said */
} tare_scheme_spec;

/* The keys of such a map, NULL-terminated; for messages, schemas and tests. */
extern const char *const tare_scheme_keys[];

/* Reads and checks the map. */
tare_status tare_scheme_of_yaml(const tare_yaml *map, tare_scheme_spec *out, tare_error *err);

#endif
