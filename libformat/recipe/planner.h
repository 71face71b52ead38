/* The making of a plan: what its parts share. */
#ifndef TARE_RECIPE_PLANNER_H
#define TARE_RECIPE_PLANNER_H

#include "model/graph.h"
#include "recipe/recipe.h"

/* What becomes of one source tensor. */
typedef struct tare_item {
	size_t source;
	tare_str name;           /* in the result */
	const tare_type *type;   /* in the result, also where it is refused; NULL with a source type that is not known */
	tare_scheme_spec spec;   /* scheme NULL: it stays one tensor, */
	tare_spread *spread;     /* else its parts, in the outline's arena, as soon as they are known */
	const tare_rule *rule;   /* that matched; NULL: none */
	bool decided;            /* by the rule */
	bool open;               /* left to a fit base */
	bool named;              /* the recipe names this very type: its own fallback key counts, not the mix's */
	const char *why;         /* what decided, for the step */
	const char *note;
	const char *against;     /* what stands against a scheme or an edit of the graph, for the trouble about it */
	const char *refused;     /* why it cannot be made so, all reasons; NULL: it can */
	const tare_importance *importance; /* NULL: none */
} tare_item;

/* What went wrong, or not as asked, with many tensors for the same reason: told once, with the first of them. */
typedef enum tare_trouble_kind {
	TARE_TROUBLE_REQUANTIZE, /* refusals, in the order in which they are told */
	TARE_TROUBLE_UNEVEN,
	TARE_TROUBLE_LAYER,
	TARE_TROUBLE_IMATRIX,    /* there is no matrix, */
	TARE_TROUBLE_ENTRY,      /* no entry in it, */
	TARE_TROUBLE_LENGTH,     /* or one of another length */
	TARE_TROUBLE_UNKNOWN,
	TARE_TROUBLE_DECODE,
	TARE_TROUBLE_ENCODE,
	TARE_TROUBLE_SCHEME,
	TARE_TROUBLE_GRAPH,
	TARE_TROUBLE_ADJUSTED,   /* from here on: notes */
	TARE_TROUBLE_FLAT,
	TARE_TROUBLE_NO_ENTRY,
	TARE_TROUBLE_OTHER_LENGTH,
	TARE_TROUBLE_KINDS
} tare_trouble_kind;

typedef struct tare_trouble {
	tare_trouble_kind kind;
	const tare_type *from, *to;
	tare_str first;
	uint64_t cols;           /* of the first */
	uint64_t have, want;     /* values of the matrix for it */
	const char *why;         /* of a scheme, of a graph; else NULL */
	size_t count;
} tare_trouble;

typedef struct tare_planner {
	tare_plan *p;
	tare_model *in;
	const tare_recipe *recipe;
	const tare_settings *is;
	bool keeps_split;        /* the result has the source's files */
	bool may_be_open;        /* the plan is for working out a fit base */
	tare_item *items;        /* malloc'ed */
	size_t n_items;
	size_t *overridden;      /* tensors that matched, per entry of tensor_types; malloc'ed */
	uint64_t *layers;        /* numbers of the layers that are left out, rising; malloc'ed */
	size_t n_layers;
	size_t *hits;            /* tensors a rule decided, per rule; malloc'ed */
	tare_trouble *troubles;  /* malloc'ed; kind, from and to tell them apart, so there are few */
	size_t n_troubles, cap_troubles;
	bool *used;              /* per entry of the matrix: include_weights and exclude_weights leave it; malloc'ed */
	size_t n_used;           /* 0: as if there were no matrix */
	tare_graphs *graphs;     /* the outline's own, to be edited; NULL: its format has none */
	tare_strmap homes;       /* initializers' tensors: which of the graphs they are in */
	tare_mix_run mix;
	int64_t last_layer;
} tare_planner;

