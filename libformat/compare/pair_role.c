/* Tensors that are named by two conventions ("blk.0.attn_q.weight", "model.layers.0.self_attn.q_proj.weight") are one weight if each is
 * the only one left on its side with this role, layer and ending, and they have one shape. */
#include "compare/pair.h"

#include <stdlib.h>

static int by_role(const void *a, const void *b)
{
	const tare_single *s = a, *t = b;
	int d = tare_single_by_role(s, t);

	if (!d)
		d = s->in_b - t->in_b;
	return d ? d : (s->index > t->index) - (s->index < t->index);
}

/* Dimensions of 1 say nothing. */
static uint32_t next_dim(const tare_tensor *t, uint32_t i)
{
	while (i < t->n_dims && t->dim[i] == 1)
		i++;
	return i;
}

static bool alike(const tare_tensor *s, const tare_tensor *t)
{
	uint32_t i = next_dim(s, 0), j = next_dim(t, 0);

	while (i < s->n_dims && j < t->n_dims && s->dim[i] == t->dim[j]) {
		i = next_dim(s, i + 1);
		j = next_dim(t, j + 1);
	}
	return i == s->n_dims && j == t->n_dims;
}

tare_status tare_pair_by_role(tare_comparison *c, tare_couples *p, tare_error *err)
{
	tare_single *singles;
	size_t n, i, end;
	tare_status st = tare_singles(c, p, &singles, &n, err);

	if (st != TARE_OK)
		return st;
	qsort(singles, n, sizeof *singles, by_role);
	for (i = 0; i < n; i = end) {
		for (end = i + 1; end < n && !tare_single_by_role(&singles[i], &singles[end]); end++)
			;
		if (singles[i].role && end == i + 2 && singles[i].in_b != singles[i + 1].in_b &&
		    alike(singles[i].tensor, singles[i + 1].tensor))
			tare_couple(p, &singles[i], &singles[i + 1], TARE_PAIRED_BY_ROLE);
	}
	free(singles);
	return TARE_OK;
}
