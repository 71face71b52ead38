/* The bytes behind tests/golden/types.tsv, with nothing but libformat/types and the C library: files FOLDER/TYPE.COLUMN. TARE_CPU chooses the
 * instruction sets. */
#include "unit/golden_types.h"

#include <stdio.h>

static const char *folder;

/* Takes bytes over; NULL: there is nothing to write. */
static void put(const char *type, const char *column, void *bytes, size_t size)
{
	char path[4096];
	FILE *f;

	snprintf(path, sizeof path, "%s/%s.%s", folder, type, column);
	f = bytes ? fopen(path, "wb") : NULL;
	if (bytes && (!f || fwrite(bytes, 1, size, f) != size || fclose(f))) {
		perror(path);
		exit(1);
	}
	free(bytes);
}

int main(int argc, char **argv)
{
	const tare_type *t;
	size_t i;

	if (argc != 2)
		return 2;
	folder = argv[1];
	for (i = 0; (t = tare_type_at(i)); i++) {
		put(t->name, "encoded", golden_encoded(t, tare_type_encode(t), NULL), golden_size(t));
		put(t->name, "encoded_weighted", golden_encoded(t, tare_type_encode(t), golden_importances()), golden_size(t));
		put(t->name, "decoded", golden_decoded(t, tare_type_decode(t)), GOLDEN_VALUES * sizeof(float));
	}
	return 0;
}