/* A plan in which what a fit base has a say in stays as it is, and p->open says which that is. Else as tare_plan_new(). */
tare_status tare_plan_open(tare_plan **out, tare_model *m, const tare_recipe *r, const tare_plan_options *opt, tare_error *err);
/* The type that t gets of one that a fit names: itself, another if the recipe's fallback says so, or NULL. */
const tare_type *tare_plan_fit_type(const tare_settings *is, const tare_tensor *t, const tare_type *type);
/* plan_rules.c: items from the source tensors, by the rules. */
tare_status tare_plan_rules(tare_planner *pl, tare_error *err);
/* plan_prune.c: which layers are left out; all that were named must be there. */
tare_status tare_plan_prune(tare_planner *pl, tare_error *err);
/* The new name of a tensor (in the outline's arena) without the layers left out; *drop: it is in one of them. */
tare_status tare_plan_prune_name(tare_planner *pl, tare_str *name, bool *drop, tare_error *err);
/* block_count, and a note on what else has one value a layer. */
tare_status tare_plan_prune_metadata(tare_planner *pl, tare_error *err);
/* plan_imatrix.c: the matrix is opened and what the recipe leaves of it is found. */
tare_status tare_plan_imatrix(tare_planner *pl, tare_error *err);
/* The matrix's entry for an item that will be quantized, into item->importance; what is missing is told. */
tare_status tare_plan_importance(tare_planner *pl, tare_item *item, tare_error *err);
/* The matrix's entry for t, or NULL if there is none of the right length. */
const tare_importance *tare_plan_entry(const tare_planner *pl, const tare_tensor *t);
/* quantize.imatrix.*, as llama-quantize writes them. */
tare_status tare_plan_imatrix_metadata(tare_planner *pl, tare_error *err);
/* plan_types.c: their types, by the base, and what cannot be done. */
tare_status tare_plan_types(tare_planner *pl, tare_error *err);
/* plan_spread.c: works out item->spread from item->spec; item->against: what stands against it, NULL if nothing does. */
tare_status tare_plan_spread_find(tare_planner *pl, tare_item *item, tare_error *err);
/* Its parts go into the outline, with steps. */
tare_status tare_plan_spread_add(tare_planner *pl, const tare_item *item, const char *why, tare_error *err);
/* plan_graph.c: the outline gets a copy of the graph, if its format can hold one. */
tare_status tare_plan_graph_start(tare_planner *pl, tare_error *err);
/* What the types and names of the items mean for the graph is told: before the outline has tensors. */
tare_status tare_plan_graph_check(tare_planner *pl, tare_error *err);
/* The operators read what the items have become. */
tare_status tare_plan_graph_finish(tare_planner *pl, tare_error *err);
/* The graph of `all` in which tensor `name` is an initializer; NULL if it is none. */
tare_graph *tare_plan_home(const tare_planner *pl, const tare_graphs *all, tare_str name);
/* plan_trouble.c: a refusal also marks the item. */
tare_status tare_plan_trouble(tare_planner *pl, tare_trouble_kind kind, tare_item *item, const tare_type *from, const tare_type *to,
			      tare_error *err);
tare_status tare_plan_tell(tare_planner *pl, tare_error *err);
tare_status tare_plan_note_add(tare_plan *p, tare_error *err, const char *fmt, ...) TARE_PRINTF(3, 4);
tare_status tare_plan_refuse(tare_plan *p, tare_error *err, const char *fmt, ...) TARE_PRINTF(3, 4);
/* A gate that will not be met: shown with the refusals, and judged again by the pipeline, which reports it. */
tare_status tare_plan_fails_gate(tare_plan *p, tare_error *err, const char *fmt, ...) TARE_PRINTF(3, 4);
/* plan_meta.c */
tare_status tare_plan_metadata(tare_planner *pl, tare_error *err);
/* plan_gates.c: after the layout. */
tare_status tare_plan_gates(tare_planner *pl, tare_error *err);

#endif
