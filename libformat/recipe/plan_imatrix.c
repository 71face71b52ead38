/* The importance matrix of a plan: which of its entries the recipe leaves, which weight each is for, and what the result says of it. */
#include "recipe/planner.h"

#include "base/escape.h"
#include "bundles/bundle.h"

#include <stdlib.h>
#include <string.h>

/* ---- the entries ---- */

static bool holds_any(tare_str name, const tare_yaml *parts)
{
	size_t i;

	for (i = 0; i < parts->count; i++)
		if (memmem(name.ptr, name.len, parts->items[i]->text.ptr, parts->items[i]->text.len))
			return true;
	return false;
}

static bool is_used(const tare_settings *is, tare_str name)
{
	if (is->exclude_weights)
		return !holds_any(name, is->exclude_weights);
	return !is->include_weights || holds_any(name, is->include_weights);
}

static tare_status choose_entries(tare_planner *pl, tare_error *err)
{
	const tare_imatrix *im = pl->p->imatrix;
	size_t i;

	pl->used = calloc(im->n_entries + 1, sizeof *pl->used);
	if (!pl->used)
		return tare_fail_nomem(err);
	for (i = 0; i < im->n_entries; i++) {
		pl->used[i] = is_used(pl->is, im->entries[i].name);
		pl->n_used += pl->used[i];
	}
	if (!pl->n_used)
		return tare_plan_note_add(pl->p, err, "%s leaves no entry of the importance matrix: it is as if none was given",
					  pl->is->include_weights ? "include_weights" : "exclude_weights");
	return TARE_OK;
}

tare_status tare_plan_imatrix(tare_planner *pl, tare_error *err)
{
	const tare_open_options opt = { .limits = &pl->in->limits };

	if (!pl->is->imatrix)
		return TARE_OK;
	TARE_TRY(tare_open(&pl->p->matrix, pl->is->imatrix->text.ptr, &opt, err));
	TARE_TRY(tare_imatrix_read(&pl->p->imatrix, pl->p->matrix, err));
	return choose_entries(pl, err);
}

/* ---- for one weight ---- */

/* What is wrong with e (NULL: there is none) for a weight; TARE_TROUBLE_KINDS if nothing is. An entry of the wrong length is a mistake, but
 * for embeddings it is usual: their input is no activation. */
static tare_trouble_kind trouble_with(const tare_importance *e, const tare_tensor *t, bool needs, bool uses)
{
	if (e && e->values == tare_imatrix_values_for(t))
		return TARE_TROUBLE_KINDS;
	if (e && tare_mix_part_of(t->name) != TARE_MIX_EMBEDDING)
		return TARE_TROUBLE_LENGTH;
	if (needs)
		return TARE_TROUBLE_ENTRY;
	if (!uses)
		return TARE_TROUBLE_KINDS;
	return e ? TARE_TROUBLE_OTHER_LENGTH : TARE_TROUBLE_NO_ENTRY;
}

static const tare_importance *entry_of(const tare_planner *pl, const tare_tensor *t)
{
	size_t i = pl->n_used ? tare_imatrix_find(pl->p->imatrix, t->name) : SIZE_MAX;

	return i != SIZE_MAX && pl->used[i] ? &pl->p->imatrix->entries[i] : NULL;
}

const tare_importance *tare_plan_entry(const tare_planner *pl, const tare_tensor *t)
{
	const tare_importance *e = entry_of(pl, t);

	return e && e->values == tare_imatrix_values_for(t) ? e : NULL;
}

/* By the name in the source, as llama-quantize looks it up. */
tare_status tare_plan_importance(tare_planner *pl, tare_item *item, tare_error *err)
{
	const tare_tensor *t = &pl->in->tensors[item->source];
	bool needs = tare_needs_imatrix(pl->is->mix, item->type, item->name), uses = tare_type_uses_importances(item->type);
	tare_trouble_kind kind;
	tare_status st = TARE_OK;

	if (!pl->n_used)
		return needs ? tare_plan_trouble(pl, TARE_TROUBLE_IMATRIX, item, NULL, item->type, err) : TARE_OK;
	if (!tare_type_is_quantized(item->type))
		return TARE_OK;
	item->importance = entry_of(pl, t);
	kind = trouble_with(item->importance, t, needs, uses);
	if (kind != TARE_TROUBLE_KINDS)
		st = tare_plan_trouble(pl, kind, item, NULL, kind == TARE_TROUBLE_LENGTH ? NULL : item->type, err);
	if (kind != TARE_TROUBLE_KINDS || !uses)
		item->importance = NULL;
	return st;
}

/* ---- metadata ---- */

/* What the recipe says of the key itself goes before. */
static bool is_named(const tare_settings *is, const char *key)
{
	size_t i;

	if (tare_yaml_get(is->set, key))
		return true;
	for (i = 0; is->remove && i < is->remove->count; i++)
		if (tare_str_eq(is->remove->items[i]->text, tare_str_of(key)))
			return true;
	return false;
}

static tare_status set_key(tare_planner *pl, const char *key, const tare_value *v, tare_error *err)
{
	if (is_named(pl->is, key))
		return TARE_OK;
	if (pl->is->mix)
		tare_model_remove(pl->p->out, key);
	return tare_model_set(pl->p->out, key, v, err);
}

/* llama-quantize's buffer for such a text has 128 bytes with the NUL. */
static tare_status set_text(tare_planner *pl, const char *key, tare_str text, tare_error *err)
{
	enum { MOST = 127 };
	const char *nul = text.len ? memchr(text.ptr, 0, text.len) : NULL;

	if (nul)
		text.len = (size_t)(nul - text.ptr);
	if (text.len > MOST)
		text.len = MOST;
	return set_key(pl, key, &(tare_value){ .kind = TARE_STRING, .as.string = text }, err);
}

static tare_status set_number(tare_planner *pl, const char *key, uint64_t n, tare_error *err)
{
	return set_key(pl, key, &(tare_value){ .kind = TARE_U32, .as.u = (uint32_t)n }, err);
}

tare_status tare_plan_imatrix_metadata(tare_planner *pl, tare_error *err)
{
	const tare_imatrix *im = pl->p->imatrix;
	tare_array_iter it;
	tare_value first;

	if (!pl->n_used)
		return TARE_OK;
	TARE_TRY(set_text(pl, "quantize.imatrix.file", pl->is->imatrix->text, err));
	tare_array_start(&it, &im->datasets.as.array);
	if (tare_array_next(&it, &first))
		TARE_TRY(set_text(pl, "quantize.imatrix.dataset", first.as.string, err));
	TARE_TRY(set_number(pl, "quantize.imatrix.entries_count", pl->n_used, err));
	if (im->chunk_count && im->chunk_count <= INT32_MAX)
		TARE_TRY(set_number(pl, "quantize.imatrix.chunks_count", im->chunk_count, err));
	return TARE_OK;
}
