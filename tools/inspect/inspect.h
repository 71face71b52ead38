/* The parts of tare-inspect. */
#ifndef TARE_TOOLS_INSPECT_H
#define TARE_TOOLS_INSPECT_H

#include "common/json.h"
#include "common/model.h"
#include "common/options.h"
#include "tare.h"

typedef struct inspect_options {
	tool_shared shared; /* first */
	bool tensors, metadata, nodes, stats, hash, recipe, types, limits;
	const char *get, *model;
} inspect_options;

/* An importance matrix against a model. */
typedef struct inspect_fit {
	size_t weights;          /* that are quantized */
	size_t covered;          /* of these, with an entry of the right length */
	const tare_tensor **bare; /* without any entry */
	size_t n_bare;
	bool *known;             /* per entry: the model has a weight of that name, */
	const tare_tensor **odd; /* and this is it if another length is needed */
	size_t n_unknown, n_odd;
} inspect_fit;

/* One input and what was found out about it. */
typedef struct inspect_view {
	const inspect_options *opt;
	const char *path;
	char *name;              /* path, fit to print */
	bool again;              /* not the first input */
	tare_model *m;
	bool *selected;          /* per tensor */
	size_t n_selected;
	tare_scan_result *scan;  /* per tensor; NULL unless asked for */
	uint8_t digest[32];      /* with --hash */
	tare_imatrix *matrix;    /* NULL: it is no importance matrix, or that is not asked for */
	tare_imatrix_entry *entries;
	bool *shown;             /* per entry: --select and --exclude leave it */
	tare_model *of;          /* with --for: the model that the matrix is for */
	inspect_fit *fit;
} inspect_view;

void inspect_text(const inspect_view *v);
void inspect_json(const inspect_view *v);
int inspect_get(const inspect_view *v);
void inspect_types(void);
/* As --limit left them. */
void inspect_limits(const tool_shared *s);

/* text.c's parts */
void inspect_summary(const inspect_view *v);
void inspect_stats(const inspect_view *v);

/* graph.c: what a model computes, if it says so. */
void inspect_graph_head(const inspect_view *v);
void inspect_graph(const inspect_view *v);
void inspect_nodes(const inspect_view *v);
const char *inspect_port_type(const tare_graph_port *p);
void inspect_graph_json(tool_json *j, const inspect_view *v);

/* matrix.c: reads the matrix, if the input is one; opens the model of --for. The exit status so far. */
int inspect_matrix_open(inspect_view *v);
void inspect_matrix_close(inspect_view *v);
void inspect_matrix_text(const inspect_view *v);
void inspect_matrix_json(tool_json *j, const inspect_view *v);
/* 1 if an entry of the matrix is for no weight of the model. */
int inspect_matrix_verdict(const inspect_view *v);
/* text.c: the file's name, and its format. */
void inspect_title(const inspect_view *v);
void inspect_format(const tare_model *m);

/* Totals over the selected tensors. */
typedef struct inspect_total {
	size_t tensors;
	uint64_t weights, bytes;
} inspect_total;

void inspect_add(inspect_total *sum, const tare_tensor *t);
inspect_total inspect_totals(const inspect_view *v);

#endif
