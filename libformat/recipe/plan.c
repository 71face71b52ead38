/* Recipe and model to plan. */
#include "recipe/planner.h"

#include "base/checked.h"
#include "base/escape.h"

#include <stdlib.h>
#include <string.h>

static tare_status start_outline(tare_planner *pl, const tare_plan_options *opt, tare_error *err)
{
	const tare_open_options like = { .limits = &pl->in->limits };
	tare_model *out;

	TARE_TRY(tare_model_new(&out, &like, err));
	pl->p->out = out;
	TARE_TRY(tare_format_to_write(&out->format, opt->to, opt->path, pl->in->format, err));
	out->alignment = pl->in->alignment;
	out->ordered = pl->in->ordered;
	out->home_big = pl->in->home_big;
	out->graphs = pl->in->graphs;
	out->big_endian = opt->endian == TARE_ENDIAN_KEEP ? pl->in->home_big : opt->endian == TARE_ENDIAN_BIG;
	if (!opt->path)
		return TARE_OK;
	pl->p->path = strdup(opt->path);
	out->path = strdup(opt->path);
	return pl->p->path && out->path ? TARE_OK : tare_fail_nomem(err);
}

/* The bytes that were asked for: where a row does not divide, the tensor is refused, and its last blocks count as begun. */
static bool measure(tare_tensor *t, bool refused)
{
	uint64_t dim[2], over;
	tare_tensor padded;

	if (!t->type || tare_tensor_measure(t))
		return true;
	if (!refused)
		return false;
	padded = (tare_tensor){ .type = t->type, .n_dims = 2, .dim = dim };
	dim[0] = t->type->flags & TARE_TYPE_BITSTREAM ? 1 : tare_tensor_rows(t);
	dim[1] = t->type->flags & TARE_TYPE_BITSTREAM ? t->count : tare_tensor_cols(t);
	over = dim[1] % t->type->block_len;
	if ((over && !tare_add(dim[1], t->type->block_len - over, &dim[1])) || !tare_tensor_measure(&padded))
		return false;
	t->size = padded.size;
	return true;
}

/* llama-quantize's tensors end at the last dimension that is not 1: [1, 64] becomes [64]. */
static void drop_ones(tare_tensor *t)
{
	for (; t->n_dims > 1 && t->dim[0] == 1; t->n_dims--)
		t->dim++;
}

static tare_status add_tensor(tare_planner *pl, const tare_item *item, const char *why, tare_error *err)
{
	const tare_tensor *source = &pl->in->tensors[item->source];
	const size_t at = pl->p->out->n_tensors;
	tare_tensor t = *source;

	t.name = item->name;
	t.type = item->type;
	t.file = pl->keeps_split ? source->file : 0;
	t.offset = 0;
	if (pl->is->mix && !strcmp(pl->p->out->format->name, "gguf"))
		drop_ones(&t);
	if (!measure(&t, item->refused))
		return tare_fail(err, TARE_E_LIMIT, TARE_NOWHERE, "tensor %s: as %s its size overflows", TARE_SHOW(t.name), t.type->name);
	TARE_TRY(tare_model_add_tensor(pl->p->out, &t, TARE_NOWHERE, err));
	pl->p->out->taken[at] = t.type == source->type ? source : NULL;
	pl->p->steps[at] = (tare_step){
		.source = item->source, .copies = t.type == source->type && !item->refused, .rule = why, .note = item->note,
		.refused = item->refused,
	};
	if (pl->may_be_open)
		pl->p->open[at] = item->open;
	if (pl->n_used)
		pl->p->weights[at] = item->importance;
	return TARE_OK;
}

static tare_status add_tensors(tare_planner *pl, tare_error *err)
{
	tare_model *out = pl->p->out;
	const size_t most = pl->n_items + pl->p->n_spreads * (TARE_PARTS - 1) + 1;
	size_t i;

	pl->p->steps = tare_arena_array(&out->arena, most, sizeof *pl->p->steps);
	pl->p->spreads = pl->p->n_spreads ? tare_arena_array(&out->arena, most, sizeof *pl->p->spreads) : NULL;
	out->taken = tare_arena_array(&out->arena, most, sizeof(const tare_tensor *));
	pl->p->weights = pl->n_used ? tare_arena_array(&out->arena, most, sizeof *pl->p->weights) : NULL;
	pl->p->open = pl->may_be_open ? tare_arena_array(&out->arena, most, sizeof *pl->p->open) : NULL;
	if (!pl->p->steps || !out->taken || (pl->p->n_spreads && !pl->p->spreads) || (pl->may_be_open && !pl->p->open) ||
	    (pl->n_used && !pl->p->weights))
		return tare_fail_nomem(err);
	for (i = 0; i < pl->n_items; i++) {
		const char *why = tare_arena_text(&out->arena, pl->items[i].why);

		if (!why)
			return tare_fail_nomem(err);
		TARE_TRY((pl->items[i].spread ? tare_plan_spread_add : add_tensor)(pl, &pl->items[i], why, err));
	}
	return TARE_OK;
}

