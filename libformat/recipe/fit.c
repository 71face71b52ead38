/* From a budget to a plain recipe. */
#include "recipe/fit.h"

#include "base/checked.h"
#include "base/escape.h"
#include "recipe/planner.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { TRIES = 16 };

struct tare_fit {
	tare_recipe *recipe;
	tare_fit_point chosen;
	tare_fit_point *points;
	size_t n_points;
};

typedef struct fitting {
	tare_model *in;
	const tare_recipe *asked;
	const tare_plan_options *opt;
	tare_plan *p;            /* with open steps */
	tare_fit_weight *weights;
	size_t n;
	uint64_t rest;           /* bytes of all that is not open: headers, other tensors */
	tare_fit *fit;
} fitting;

/* ---- what there is to choose ---- */

static tare_status add_choices(fitting *f, tare_fit_weight *w, tare_error *err)
{
	const tare_settings *is = &f->asked->is;
	const tare_tensor *t = &f->p->out->tensors[w->step];
	unsigned i, k;

	for (i = 0; i < is->fit->n_types; i++) {
		const tare_type *type = tare_plan_fit_type(is, t, is->fit->types[i]);
		uint64_t size;

		for (k = 0; type && k < w->n && w->choice[k].type != type; k++)
			;
		if (!type || k < w->n)
			continue;
		if (!tare_type_size(type, t->dim, t->n_dims, &size) || !tare_align_up(size, f->p->out->alignment, &size))
			return tare_fail(err, TARE_E_LIMIT, TARE_NOWHERE, "tensor %s: as %s its size overflows", TARE_SHOW(t->name), type->name);
		w->choice[w->n++] = (tare_fit_choice){ type, size, 0 };
	}
	return TARE_OK;
}

static uint64_t file_bytes(const tare_plan *p)
{
	uint64_t sum = 0;
	size_t i;

	for (i = 0; i < p->out->n_files; i++)
		sum += p->out->files[i].size;
	return sum;
}

static tare_status list_weights(fitting *f, tare_error *err)
{
	const tare_model *out = f->p->out;
	uint64_t size;
	size_t i;

	f->weights = calloc(out->n_tensors + 1, sizeof *f->weights);
	if (!f->weights)
		return tare_fail_nomem(err);
	f->rest = file_bytes(f->p);
	for (i = 0; i < out->n_tensors; i++) {
		if (!f->p->open[i])
			continue;
		f->weights[f->n].step = i;
		TARE_TRY(add_choices(f, &f->weights[f->n++], err));
		if (tare_align_up(out->tensors[i].size, out->alignment, &size))
			f->rest -= size < f->rest ? size : f->rest;
	}
	return f->n ? TARE_OK : tare_fail(err, TARE_E_REFUSED, TARE_NOWHERE, "no weight is left to the budget");
}

/* ---- the plain recipe ---- */

/* A pattern for this very name. What YAML or a glob could not say byte for byte is left open. */
static tare_status put_name(tare_buffer *b, tare_str name, tare_error *err)
{
	bool begins_re = name.len >= 3 && !memcmp(name.ptr, "re:", 3);
	tare_buffer glob = { 0 };
	tare_status st = TARE_OK;
	size_t i;

	for (i = 0; i < name.len && st == TARE_OK; i++) {
		unsigned char c = (unsigned char)name.ptr[i];

		if (c < 0x20 || c > 0x7e || (begins_re && !i))
			st = tare_buffer_put(&glob, "?", 1, err);
		else if (strchr("*?[]{}\\", c))
			st = tare_buffer_printf(&glob, err, "\\%c", c);
		else
			st = tare_buffer_put(&glob, &name.ptr[i], 1, err);
	}
	if (st == TARE_OK)
		st = tare_print_text(b, (tare_str){ glob.bytes ? glob.bytes : "", glob.size }, true, err);
	free(glob.bytes);
	return st;
}

static const tare_type *type_of(const tare_fit_weight *w)
{
	return w->choice[w->pick].type;
}

