/* The neutral graph: what a model computes from its tensors. A format that has one (ONNX) reads it, transforms edit it, the format writes
 * it.
 *
 * A model has a main graph, graphs inside attributes of nodes (branches and loop bodies), bodies of functions, and graphs for training.
 * Each is a list of parts in the order in which they are stored. A part keeps the bytes it was read from; a part that nobody edits is
 * written as those bytes, with everything in them that is not understood here.
 *
 * Everything lives in the arena of the model it belongs to. Edits go through the calls below, on the copy that belongs to the outline of a
 * result (tare_graphs_copy); they never change what was read. Strings given to them are copied. A name is bytes and may hold anything; an
 * empty name of an input or output says that it is left out. */
#ifndef TARE_MODEL_GRAPH_H
#define TARE_MODEL_GRAPH_H

#include "base/arena.h"
#include "base/error.h"
#include "base/strmap.h"
#include "types/type.h"

typedef struct tare_graph tare_graph;
typedef struct tare_graphs tare_graphs;
typedef struct tare_node tare_node;

typedef enum tare_part_kind {
	TARE_PART_OTHER,        /* kept as it is */
	TARE_PART_NODE,         /* tare_node; of a graph or function */
	TARE_PART_INITIALIZER,  /* tare_initializer; of a graph */
	TARE_PART_INPUT,        /* tare_port; of a graph */
	TARE_PART_OUTPUT,
	TARE_PART_VALUE,        /* what is known of a value inside the graph */
	TARE_PART_ANNOTATION,   /* tare_annotation: of quantization */
	TARE_PART_VERSION,      /* of the whole: tare_graphs.version */
	TARE_PART_GRAPH,        /* tare_body: a graph, a function's body */
	TARE_PART_OPSET,        /* tare_opset; of the whole or of a function */
	TARE_PART_ENTRY,        /* tare_text_entry: metadata of the whole */
	TARE_PART_KINDS
} tare_part_kind;

typedef struct tare_part {
	struct tare_part *next, *prev;
	tare_part_kind kind;
	bool edited;             /* raw is no longer what it is */
	uint8_t head;            /* bytes of raw before its contents */
	tare_str raw;            /* as stored, with what introduces it; empty for a new one */
} tare_part;

typedef struct tare_part_list {
	tare_part *first, *last;
	tare_part *tail[TARE_PART_KINDS]; /* the last of each kind */
	bool edited;             /* a part is new, was removed, or is edited itself */
} tare_part_list;

/* The numbers are ONNX's. */
typedef enum tare_attr_kind {
	TARE_ATTR_UNDEFINED, TARE_ATTR_FLOAT, TARE_ATTR_INT, TARE_ATTR_STRING, TARE_ATTR_TENSOR, TARE_ATTR_GRAPH, TARE_ATTR_FLOATS,
	TARE_ATTR_INTS, TARE_ATTR_STRINGS, TARE_ATTR_TENSORS, TARE_ATTR_GRAPHS, TARE_ATTR_SPARSE, TARE_ATTR_SPARSES, TARE_ATTR_TYPE,
	TARE_ATTR_TYPES
} tare_attr_kind;

typedef struct tare_attr {
	tare_str name;
	tare_str raw;            /* contents as stored; ptr NULL for a new one */
	tare_attr_kind kind;
	uint32_t n;              /* of a list; of tensors: 1 or their number */
	union {
		float f;
		int64_t i;
		tare_str s;
		const float *floats;
		const int64_t *ints;
		const tare_str *strings;
		const tare_str *tensors; /* their names in the model's list; of a sparse one values and indices */
		tare_graph **graphs;
	} as;
} tare_attr;

struct tare_node {
	tare_part part;
	tare_graph *graph;
	tare_str name, op, domain; /* domain: "" is ONNX's own, however it is spelt */
	tare_str *input, *output;
	tare_attr *attr;
	uint32_t n_inputs, n_outputs, n_attrs;
};

typedef struct tare_initializer {
	tare_part part;
	tare_str name;           /* in its graph */
	tare_str tensor;         /* in the model's list of tensors */
} tare_initializer;