static tare_status resolve(tare_planner *pl, const tare_plan_options *opt, tare_error *err)
{
	const tare_layout_options layout = { opt->path, opt->split_size, opt->split_count, pl->is->keep_split, opt->external,
					     opt->external_least, opt->align };

	if (pl->is->keep_split && (opt->split_size || opt->split_count))
		return tare_fail(err, TARE_E_ARG, TARE_NOWHERE, "files of a given size, or those of the source (keep_split): not both");
	TARE_TRY(tare_recipe_check(pl->recipe, err));
	if (pl->is->fit && !pl->may_be_open)
		return tare_fail(err, TARE_E_ARG, TARE_NOWHERE, "a base with a budget (fit) must be worked out before it is planned");
	TARE_TRY(start_outline(pl, opt, err));
	if (pl->is->keep_split && strcmp(pl->p->out->format->name, "gguf"))
		return tare_fail(err, TARE_E_UNSUPPORTED, TARE_NOWHERE, "the source's files can be kept only in GGUF, not in %s",
				 pl->p->out->format->name);
	pl->keeps_split = pl->is->keep_split;
	TARE_TRY(tare_plan_graph_start(pl, err));
	TARE_TRY(tare_plan_imatrix(pl, err));
	TARE_TRY(tare_plan_prune(pl, err));
	TARE_TRY(tare_plan_rules(pl, err));
	TARE_TRY(tare_plan_types(pl, err));
	TARE_TRY(tare_plan_graph_check(pl, err));
	TARE_TRY(add_tensors(pl, err));
	TARE_TRY(tare_plan_graph_finish(pl, err));
	TARE_TRY(tare_plan_metadata(pl, err));
	TARE_TRY(pl->p->out->format->layout(pl->p->out, &layout, err));
	TARE_TRY(tare_plan_tell(pl, err));
	return tare_plan_gates(pl, err);
}

static tare_status make(tare_plan **out, tare_model *m, const tare_recipe *r, const tare_plan_options *opt, bool open, tare_error *err)
{
	static const tare_plan_options none;
	tare_planner pl = { .in = m, .recipe = r, .may_be_open = open };
	tare_status st;

	*out = NULL;
	if (!m || !r)
		return tare_fail(err, TARE_E_ARG, TARE_NOWHERE, "a plan wants a model and a recipe");
	pl.is = &r->is;
	pl.p = calloc(1, sizeof *pl.p);
	if (!pl.p)
		return tare_fail_nomem(err);
	pl.p->in = m;
	pl.p->nonfinite = r->is.nonfinite;
	st = resolve(&pl, opt ? opt : &none, err);
	free(pl.items);
	free(pl.hits);
	free(pl.troubles);
	free(pl.used);
	free(pl.layers);
	tare_strmap_free(&pl.homes);
	free(pl.overridden);
	if (st != TARE_OK) {
		tare_plan_free(pl.p);
		return st;
	}
	*out = pl.p;
	return TARE_OK;
}

tare_status tare_plan_new(tare_plan **out, tare_model *m, const tare_recipe *r, const tare_plan_options *opt, tare_error *err)
{
	return make(out, m, r, opt, false, err);
}

tare_status tare_plan_open(tare_plan **out, tare_model *m, const tare_recipe *r, const tare_plan_options *opt, tare_error *err)
{
	return make(out, m, r, opt, true, err);
}

const tare_model *tare_plan_model(const tare_plan *p)
{
	return p->out;
}

const tare_step *tare_plan_step(const tare_plan *p, size_t i)
{
	return i < p->out->n_tensors ? &p->steps[i] : NULL;
}

const char *tare_plan_refusal(const tare_plan *p, size_t i)
{
	if (i < p->n_refusals)
		return p->refusals[i];
	i -= p->n_refusals;
	return i < p->n_unmet ? p->unmet[i] : NULL;
}

const char *tare_plan_note(const tare_plan *p, size_t i)
{
	return i < p->n_notes ? p->notes[i] : NULL;
}

void tare_plan_free(tare_plan *p)
{
	if (!p)
		return;
	tare_close(p->out);
	tare_imatrix_free(p->imatrix);
	tare_close(p->matrix);
	free(p->notes);
	free(p->refusals);
	free(p->unmet);
	free(p->path);
	free(p);
}
