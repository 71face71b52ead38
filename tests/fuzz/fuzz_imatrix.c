/* Importance matrices from memory, in both forms: whatever opens is read as one, and what is one is measured, added to itself, and rendered
 * in the other form. */
#include "../walk.h"

#include "model/imatrix.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static volatile uint64_t keep;

static void use(tare_imatrix *im)
{
	static const char *const forms[] = { "gguf", "imatrix-dat" };
	tare_imatrix *twice[] = { im, im };
	tare_imatrix_entry e;
	tare_imatrix_written w;
	size_t i;

	for (i = 0; tare_imatrix_entry_at(im, i, &e); i++)
		keep += walk_bytes(&e, sizeof e);
	for (i = 0; i < 2; i++) {
		tare_error err = TARE_ERROR_INIT;
		const tare_imatrix_write_options opt = { .to = forms[i] };

		if (tare_imatrix_write(twice, 2, NULL, &opt, &w, &err) == TARE_OK)
			keep += w.bytes;
		else
			keep += walk_bytes(err.message, strlen(err.message));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	tare_error err = TARE_ERROR_INIT;
	tare_imatrix *im;
	tare_model *m;

	if (tare_open_memory(&m, bytes, size, NULL, &err) != TARE_OK)
		return 0;
	if (tare_imatrix_read(&im, m, &err) == TARE_OK)
		use(im);
	else
		keep += walk_bytes(err.message, strlen(err.message));
	tare_imatrix_free(im);
	tare_close(m);
	return 0;
}
