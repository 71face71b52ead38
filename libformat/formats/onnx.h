/* ONNX: what its reader and its writer share. The format: onnx.ai, IR.md and ExternalData.md. How files are read is told in man/tare.7. */
#ifndef TARE_FORMATS_ONNX_H
#define TARE_FORMATS_ONNX_H

#include "formats/format.h"
#include "formats/onnx_wire.h"
#include "model/graph.h"

#include "onnx.pb-c.h"
#include "onnx_fields.h"

/* A data type of the format. */
typedef struct tare_onnx_type {
	int32_t id;
	const char *name;        /* "FLOAT16" */
	const tare_type *type;   /* NULL: text */
	uint32_t home;           /* field of TensorProto for elements that are not raw */
	uint8_t per_word;        /* elements that share one number there */
	uint8_t words;           /* numbers an element takes there */
	int32_t version;         /* of the IR that brought it */
} tare_onnx_type;

enum { TARE_ONNX_STRING = 8, TARE_ONNX_EXTERNAL = 1 };

/* A tensor's type_id, in a range of its own: the numbers of other formats mean something else. */
static inline uint32_t tare_onnx_type_id(int32_t id)
{
	return TARE_TYPE_ID_TEXT - TARE_ONNX_STRING + (uint32_t)id;
}

/* NULL if there is none. */
const tare_onnx_type *tare_onnx_type_find(int64_t id);
const tare_onnx_type *tare_onnx_type_of(const tare_type *type);
/* Packed in its home, elements are the bytes that raw_data would have. */
bool tare_onnx_home_is_plain(const tare_onnx_type *is);

/* What one TensorProto says. */
typedef struct tare_onnx_tensor {
	tare_str raw;            /* its contents */
	tare_str name;           /* as stored */
	int32_t type_id;
	const tare_onnx_type *is; /* NULL: not known */
	uint32_t n_dims;
	const uint64_t *dim;     /* in the model's arena */
	bool external, has_raw;
	tare_str raw_data;       /* of the last one */
	tare_str packed;         /* contents of its typed home, when that is one packed field, */
	uint32_t pieces;         /* or one of so many */
	tare_str location;       /* external: empty if not given */
	uint64_t offset, length; /* length: TARE_NOWHERE if not given */
} tare_onnx_tensor;

typedef struct tare_onnx_reader tare_onnx_reader;

tare_status tare_onnx_read(tare_model *m, tare_error *err);
/* onnx_tensor.c: reads a checked TensorProto. */
tare_status tare_onnx_tensor_read(tare_model *m, tare_str raw, tare_onnx_tensor *out, tare_error *err);
/* Byte of the file at which p stands. */
uint64_t tare_onnx_place(const tare_model *m, const void *p);

/* onnx_elements.c: the elements of a tensor that are not stored as plain bytes, as plain bytes into put. */
typedef tare_status tare_onnx_put_fn(void *ctx, const void *bytes, size_t size, tare_error *err);
tare_status tare_onnx_elements(const tare_onnx_tensor *t, uint64_t count, tare_onnx_put_fn *put, void *ctx, tare_error *err);

/* onnx_external.c: the data file that location names, opened (each once) as one more file of the model. */
tare_status tare_onnx_external(tare_model *m, tare_str location, uint32_t *file, tare_error *err);

/* onnx_graph.c: a checked file into m->graphs. Every TensorProto goes to `tensor`, in stored order. */
typedef struct tare_onnx_found {
	tare_str raw;            /* contents of the TensorProto */
	tare_str name;           /* by which it will go in the model's list if that is free */
	bool first;              /* an initializer of the main graph: it comes first when names are given */
	bool initializer;        /* not in an attribute */
	tare_str *slot;          /* where the name it gets in the end is kept */
} tare_onnx_found;

typedef tare_status tare_onnx_found_fn(void *user, const tare_onnx_found *found, tare_error *err);
tare_status tare_onnx_graphs(tare_model *m, tare_str file, tare_onnx_found_fn *found, void *user, tare_error *err);

/* ---- writing ---- */

/* The file to write: bytes of the source and bytes made anew, one after the other, with places for payload between. */
typedef struct tare_onnx_piece {
	const uint8_t *bytes;    /* NULL: payload of */
	size_t tensor;           /* this one in the outline; SIZE_MAX: none */
	uint64_t size;
	uint64_t offset;         /* in the file; known at the end */
} tare_onnx_piece;

