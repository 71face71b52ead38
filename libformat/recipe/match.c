/* match: patterns over names, or fields. */
#include "recipe/match.h"

#include "arch/role.h"
#include "base/escape.h"
#include "recipe/recipe.h"

#include <stdlib.h>
#include <string.h>

typedef struct layer_range {
	int64_t from, to;       /* inclusive; of the last layers: counted back from it, 0 being the last */
	bool from_end;
} layer_range;

struct tare_match {
	const tare_pattern **names;
	size_t n_names;
	const char **roles;
	size_t n_roles;
	layer_range *layers;
	size_t n_layers;
	const tare_yaml *shape; /* a list; NULL: any */
	const tare_type **types;
	size_t n_types;
	bool quantized, plain;  /* words among types */
	uint64_t min_size, max_size;
};

typedef struct reader {
	tare_arena *arena;
	tare_match *m;
} reader;

/* A scalar as a list of itself: *items and the number of them. Fails unless all are scalars, at least one. */
static tare_status one_or_more(tare_yaml **node, tare_yaml ***items, size_t *n, tare_error *err)
{
	tare_yaml *v = *node;
	size_t i;

	*items = v->kind == TARE_YAML_SCALAR ? node : v->items;
	*n = v->kind == TARE_YAML_SCALAR ? 1 : v->count;
	if (v->kind == TARE_YAML_MAP || !*n)
		return tare_yaml_fail(v, err, "expected a text or a list of texts, not %s", TARE_YAML_SHOW(v));
	for (i = 0; i < *n; i++)
		if ((*items)[i]->kind != TARE_YAML_SCALAR || !(*items)[i]->text.len)
			return tare_yaml_fail((*items)[i], err, "expected a text, not %s", TARE_YAML_SHOW((*items)[i]));
	return TARE_OK;
}

static tare_status read_name(reader *r, tare_yaml *value, tare_error *err)
{
	tare_yaml **items;
	size_t n, i;

	TARE_TRY(one_or_more(&value, &items, &n, err));
	r->m->names = tare_arena_array(r->arena, n, sizeof *r->m->names);
	if (!r->m->names)
		return tare_fail_nomem(err);
	for (i = 0; i < n; i++)
		TARE_TRY(tare_pattern_compile(&r->m->names[i], r->arena, items[i], err));
	r->m->n_names = n;
	return TARE_OK;
}

/* Is role what `asked` names, or below it? */
static bool is_under(const char *role, const char *asked)
{
	size_t n = strlen(asked);

	return !strncmp(role, asked, n) && (!role[n] || role[n] == '.');
}

/* The nearest of all roles, or of their first words: "attention" is a role that no tensor has itself. */
static const char *nearest_role(const char *text, char word[32])
{
	const char *names[2] = { NULL, NULL }, *near = NULL;
	const char *all[128];
	size_t i;

	for (i = 0; i < 127 && tare_role_at(i); i++)
		all[i] = tare_role_at(i);
	all[i] = NULL;
	near = tare_nearest(text, all);
	for (i = 0; !near && all[i]; i++) {
		snprintf(word, 32, "%.*s", (int)strcspn(all[i], "."), all[i]);
		names[0] = word;
		near = tare_nearest(text, names);
	}
	return near;
}

static tare_status check_role(const tare_yaml *n, tare_error *err)
{
	const char *near;
	char word[32];
	size_t i;

	for (i = 0; tare_role_at(i); i++)
		if (is_under(tare_role_at(i), n->text.ptr))
			return TARE_OK;
	near = nearest_role(n->text.ptr, word);
	return tare_yaml_fail(n, err, "no role is called %s%s%s (tare-recipe(5) lists them)", TARE_YAML_SHOW(n), near ? ": did you mean " : "",
			      near ? near : "");
}

