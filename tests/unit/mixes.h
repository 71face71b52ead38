/* A mix asked for every tensor of a model. */
#ifndef TARE_TESTS_MIXES_H
#define TARE_TESTS_MIXES_H

#include "recipes.h"

#include "base/escape.h"

static inline int by_order(const void *a, const void *b, void *model)
{
	const tare_model *m = model;

	return tare_mix_order(m->tensors[*(const size_t *)a].name, m->tensors[*(const size_t *)b].name);
}

/* What a mix makes of every tensor of m (types, by tensor); true if it asks for an importance matrix that is not there. */
static inline bool choose(tare_model *m, const tare_mix *mix, bool imatrix, const tare_type **types)
{
	size_t i, *order = malloc((m->n_tensors + 1) * sizeof *order);
	bool hungry = false;
	tare_mix_run run;
	const char *why;

	assert_non_null(order);
	tare_mix_start(&run, mix, m, imatrix);
	for (i = 0; i < m->n_tensors; i++) {
		order[i] = i;
		tare_mix_see(&run, m->tensors[i].name);
	}
	qsort_r(order, m->n_tensors, sizeof *order, by_order, m);
	for (i = 0; i < m->n_tensors; i++) {
		const tare_tensor *t = &m->tensors[order[i]];
		const tare_type *type = t->type;

		if (tare_quantizable(t, &why))
			type = tare_type_is_quantized(mix->type) ? tare_mix_pick(&run, t) : mix->type;
		assert_non_null(type);
		if (tare_tensor_cols(t) % type->block_len)
			type = tare_type_fallback(type);
		types[order[i]] = type;
		hungry |= type != t->type && tare_needs_imatrix(mix, type, t->name);
	}
	free(order);
	return hungry && !imatrix;
}

#endif
