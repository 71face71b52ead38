/* type: NAME, or type: {scheme: NAME, ...}. The tensor is stored in that type, or spread over several by that scheme. */
#include "transforms/transform.h"

#include <string.h>

static const char *nearest_type(const char *text)
{
	const char *names[128];
	size_t n;

	for (n = 0; n < 127 && tare_type_at(n); n++)
		names[n] = tare_type_name(tare_type_at(n));
	names[n] = NULL;
	return tare_nearest(text, names);
}

tare_status tare_type_of_yaml(tare_yaml *value, const tare_type **out, tare_error *err)
{
	const char *near;

	*out = NULL;
	if (value->kind != TARE_YAML_SCALAR || !value->text.len)
		return tare_yaml_fail(value, err, "expected the name of a type such as q6_K, not %s", TARE_YAML_SHOW(value));
	if (strlen(value->text.ptr) == value->text.len)
		*out = tare_type_find(value->text.ptr);
	if (*out) {
		value->text = tare_str_of(tare_type_name(*out));
		value->quoted = false;
		return TARE_OK;
	}
	near = nearest_type(value->text.ptr);
	return tare_yaml_fail(value, err, "no type is called %s%s%s (tare-recipe(5) lists them)", TARE_YAML_SHOW(value),
			      near ? ": did you mean " : "", near ? near : "");
}

static tare_status check(tare_yaml *value, tare_error *err)
{
	const tare_type *type;
	tare_scheme_spec spec;

	if (value->kind == TARE_YAML_MAP)
		return tare_scheme_of_yaml(value, &spec, err);
	return tare_type_of_yaml(value, &type, err);
}

static tare_status apply(const tare_yaml *value, tare_planned *t, tare_error *err)
{
	t->decided = true;
	if (value->kind == TARE_YAML_MAP)
		return tare_scheme_of_yaml(value, &t->spread, err);
	t->type = tare_type_find(value->text.ptr);
	return TARE_OK;
}

const tare_transform tare_transform_type = { "type", "store it in this type, or by this scheme", TARE_TRANSFORM_SETTLES, check, apply };
