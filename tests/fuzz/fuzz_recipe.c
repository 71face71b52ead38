/* Recipes: parsing is bounded and clean, and what is printed is the same recipe again. */
#include "tare.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *once = NULL, *twice = NULL;
	tare_recipe *r, *again;

	if (tare_recipe_parse(&r, (const char *)data, size, "fuzz", NULL) != TARE_OK)
		return 0;
	if (tare_recipe_print(r, &once, NULL) != TARE_OK)
		abort();
	if (tare_recipe_parse(&again, once, strlen(once), "again", NULL) != TARE_OK)
		abort();
	if (tare_recipe_print(again, &twice, NULL) != TARE_OK || strcmp(once, twice))
		abort();
	free(once);
	free(twice);
	tare_recipe_free(again);
	tare_recipe_free(r);
	return 0;
}
