/* How the operators of a graph read a weight that a scheme has spread over several tensors: one row (operators.def) and one file a scheme.
 * An operator that reads the plain weight becomes one that reads its parts, or gets others in front of it. */
#ifndef TARE_OPERATORS_OPERATOR_H
#define TARE_OPERATORS_OPERATOR_H

#include "model/graph.h"
#include "model/model.h"
#include "schemes/scheme.h"

/* A weight in a graph, and what is asked of it. */
typedef struct tare_placement {
	tare_graphs *graphs;     /* asking: those of the source; rewiring: the copy that belongs to the outline */
	tare_graph *graph;       /* whose initializer it is, */
	tare_initializer *init;
	const tare_tensor *weight; /* in the source */
	int64_t accuracy_level;  /* as the recipe says it */
	tare_scheme_options opt; /* suits() completes it */
	const tare_scheme_layout *layout; /* rewiring: its parts, */
	tare_str part[TARE_PARTS];        /* and their names, which are initializers of graph already */
} tare_placement;

typedef struct tare_operator {
	const char *scheme;      /* its name */
	/* Can the weight be stored so? Completes p->opt for tare_scheme_lay(). *why: NULL, or what stands against it: "Conv reads it". Text
	 * in arena. */
	tare_status (*suits)(tare_placement *p, tare_arena *arena, const char **why, tare_error *err);
	/* Changes every operator that reads the weight; afterwards nothing reads it. */
	tare_status (*rewire)(tare_placement *p, tare_error *err);
} tare_operator;

#define OPERATOR(name) extern const tare_operator tare_operator_##name;
#include "operators/operators.def"
#undef OPERATOR

const tare_operator *tare_operator_at(size_t i);               /* NULL past the last */
const tare_operator *tare_operator_of(const tare_scheme *s);   /* NULL if graphs cannot have it */

/* ---- for the members ---- */

/* All uses of the weight, malloc'ed. */
typedef struct tare_readers {
	tare_use *use;
	size_t count;
} tare_readers;
tare_status tare_readers_find(const tare_placement *p, tare_readers *out, tare_error *err);
/* "Conv reads it as its input 1": without names, so that many weights share a reason. */
const char *tare_reader_text(const tare_use *use, tare_arena *arena);
/* A new node before `at` that takes its place in the order: name, then `suffix`, made unlike all others. */
tare_status tare_node_beside(tare_node **out, tare_node *at, const char *domain, const char *op, const char *suffix, tare_error *err);

#endif
