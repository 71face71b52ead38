/* A set of files: model-00001-of-00003.safetensors ... and model.safetensors.index.json, as huggingface_hub writes them. */
#include "formats/safetensors.h"

#include "base/escape.h"

#include <stdlib.h>
#include <string.h>

static bool all_digits(const char *p, size_t n)
{
	while (n && *p >= '0' && *p <= '9')
		p++, n--;
	return !n;
}

/* Without "-00001-of-00003", if it ends so. */
static size_t strip_number(const char *path, size_t len)
{
	const char *p = path + len - 15;

	return len > 15 && p[0] == '-' && all_digits(p + 1, 5) && !memcmp(p + 6, "-of-", 4) && all_digits(p + 10, 5) ? len - 15 : len;
}

static size_t strip_suffix(const char *path, size_t len)
{
	size_t bare = tare_strip_ending(path, len, tare_format_safetensors.suffix);

	return bare < len ? bare : tare_strip_ending(path, len, tare_format_safetensors.also);
}

size_t tare_st_shard_prefix(const char *path)
{
	size_t bare = tare_strip_ending(path, strlen(path), ".zst"), name = tare_strip_ending(path, bare, ".safetensors");
	size_t prefix = strip_number(path, name);

	return name < bare && prefix < name ? prefix : 0;
}

static tare_status add_file(tare_model *out, char *path, tare_error *err)
{
	tare_status st = path ? tare_model_add_file(out, path, NULL, err) : tare_fail_nomem(err);

	free(path);
	return st;
}

static char *text_of(const char *prefix, size_t len, const char *rest)
{
	char *p = malloc(len + strlen(rest) + 1);

	if (p) {
		memcpy(p, prefix, len);
		strcpy(p + len, rest);
	}
	return p;
}

tare_status tare_st_name_files(tare_model *out, const char *path, uint32_t n, tare_error *err)
{
	size_t len = strlen(path), bare = tare_strip_ending(path, len, ".zst");
	size_t prefix = strip_number(path, strip_suffix(path, bare));
	char rest[64];
	uint32_t i;

	for (; out->n_files; out->n_files--)
		free(out->files[out->n_files - 1].path);
	if (n == 1)
		return tare_model_add_file(out, path, NULL, err);
	if (!strcmp(path, "-"))
		return tare_fail(err, TARE_E_ARG, TARE_NOWHERE, "shards have names and cannot go to standard output");
	if (n > 99999)
		return tare_fail(err, TARE_E_UNSUPPORTED, TARE_NOWHERE, "%u shards: their names count to 99999; allow larger ones", n);
	for (i = 1; i <= n; i++) {
		snprintf(rest, sizeof rest, "-%05u-of-%05u.safetensors%s", i, n, bare == len ? "" : ".zst");
		TARE_TRY(add_file(out, text_of(path, prefix, rest), err));
	}
	return add_file(out, text_of(path, prefix, ".safetensors.index.json"), err);
}

static int by_name(const void *pa, const void *pb, void *model)
{
	const tare_model *m = model;

	return tare_str_cmp(m->tensors[*(const size_t *)pa].name, m->tensors[*(const size_t *)pb].name);
}

static tare_status put_line(const tare_model *out, const tare_tensor *t, tare_sink *s, tare_error *err)
{
	tare_arena scratch = { 0 };
	tare_str stored = tare_st_stored_name(&scratch, t->name);
	tare_status st = stored.ptr ? TARE_OK : tare_fail_nomem(err);

	if (st == TARE_OK)
		st = tare_json_put_text(s, "    ", err);
	if (st == TARE_OK)
		st = tare_json_put_string(s, stored, err);
	if (st == TARE_OK)
		st = tare_json_put_text(s, ": ", err);
	if (st == TARE_OK)
		st = tare_json_put_string(s, tare_st_base_name(out->files[t->file].path), err);
	tare_arena_free(&scratch);
	return st;
}

static tare_status put_lines(const tare_model *out, const size_t *order, tare_sink *s, tare_error *err)
{
	uint64_t total = 0;
	size_t i;

	for (i = 0; i < out->n_tensors; i++)
		total += out->tensors[i].size;
	TARE_TRY(tare_json_put_text(s, "{\n  \"metadata\": {\n    \"total_size\": ", err));
	TARE_TRY(tare_json_put_u64(s, total, err));
	TARE_TRY(tare_json_put_text(s, "\n  },\n  \"weight_map\": {\n", err));
	for (i = 0; i < out->n_tensors; i++) {
		TARE_TRY(put_line(out, &out->tensors[order[i]], s, err));
		TARE_TRY(tare_json_put_text(s, i + 1 < out->n_tensors ? ",\n" : "\n", err));
	}
	return tare_json_put_text(s, "  }\n}\n", err);
}

tare_status tare_st_put_index(const tare_model *out, tare_sink *s, tare_error *err)
{
	size_t *order = malloc((out->n_tensors + 1) * sizeof *order);
	tare_status st;
	size_t i;

	if (!order)
		return tare_fail_nomem(err);
	for (i = 0; i < out->n_tensors; i++)
		order[i] = i;
	if (out->n_tensors)
		qsort_r(order, out->n_tensors, sizeof *order, by_name, (void *)(uintptr_t)out);
	st = put_lines(out, order, s, err);
	free(order);
	return st;
}
