/* A value of a known kind ("u32", "arr:str") from JSON text. */
#ifndef TARE_TESTS_JSON_VALUES_H
#define TARE_TESTS_JSON_VALUES_H

#include "model/value_json.h"

#include <string.h>

static inline tare_status value_from_json(tare_model *m, const char *kind, const char *json, tare_value *out, tare_error *err)
{
	tare_arena arena = { 0 };
	tare_status st;
	tare_json j;

	*out = (tare_value){ 0 };
	st = tare_json_start(&j, json, strlen(json), TARE_NOWHERE, "JSON value", &m->limits, &arena, err);
	if (st == TARE_OK)
		st = tare_json_value(&j, m, tare_str_of(kind), out);
	if (st == TARE_OK)
		st = tare_json_end(&j);
	tare_arena_free(&arena);
	return st;
}

#endif
