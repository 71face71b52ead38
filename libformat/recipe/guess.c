/* The recipe behind a model's choice of types: the mix, or the one type, that explains most tensors, and rules for the rest. */
#include "arch/role.h"
#include "base/escape.h"
#include "recipe/recipe.h"

#include <stdlib.h>
#include <string.h>

typedef struct guess_base {
	const tare_mix *mix;    /* or */
	const tare_type *type;
	size_t wrong;           /* tensors it does not explain */
} guess_base;

/* Tensors of one name but for the layer, and one type, that the base does not explain. */
typedef struct guess_group {
	const char *pattern;
	const tare_type *type;
	bool whole;             /* all tensors of that pattern: layers need not be said */
	int *layers;            /* malloc'ed, rising */
	size_t n, cap;
} guess_group;

typedef struct guesser {
	const tare_model *m;
	tare_str matrix;        /* name of the importance matrix that the file says was used; no bytes: none */
	size_t *order;          /* tensors in a mix's order */
	bool *open;             /* per tensor: the base has a say */
	const tare_type **said; /* per tensor: what the base tried last says; NULL: nothing */
	guess_group *groups;
	size_t n_groups, cap_groups;
	tare_arena arena;
	tare_strmap by_key;     /* groups, by pattern and type */
	tare_strmap totals;     /* number in counts, by pattern */
	size_t *counts;
	size_t n_counts, cap_counts;
} guesser;

static int by_order(const void *a, const void *b, void *model)
{
	const tare_model *m = model;

	return tare_mix_order(m->tensors[*(const size_t *)a].name, m->tensors[*(const size_t *)b].name);
}

static tare_status prepare(guesser *g, tare_error *err)
{
	size_t i, n = g->m->n_tensors;
	const char *why;

	if (!tare_model_find_text(g->m, "quantize.imatrix.file", &g->matrix) || memchr(g->matrix.ptr, 0, g->matrix.len) ||
	    !tare_utf8_valid(g->matrix.ptr, g->matrix.len))
		g->matrix.len = 0;
	g->order = malloc((n + 1) * sizeof *g->order);
	g->open = malloc((n + 1) * sizeof *g->open);
	g->said = calloc(n + 1, sizeof *g->said);
	if (!g->order || !g->open || !g->said)
		return tare_fail_nomem(err);
	for (i = 0; i < n; i++) {
		g->order[i] = i;
		g->open[i] = tare_quantizable(&g->m->tensors[i], &why);
	}
	qsort_r(g->order, n, sizeof *g->order, by_order, (void *)(uintptr_t)g->m);
	return TARE_OK;
}

/* What stands for a type that a mix would refuse to give: no tensor has it. */
static const tare_type refused;

static const tare_type *fitted(const tare_tensor *t, const tare_type *type)
{
	const tare_type *instead;
	uint64_t size;

	if (!type || tare_type_size(type, t->dim, t->n_dims, &size))
		return type;
	instead = tare_type_fallback(type);
	if (!instead)
		return &refused;
	return tare_type_size(instead, t->dim, t->n_dims, &size) ? instead : &tare_type_f16;
}

/* Does what the base says agree with the file? What it leaves alone came from a plain source as it is. */
static bool explains(const guesser *g, size_t i)
{
	const tare_type *is = g->m->tensors[i].type;

	return g->said[i] ? g->said[i] == is : !is || !tare_type_is_quantized(is);
}

static void try_base(guesser *g, guess_base *b)
{
	tare_mix_run run;
	size_t i;

	if (b->mix) {
		tare_mix_start(&run, b->mix, g->m, g->matrix.len);
		for (i = 0; i < g->m->n_tensors; i++)
			tare_mix_see(&run, g->m->tensors[i].name);
	}
	for (b->wrong = i = 0; i < g->m->n_tensors; i++) {
		size_t at = g->order[i];
		const tare_tensor *t = &g->m->tensors[at];
		const tare_type *type = b->mix ? b->mix->type : b->type;

		if (g->open[at] && b->mix && tare_type_is_quantized(type))
			type = tare_mix_pick(&run, t);
		g->said[at] = g->open[at] ? fitted(t, type) : NULL;
		b->wrong += !explains(g, at);
	}
}

