/* keep: true. The tensor's bytes stay as they are, whatever the base says. */
#include "transforms/transform.h"

static tare_status check(tare_yaml *value, tare_error *err)
{
	bool keep;

	TARE_TRY(tare_yaml_bool(value, &keep, err));
	return keep ? TARE_OK : tare_yaml_fail(value, err, "keep: false says nothing: leave it out");
}

static tare_status apply(const tare_yaml *value, tare_planned *t, tare_error *err)
{
	(void)value;
	(void)err;
	t->type = t->source->type;
	t->decided = true;
	return TARE_OK;
}

const tare_transform tare_transform_keep = { "keep", "true: leave its bytes as they are", TARE_TRANSFORM_SETTLES, check, apply };
