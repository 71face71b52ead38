/* Two models -> differences. compare.c asks each part in turn, and each part adds what it finds:
 *
 *   pair.c, pair_content.c, pair_role.c   which tensor of b is which of a: c->pairs, each with nothing but its head compared
 *   bytes.c                               pairs of one type: the same bytes? (at the speed of reading)
 *   values.c                              pairs whose bytes differ: the same values? if not, how far apart (sums.c, wide.c)
 *   keys.c, arrays.c                      metadata
 *   outside.c                             what shows only to those who want it exact
 *
 * A part for something new, such as graphs, is one more file and one more call. */
#ifndef TARE_COMPARE_COMPARE_H
#define TARE_COMPARE_COMPARE_H

#include "model/model.h"
#include "model/scan.h"

struct tare_comparison {
	tare_model *a, *b;
	const tare_compare_options *opt; /* while it is being made */
	tare_arena arena;
	bool *out_a, *out_b;         /* tensors that are left out; while it is being made */
	tare_pair *pairs;            /* malloc'ed */
	size_t n_pairs, cap_pairs;
	tare_key_difference *keys;   /* malloc'ed; what they point to is in the arena or in the models */
	size_t n_keys, cap_keys, equal_keys;
	const char **outside;        /* malloc'ed array of texts in the arena */
	size_t n_outside, cap_outside;
	bool same_order;
	uint64_t done, total;        /* bytes of payload, for progress */
};

/* Without a tensor on one side: NULL. */
const tare_tensor *tare_pair_a(const tare_comparison *c, const tare_pair *p);
const tare_tensor *tare_pair_b(const tare_comparison *c, const tare_pair *p);
/* One type, known or not. */
bool tare_same_type(const tare_tensor *s, const tare_tensor *t);
/* Must a tensor of this model be turned round before its bytes are those of a little-endian machine? */
bool tare_is_foreign(const tare_model *m, const tare_tensor *t);
/* Bytes `from` to `to` of a tensor have been read, and those before them too: lets go of them, with the page that the last piece began. */
void tare_let_go(const tare_model *m, const tare_tensor *t, uint64_t from, uint64_t to);
/* done bytes more are behind us. */
tare_status tare_compare_progress(tare_comparison *c, uint64_t done, tare_error *err);

tare_status tare_compare_pairs(tare_comparison *c, tare_error *err);
tare_status tare_compare_bytes(tare_comparison *c, tare_error *err);
tare_status tare_compare_values(tare_comparison *c, tare_error *err);
tare_status tare_compare_keys(tare_comparison *c, tare_error *err);
tare_status tare_compare_outside(tare_comparison *c, tare_error *err);

#endif
