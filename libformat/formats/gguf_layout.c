/* Gives an outline its files and offsets, as llama.cpp does: tensors in order, each padded to the alignment, also the last. Shards are cut
 * where llama-gguf-split cuts them. */
#include "base/checked.h"
#include "base/escape.h"
#include "formats/gguf.h"

#include <stdlib.h>
#include <string.h>

static tare_status take_alignment(tare_model *out, tare_error *err)
{
	tare_value v;

	out->alignment = TARE_GGUF_ALIGNMENT;
	if (!tare_model_find(out, TARE_GGUF_KEY_ALIGNMENT, &v))
		return TARE_OK;
	if (v.kind != TARE_U32 || !tare_is_power_of_two(v.as.u))
		return tare_fail(err, TARE_E_UNSUPPORTED, TARE_NOWHERE,
				 "general.alignment must be a u32 and a power of two for llama.cpp to read it; set it to 32, or remove it");
	if (v.as.u > 1 << 26)
		return tare_fail(err, TARE_E_UNSUPPORTED, TARE_NOWHERE, "general.alignment is %llu: every tensor would be padded to that; set "
				 "it to 32, or remove it", (unsigned long long)v.as.u);
	out->alignment = v.as.u;
	return TARE_OK;
}

static tare_status check_tensor(tare_model *out, const tare_tensor *t, tare_error *err)
{
	if (t->n_dims > TARE_GGUF_DIMS)
		return tare_fail(err, TARE_E_UNSUPPORTED, TARE_NOWHERE, "tensor '%s' has %u dimensions and GGUF holds at most %d; "
				 "drop it or write safetensors", TARE_SHOW(t->name), t->n_dims, TARE_GGUF_DIMS);
	if (t->type && t->type->gguf_id < 0)
		return tare_fail(err, TARE_E_UNSUPPORTED, TARE_NOWHERE, "tensor '%s': GGUF cannot hold type %s; choose another type for it "
				 "in the recipe, such as f16 or i32, or write safetensors", TARE_SHOW(t->name), t->type->name);
	if (!t->type && t->count && !t->size)
		return tare_fail(err, TARE_E_UNSUPPORTED, TARE_NOWHERE, "tensor '%s': type %u is not known, and where its bytes end neither; "
				 "drop it in the recipe", TARE_SHOW(t->name), t->type_id);
	if (t->name.len >= TARE_GGUF_NAME)
		tare_model_warn(out, "tensor '%s': the name is longer than the 63 bytes llama.cpp reads", TARE_SHOW(t->name));
	return TARE_OK;
}

static bool starts_file(const tare_layout_options *opt, size_t in_file, uint64_t size_with, bool changes)
{
	if (!in_file)
		return false;
	if (opt->keep_split)
		return changes;
	return (opt->split_count && in_file >= opt->split_count) || (opt->split_size && size_with > opt->split_size);
}

/* File and offset, counted from the start of the payload, for each tensor. totals: payload bytes of each file. */
static tare_status assign(tare_model *out, const tare_layout_options *opt, uint64_t *totals, uint32_t *n_files, tare_error *err)
{
	uint64_t total = 0, end;
	size_t i, in_file = 0;
	uint32_t file = 0, before = 0, from;

	for (i = 0; i < out->n_tensors; i++, before = from) {
		tare_tensor *t = &out->tensors[i];

		from = t->file;
		TARE_TRY(check_tensor(out, t, err));
		if (!tare_align_up(t->size, out->alignment, &end) || !tare_add(total, end, &end) || end > INT64_MAX)
			return tare_fail(err, TARE_E_UNSUPPORTED, TARE_NOWHERE, "tensor '%s' would end beyond 2^63 - 1 bytes",
					 TARE_SHOW(t->name));
		if (starts_file(opt, in_file, end, from != before)) {
			file++;
			end -= total;
			total = 0;
			in_file = 0;
		}
		t->file = file;
		t->offset = total;
		totals[file] = total = end;
		in_file++;
	}
	*n_files = file + 1;
	return TARE_OK;
}

