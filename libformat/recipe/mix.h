/* The named mixes of llama-quantize (release b10572) and how each picks a type for a tensor. mixes.def is the table. */
#ifndef TARE_RECIPE_MIX_H
#define TARE_RECIPE_MIX_H

#include "model/model.h"

typedef struct tare_mix {
	const char *name;       /* "Q4_K_M" */
	int number;             /* general.file_type; -1 for COPY, which keeps the source's */
	const tare_type *type;  /* what most weights get; NULL for COPY: as they are */
	const char *text;
} tare_mix;

const tare_mix *tare_mix_at(size_t i); /* NULL past the last; COPY is the last */
/* By name in any letter case, alias or number, as llama-quantize reads it; NULL if none. */
const tare_mix *tare_mix_find(const char *name);
/* The i-th alias and what it stands for; NULL past the last. */
const char *tare_mix_alias_at(size_t i, const tare_mix **of);
/* The mix whose number general.file_type holds when most weights are of one type; NULL if there is none. */
const tare_mix *tare_mix_typical(const tare_type *type);

typedef enum tare_mix_part {
	TARE_MIX_ANY, TARE_MIX_OUTPUT, TARE_MIX_EMBEDDING, TARE_MIX_V, TARE_MIX_K, TARE_MIX_Q, TARE_MIX_O, TARE_MIX_UP, TARE_MIX_GATE,
	TARE_MIX_DOWN
} tare_mix_part;

tare_mix_part tare_mix_part_of(tare_str name);

/* What a mix looks at, and what it counts on its way through the tensors. Zero it, start it, show it every name once, then ask in order. */
typedef struct tare_mix_run {
	const tare_mix *mix;
	bool imatrix, tied;
	bool falcon, bailing3, large;
	uint64_t n_layers, n_experts, gqa;
	uint64_t n_values;               /* V matrices in all */
	uint64_t values, downs, gates, ups; /* seen so far */
} tare_mix_run;

/* m: for its metadata. */
void tare_mix_start(tare_mix_run *run, const tare_mix *mix, const tare_model *m, bool imatrix);
void tare_mix_see(tare_mix_run *run, tare_str name);
/* The type for t, which is quantizable, before any fallback for its shape. NULL if the layer must be told from the name and cannot be. */
const tare_type *tare_mix_pick(tare_mix_run *run, const tare_tensor *t);

/* Does llama-quantize quantize it? *why: what keeps it as it is (TARE_WHY_FLAT, "norm" ...), NULL if nothing does. */
#define TARE_WHY_FLAT "fewer than two dimensions"
bool tare_quantizable(const tare_tensor *t, const char **why);
/* What takes the place of a type whose blocks are too long for a row; NULL if nothing is defined. */
const tare_type *tare_type_fallback(const tare_type *type);
/* Do importances change what is written? Some types take the nearest value whatever it matters. */
bool tare_type_uses_importances(const tare_type *type);
/* Does llama-quantize refuse to write this type without an importance matrix? mix: NULL if none. */
bool tare_needs_imatrix(const tare_mix *mix, const tare_type *type, tare_str name);
/* llama-quantize's order: names outside layers, then layer by layer; bytewise within. qsort's signs. */
int tare_mix_order(tare_str a, tare_str b);

#endif
