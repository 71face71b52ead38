/* The top-level keys: one reader each, named by keys.def. */
#include "recipe/pattern.h"
#include "recipe/recipe.h"

#include <string.h>

const char *const tare_recipe_keys[] = {
#define KEY(name, text) #name,
#include "recipe/keys.def"
	NULL
};

const char *const tare_fallback_names[] = { "error", "adjust", NULL };
const char *const tare_nonfinite_names[] = { "error", "keep", "zero", NULL };

/* One of names by its index. */
static tare_status read_choice(const tare_yaml *n, const char *const *names, int *out, tare_error *err)
{
	char all[96] = "";
	int i;

	for (i = 0; names[i]; i++) {
		if (n->kind == TARE_YAML_SCALAR && tare_str_eq(n->text, tare_str_of(names[i]))) {
			*out = i;
			return TARE_OK;
		}
		snprintf(all + strlen(all), sizeof all - strlen(all), "%s%s", i ? ", " : "", names[i]);
	}
	return tare_yaml_fail(n, err, "expected one of %s, not %s", all, TARE_YAML_SHOW(n));
}

static tare_status read_tare(tare_reading *r, tare_yaml *v, tare_error *err)
{
	uint64_t version;

	(void)r;
	TARE_TRY(tare_yaml_u64(v, &version, err));
	if (version != 1)
		return tare_yaml_fail(v, err, "version %s of the recipe language: only 1 is known", TARE_YAML_SHOW(v));
	return TARE_OK;
}

static tare_status fail_mix(const tare_yaml *v, tare_error *err)
{
	const char *names[64], *near, *alias;
	const tare_mix *of;
	size_t n = 0, i;
	bool is_type = v->kind == TARE_YAML_SCALAR && v->text.len && tare_type_find(v->text.ptr);

	for (i = 0; tare_mix_at(i) && n < 50; i++)
		names[n++] = tare_mix_at(i)->name;
	for (i = 0; (alias = tare_mix_alias_at(i, &of)) && n < 63; i++)
		names[n++] = alias;
	names[n] = NULL;
	if (is_type)
		return tare_yaml_fail(v, err, "no mix is called %s, but a type is: write {type: %s}", TARE_YAML_SHOW(v),
				      tare_type_name(tare_type_find(v->text.ptr)));
	near = v->kind == TARE_YAML_SCALAR ? tare_nearest(v->text.ptr, names) : NULL;
	return tare_yaml_fail(v, err, "expected a mix such as Q4_K_M, or {type: q4_K}, not %s%s%s", TARE_YAML_SHOW(v),
			      near ? ": did you mean " : "", near ? near : "");
}

static tare_status read_fit_types(tare_fit_spec *fit, const tare_yaml *list, tare_error *err)
{
	unsigned i;
	size_t k;

	if (list->kind != TARE_YAML_LIST || !list->count || list->count > TARE_FIT_TYPES)
		return tare_yaml_fail(list, err, "expected a list of 1 to %d types, not %s", TARE_FIT_TYPES, TARE_YAML_SHOW(list));
	for (k = 0; k < list->count; k++) {
		TARE_TRY(tare_type_of_yaml(list->items[k], &fit->types[k], err));
		for (i = 0; i < k; i++)
			if (fit->types[i] == fit->types[k])
				return tare_yaml_fail(list->items[k], err, "%s is there twice", fit->types[k]->name);
	}
	fit->n_types = (unsigned)list->count;
	return TARE_OK;
}

static tare_status read_fit(tare_reading *r, const tare_yaml *v, tare_error *err)
{
	static const char *const keys[] = { "fit", "types", "objective", NULL }, *const objectives[] = { "loss", NULL };
	const tare_yaml *types = tare_yaml_get(v, "types"), *objective = tare_yaml_get(v, "objective");
	tare_fit_spec *fit = tare_arena_alloc(r->arena, sizeof *fit);
	int which;

	if (!fit)
		return tare_fail_nomem(err);
	TARE_TRY(tare_yaml_only(v, keys, err));
	TARE_TRY(tare_yaml_bytes(tare_yaml_get(v, "fit"), &fit->budget, err));
	if (!types)
		return tare_yaml_fail(v, err, "fit wants types: the list of those a weight may get");
	TARE_TRY(read_fit_types(fit, types, err));
	if (objective)
		TARE_TRY(read_choice(objective, objectives, &which, err));
	r->into->fit = fit;
	return TARE_OK;
}