/* {match: [NAMES], type: TYPE} for all weights that got type; nothing if none did. */
static tare_status put_rule(fitting *f, tare_buffer *b, const tare_type *type, tare_error *err)
{
	bool any = false;
	size_t i;

	for (i = 0; i < f->n; i++) {
		const tare_fit_weight *w = &f->weights[i];

		if (type_of(w) != type)
			continue;
		TARE_TRY(tare_buffer_printf(b, err, "%s", any ? ", " : b->size > 1 ? ", {match: [" : "{match: ["));
		TARE_TRY(put_name(b, f->in->tensors[f->p->steps[w->step].source].name, err));
		any = true;
	}
	return any ? tare_buffer_printf(b, err, "], type: %s}", type->name) : TARE_OK;
}

/* Weights of a type among all that were picked, and the first place where it was. */
static uint64_t weights_of(const fitting *f, const tare_type *type, size_t *first)
{
	uint64_t sum = 0;
	size_t i = f->n;

	for (*first = f->n; i-- > 0;)
		if (type_of(&f->weights[i]) == type) {
			sum += f->p->out->tensors[f->weights[i].step].count;
			*first = i;
		}
	return sum;
}

/* The type of most weights stands in the base; of several, that of the earliest. */
static const tare_type *commonest(const fitting *f)
{
	const tare_type *best = NULL, *type;
	size_t i, first, earliest = f->n;
	uint64_t most = 0, sum;

	for (i = 0; (type = tare_type_at(i)); i++) {
		sum = weights_of(f, type, &first);
		if (first == f->n || (best && (sum < most || (sum == most && first > earliest))))
			continue;
		best = type;
		most = sum;
		earliest = first;
	}
	return best;
}

static tare_status put_rules(fitting *f, tare_buffer *b, const tare_type *base, tare_error *err)
{
	const tare_settings *is = &f->asked->is;
	const tare_type *type;
	size_t i;

	TARE_TRY(tare_buffer_put(b, "[", 1, err));
	for (i = 0; i < is->n_rules; i++) {
		if (i)
			TARE_TRY(tare_buffer_put(b, ", ", 2, err));
		TARE_TRY(tare_print_flow(b, is->rules[i].node, err));
	}
	for (i = 0; (type = tare_type_at(i)); i++)
		if (type != base)
			TARE_TRY(put_rule(f, b, type, err));
	return tare_buffer_put(b, "]", 1, err);
}

/* The recipe as it was asked for, with the types that were picked. */
static tare_status write_recipe(fitting *f, tare_error *err)
{
	const tare_type *base = commonest(f);
	tare_buffer rules = { 0 }, type = { 0 };
	tare_recipe *r = NULL;
	char *yaml = NULL;
	tare_status st = tare_recipe_print(f->asked, &yaml, err);

	if (st == TARE_OK)
		st = tare_recipe_parse(&r, yaml, strlen(yaml), f->asked->file, err);
	if (st == TARE_OK)
		st = tare_buffer_printf(&type, err, "{type: %s}", base->name);
	if (st == TARE_OK)
		st = tare_recipe_set(r, "base", type.bytes, "fit", err);
	if (st == TARE_OK)
		st = put_rules(f, &rules, base, err);
	if (st == TARE_OK && rules.size > 2)
		st = tare_recipe_set(r, "rules", rules.bytes, "fit", err);
	free(yaml);
	free(type.bytes);
	free(rules.bytes);
	if (st != TARE_OK) {
		tare_recipe_free(r);
		return st;
	}
	tare_recipe_free(f->fit->recipe);
	f->fit->recipe = r;
	return TARE_OK;
}

/* ---- the choice ---- */

static tare_status planned_bytes(fitting *f, uint64_t *bytes, tare_error *err)
{
	tare_plan *p;

	TARE_TRY(tare_plan_new(&p, f->in, f->fit->recipe, f->opt, err));
	*bytes = file_bytes(p);
	tare_plan_free(p);
	return TARE_OK;
}

static tare_status refuse(const fitting *f, uint64_t least, tare_error *err)
{
	return tare_fail(err, TARE_E_REFUSED, TARE_NOWHERE, "not even the smallest types fit: they take %llu bytes, and the budget is %llu",
			 (unsigned long long)least, (unsigned long long)f->asked->is.fit->budget);
}

