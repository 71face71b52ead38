/* Metadata of the result. A mix leaves what llama-quantize leaves; without one everything stays where it is. */
#include "recipe/planner.h"

#include "base/escape.h"

#include <string.h>

enum { QUANTIZATION_VERSION = 2 }; /* of ggml's blocks */

static const char *const split_keys[] = { "split.no", "split.count", "split.tensors.count" };
static const char version_key[] = "general.quantization_version", type_key[] = "general.file_type";

static tare_status copy_all(const tare_model *in, tare_model *out, tare_error *err)
{
	size_t i;

	for (i = 0; i < in->n_meta; i++)
		TARE_TRY(tare_model_add_metadata(out, in->meta[i].key, &in->meta[i].value, TARE_NOWHERE, err));
	return TARE_OK;
}

/* Removed and appended: overrides and file types go to the end, as llama-quantize has them. */
static tare_status append(tare_model *out, const char *key, const tare_value *v, tare_error *err)
{
	tare_model_remove(out, key);
	return tare_model_set(out, key, v, err);
}

/* llama.cpp's number for a file that does not say one: by the type most tensors have, with its bit for "guessed". */
static uint32_t guess_file_type(const tare_planner *pl)
{
	enum { GUESSED = 1024, MOST = 64 };
	size_t counts[MOST] = { 0 }, best = 0, i;
	const tare_type *type = NULL;
	const tare_mix *mix;

	for (i = 0; i < pl->n_items; i++) {
		const tare_type *t = pl->items[i].type;

		if (!t || t->gguf_id < 0 || t->gguf_id >= MOST || ++counts[t->gguf_id] <= best)
			continue;
		best = counts[t->gguf_id];
		type = t;
	}
	mix = type ? tare_mix_typical(type) : NULL;
	return GUESSED | (mix ? (uint32_t)mix->number : 0);
}

static tare_status mix_metadata(tare_planner *pl, tare_error *err)
{
	tare_model *out = pl->p->out;
	tare_value version = { .kind = TARE_U32, .as.u = QUANTIZATION_VERSION }, type = { .kind = TARE_U32 };
	size_t i;

	if (pl->is->mix->number >= 0)
		type.as.u = (uint32_t)pl->is->mix->number;
	else if (!tare_model_find_u64(pl->in, type_key, &type.as.u))
		type.as.u = guess_file_type(pl);
	TARE_TRY(append(out, version_key, &version, err));
	TARE_TRY(append(out, type_key, &type, err));
	for (i = 0; i < sizeof split_keys / sizeof *split_keys; i++)
		tare_model_remove(out, split_keys[i]);
	return TARE_OK;
}

/* One type throughout: the file says so, in place. */
static tare_status type_metadata(tare_planner *pl, tare_error *err)
{
	const tare_mix *mix = tare_mix_typical(pl->is->type);
	tare_model *out = pl->p->out;
	bool gguf = !strcmp(out->format->name, "gguf");
	tare_value v;

	if (mix && (gguf || tare_model_find(out, type_key, &v)))
		TARE_TRY(tare_model_set_u32(out, type_key, (uint32_t)mix->number, err));
	if (tare_type_is_quantized(pl->is->type) && (gguf || tare_model_find(out, version_key, &v)))
		TARE_TRY(tare_model_set_u32(out, version_key, QUANTIZATION_VERSION, err));
	return TARE_OK;
}

/* The texts of a list, in out's arena. */
static tare_status texts_of(tare_planner *pl, tare_yaml *const *items, size_t n, tare_str **out, tare_error *err)
{
	size_t i;

	*out = tare_arena_array(&pl->p->out->arena, n + 1, sizeof **out);
	for (i = 0; *out && i < n; i++)
		(*out)[i] = items[i]->text;
	return *out ? TARE_OK : tare_fail_nomem(err);
}

static tare_status set_keys(tare_planner *pl, tare_error *err)
{
	const tare_yaml *set = pl->is->set;
	tare_model *out = pl->p->out;
	tare_value before, v;
	tare_str *names;
	size_t i;

	if (set && pl->is->mix) { /* to the end, as in append() */
		TARE_TRY(texts_of(pl, set->keys, set->count, &names, err));
		tare_model_remove_all(out, names, set->count, NULL);
	}
	for (i = 0; set && i < set->count; i++) {
		const char *key = set->keys[i]->text.ptr;
		bool had = tare_model_find(pl->in, key, &before);

		TARE_TRY(tare_recipe_value(out, set->items[i], had ? &before : NULL, &v, err));
		TARE_TRY(tare_model_set(out, key, &v, err));
	}
	return TARE_OK;
}

static tare_status remove_keys(tare_planner *pl, tare_error *err)
{
	const tare_yaml *list = pl->is->remove;
	tare_str *names;
	bool *gone;
	size_t i;

	if (!list)
		return TARE_OK;
	TARE_TRY(texts_of(pl, list->items, list->count, &names, err));
	gone = tare_arena_array(&pl->p->out->arena, list->count + 1, sizeof *gone);
	if (!gone)
		return tare_fail_nomem(err);
	tare_model_remove_all(pl->p->out, names, list->count, gone);
	for (i = 0; i < list->count; i++)
		if (!gone[i])
			TARE_TRY(tare_plan_note_add(pl->p, err, "metadata.remove: there is no key %s", TARE_SHOW(names[i])));
	return TARE_OK;
}

tare_status tare_plan_metadata(tare_planner *pl, tare_error *err)
{
	tare_status st;
	size_t i;

	TARE_TRY(copy_all(pl->in, pl->p->out, err));
	for (i = 0; pl->in->n_files > 1 && i < sizeof split_keys / sizeof *split_keys; i++)
		tare_model_remove(pl->p->out, split_keys[i]);
	if (pl->is->mix)
		TARE_TRY(mix_metadata(pl, err));
	else if (pl->is->type)
		TARE_TRY(type_metadata(pl, err));
	TARE_TRY(remove_keys(pl, err));
	st = set_keys(pl, err);
	if (st == TARE_E_RECIPE)
		tare_recipe_blame(pl->recipe, "metadata", err);
	if (st == TARE_OK)
		st = tare_plan_imatrix_metadata(pl, err);
	return st == TARE_OK ? tare_plan_prune_metadata(pl, err) : st;
}