static tare_status read_spread(tare_reading *r, const tare_yaml *v, tare_error *err)
{
	tare_scheme_spec *spec = tare_arena_alloc(r->arena, sizeof *spec);

	if (!spec)
		return tare_fail_nomem(err);
	r->into->spread = spec;
	return tare_scheme_of_yaml(v, spec, err);
}

static const struct preset {
	const char *name, *base;
} presets[] = {
#define PRESET(name, base, text) { #name, base },
#include "recipe/presets.def"
};

/* What the name stands for; *out NULL if it is none. */
static tare_status find_preset(tare_reading *r, const tare_yaml *v, tare_yaml **out, tare_error *err)
{
	tare_limits lim;
	size_t i;

	*out = NULL;
	tare_limits_init(&lim);
	for (i = 0; v->kind == TARE_YAML_SCALAR && i < sizeof presets / sizeof *presets; i++)
		if (tare_str_eq(v->text, tare_str_of(presets[i].name)))
			return tare_yaml_parse(out, r->arena, presets[i].base, strlen(presets[i].base), &lim, err);
	return TARE_OK;
}

static tare_status read_base(tare_reading *r, tare_yaml *v, tare_error *err)
{
	static const char *const keys[] = { "type", NULL };
	tare_yaml *meant;

	TARE_TRY(find_preset(r, v, &meant, err));
	if (meant)
		return read_spread(r, meant, err);
	if (tare_yaml_get(v, "fit"))
		return read_fit(r, v, err);
	if (tare_yaml_get(v, "scheme"))
		return read_spread(r, v, err);
	if (v->kind == TARE_YAML_MAP) {
		TARE_TRY(tare_yaml_only(v, keys, err));
		if (!v->count)
			return fail_mix(v, err);
		return tare_type_of_yaml(v->items[0], &r->into->type, err);
	}
	if (v->kind == TARE_YAML_SCALAR && strlen(v->text.ptr) == v->text.len)
		r->into->mix = tare_mix_find(v->text.ptr);
	if (!r->into->mix)
		return fail_mix(v, err);
	v->text = tare_str_of(r->into->mix->name);
	v->quoted = false;
	return TARE_OK;
}

static tare_status read_rules(tare_reading *r, tare_yaml *v, tare_error *err)
{
	return tare_rules_read(r, v, err);
}

/* The key is a regular expression without a mark: "re:" is put in front for the pattern's reader. */
static tare_status read_override(tare_reading *r, const tare_yaml *key, tare_yaml *type, tare_type_override *out, tare_error *err)
{
	tare_yaml marked = *key;
	char *text = tare_arena_alloc(r->arena, key->text.len + 4);

	if (!text)
		return tare_fail_nomem(err);
	memcpy(text, "re:", 3);
	memcpy(text + 3, key->text.ptr, key->text.len);
	marked.text = (tare_str){ text, key->text.len + 3 };
	out->key = key;
	TARE_TRY(tare_pattern_compile(&out->pattern, r->arena, &marked, err));
	return tare_type_of_yaml(type, &out->type, err);
}

static tare_status read_tensor_types(tare_reading *r, tare_yaml *v, tare_error *err)
{
	tare_type_override *list;
	size_t i;

	if (v->kind != TARE_YAML_MAP || !v->count)
		return tare_yaml_fail(v, err, "expected a map of regular expressions and types, not %s", TARE_YAML_SHOW(v));
	list = tare_arena_array(r->arena, v->count, sizeof *list);
	if (!list)
		return tare_fail_nomem(err);
	for (i = 0; i < v->count; i++)
		TARE_TRY(read_override(r, v->keys[i], v->items[i], &list[i], err));
	r->into->overrides = list;
	r->into->n_overrides = v->count;
	return TARE_OK;
}

/* "3" or "5-7" */
static tare_status read_range(const tare_yaml *n, tare_layer_range *out, tare_error *err)
{
	unsigned long from, to;
	int used = 0, all = 0;
	bool text = n->kind == TARE_YAML_SCALAR && n->text.len && n->text.len < 16 && strspn(n->text.ptr, "0123456789-") == n->text.len;

	if (text && sscanf(n->text.ptr, "%lu%n-%lu%n", &from, &used, &to, &all) >= 1 && n->text.ptr[0] != '-') {
		if ((size_t)used == n->text.len)
			to = from;
		else if ((size_t)all != n->text.len || strchr(n->text.ptr, '-') != strrchr(n->text.ptr, '-'))
			text = false;
	} else {
		text = false;
	}
	if (!text || to < from || to > INT32_MAX)
		return tare_yaml_fail(n, err, "expected a layer such as 3, or 3-5, not %s", TARE_YAML_SHOW(n));
	*out = (tare_layer_range){ from, to, n };
	return TARE_OK;
}