static tare_status read_role(reader *r, tare_yaml *value, tare_error *err)
{
	tare_yaml **items;
	size_t n, i;

	TARE_TRY(one_or_more(&value, &items, &n, err));
	r->m->roles = tare_arena_array(r->arena, n, sizeof *r->m->roles);
	if (!r->m->roles)
		return tare_fail_nomem(err);
	for (i = 0; i < n; i++) {
		TARE_TRY(check_role(items[i], err));
		r->m->roles[i] = items[i]->text.ptr;
	}
	r->m->n_roles = n;
	return TARE_OK;
}

static bool layer_number(const char **p, int64_t *out)
{
	const char *start = *p;

	for (*out = 0; **p >= '0' && **p <= '9' && *p - start < 9; ++*p)
		*out = *out * 10 + (**p - '0');
	return *p > start;
}

/* "3", "0-3", "8-" or "last 2" at *p. */
static bool parse_range(const char **p, layer_range *out)
{
	*out = (layer_range){ 0, 0, false };
	if (!strncmp(*p, "last ", 5)) {
		*p += 5;
		out->from_end = true;
		return layer_number(p, &out->to) && out->to-- > 0;
	}
	if (!layer_number(p, &out->from))
		return false;
	out->to = out->from;
	if (**p != '-')
		return true;
	++*p;
	if (!layer_number(p, &out->to))
		out->to = INT64_MAX;
	return out->to >= out->from;
}

static tare_status read_layers(reader *r, tare_yaml *value, tare_error *err)
{
	tare_yaml **items;
	size_t n, i, room = 0;
	const char *p;

	TARE_TRY(one_or_more(&value, &items, &n, err));
	for (i = 0; i < n; i++)
		room += items[i]->text.len;
	r->m->layers = tare_arena_array(r->arena, room, sizeof *r->m->layers);
	if (!r->m->layers)
		return tare_fail_nomem(err);
	for (i = 0; i < n; i++) {
		p = items[i]->text.ptr;
		do {
			p += strspn(p, " ");
			if (!parse_range(&p, &r->m->layers[r->m->n_layers++]))
				goto bad;
			p += strspn(p, " ");
		} while (*p++ == ',');
		if (p[-1] || p - 1 != items[i]->text.ptr + items[i]->text.len)
			goto bad;
	}
	return TARE_OK;
bad:
	return tare_yaml_fail(items[i], err, "expected layers such as 3, 0-3, 8- or last 2, not %s", TARE_YAML_SHOW(items[i]));
}

static bool is_star(const tare_yaml *n)
{
	return n->kind == TARE_YAML_SCALAR && tare_str_eq(n->text, tare_str_of("*"));
}

static tare_status read_shape(reader *r, tare_yaml *value, tare_error *err)
{
	uint64_t dim;
	size_t i;

	if (value->kind != TARE_YAML_LIST)
		return tare_yaml_fail(value, err, "expected a list of dimensions such as [3072, \"*\"], not %s", TARE_YAML_SHOW(value));
	for (i = 0; i < value->count; i++)
		if (!is_star(value->items[i]))
			TARE_TRY(tare_yaml_u64(value->items[i], &dim, err));
	r->m->shape = value;
	return TARE_OK;
}

static tare_status read_type(reader *r, tare_yaml *value, tare_error *err)
{
	tare_yaml **items;
	size_t n, i;

	TARE_TRY(one_or_more(&value, &items, &n, err));
	r->m->types = tare_arena_array(r->arena, n, sizeof *r->m->types);
	if (!r->m->types)
		return tare_fail_nomem(err);
	for (i = 0; i < n; i++) {
		if (!strcmp(items[i]->text.ptr, "quantized"))
			r->m->quantized = true;
		else if (!strcmp(items[i]->text.ptr, "plain"))
			r->m->plain = true;
		else
			TARE_TRY(tare_type_of_yaml(items[i], &r->m->types[r->m->n_types++], err));
	}
	return TARE_OK;
}

static tare_status read_size(reader *r, tare_yaml *value, tare_error *err)
{
	static const char *const keys[] = { "min", "max", NULL };
	const tare_yaml *min = tare_yaml_get(value, "min"), *max = tare_yaml_get(value, "max");

	TARE_TRY(tare_yaml_only(value, keys, err));
	if (min)
		TARE_TRY(tare_yaml_bytes(min, &r->m->min_size, err));
	if (max)
		TARE_TRY(tare_yaml_bytes(max, &r->m->max_size, err));
	return TARE_OK;
}