static bool occurs(const guesser *g, const tare_type *type)
{
	size_t i;

	for (i = 0; i < g->m->n_tensors; i++)
		if (g->open[i] && g->m->tensors[i].type == type)
			return true;
	return false;
}

/* The best of all bases whose own type occurs, or that the file names; among equals the one the file names, then a mix, then the
 * earlier. */
static guess_base choose_base(guesser *g)
{
	guess_base best = { NULL, NULL, SIZE_MAX }, b;
	const tare_mix *mix;
	uint64_t number = UINT64_MAX;
	size_t i;

	tare_model_find_u64(g->m, "general.file_type", &number);
	for (i = 0; (mix = tare_mix_at(i)); i++) {
		b = (guess_base){ mix, NULL, 0 };
		if (!mix->type || (!occurs(g, mix->type) && (uint64_t)mix->number != number))
			continue;
		try_base(g, &b);
		if (b.wrong < best.wrong || (b.wrong == best.wrong && (uint64_t)mix->number == number))
			best = b;
	}
	for (i = 0; tare_type_at(i); i++) {
		b = (guess_base){ NULL, tare_type_at(i), 0 };
		if (!occurs(g, b.type))
			continue;
		try_base(g, &b);
		if (b.wrong < best.wrong)
			best = b;
	}
	if (best.wrong == SIZE_MAX)
		best = (guess_base){ NULL, NULL, 0 };
	try_base(g, &best);
	return best;
}

/* The name as a glob, "*" for the layer. */
static tare_status pattern_of(guesser *g, tare_str name, const char **out, tare_error *err)
{
	tare_buffer b = { 0 };
	size_t i, at = SIZE_MAX, len = 0, k;
	tare_status st = TARE_OK;

	tare_layer_place(name, &at, &len);
	for (i = 0; i < name.len && st == TARE_OK; i += k) {
		k = tare_utf8_len((const uint8_t *)name.ptr + i, name.len - i);
		if (i == at) {
			st = tare_buffer_put(&b, "*", 1, err);
			k = len;
		} else if (!k || !name.ptr[i]) {
			st = tare_buffer_put(&b, "?", 1, err);
			k = 1;
		} else {
			if (strchr("*?[]{}\\", name.ptr[i]) || (!i && name.len > 2 && !memcmp(name.ptr, "re:", 3)))
				st = tare_buffer_put(&b, "\\", 1, err);
			if (st == TARE_OK)
				st = tare_buffer_put(&b, name.ptr + i, k, err);
		}
	}
	*out = st == TARE_OK ? tare_arena_copy(&g->arena, b.bytes ? b.bytes : "", b.size).ptr : NULL;
	free(b.bytes);
	return st == TARE_OK && !*out ? tare_fail_nomem(err) : st;
}

static tare_status count_pattern(guesser *g, const char *pattern, tare_error *err)
{
	size_t before;

	if (!tare_grow(&g->counts, &g->cap_counts, g->n_counts, sizeof *g->counts) ||
	    !tare_strmap_add(&g->totals, tare_str_of(pattern), g->n_counts, &before))
		return tare_fail_nomem(err);
	if (before == SIZE_MAX)
		g->counts[before = g->n_counts++] = 0;
	g->counts[before]++;
	return TARE_OK;
}

static tare_status add_to_group(guesser *g, const char *pattern, const tare_tensor *t, tare_error *err)
{
	char *key = tare_arena_printf(&g->arena, "%s %s", t->type ? t->type->name : "keep", pattern);
	guess_group *group;
	size_t i;

	if (!key || !tare_grow(&g->groups, &g->cap_groups, g->n_groups, sizeof *g->groups) ||
	    !tare_strmap_add(&g->by_key, tare_str_of(key), g->n_groups, &i))
		return tare_fail_nomem(err);
	if (i == SIZE_MAX) {
		i = g->n_groups++;
		g->groups[i] = (guess_group){ .pattern = pattern, .type = t->type };
	}
	group = &g->groups[i];
	if (!tare_grow(&group->layers, &group->cap, group->n, sizeof *group->layers))
		return tare_fail_nomem(err);
	group->layers[group->n++] = tare_layer_of(t->name);
	return TARE_OK;
}

