/* gates: what a result must meet, whole or rule by rule. */
#include "recipe/recipe.h"

#include <string.h>

static const struct {
	const char *key, *bound;
	tare_gate_kind kind;
} gates[] = {
#define GATE(name, bound, kind, text) { #name, #bound, kind },
#include "recipe/keys.def"
};

const char *const tare_gate_keys[] = {
#define GATE(name, bound, kind, text) #name,
#include "recipe/keys.def"
	NULL
};

static tare_status read_limit(tare_gate_kind kind, const tare_yaml *n, double *out, tare_error *err)
{
	uint64_t bytes;

	if (kind != TARE_GATE_SIZE_MAX)
		return tare_yaml_f64(n, out, err);
	TARE_TRY(tare_yaml_bytes(n, &bytes, err));
	*out = (double)bytes;
	return TARE_OK;
}

static tare_status read_gate(tare_reading *r, const char *prefix, const tare_yaml *key, const tare_yaml *value, tare_gate_spec *out,
			     tare_error *err)
{
	const char *bound[2] = { NULL, NULL }, *place;
	const tare_yaml *limit;
	size_t i = 0;

	while (!tare_str_eq(key->text, tare_str_of(gates[i].key)))
		i++;
	bound[0] = gates[i].bound;
	TARE_TRY(tare_yaml_only(value, bound, err));
	limit = tare_yaml_get(value, gates[i].bound);
	if (!limit)
		return tare_yaml_fail(value, err, "expected {%s: ...}", gates[i].bound);
	place = tare_reading_place(r, limit);
	out->kind = gates[i].kind;
	out->name = place ? tare_arena_printf(r->arena, "%s.%s.%s (%s)", prefix, gates[i].key, gates[i].bound, place) : NULL;
	if (!out->name)
		return tare_fail_nomem(err);
	return read_limit(out->kind, limit, &out->limit, err);
}

tare_status tare_gates_read(tare_reading *r, const char *prefix, tare_yaml *map, tare_gate_list *out, tare_error *err)
{
	size_t i;

	TARE_TRY(tare_yaml_only(map, tare_gate_keys, err));
	out->gate = tare_arena_array(r->arena, map->count, sizeof *out->gate);
	if (!out->gate)
		return tare_fail_nomem(err);
	for (i = 0; i < map->count; i++)
		TARE_TRY(read_gate(r, prefix, map->keys[i], map->items[i], &out->gate[i], err));
	out->count = map->count;
	return TARE_OK;
}
