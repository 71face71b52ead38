/* The type of every tensor: what the rule said, else what the base says, then what its shape allows; and what cannot be carried out. */
#include "recipe/planner.h"

#include "base/escape.h"

#include <stdlib.h>
#include <string.h>

static tare_tensor renamed(const tare_planner *pl, const tare_item *item)
{
	tare_tensor t = pl->in->tensors[item->source];

	t.name = item->name;
	return t;
}

static void say(tare_item *item, const tare_type *type, bool named, const char *why)
{
	item->type = type;
	item->named = named;
	item->why = why;
}

/* The options llama-quantize asks before the mix. */
static const tare_type *special(const tare_planner *pl, tare_str name, const char **why)
{
	const tare_settings *is = pl->is;
	tare_mix_part part = tare_mix_part_of(name);
	bool as_output = part == TARE_MIX_OUTPUT ||
			 (part == TARE_MIX_EMBEDDING && is->mix && pl->mix.tied && !is->pure && tare_type_is_quantized(is->mix->type));

	if (part == TARE_MIX_EMBEDDING && is->token_embedding_type) {
		*why = "token_embedding_type";
		return is->token_embedding_type;
	}
	*why = "output_type";
	return as_output ? is->output_type : NULL;
}

/* The first that matches; NULL if none does. */
static const tare_type *overridden(tare_planner *pl, tare_str name)
{
	size_t i;

	for (i = 0; i < pl->is->n_overrides; i++)
		if (tare_pattern_match(pl->is->overrides[i].pattern, name)) {
			pl->overridden[i]++;
			return pl->is->overrides[i].type;
		}
	return NULL;
}

static tare_status from_mix(tare_planner *pl, tare_item *item, const tare_tensor *t, tare_error *err)
{
	const tare_mix *mix = pl->is->mix;
	const tare_type *type = mix->type, *own, *named;
	const char *why;

	own = special(pl, item->name, &why);
	named = own ? NULL : overridden(pl, item->name);
	/* Asked also for tensors a rule has settled: the mix counts layers as it goes, and a rule changes only what it matches. Not for
	 * tensor_types: as in llama-quantize the mix does not see these, and takes the layers after them for earlier ones. */
	if (tare_type_is_quantized(type) && !pl->is->pure && !named)
		type = tare_mix_pick(&pl->mix, t);
	if (item->decided)
		return TARE_OK;
	if (named) {
		say(item, named, false, "tensor_types");
		return TARE_OK;
	}
	if (own) {
		say(item, own, true, why);
		return TARE_OK;
	}
	say(item, type ? type : mix->type, false, mix->name);
	return type ? TARE_OK : tare_plan_trouble(pl, TARE_TROUBLE_LAYER, item, NULL, mix->type, err);
}

/* The base's scheme is for those weights that operators can read so; a rule's must be possible. */
static tare_status from_scheme(tare_planner *pl, tare_item *item, tare_error *err)
{
	const tare_tensor *t = &pl->in->tensors[item->source];

	if (item->decided)
		return TARE_OK;
	say(item, t->type, false, "base");
	item->spec = *pl->is->spread;
	TARE_TRY(tare_plan_spread_find(pl, item, err));
	if (item->spread)
		return TARE_OK;
	item->spec.scheme = NULL;
	say(item, t->type, false, item->against);
	return TARE_OK;
}

static tare_status from_base(tare_planner *pl, tare_item *item, tare_error *err)
{
	const tare_settings *is = pl->is;
	tare_tensor t = renamed(pl, item);
	const char *why, *not;
	const tare_type *own;

	if (is->spread)
		return from_scheme(pl, item, err);
	if (!is->type && !is->fit && !(is->mix && is->mix->type)) {
		if (!item->decided)
			say(item, t.type, false, is->mix ? is->mix->name : "no base");
		return TARE_OK;
	}
	if (!tare_quantizable(&t, &not) || (is->leave_output && tare_mix_part_of(t.name) == TARE_MIX_OUTPUT)) {
		if (!item->decided)
			say(item, t.type, false, not ? "not quantizable" : "leave_output");
		return TARE_OK;
	}
	if (is->mix)
		return from_mix(pl, item, &t, err);
	if (item->decided)
		return TARE_OK;
	own = special(pl, item->name, &why);
	if (!own && !is->fit && (own = overridden(pl, item->name)))
		why = "tensor_types";
	item->open = !own && is->fit;
	say(item, own ? own : is->fit ? t.type : is->type, true, own ? why : is->fit ? "fit" : "base");
	return TARE_OK;
}

