/* Layers left out, as llama-quantize --prune-layers does it: "blk.N." with a pruned N goes, and the layers above move down. */
#include "recipe/planner.h"

#include "base/escape.h"

#include <stdlib.h>
#include <string.h>

/* The number in the first "blk.N." of a name; *at: where its digits begin, *len: how many they are. */
static bool layer_in(tare_str name, uint64_t *layer, size_t *at, size_t *len)
{
	size_t i, k;

	for (i = 0; i + 6 <= name.len; i++) {
		if (memcmp(name.ptr + i, "blk.", 4))
			continue;
		*layer = 0;
		for (k = i + 4; k < name.len && name.ptr[k] >= '0' && name.ptr[k] <= '9' && k < i + 14; k++)
			*layer = *layer * 10 + (uint64_t)(name.ptr[k] - '0');
		if (k == i + 4 || k >= name.len || name.ptr[k] != '.')
			continue;
		*at = i + 4;
		*len = k - *at;
		return true;
	}
	return false;
}

static bool is_pruned(const tare_settings *is, uint64_t layer)
{
	size_t i;

	for (i = 0; i < is->n_pruned; i++)
		if (layer >= is->pruned[i].from && layer <= is->pruned[i].to)
			return true;
	return false;
}

static int by_number(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static size_t count_below(const tare_planner *pl, uint64_t limit)
{
	size_t n = 0;

	while (n < pl->n_layers && pl->layers[n] < limit)
		n++;
	return n;
}

/* Numbers from a file may be anything, so a range is counted by what is there. */
static tare_status check_there(tare_planner *pl, const tare_layer_range *range, tare_error *err)
{
	tare_status st;

	if (count_below(pl, range->to + 1) - count_below(pl, range->from) == range->to - range->from + 1)
		return TARE_OK;
	st = tare_yaml_fail(range->node, err, "prune_layers: there is no layer %s (no tensor is called blk.N. with that number)",
			    TARE_SHOW(range->node->text));
	tare_recipe_blame(pl->recipe, "prune_layers", err);
	return st;
}

tare_status tare_plan_prune(tare_planner *pl, tare_error *err)
{
	size_t i, n = 0, at, len;
	uint64_t layer;

	if (!pl->is->n_pruned)
		return TARE_OK;
	pl->layers = calloc(pl->in->n_tensors + 1, sizeof *pl->layers);
	if (!pl->layers)
		return tare_fail_nomem(err);
	for (i = 0; i < pl->in->n_tensors; i++)
		if (layer_in(pl->in->tensors[i].name, &layer, &at, &len) && is_pruned(pl->is, layer))
			pl->layers[n++] = layer;
	qsort(pl->layers, n, sizeof *pl->layers, by_number);
	for (i = 0; i < n; i++)
		if (!i || pl->layers[i] != pl->layers[pl->n_layers - 1])
			pl->layers[pl->n_layers++] = pl->layers[i];
	for (i = 0; i < pl->is->n_pruned; i++)
		TARE_TRY(check_there(pl, &pl->is->pruned[i], err));
	return TARE_OK;
}

tare_status tare_plan_prune_name(tare_planner *pl, tare_str *name, bool *drop, tare_error *err)
{
	uint64_t layer;
	size_t at, len, below;
	char *text;

	*drop = false;
	if (!pl->n_layers || !layer_in(*name, &layer, &at, &len))
		return TARE_OK;
	*drop = is_pruned(pl->is, layer);
	below = count_below(pl, layer);
	if (*drop || !below)
		return TARE_OK;
	text = tare_arena_alloc(&pl->p->out->arena, name->len + 24);
	if (!text)
		return tare_fail_nomem(err);
	memcpy(text, name->ptr, at);
	len += at;
	at += (size_t)sprintf(text + at, "%llu", (unsigned long long)(layer - below));
	memcpy(text + at, name->ptr + len, name->len - len);
	*name = (tare_str){ text, at + name->len - len };
	return TARE_OK;
}

tare_status tare_plan_prune_metadata(tare_planner *pl, tare_error *err)
{
	tare_model *out = pl->p->out;
	tare_str arch;
	char key[160];
	uint64_t count;
	size_t i;

	if (!pl->n_layers || !tare_model_find_text(pl->in, "general.architecture", &arch) || arch.len > 100 || memchr(arch.ptr, 0, arch.len))
		return TARE_OK;
	snprintf(key, sizeof key, "%.*s.block_count", (int)arch.len, arch.ptr);
	if (!tare_model_find_u64(pl->in, key, &count) || count < pl->n_layers || tare_yaml_get(pl->is->set, key))
		return TARE_OK;
	for (i = 0; i < out->n_meta; i++)
		if (out->meta[i].value.kind == TARE_ARRAY && out->meta[i].value.as.array.count == count && out->meta[i].key.len > arch.len &&
		    !memcmp(out->meta[i].key.ptr, arch.ptr, arch.len) && out->meta[i].key.ptr[arch.len] == '.')
			TARE_TRY(tare_plan_note_add(pl->p, err, "prune_layers: %s seems to have one value a layer, and was left as it is",
						    TARE_SHOW(out->meta[i].key)));
	if (pl->is->mix)
		tare_model_remove(out, key);
	return tare_model_set_u32(out, key, (uint32_t)(count - pl->n_layers), err);
}