static tare_status read_prune_layers(tare_reading *r, tare_yaml *v, tare_error *err)
{
	tare_layer_range *list;
	size_t i;

	if (v->kind != TARE_YAML_LIST || !v->count)
		return tare_yaml_fail(v, err, "expected a list of layers such as [3, 5-7], not %s", TARE_YAML_SHOW(v));
	list = tare_arena_array(r->arena, v->count, sizeof *list);
	if (!list)
		return tare_fail_nomem(err);
	for (i = 0; i < v->count; i++)
		TARE_TRY(read_range(v->items[i], &list[i], err));
	r->into->pruned = list;
	r->into->n_pruned = v->count;
	return TARE_OK;
}

static tare_status read_imatrix(tare_reading *r, tare_yaml *v, tare_error *err)
{
	if (v->kind != TARE_YAML_SCALAR || !v->text.len || strlen(v->text.ptr) != v->text.len)
		return tare_yaml_fail(v, err, "expected the name of a file, not %s", TARE_YAML_SHOW(v));
	r->into->imatrix = v;
	return TARE_OK;
}

/* A list of texts that are sought in names. */
static tare_status read_parts(const tare_yaml *v, const tare_yaml **out, tare_error *err)
{
	size_t i;

	if (v->kind != TARE_YAML_LIST || !v->count)
		return tare_yaml_fail(v, err, "expected a list of parts of names, such as [attn_v, ffn_down], not %s", TARE_YAML_SHOW(v));
	for (i = 0; i < v->count; i++)
		if (v->items[i]->kind != TARE_YAML_SCALAR || !v->items[i]->text.len)
			return tare_yaml_fail(v->items[i], err, "expected a part of names, such as attn_v, not %s", TARE_YAML_SHOW(v->items[i]));
	*out = v;
	return TARE_OK;
}

static tare_status read_include_weights(tare_reading *r, tare_yaml *v, tare_error *err)
{
	return read_parts(v, &r->into->include_weights, err);
}

static tare_status read_exclude_weights(tare_reading *r, tare_yaml *v, tare_error *err)
{
	return read_parts(v, &r->into->exclude_weights, err);
}

static tare_status read_fallback(tare_reading *r, tare_yaml *v, tare_error *err)
{
	int i = 0;

	TARE_TRY(read_choice(v, tare_fallback_names, &i, err));
	r->into->fallback = (tare_fallback)i;
	return TARE_OK;
}

static tare_status read_nonfinite(tare_reading *r, tare_yaml *v, tare_error *err)
{
	int i = 0;

	TARE_TRY(read_choice(v, tare_nonfinite_names, &i, err));
	r->into->nonfinite = (tare_nonfinite)i;
	return TARE_OK;
}

static tare_status read_allow_requantize(tare_reading *r, tare_yaml *v, tare_error *err)
{
	return tare_yaml_bool(v, &r->into->allow_requantize, err);
}

static tare_status read_pure(tare_reading *r, tare_yaml *v, tare_error *err)
{
	return tare_yaml_bool(v, &r->into->pure, err);
}

static tare_status read_leave_output(tare_reading *r, tare_yaml *v, tare_error *err)
{
	return tare_yaml_bool(v, &r->into->leave_output, err);
}

static tare_status read_keep_split(tare_reading *r, tare_yaml *v, tare_error *err)
{
	return tare_yaml_bool(v, &r->into->keep_split, err);
}

static tare_status read_output_type(tare_reading *r, tare_yaml *v, tare_error *err)
{
	return tare_type_of_yaml(v, &r->into->output_type, err);
}

static tare_status read_token_embedding_type(tare_reading *r, tare_yaml *v, tare_error *err)
{
	return tare_type_of_yaml(v, &r->into->token_embedding_type, err);
}

static tare_status read_metadata(tare_reading *r, tare_yaml *v, tare_error *err)
{
	return tare_metadata_read(r, v, err);
}

static tare_status read_gates(tare_reading *r, tare_yaml *v, tare_error *err)
{
	return tare_gates_read(r, "gates", v, &r->into->gates, err);
}

static tare_status (*const readers[])(tare_reading *r, tare_yaml *v, tare_error *err) = {
#define KEY(name, text) read_##name,
#include "recipe/keys.def"
};

tare_status tare_recipe_read(tare_reading *r, const char *key, tare_yaml *value, tare_error *err)
{
	size_t i = 0;

	while (strcmp(key, tare_recipe_keys[i]))
		i++;
	return readers[i](r, value, err);
}