/* Sizes add up but for headers, which may change a little with what is chosen: then there is less room, and the choice is made again. */
static tare_status choose(fitting *f, tare_error *err)
{
	uint64_t budget = f->asked->is.fit->budget, room = budget > f->rest ? budget - f->rest : 0, bytes;
	uint64_t least = f->rest;
	bool fits;
	size_t i;
	int tries;

	for (i = 0; i < f->n; i++)
		least += f->weights[i].choice[0].size;
	for (tries = 0; tries < TRIES; tries++) {
		TARE_TRY(tare_fit_solve(f->weights, f->n, room, &fits, err));
		if (!fits)
			return refuse(f, least, err);
		TARE_TRY(write_recipe(f, err));
		TARE_TRY(planned_bytes(f, &bytes, err));
		f->fit->chosen.bytes = bytes;
		if (bytes <= budget)
			return TARE_OK;
		room = room > bytes - budget ? room - (bytes - budget) : 0;
	}
	return refuse(f, least, err);
}

/* ---- the curve ---- */

static void rate(tare_fit_point *point, double signal)
{
	const tare_loss_sum sum = { .count = 1, .signal = signal, .noise = point->loss };
	tare_loss loss;

	tare_loss_finish(&sum, &loss);
	point->sqnr_db = loss.sqnr_db;
}

static tare_status draw(fitting *f, tare_error *err)
{
	tare_fit *fit = f->fit;
	double signal = 0;
	size_t i;

	for (i = 0; i < f->n; i++) {
		signal += f->weights[i].signal;
		fit->chosen.loss += f->weights[i].choice[f->weights[i].pick].loss;
	}
	rate(&fit->chosen, signal);
	TARE_TRY(tare_fit_curve(f->weights, f->n, &fit->points, &fit->n_points, err));
	for (i = 0; i < fit->n_points; i++) {
		fit->points[i].bytes += f->rest;
		rate(&fit->points[i], signal);
	}
	return TARE_OK;
}

/* ---- the whole ---- */

static tare_status work_out(fitting *f, const tare_run_options *run, tare_error *err)
{
	TARE_TRY(tare_plan_open(&f->p, f->in, f->asked, f->opt, err));
	if (f->p->n_refusals)
		return tare_fail(err, TARE_E_REFUSED, TARE_NOWHERE, "%s", f->p->refusals[0]);
	TARE_TRY(list_weights(f, err));
	TARE_TRY(tare_fit_measure(f->p, f->weights, f->n, run, err));
	tare_fit_order(f->weights, f->n);
	TARE_TRY(choose(f, err));
	return draw(f, err);
}

tare_status tare_fit_new(tare_fit **out, tare_model *m, const tare_recipe *r, const tare_plan_options *opt, const tare_run_options *run,
			 tare_error *err)
{
	fitting f = { .in = m, .asked = r, .opt = opt };
	tare_status st;

	*out = NULL;
	if (!r->is.fit)
		return tare_fail(err, TARE_E_ARG, TARE_NOWHERE, "the recipe's base has no budget (fit)");
	f.fit = calloc(1, sizeof *f.fit);
	if (!f.fit)
		return tare_fail_nomem(err);
	st = work_out(&f, run, err);
	tare_plan_free(f.p);
	free(f.weights);
	if (st != TARE_OK) {
		tare_fit_free(f.fit);
		return st;
	}
	*out = f.fit;
	return TARE_OK;
}

tare_recipe *tare_fit_recipe(tare_fit *f)
{
	return f->recipe;
}

const tare_fit_point *tare_fit_chosen(const tare_fit *f)
{
	return &f->chosen;
}

const tare_fit_point *tare_fit_point_at(const tare_fit *f, size_t i)
{
	return i < f->n_points ? &f->points[i] : NULL;
}

void tare_fit_free(tare_fit *f)
{
	if (!f)
		return;
	tare_recipe_free(f->recipe);
	free(f->points);
	free(f);
}
