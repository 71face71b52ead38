#include "transforms/transform.h"

#include <string.h>

static const tare_transform *const transforms[] = {
#define TRANSFORM(name) &tare_transform_##name,
#include "transforms/transforms.def"
#undef TRANSFORM
};

const tare_transform *tare_transform_at(size_t i)
{
	return i < sizeof transforms / sizeof *transforms ? transforms[i] : NULL;
}

const tare_transform *tare_transform_find(const char *key)
{
	size_t i;

	for (i = 0; tare_transform_at(i); i++)
		if (!strcmp(transforms[i]->key, key))
			return transforms[i];
	return NULL;
}