static bool divides(const tare_tensor *t, const tare_type *type)
{
	uint64_t size;

	return tare_type_size(type, t->dim, t->n_dims, &size);
}

static tare_status adjust(tare_planner *pl, tare_item *item, const tare_tensor *t, tare_error *err)
{
	const tare_type *asked = item->type, *instead = tare_type_fallback(asked);
	bool may = item->named ? pl->is->fallback == TARE_FALLBACK_ADJUST : instead || pl->is->fallback == TARE_FALLBACK_ADJUST;

	if (!may)
		return tare_plan_trouble(pl, TARE_TROUBLE_UNEVEN, item, NULL, asked, err);
	item->type = instead && divides(t, instead) ? instead : &tare_type_f16;
	item->note = tare_arena_printf(&pl->p->out->arena, "row of %llu does not divide into %s: %s instead",
				       (unsigned long long)tare_tensor_cols(t), asked->name, item->type->name);
	if (!item->note)
		return tare_fail_nomem(err);
	return tare_plan_trouble(pl, TARE_TROUBLE_ADJUSTED, item, asked, item->type, err);
}

/* A rule may match vectors among matrices ("blk.0.*"); those no engine expects in blocks stay as they are. */
static tare_status keep_flat(tare_planner *pl, tare_item *item, const tare_tensor *t, tare_error *err)
{
	const tare_type *asked = item->type;

	item->type = t->type;
	item->note = tare_arena_printf(&pl->p->out->arena, "fewer than two dimensions: not made %s", asked->name);
	if (!item->note)
		return tare_fail_nomem(err);
	return tare_plan_trouble(pl, TARE_TROUBLE_FLAT, item, t->type, asked, err);
}

static bool is_flat(const tare_tensor *t)
{
	const char *why;

	return !tare_quantizable(t, &why) && !strcmp(why, TARE_WHY_FLAT);
}

static tare_status fit(tare_planner *pl, tare_item *item, tare_error *err)
{
	const tare_tensor *t = &pl->in->tensors[item->source];

	if (item->type == t->type || item->spec.scheme)
		return TARE_OK;
	if (item->decided && tare_type_is_quantized(item->type) && is_flat(t))
		return keep_flat(pl, item, t, err);
	return divides(t, item->type) ? TARE_OK : adjust(pl, item, t, err);
}

static tare_status check_spread(tare_planner *pl, tare_item *item, tare_error *err)
{
	if (item->spread)
		return TARE_OK;
	TARE_TRY(tare_plan_spread_find(pl, item, err));
	return item->spread ? TARE_OK : tare_plan_trouble(pl, TARE_TROUBLE_SCHEME, item, NULL, NULL, err);
}

static tare_status check(tare_planner *pl, tare_item *item, tare_error *err)
{
	const tare_type *from = pl->in->tensors[item->source].type, *to = item->type;

	if (item->spec.scheme)
		return check_spread(pl, item, err);
	if (to == from)
		return TARE_OK;
	if (!from)
		return tare_plan_trouble(pl, TARE_TROUBLE_UNKNOWN, item, NULL, to, err);
	if (!tare_type_can_decode(from))
		return tare_plan_trouble(pl, TARE_TROUBLE_DECODE, item, from, NULL, err);
	if (tare_type_is_quantized(from) && !pl->is->allow_requantize)
		TARE_TRY(tare_plan_trouble(pl, TARE_TROUBLE_REQUANTIZE, item, from, to, err));
	TARE_TRY(tare_plan_importance(pl, item, err));
	if (!tare_type_can_encode(to))
		TARE_TRY(tare_plan_trouble(pl, TARE_TROUBLE_ENCODE, item, NULL, to, err));
	return TARE_OK;
}

const tare_type *tare_plan_fit_type(const tare_settings *is, const tare_tensor *t, const tare_type *type)
{
	const tare_type *instead = tare_type_fallback(type);

	if (divides(t, type))
		return type;
	if (is->fallback != TARE_FALLBACK_ADJUST)
		return NULL;
	return instead && divides(t, instead) ? instead : &tare_type_f16;
}