const char *const tare_match_keys[] = {
#define MATCH_KEY(name, text) #name,
#include "recipe/keys.def"
	NULL
};

static tare_status (*const readers[])(reader *r, tare_yaml *value, tare_error *err) = {
#define MATCH_KEY(name, text) read_##name,
#include "recipe/keys.def"
};

static tare_status read_fields(reader *r, tare_yaml *map, tare_error *err)
{
	size_t i, k;

	TARE_TRY(tare_yaml_only(map, tare_match_keys, err));
	if (!map->count)
		return tare_yaml_fail(map, err, "an empty match: write \"*\" for all tensors");
	for (i = 0; i < map->count; i++)
		for (k = 0; tare_match_keys[k]; k++)
			if (tare_str_eq(map->keys[i]->text, tare_str_of(tare_match_keys[k])))
				TARE_TRY(readers[k](r, map->items[i], err));
	return TARE_OK;
}

tare_status tare_match_read(const tare_match **out, tare_arena *arena, tare_yaml *node, tare_error *err)
{
	tare_match *m = tare_arena_alloc(arena, sizeof *m);
	reader r = { arena, m };

	*out = NULL;
	if (!m)
		return tare_fail_nomem(err);
	m->max_size = UINT64_MAX;
	TARE_TRY(node->kind == TARE_YAML_MAP ? read_fields(&r, node, err) : read_name(&r, node, err));
	*out = m;
	return TARE_OK;
}

static bool name_fits(const tare_match *m, const tare_subject *s)
{
	size_t i;

	for (i = 0; i < m->n_names; i++)
		if (tare_pattern_match(m->names[i], s->tensor->name))
			return true;
	return !m->n_names;
}

static bool role_fits(const tare_match *m, tare_subject *s)
{
	size_t i;

	if (!m->n_roles)
		return true;
	if (!s->has_role) {
		s->role = tare_role_of(s->tensor->name);
		s->has_role = true;
	}
	for (i = 0; s->role && i < m->n_roles; i++)
		if (is_under(s->role, m->roles[i]))
			return true;
	return false;
}

static bool layer_fits(const tare_match *m, tare_subject *s)
{
	size_t i;

	if (!m->n_layers)
		return true;
	if (!s->has_layer) {
		s->layer = tare_layer_of(s->tensor->name);
		s->has_layer = true;
	}
	for (i = 0; s->layer >= 0 && i < m->n_layers; i++) {
		const layer_range *r = &m->layers[i];
		int64_t at = r->from_end ? s->last_layer - s->layer : s->layer;

		if (at >= r->from && at <= r->to)
			return true;
	}
	return false;
}

static bool shape_fits(const tare_match *m, const tare_subject *s)
{
	size_t i;

	if (!m->shape)
		return true;
	if (m->shape->count != s->tensor->n_dims)
		return false;
	for (i = 0; i < m->shape->count; i++)
		if (!is_star(m->shape->items[i]) && strtoull(m->shape->items[i]->text.ptr, NULL, 10) != s->tensor->dim[i])
			return false;
	return true;
}

static bool type_fits(const tare_match *m, const tare_subject *s)
{
	const tare_type *type = s->tensor->type;
	size_t i;

	if (!m->n_types && !m->quantized && !m->plain)
		return true;
	for (i = 0; type && i < m->n_types; i++)
		if (m->types[i] == type)
			return true;
	return type && (tare_type_is_quantized(type) ? m->quantized : m->plain);
}

bool tare_match_tensor(const tare_match *m, tare_subject *s)
{
	return s->tensor->size >= m->min_size && s->tensor->size <= m->max_size && type_fits(m, s) && shape_fits(m, s) && name_fits(m, s) &&
	       layer_fits(m, s) && role_fits(m, s);
}
