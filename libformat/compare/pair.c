#include "compare/pair.h"

#include "arch/role.h"
#include "base/escape.h"

#include <stdlib.h>
#include <string.h>

/* ---- those without a partner ---- */

static const char *end_of(tare_str name)
{
	static const char *const ends[] = { ".weight", ".bias" };
	size_t i, n;

	for (i = 0; i < sizeof ends / sizeof *ends; i++) {
		n = strlen(ends[i]);
		if (name.len > n && !memcmp(name.ptr + name.len - n, ends[i], n))
			return ends[i] + 1;
	}
	return "";
}

static void add_single(tare_single *to, const tare_model *m, size_t i, bool in_b)
{
	const tare_tensor *t = &m->tensors[i];

	*to = (tare_single){ .in_b = in_b, .index = i, .tensor = t, .role = tare_role_of(t->name), .layer = tare_layer_of(t->name),
			     .end = end_of(t->name) };
}

tare_status tare_singles(const tare_comparison *c, const tare_couples *p, tare_single **out, size_t *n, tare_error *err)
{
	size_t i;

	*n = 0;
	*out = calloc(c->a->n_tensors + c->b->n_tensors + 1, sizeof **out);
	if (!*out)
		return tare_fail_nomem(err);
	for (i = 0; i < c->a->n_tensors; i++)
		if (!c->out_a[i] && p->of_a[i] == SIZE_MAX && c->a->tensors[i].size)
			add_single(*out + (*n)++, c->a, i, false);
	for (i = 0; i < c->b->n_tensors; i++)
		if (!c->out_b[i] && p->of_b[i] == SIZE_MAX && c->b->tensors[i].size)
			add_single(*out + (*n)++, c->b, i, true);
	return TARE_OK;
}

int tare_single_by_role(const tare_single *s, const tare_single *t)
{
	int d = strcmp(s->role ? s->role : "", t->role ? t->role : "");

	if (!d)
		d = (s->layer > t->layer) - (s->layer < t->layer);
	return d ? d : strcmp(s->end, t->end);
}

void tare_couple(tare_couples *p, const tare_single *s, const tare_single *t, tare_paired how)
{
	const tare_single *a = s->in_b ? t : s, *b = s->in_b ? s : t;

	p->of_a[a->index] = b->index;
	p->of_b[b->index] = a->index;
	p->how[a->index] = how;
}

static tare_status start(const tare_comparison *c, tare_couples *p, tare_error *err)
{
	size_t i, n_a = c->a->n_tensors, n_b = c->b->n_tensors;

	p->of_a = malloc((n_a + 1) * sizeof *p->of_a);
	p->of_b = malloc((n_b + 1) * sizeof *p->of_b);
	p->how = calloc(n_a + 1, sizeof *p->how);
	if (!p->of_a || !p->of_b || !p->how)
		return tare_fail_nomem(err);
	for (i = 0; i < n_a; i++)
		p->of_a[i] = SIZE_MAX;
	for (i = 0; i < n_b; i++)
		p->of_b[i] = SIZE_MAX;
	return TARE_OK;
}

static void pair_by_name(const tare_comparison *c, tare_couples *p)
{
	size_t i, j;

	for (i = 0; i < c->a->n_tensors; i++) {
		j = c->out_a[i] ? SIZE_MAX : tare_model_tensor_index(c->b, c->a->tensors[i].name);
		if (j == SIZE_MAX || c->out_b[j])
			continue;
		p->of_a[i] = j;
		p->of_b[j] = i;
	}
}

/* ---- pairs ---- */

static bool same_shape(const tare_tensor *s, const tare_tensor *t)
{
	return s->n_dims == t->n_dims && (!s->n_dims || !memcmp(s->dim, t->dim, s->n_dims * sizeof *s->dim));
}

/* What the heads say: whether there are bytes or values to be compared, bytes.c and values.c find out. */
static void settle_heads(const tare_comparison *c, tare_pair *p)
{
	const tare_tensor *s = tare_pair_a(c, p), *t = tare_pair_b(c, p);

	p->first_byte = p->first = TARE_NOWHERE;
	p->relation = !t ? TARE_ONLY_IN_A : !s ? TARE_ONLY_IN_B : TARE_OTHER_BYTES;
	if (!s || !t)
		return;
	p->renamed = !tare_str_eq(s->name, t->name);
	p->retyped = !tare_same_type(s, t);
	p->reshaped = !same_shape(s, t);
}

static tare_status add_pair(tare_comparison *c, size_t a, size_t b, tare_paired how, tare_error *err)
{
	if (!tare_grow(&c->pairs, &c->cap_pairs, c->n_pairs, sizeof *c->pairs))
		return tare_fail_nomem(err);
	c->pairs[c->n_pairs] = (tare_pair){ .a = a, .b = b, .paired = how };
	settle_heads(c, &c->pairs[c->n_pairs++]);
	return TARE_OK;
}

static tare_status list_pairs(tare_comparison *c, const tare_couples *p, tare_error *err)
{
	size_t i, last = 0;

	for (i = 0; i < c->a->n_tensors; i++) {
		if (c->out_a[i])
			continue;
		TARE_TRY(add_pair(c, i, p->of_a[i], p->how[i], err));
		if (p->of_a[i] == SIZE_MAX)
			continue;
		c->same_order &= p->of_a[i] >= last;
		last = p->of_a[i];
	}
	for (i = 0; i < c->b->n_tensors; i++)
		if (!c->out_b[i] && p->of_b[i] == SIZE_MAX)
			TARE_TRY(add_pair(c, SIZE_MAX, i, TARE_PAIRED_BY_NAME, err));
	return TARE_OK;
}

tare_status tare_compare_pairs(tare_comparison *c, tare_error *err)
{
	tare_couples p = { NULL, NULL, NULL };
	tare_status st = start(c, &p, err);

	if (st == TARE_OK) {
		pair_by_name(c, &p);
		st = tare_pair_by_content(c, &p, err);
	}
	if (st == TARE_OK)
		st = tare_pair_by_role(c, &p, err);
	if (st == TARE_OK)
		st = list_pairs(c, &p, err);
	free(p.of_a);
	free(p.of_b);
	free(p.how);
	return st;
}