typedef enum tare_port_form {
	TARE_PORT_UNKNOWN, TARE_PORT_TENSOR, TARE_PORT_SPARSE, TARE_PORT_SEQUENCE, TARE_PORT_MAP, TARE_PORT_OPTIONAL, TARE_PORT_OPAQUE
} tare_port_form;

/* A value that enters or leaves a graph, or one inside of which something is known. */
typedef struct tare_port {
	tare_part part;
	tare_str name;
	tare_port_form form;
	uint32_t element_id;     /* of its elements' type, as tensors have it; 0: not said */
	const tare_type *type;   /* NULL: not known, or text */
	bool ranked;             /* n_dims is known */
	uint32_t n_dims;
	const tare_axis *dim;    /* slowest first */
} tare_port;

/* Which tensors say how a value is quantized. */
typedef struct tare_annotation {
	tare_part part;
	tare_str value;
} tare_annotation;

typedef struct tare_opset {
	tare_part part;
	tare_str domain;         /* as spelt */
	int64_t version;
} tare_opset;

typedef struct tare_text_entry {
	tare_part part;
	tare_str key, value;
} tare_text_entry;

typedef struct tare_body {
	tare_part part;
	tare_graph *graph;
} tare_body;

/* A tensor as the file describes it. */
typedef struct tare_stored {
	tare_str raw;            /* contents of the description */
	tare_str tensor;         /* in the model's list */
	uint32_t file;           /* where its bytes are */
	uint64_t offset;
	bool beside;             /* in a data file */
	bool initializer;        /* else it is in an attribute, or part of a sparse one */
} tare_stored;

typedef enum tare_graph_form { TARE_GRAPH_MAIN, TARE_GRAPH_INNER, TARE_GRAPH_FUNCTION, TARE_GRAPH_TRAINING } tare_graph_form;

struct tare_graph {
	tare_graphs *all;
	size_t number;           /* in all->graph */
	tare_graph_form form;
	tare_str name, domain;   /* domain, overload: of a function */
	tare_str overload;
	tare_graph *outer;       /* of an inner one */
	tare_node *holder;       /* the node of outer that has it, */
	tare_str attribute;      /* in this attribute */
	tare_str raw;            /* contents as stored */
	tare_str label;          /* what names of tensors inside begin with: "" for the main graph, "if_3.then_branch/" */
	tare_part_list parts;
	const tare_str *input, *output; /* of a function; those of others are parts */
	uint32_t n_inputs, n_outputs;
	uint32_t n_nodes, n_initializers;
};

struct tare_graphs {
	tare_arena *arena;       /* of the model */
	int64_t version;         /* of the container (ONNX: ir_version) */
	int64_t model_version;
	tare_str producer, producer_version, domain, doc;
	tare_str raw;            /* contents of the file */
	tare_part_list parts;    /* of the whole */
	tare_stored *stored;     /* in the order of their places in the file */
	size_t n_stored;
	tare_graph *main;        /* NULL: none */
	tare_graph **graph;      /* all, main first, in stored order otherwise; inner ones behind their outer */
	size_t n_graphs, cap_graphs;
	struct tare_graph_index *index; /* of names; made when first wanted, and true from then on */
};

/* ---- looking ---- */

tare_node *tare_node_first(const tare_graph *g);
tare_node *tare_node_next(const tare_node *n);
/* The part of a kind after `at` (NULL: the first), NULL past the last. */
tare_part *tare_part_next(const tare_part_list *list, const tare_part *at, tare_part_kind kind);
const tare_attr *tare_node_attr(const tare_node *n, const char *name); /* NULL if it has none of that name */
/* An int attribute's value, or fallback. */
int64_t tare_node_int(const tare_node *n, const char *name, int64_t fallback);
/* n is this operator of this domain ("" is ONNX's own). */
bool tare_node_is(const tare_node *n, const char *domain, const char *op);
tare_initializer *tare_graph_initializer(const tare_graph *g, tare_str name); /* NULL if g itself has none of that name */
/* The version of a domain that is imported; 0 if it is not. */
int64_t tare_graphs_opset(const tare_graphs *all, const char *domain);

/* Where a name is used and where it comes from. A name means what the nearest graph around says it means. */
typedef struct tare_use {
	struct tare_use *next;
	tare_graph *graph;       /* where it is used */
	tare_node *node;         /* NULL: it is an output of the graph, */
	uint32_t input;          /* else this input of node */
} tare_use;

