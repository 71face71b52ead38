/* rename: NAME, or rename: {OLD: NEW, ...}. The tensor gets the name, or every OLD in its name becomes NEW, pair after pair. */
#include "transforms/transform.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_NAME = 4096 };

static tare_status check(tare_yaml *value, tare_error *err)
{
	size_t i;

	if (value->kind == TARE_YAML_SCALAR && value->text.len)
		return TARE_OK;
	if (value->kind != TARE_YAML_MAP || !value->count)
		return tare_yaml_fail(value, err, "expected a name, or a map of what to replace by what, not %s", TARE_YAML_SHOW(value));
	for (i = 0; i < value->count; i++) {
		if (!value->keys[i]->text.len)
			return tare_yaml_fail(value->keys[i], err, "nothing cannot be replaced");
		if (value->items[i]->kind != TARE_YAML_SCALAR)
			return tare_yaml_fail(value->items[i], err, "expected text, not %s", TARE_YAML_SHOW(value->items[i]));
	}
	return TARE_OK;
}

/* Every old in name becomes new. */
static tare_status replace(tare_planned *t, tare_str old, tare_str new, tare_error *err)
{
	tare_buffer b = { 0 };
	const char *p = t->name.ptr, *end = p + t->name.len, *hit;
	tare_status st = TARE_OK;

	while (st == TARE_OK && b.size <= MAX_NAME && (hit = memmem(p, (size_t)(end - p), old.ptr, old.len))) {
		st = tare_buffer_put(&b, p, (size_t)(hit - p), err);
		if (st == TARE_OK)
			st = tare_buffer_put(&b, new.ptr, new.len, err);
		p = hit + old.len;
	}
	if (st == TARE_OK)
		st = tare_buffer_put(&b, p, (size_t)(end - p), err);
	if (st == TARE_OK && b.size > MAX_NAME)
		st = tare_fail(err, TARE_E_LIMIT, TARE_NOWHERE, "tensor %s: its new name is longer than %d bytes", TARE_SHOW(t->source->name),
			       MAX_NAME);
	if (st == TARE_OK) {
		t->name = tare_arena_copy(&t->out->arena, b.bytes, b.size);
		st = t->name.ptr ? TARE_OK : tare_fail_nomem(err);
	}
	free(b.bytes);
	return st;
}

static tare_status apply(const tare_yaml *value, tare_planned *t, tare_error *err)
{
	size_t i;

	if (value->kind == TARE_YAML_SCALAR) {
		t->name = tare_arena_copy(&t->out->arena, value->text.ptr, value->text.len);
		return t->name.ptr ? TARE_OK : tare_fail_nomem(err);
	}
	for (i = 0; i < value->count; i++)
		if (memmem(t->name.ptr, t->name.len, value->keys[i]->text.ptr, value->keys[i]->text.len))
			TARE_TRY(replace(t, value->keys[i]->text, value->items[i]->text, err));
	if (!t->name.len)
		return tare_yaml_fail(value, err, "nothing is left of the name of tensor %s", TARE_SHOW(t->source->name));
	return TARE_OK;
}

const tare_transform tare_transform_rename = { "rename", "its new name, or a map of what in its name becomes what", 0, check, apply };