static tare_status collect(guesser *g, tare_error *err)
{
	const char *pattern;
	size_t i;

	for (i = 0; i < g->m->n_tensors; i++) {
		size_t at = g->order[i];

		TARE_TRY(pattern_of(g, g->m->tensors[at].name, &pattern, err));
		TARE_TRY(count_pattern(g, pattern, err));
		if (!explains(g, at))
			TARE_TRY(add_to_group(g, pattern, &g->m->tensors[at], err));
	}
	for (i = 0; i < g->n_groups; i++)
		g->groups[i].whole = g->counts[tare_strmap_find(&g->totals, tare_str_of(g->groups[i].pattern))] == g->groups[i].n;
	return TARE_OK;
}

static int by_number(const void *a, const void *b)
{
	return (*(const int *)a > *(const int *)b) - (*(const int *)a < *(const int *)b);
}

/* "0-2,5" */
static tare_status print_layers(tare_buffer *b, guess_group *group, tare_error *err)
{
	const char *comma = "";
	size_t i = 0, end;

	qsort(group->layers, group->n, sizeof *group->layers, by_number);
	while (i < group->n) {
		for (end = i; end + 1 < group->n && group->layers[end + 1] <= group->layers[end] + 1; end++)
			;
		TARE_TRY(tare_buffer_printf(b, err, "%s%d", comma, group->layers[i]));
		if (group->layers[end] > group->layers[i])
			TARE_TRY(tare_buffer_printf(b, err, "-%d", group->layers[end]));
		comma = ",";
		i = end + 1;
	}
	return TARE_OK;
}

static tare_status print_group(tare_buffer *b, guess_group *group, tare_error *err)
{
	bool layers = !group->whole && group->layers[0] >= 0;

	TARE_TRY(tare_buffer_printf(b, err, "  - match: %s", layers ? "{name: " : ""));
	TARE_TRY(tare_print_text(b, tare_str_of(group->pattern), true, err));
	if (layers) {
		TARE_TRY(tare_buffer_printf(b, err, ", layers: \""));
		TARE_TRY(print_layers(b, group, err));
		TARE_TRY(tare_buffer_printf(b, err, "\"}"));
	}
	if (group->type)
		return tare_buffer_printf(b, err, "\n    type: %s\n", group->type->name);
	return tare_buffer_printf(b, err, "\n    keep: true\n");
}

static tare_status print_all(guesser *g, const guess_base *base, tare_buffer *b, tare_error *err)
{
	size_t i;

	TARE_TRY(tare_buffer_printf(b, err, "tare: 1\n"));
	if (base->mix)
		TARE_TRY(tare_buffer_printf(b, err, "base: %s\n", base->mix->name));
	else if (base->type)
		TARE_TRY(tare_buffer_printf(b, err, "base: {type: %s}\n", base->type->name));
	if (g->n_groups)
		TARE_TRY(tare_buffer_printf(b, err, "rules:\n"));
	for (i = 0; i < g->n_groups; i++)
		TARE_TRY(print_group(b, &g->groups[i], err));
	if (!g->matrix.len)
		return TARE_OK;
	TARE_TRY(tare_buffer_printf(b, err, "imatrix: "));
	TARE_TRY(tare_print_text(b, g->matrix, false, err));
	return tare_buffer_printf(b, err, "\n");
}

static void clean(guesser *g)
{
	size_t i;

	for (i = 0; i < g->n_groups; i++)
		free(g->groups[i].layers);
	free(g->groups);
	free(g->order);
	free(g->open);
	free(g->said);
	free(g->counts);
	tare_strmap_free(&g->by_key);
	tare_strmap_free(&g->totals);
	tare_arena_free(&g->arena);
}

tare_status tare_recipe_from_model(const tare_model *m, char **yaml, tare_error *err)
{
	guesser g = { .m = m };
	tare_buffer b = { 0 };
	guess_base base;
	tare_status st;

	*yaml = NULL;
	st = prepare(&g, err);
	if (st == TARE_OK) {
		base = choose_base(&g);
		st = collect(&g, err);
	}
	if (st == TARE_OK)
		st = print_all(&g, &base, &b, err);
	clean(&g);
	if (st != TARE_OK) {
		free(b.bytes);
		return st;
	}
	*yaml = b.bytes;
	return TARE_OK;
}
