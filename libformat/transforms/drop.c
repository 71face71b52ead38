/* drop: true. The tensor is left out of the result. */
#include "transforms/transform.h"

static tare_status check(tare_yaml *value, tare_error *err)
{
	bool drop;

	TARE_TRY(tare_yaml_bool(value, &drop, err));
	return drop ? TARE_OK : tare_yaml_fail(value, err, "drop: false says nothing: leave it out");
}

static tare_status apply(const tare_yaml *value, tare_planned *t, tare_error *err)
{
	(void)value;
	(void)err;
	t->drop = true;
	return TARE_OK;
}

const tare_transform tare_transform_drop = { "drop", "true: leave it out", TARE_TRANSFORM_SETTLES | TARE_TRANSFORM_ALONE, check, apply };