/* All that a fit may make of a weight must be possible. Its loss is weighed with its importances, whether a type uses them or not. */
static tare_status check_open(tare_planner *pl, tare_item *item, tare_error *err)
{
	const tare_tensor *t = &pl->in->tensors[item->source];
	const tare_fit_spec *fit = pl->is->fit;
	bool any = false;
	unsigned i;

	if (item->rule) {
		const tare_status st = tare_yaml_fail(item->rule->node, err, "a fit base wants rules that settle the type: this one takes tensor "
						      "%s and does not", TARE_SHOW(t->name));

		tare_recipe_blame(pl->recipe, "rules", err);
		return st;
	}
	for (i = 0; i < fit->n_types; i++) {
		tare_item tried = *item;

		tried.type = tare_plan_fit_type(pl->is, t, fit->types[i]);
		if (!tried.type)
			continue;
		any = true;
		TARE_TRY(check(pl, &tried, err));
	}
	item->importance = tare_plan_entry(pl, t);
	return any ? TARE_OK : tare_plan_trouble(pl, TARE_TROUBLE_UNEVEN, item, NULL, fit->types[0], err);
}

static int by_mix_order(const void *a, const void *b)
{
	return tare_mix_order(((const tare_item *)a)->name, ((const tare_item *)b)->name);
}

static int by_place(const void *a, const void *b, void *model)
{
	const tare_tensor *x = &((const tare_model *)model)->tensors[((const tare_item *)a)->source];
	const tare_tensor *y = &((const tare_model *)model)->tensors[((const tare_item *)b)->source];

	if (x->file != y->file)
		return x->file < y->file ? -1 : 1;
	if (x->offset != y->offset)
		return x->offset < y->offset ? -1 : 1;
	return x < y ? -1 : x > y;
}

/* llama-quantize's order, and what the mix must know beforehand. */
static tare_status start_mix(tare_planner *pl, tare_error *err)
{
	const tare_mix *mix = pl->is->mix;
	bool known = false;
	size_t i;

	tare_mix_start(&pl->mix, mix, pl->in, pl->n_used > 0);
	if (!pl->keeps_split)
		qsort(pl->items, pl->n_items, sizeof *pl->items, by_mix_order);
	for (i = 0; i < pl->n_items; i++) {
		tare_mix_see(&pl->mix, pl->items[i].name);
		known |= tare_mix_part_of(pl->items[i].name) != TARE_MIX_ANY;
	}
	if (known || !mix->type || !tare_type_is_quantized(mix->type) || !pl->n_items)
		return TARE_OK;
	return tare_plan_note_add(pl->p, err, "no tensor has a name that mix %s knows (GGUF's, such as blk.0.attn_v.weight): all weights "
				  "are treated alike", mix->name);
}

static tare_status check_idle(tare_planner *pl, tare_error *err)
{
	tare_status st;
	size_t i;

	for (i = 0; i < pl->is->n_overrides && pl->overridden[i]; i++)
		;
	if (i == pl->is->n_overrides)
		return TARE_OK;
	st = tare_yaml_fail(pl->is->overrides[i].key, err, "tensor_types: %s matches no tensor that it could decide for",
			    TARE_SHOW(pl->is->overrides[i].key->text));
	tare_recipe_blame(pl->recipe, "tensor_types", err);
	return st;
}

tare_status tare_plan_types(tare_planner *pl, tare_error *err)
{
	size_t i;

	pl->overridden = calloc(pl->is->n_overrides + 1, sizeof *pl->overridden);
	if (!pl->overridden)
		return tare_fail_nomem(err);
	if (pl->keeps_split)
		qsort_r(pl->items, pl->n_items, sizeof *pl->items, by_place, pl->in);
	if (pl->is->mix)
		TARE_TRY(start_mix(pl, err));
	for (i = 0; i < pl->n_items; i++) {
		tare_item *item = &pl->items[i];

		TARE_TRY(from_base(pl, item, err));
		TARE_TRY(fit(pl, item, err));
		TARE_TRY(item->open ? check_open(pl, item, err) : check(pl, item, err));
	}
	return check_idle(pl, err);
}
