/* metadata: keys to set and to remove. */
#include "recipe/recipe.h"

#include <stdlib.h>
#include <string.h>

static const char *const kinds[] = { "u8", "i8", "u16", "i16", "u32", "i32", "f32", "bool", "str", NULL, "u64", "i64", "f64" };
static const char *const map_keys[] = { "kind", "value", NULL };

_Static_assert(sizeof kinds / sizeof *kinds == TARE_KIND_COUNT, "a name for every kind of value but arrays");

bool tare_find_kind(const char *name, bool *array, tare_kind *out)
{
	size_t i;

	*array = !strncmp(name, "arr:", 4);
	name += *array ? 4 : 0;
	for (i = 0; i < TARE_KIND_COUNT; i++)
		if (kinds[i] && !strcmp(kinds[i], name)) {
			*out = (tare_kind)i;
			return true;
		}
	return false;
}

static tare_status check_list(const tare_yaml *v, tare_error *err)
{
	size_t i;

	for (i = 0; i < v->count; i++)
		if (v->items[i]->kind != TARE_YAML_SCALAR)
			return tare_yaml_fail(v->items[i], err, "a list in metadata holds single values, not %s", TARE_YAML_SHOW(v->items[i]));
	return TARE_OK;
}

static tare_status check_typed(const tare_yaml *v, tare_error *err)
{
	const tare_yaml *kind = tare_yaml_get(v, "kind"), *value = tare_yaml_get(v, "value");
	tare_kind k;
	bool array;

	TARE_TRY(tare_yaml_only(v, map_keys, err));
	if (!kind || !value)
		return tare_yaml_fail(v, err, "expected both keys: {kind: u32, value: 5}");
	if (kind->kind != TARE_YAML_SCALAR || !tare_find_kind(kind->text.ptr, &array, &k))
		return tare_yaml_fail(kind, err, "expected a kind (u8 i8 u16 i16 u32 i32 u64 i64 f32 f64 bool str, or arr:KIND), not %s",
				      TARE_YAML_SHOW(kind));
	if (value->kind != (array ? TARE_YAML_LIST : TARE_YAML_SCALAR))
		return tare_yaml_fail(value, err, "expected %s for kind %s", array ? "a list" : "one value", kind->text.ptr);
	return array ? check_list(value, err) : TARE_OK;
}

static tare_status check_set(const tare_yaml *map, tare_error *err)
{
	size_t i;

	if (map->kind != TARE_YAML_MAP)
		return tare_yaml_fail(map, err, "expected a map of keys and values, not %s", TARE_YAML_SHOW(map));
	for (i = 0; i < map->count; i++) {
		const tare_yaml *v = map->items[i];

		if (!map->keys[i]->text.len || strlen(map->keys[i]->text.ptr) != map->keys[i]->text.len)
			return tare_yaml_fail(map->keys[i], err, "a key of metadata may not be empty or hold NUL");
		if (v->kind == TARE_YAML_MAP)
			TARE_TRY(check_typed(v, err));
		if (v->kind == TARE_YAML_LIST)
			TARE_TRY(check_list(v, err));
	}
	return TARE_OK;
}

static tare_status check_remove(const tare_yaml *list, tare_error *err)
{
	size_t i;

	if (list->kind != TARE_YAML_LIST)
		return tare_yaml_fail(list, err, "expected a list of keys, not %s", TARE_YAML_SHOW(list));
	for (i = 0; i < list->count; i++)
		if (list->items[i]->kind != TARE_YAML_SCALAR || !list->items[i]->text.len)
			return tare_yaml_fail(list->items[i], err, "expected a key, not %s", TARE_YAML_SHOW(list->items[i]));
	return TARE_OK;
}

tare_status tare_metadata_read(tare_reading *r, tare_yaml *map, tare_error *err)
{
	static const char *const keys[] = { "set", "remove", NULL };

	TARE_TRY(tare_yaml_only(map, keys, err));
	r->into->set = tare_yaml_get(map, "set");
	r->into->remove = tare_yaml_get(map, "remove");
	if (r->into->set)
		TARE_TRY(check_set(r->into->set, err));
	if (r->into->remove)
		TARE_TRY(check_remove(r->into->remove, err));
	return TARE_OK;
}