static tare_status name_shards(tare_model *out, const char *path, uint32_t n, tare_error *err)
{
	tare_gguf_name name = tare_gguf_name_for(path);
	tare_status st = TARE_OK;
	uint32_t i;

	if (!strcmp(path, "-"))
		return tare_fail(err, TARE_E_ARG, TARE_NOWHERE, "shards have names and cannot go to standard output");
	if (n > UINT16_MAX || out->n_tensors > INT32_MAX)
		return tare_fail(err, TARE_E_UNSUPPORTED, TARE_NOWHERE, "%u shards: GGUF counts at most %d; allow larger ones", n, UINT16_MAX);
	name.count = n;
	for (i = 1; i <= n && st == TARE_OK; i++) {
		char *file = tare_gguf_name_make(path, &name, i);

		st = file ? tare_model_add_file(out, file, NULL, err) : tare_fail_nomem(err);
		free(file);
	}
	return st;
}

/* In the order that llama-gguf-split leaves behind; of kept files, llama-quantize. */
static tare_status set_split_keys(tare_model *out, uint32_t n, bool kept, tare_error *err)
{
	const tare_value no = { .kind = TARE_U16 }, count = { .kind = TARE_U16, .as.u = n };
	const tare_value tensors = { .kind = TARE_I32, .as.i = (int64_t)out->n_tensors };

	tare_model_remove(out, TARE_GGUF_KEY_SPLIT_NO);
	tare_model_remove(out, TARE_GGUF_KEY_SPLIT_COUNT);
	tare_model_remove(out, TARE_GGUF_KEY_SPLIT_TENSORS);
	TARE_TRY(tare_model_set(out, TARE_GGUF_KEY_SPLIT_NO, &no, err));
	if (kept)
		TARE_TRY(tare_model_set(out, TARE_GGUF_KEY_SPLIT_COUNT, &count, err));
	TARE_TRY(tare_model_set(out, TARE_GGUF_KEY_SPLIT_TENSORS, &tensors, err));
	return kept ? TARE_OK : tare_model_set(out, TARE_GGUF_KEY_SPLIT_COUNT, &count, err);
}

static tare_status add_files(tare_model *out, const tare_layout_options *opt, uint32_t n, tare_error *err)
{
	const char *path = opt->path ? opt->path : "model.gguf";

	for (; out->n_files; out->n_files--)
		free(out->files[out->n_files - 1].path);
	if (!opt->split_size && !opt->split_count && !(opt->keep_split && n > 1))
		return tare_model_add_file(out, path, NULL, err);
	TARE_TRY(name_shards(out, path, n, err));
	return set_split_keys(out, n, opt->keep_split, err);
}

/* A file without tensors needs no padding: llama-gguf-split pads it, gguf-py, which writes vocabularies, does not. As they do, so that
 * their files are the same when written again. */
static bool is_padded(const tare_model *out)
{
	return out->n_tensors || tare_strmap_find(&out->by_key, tare_str_of(TARE_GGUF_KEY_SPLIT_NO)) != SIZE_MAX;
}

/* Sizes of headers, and with them the places in the files. */
static tare_status place(tare_model *out, const uint64_t *totals, tare_error *err)
{
	uint64_t alignment = is_padded(out) ? out->alignment : 1;
	size_t i;

	for (i = 0; i < out->n_files; i++) {
		tare_file *f = &out->files[i];
		tare_sink count = { 0 };

		TARE_TRY(tare_gguf_records(out, (uint32_t)i, &count, err));
		if (!tare_align_up(count.count, alignment, &f->data_offset) || !tare_add(f->data_offset, totals[i], &f->size))
			return tare_fail(err, TARE_E_UNSUPPORTED, TARE_NOWHERE, "the file would be larger than 2^64 - 1 bytes");
	}
	for (i = 0; i < out->n_tensors; i++)
		out->tensors[i].offset += out->files[out->tensors[i].file].data_offset;
	return TARE_OK;
}

tare_status tare_gguf_layout(tare_model *out, const tare_layout_options *opt, tare_error *err)
{
	uint64_t *totals = calloc(out->n_tensors + 1, sizeof *totals);
	uint32_t n_files = 1;
	tare_status st;

	if (!totals)
		return tare_fail_nomem(err);
	out->version = TARE_GGUF_VERSION;
	st = take_alignment(out, err);
	if (st == TARE_OK)
		st = assign(out, opt, totals, &n_files, err);
	if (st == TARE_OK)
		st = add_files(out, opt, n_files, err);
	if (st == TARE_OK)
		st = place(out, totals, err);
	free(totals);
	return st;
}