typedef struct tare_onnx_rope {
	tare_arena *arena;
	tare_onnx_piece *pieces; /* malloc'ed */
	size_t n, cap;
	tare_error *err;
} tare_onnx_rope;

/* bytes must live as long as the outline. */
tare_status tare_onnx_rope_put(tare_onnx_rope *r, const void *bytes, size_t size);
tare_status tare_onnx_rope_copy(tare_onnx_rope *r, const void *bytes, size_t size); /* need not */
tare_status tare_onnx_rope_payload(tare_onnx_rope *r, size_t tensor, uint64_t size);
/* A field that holds what is put until tare_onnx_rope_end(), which is given what begin returned in *mark. source: the field as it was
 * stored, whose tag and length are used again if they still say the truth; NULL: a new field of this number. */
tare_status tare_onnx_rope_begin(tare_onnx_rope *r, size_t *mark);
tare_status tare_onnx_rope_end(tare_onnx_rope *r, size_t mark, uint32_t number, const tare_wire_field *source);
tare_status tare_onnx_rope_bytes(tare_onnx_rope *r, uint32_t number, tare_str bytes);
tare_status tare_onnx_rope_varint(tare_onnx_rope *r, uint32_t number, uint64_t v);
/* Offsets, neighbours joined. Returns the size of the file. */
uint64_t tare_onnx_rope_close(tare_onnx_rope *r);

/* Where a stored tensor is to be in the result. */
typedef struct tare_onnx_home {
	bool beside;             /* in a data file: */
	tare_str location;
	const tare_stored *was;  /* it was in one; else NULL */
	bool again;              /* at a place that another tensor has written already */
} tare_onnx_home;

typedef struct tare_onnx_writer {
	tare_model *out;
	const tare_layout_options *opt;
	tare_onnx_home *homes;   /* per tensor of the outline; malloc'ed */
	bool *placed;            /* per tensor of the outline: the graph has it; malloc'ed */
	tare_graph **edited;     /* graphs that must be put together again, in the order of their places; malloc'ed */
	size_t n_edited;
	tare_onnx_rope rope;
	tare_error *err;
} tare_onnx_writer;

tare_status tare_onnx_layout(tare_model *out, const tare_layout_options *opt, tare_error *err);
/* onnx_homes.c: which tensors go beside the model, in which file and where. inside: bytes that the message has room for. */
tare_status tare_onnx_choose_homes(tare_onnx_writer *w, bool force, tare_error *err);
/* onnx_splice.c: contents of a message, with what has changed in it. */
tare_status tare_onnx_splice(tare_onnx_writer *w, tare_str contents, const tare_wire_message *message);
/* onnx_splice_tensor.c: contents of a TensorProto, as it was stored (NULL: new) and as the outline has it now. */
tare_status tare_onnx_splice_tensor(tare_onnx_writer *w, const tare_stored *stored, tare_str name, tare_str tensor);
/* onnx_splice_graph.c: contents of a graph that was edited; the whole model. */
tare_status tare_onnx_splice_graph(tare_onnx_writer *w, const tare_graph *g);
tare_status tare_onnx_splice_model(tare_onnx_writer *w);

/* onnx_node.c, for onnx_graph.c */
typedef struct tare_onnx_walk {
	tare_model *m;
	tare_graphs *all;
	tare_onnx_found_fn *found;
	void *user;
	tare_error *err;
} tare_onnx_walk;

tare_status tare_onnx_read_graph(tare_onnx_walk *w, tare_graph *g, const tare_wire_message *message);
tare_status tare_onnx_read_node(tare_onnx_walk *w, tare_node *n, uint32_t index);
tare_status tare_onnx_new_graph(tare_onnx_walk *w, tare_graph **out, tare_graph_form form, tare_str raw, tare_str label);
tare_status tare_onnx_sparse(tare_onnx_walk *w, tare_str raw, tare_str name, bool first, tare_str slots[2]);
tare_str tare_onnx_text(tare_onnx_walk *w, const char *fmt, ...) TARE_PRINTF(2, 3); /* ptr NULL when memory is short */
/* The contents of the last field of this number; empty (ptr "") if there is none. */
tare_str tare_onnx_bytes(tare_str raw, const tare_wire_message *message, uint32_t id);
/* "" for ONNX's own domain. */
tare_str tare_onnx_domain(tare_str domain);
tare_status tare_onnx_port(tare_onnx_walk *w, tare_port *p, tare_str contents);

#endif