typedef struct tare_origin {
	struct tare_origin *next;
	tare_graph *graph;
	tare_part *part;         /* the node, initializer or input that gives it (an initializer goes before an input of the same name);
				  * NULL: it is an input of a function */
	uint32_t output;         /* of a node */
} tare_origin;

/* Where `name`, seen from g, comes from; *out NULL if from nowhere. */
tare_status tare_graph_origin(tare_graph *g, tare_str name, const tare_origin **out, tare_error *err);
/* The next use (after: the last one got, NULL at first) of the value that g itself names so, in g and the graphs inside it; *out NULL past
 * the last. Edits of the uses end the walk: collect first. */
tare_status tare_graph_next_use(tare_graph *g, tare_str name, const tare_use *after, const tare_use **out, tare_error *err);

/* ---- making, for readers ---- */

/* Puts a part behind the others. */
void tare_part_append(tare_part_list *list, tare_part *part);
tare_status tare_graphs_add(tare_graphs *all, tare_graph *g, tare_error *err);
/* Frees what is not in the arena. NULL is fine. */
void tare_graphs_free(tare_graphs *all);

/* ---- editing ---- */

/* A copy for the outline whose arena is `arena`: parts are copied, what they point to is shared, so that all must outlive the copy. */
tare_status tare_graphs_copy(tare_graphs **out, const tare_graphs *all, tare_arena *arena, tare_error *err);
/* `stem`, or with _1, _2 ... behind it: a name that no value and no node of any graph has; it is taken from now on. */
tare_status tare_graphs_new_name(tare_graphs *all, const char *stem, tare_str *out, tare_error *err);
/* Makes the domain's import if there is none; an import that is there stays, unless its version is below `least`. */
tare_status tare_graphs_import(tare_graphs *all, const char *domain, int64_t least, tare_error *err);
/* The container's version becomes at least this. */
void tare_graphs_need_version(tare_graphs *all, int64_t least);

/* A new node without inputs, outputs and attributes, before `at` (NULL: at the end). */
tare_status tare_node_new(tare_node **out, tare_graph *g, tare_node *at, const char *domain, const char *op, tare_str name,
			  tare_error *err);
void tare_node_remove(tare_node *n);
/* Another operator; inputs, outputs and attributes stay. */
tare_status tare_node_set_op(tare_node *n, const char *domain, const char *op, tare_error *err);
tare_status tare_node_set_name(tare_node *n, tare_str name, tare_error *err);
/* The i-th input or output; those between the last one and i are left out. */
tare_status tare_node_set_input(tare_node *n, uint32_t i, tare_str name, tare_error *err);
tare_status tare_node_set_output(tare_node *n, uint32_t i, tare_str name, tare_error *err);
/* Inputs from the n-th on are gone. */
void tare_node_cut_inputs(tare_node *n, uint32_t count);
/* Replaces an attribute of that name or appends it. */
tare_status tare_node_set_int(tare_node *n, const char *name, int64_t v, tare_error *err);
tare_status tare_node_set_float(tare_node *n, const char *name, float v, tare_error *err);
tare_status tare_node_set_text(tare_node *n, const char *name, tare_str v, tare_error *err);
tare_status tare_node_set_ints(tare_node *n, const char *name, const int64_t *v, uint32_t count, tare_error *err);
/* was_there may be NULL. */
tare_status tare_node_drop_attr(tare_node *n, const char *name, bool *was_there, tare_error *err);

/* A new initializer behind the others of g, for the tensor of this name in the outline's list. */
tare_status tare_initializer_new(tare_initializer **out, tare_graph *g, tare_str name, tare_str tensor, tare_error *err);
void tare_initializer_remove(tare_graph *g, tare_initializer *init);
/* The outline's tensor has another type or shape than was read: what describes it is made anew. */
void tare_initializer_changed(tare_graph *g, tare_initializer *init);

/* Another element type for an input, output or value; its shape stays. */
void tare_port_set_type(tare_graph *g, tare_port *p, const tare_type *type);
/* What was known of a value, or an annotation of it, is no longer true. */
void tare_part_remove(tare_part_list *list, tare_part *part);

#endif
