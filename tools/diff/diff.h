/* The parts of tare-diff. */
#ifndef TARE_TOOLS_DIFF_H
#define TARE_TOOLS_DIFF_H

#include "common/model.h"
#include "common/options.h"
#include "tare.h"

enum { DIFF_BY_LOSS, DIFF_BY_NAME, DIFF_BY_MAX, DIFF_BY_SIZE }; /* --sort, in the order of its words */

/* An option whose argument is a number, once it was read. */
typedef struct diff_number {
	bool given;
	double value;
} diff_number;

typedef struct diff_options {
	tool_shared shared; /* first */
	bool order, exact, all, stat, porcelain, hash;
	unsigned sort, top, pager;
	tool_list only, ignore, allow;
	const char *tolerance_text, *growth_text, *error_text, *sqnr_text;
	const char *hex;
	/* made of these by main: */
	diff_number tolerance, growth, error, sqnr;
	bool tensors, metadata, template, tokenizer; /* --only; all of them without it */
} diff_options;

/* What is the matter with a pair of tensors, for the reader. */
typedef enum diff_change {
	DIFF_EQUAL,
	DIFF_TOLERATED,  /* not equal, but as --tolerance has it */
	DIFF_REMOVED,
	DIFF_ADDED,
	DIFF_RESHAPED,
	DIFF_RETYPED,
	DIFF_VALUES,
	DIFF_ENCODING,   /* the same values in other bytes of one type */
	DIFF_RENAMED,
	DIFF_CHANGES
} diff_change;

typedef struct diff_gate {
	const char *name;
	double limit, value;
	bool passed;
	const char *why;         /* if it could not be measured, or NULL */
	size_t pair;             /* the worst, SIZE_MAX: none */
} diff_gate;

/* Sums over pairs whose values differ and were measured. */
typedef struct diff_sum {
	size_t tensors;
	uint64_t weights, bytes_a, bytes_b;
	double signal, noise, worst;
	bool unmeasured;         /* some of them were not */
} diff_sum;

/* Two models and what was found out about them. */
typedef struct diff_view {
	const diff_options *o;
	tare_model *a, *b;
	const char *path_a, *path_b;
	char *name_a, *name_b;   /* fit to print */
	tare_comparison *c;
	size_t n_pairs, n_keys;
	diff_change *change;     /* per pair */
	bool *renamed;           /* per pair: and that is a difference */
	bool *counts;            /* per key: shown at all, */
	bool *allowed;           /* and does not make the models differ */
	size_t n_change[DIFF_CHANGES], n_renamed;
	size_t n_by_role;        /* pairs of two names that mean the same */
	size_t keys_added, keys_removed, keys_changed, keys_allowed;
	diff_sum total;
	uint64_t bytes_a, bytes_b; /* of all files, or of the tensors where a stream has not said */
	diff_gate gates[4];
	size_t n_gates;
	bool equal;              /* as exit status 0 without gates has it */
} diff_view;

/* verdict.c: fills everything from `change` on. */
void diff_judge(diff_view *v);
int diff_status(const diff_view *v);
void diff_judge_end(diff_view *v);
/* Are a and b of the pair to be told apart by a measured error? */
bool diff_is_measured(const tare_pair *p);
/* Is it a difference that the two have not one name? */
bool diff_is_renamed(const diff_view *v, const tare_pair *p);
void diff_sum_add(diff_sum *s, const diff_view *v, const tare_pair *p);
/* sqrt(noise / signal). */
double diff_sum_error(const diff_sum *s);
const char *diff_change_name(diff_change c);   /* "retyped" */
/* The pairs that differ in more than a name and are in both models, as --sort has them: malloc'ed, *n of them. */
const tare_pair **diff_sorted(const diff_view *v, size_t *n);
const tare_tensor *diff_a(const diff_view *v, const tare_pair *p); /* NULL: not there */
const tare_tensor *diff_b(const diff_view *v, const tare_pair *p);
/* The values of a key; false if it is not there. */
bool diff_key_a(const diff_view *v, const tare_key_difference *d, tare_value *out);
bool diff_key_b(const diff_view *v, const tare_key_difference *d, tare_value *out);
const char *diff_key_change(const tare_key_difference *d); /* "added", "removed", "changed" */
/* Do the two sides hold text that is better shown line by line? */
bool diff_is_text(const tare_value *x, const tare_value *y);

/* text.c and its parts */
void diff_text(const diff_view *v);
void diff_text_keys(const diff_view *v);
void diff_text_tensors(const diff_view *v);
void diff_text_gates(const diff_view *v);
/* "-68.2 %", good until the next call. */
const char *diff_growth(const diff_view *v);
/* A relative error in a few characters; good for eight calls. */
const char *diff_error(double v);
/* Names of a pair, escaped: "a -> b" if that is a difference, else a's (b's, if that is all there is); malloc'ed. */
char *diff_name(const diff_view *v, const tare_pair *p);
/* "f16 -> q4_K"; malloc'ed. */
char *diff_types(const diff_view *v, const tare_pair *p);

void diff_stat(const diff_view *v);
void diff_porcelain(const diff_view *v);
int diff_json(const diff_view *v);
/* The exit status. */
int diff_hex(const diff_view *v);

#endif
