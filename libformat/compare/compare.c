#include "compare/compare.h"

#include "base/escape.h"

#include <stdlib.h>
#include <string.h>

const tare_tensor *tare_pair_a(const tare_comparison *c, const tare_pair *p)
{
	return p->a == SIZE_MAX ? NULL : &c->a->tensors[p->a];
}

const tare_tensor *tare_pair_b(const tare_comparison *c, const tare_pair *p)
{
	return p->b == SIZE_MAX ? NULL : &c->b->tensors[p->b];
}

bool tare_same_type(const tare_tensor *s, const tare_tensor *t)
{
	return s->type == t->type && (s->type || s->type_id == t->type_id);
}

bool tare_is_foreign(const tare_model *m, const tare_tensor *t)
{
	return m->big_endian && t->type && t->type->swap;
}

void tare_let_go(const tare_model *m, const tare_tensor *t, uint64_t from, uint64_t to)
{
	enum { BEHIND = 1 << 16 }; /* at least a page, of any machine */
	uint64_t start = t->offset + from, back = start < BEHIND ? start : BEHIND;

	tare_source_release(m->files[t->file].source, start - back, to - from + back);
}

tare_status tare_compare_progress(tare_comparison *c, uint64_t done, tare_error *err)
{
	c->done += done;
	return tare_run_progress(&c->opt->run, c->done, c->total, err);
}

/* out: malloc'ed, one for each tensor of m. */
static tare_status leave_out(const tare_comparison *c, const tare_model *m, bool **out, tare_error *err)
{
	const tare_compare_options *o = c->opt;
	size_t i;

	*out = calloc(m->n_tensors + 1, sizeof **out);
	if (!*out)
		return tare_fail_nomem(err);
	if (o->n_select) {
		TARE_TRY(tare_model_match(m, o->select, o->n_select, *out, err));
		for (i = 0; i < m->n_tensors; i++)
			(*out)[i] = !(*out)[i];
	}
	return tare_model_match(m, o->ignore, o->n_ignore, *out, err);
}

static tare_status compare_tensors(tare_comparison *c, tare_error *err)
{
	TARE_TRY(leave_out(c, c->a, &c->out_a, err));
	TARE_TRY(leave_out(c, c->b, &c->out_b, err));
	TARE_TRY(tare_model_make_random(c->a, err));
	TARE_TRY(tare_model_make_random(c->b, err));
	TARE_TRY(tare_compare_pairs(c, err));
	TARE_TRY(tare_compare_bytes(c, err));
	return tare_compare_values(c, err);
}

static tare_status compare(tare_comparison *c, tare_error *err)
{
	if (!c->opt->no_tensors)
		TARE_TRY(compare_tensors(c, err));
	if (!c->opt->no_metadata)
		TARE_TRY(tare_compare_keys(c, err));
	if (c->opt->exact)
		TARE_TRY(tare_compare_outside(c, err));
	TARE_TRY(tare_model_end_reading(c->a, err));
	return tare_model_end_reading(c->b, err);
}

tare_status tare_compare(tare_comparison **out, tare_model *a, tare_model *b, const tare_compare_options *opt, tare_error *err)
{
	static const tare_compare_options defaults;
	tare_comparison *c = calloc(1, sizeof *c);
	tare_status st;

	*out = NULL;
	if (!c)
		return tare_fail_nomem(err);
	c->a = a;
	c->b = b;
	c->opt = opt ? opt : &defaults;
	c->same_order = true;
	st = compare(c, err);
	free(c->out_a);
	free(c->out_b);
	c->out_a = c->out_b = NULL;
	c->opt = NULL;
	if (st != TARE_OK) {
		tare_comparison_free(c);
		return st;
	}
	*out = c;
	return TARE_OK;
}

void tare_comparison_free(tare_comparison *c)
{
	if (!c)
		return;
	free(c->pairs);
	free(c->keys);
	free(c->outside);
	tare_arena_free(&c->arena);
	free(c);
}

const tare_pair *tare_comparison_pair(const tare_comparison *c, size_t i)
{
	return i < c->n_pairs ? &c->pairs[i] : NULL;
}

const tare_key_difference *tare_comparison_key(const tare_comparison *c, size_t i)
{
	return i < c->n_keys ? &c->keys[i] : NULL;
}

size_t tare_comparison_equal_keys(const tare_comparison *c)
{
	return c->equal_keys;
}

bool tare_comparison_same_order(const tare_comparison *c)
{
	return c->same_order;
}

const char *tare_comparison_outside(const tare_comparison *c, size_t i)
{
	return i < c->n_outside ? c->outside[i] : NULL;
}
