/* GGUF from memory, in both readings: whatever opens is walked, laid out and rendered again, whole and in shards. */
#include "../walk.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static volatile uint64_t keep;

static void one(const uint8_t *bytes, size_t size, bool strict)
{
	const tare_open_options opt = { .from = "gguf", .strict = strict };
	const tare_layout_options whole = { .path = "x.gguf" }, shards = { .path = "x.gguf", .split_size = 64 };
	tare_error err = TARE_ERROR_INIT;
	tare_model *m;

	if (tare_open_memory(&m, bytes, size, &opt, &err) != TARE_OK) {
		keep += walk_bytes(err.message, strlen(err.message));
		return;
	}
	keep += walk_model(m);
	if (m->n_tensors <= 1000) {
		relayout(m, tare_format_find("gguf"), &whole, &err);
		relayout(m, tare_format_find("gguf"), &shards, NULL);
	}
	tare_close(m);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	one(bytes, size, false);
	one(bytes, size, true);
	return 0;
}
