/* A recipe planned against a model in memory, and what became of a tensor. */
#ifndef TARE_TESTS_PLANNED_H
#define TARE_TESTS_PLANNED_H

#include "recipes.h"

typedef struct planned {
	tare_model *in;
	tare_recipe *r;
	tare_plan *p;
} planned;

static inline planned plan_of(tare_model *in, const char *recipe, const tare_plan_options *opt)
{
	planned x = { in, recipe_of(recipe), NULL };
	tare_error err = TARE_ERROR_INIT;
	char why[1100];

	if (tare_plan_new(&x.p, in, x.r, opt, &err) != TARE_OK)
		fail_msg("%s", tare_error_text(&err, why, sizeof why));
	return x;
}

static inline void done(planned x)
{
	tare_plan_free(x.p);
	tare_recipe_free(x.r);
	tare_close(x.in);
}

static inline size_t find(const planned *x, const char *name)
{
	size_t i = tare_model_tensor_index(tare_plan_model(x->p), tare_str_of(name));

	if (i == SIZE_MAX)
		fail_msg("the result has no %s", name);
	return i;
}

static inline const char *type_of(const planned *x, const char *name)
{
	return tare_plan_model(x->p)->tensors[find(x, name)].type->name;
}

static inline const tare_step *step_of(const planned *x, const char *name)
{
	return tare_plan_step(x->p, find(x, name));
}

static inline void check_layout(const planned *x)
{
	const tare_model *out = tare_plan_model(x->p);
	uint64_t at = out->files[0].data_offset;
	size_t i;

	for (i = 0; i < out->n_tensors; i++) {
		const tare_tensor *t = &out->tensors[i], *from = &x->in->tensors[x->p->steps[i].source];
		tare_tensor measured = *t;

		assert_true(tare_tensor_measure(&measured));
		assert_int_equal(measured.size, t->size);
		assert_int_equal(t->offset, at);
		assert_int_equal(x->p->steps[i].copies, from->type == t->type);
		assert_int_equal(from->count, t->count);
		at += (t->size + 31) & ~31ull;
	}
	assert_int_equal(at, out->files[0].size);
}

#endif
