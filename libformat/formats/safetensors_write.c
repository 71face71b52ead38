/* The header of a safetensors file, as the reference writes it: compact JSON, __metadata__ first, tensors in the order of their bytes,
 * filled up with spaces to a multiple of 8; and the index of a set, as huggingface_hub writes it. */
#include "formats/safetensors.h"

#include "base/escape.h"

#include <stdlib.h>
#include <string.h>

/* ---- one entry ---- */

/* A type of the format stands as itself, any other as U8 in rows of bytes. */
static tare_status put_dims(const tare_tensor *t, tare_sink *s, tare_error *err)
{
	bool native = t->type && tare_st_dtype_of(t->type);
	uint64_t rows = tare_tensor_rows(t);
	bool by_row = native || (t->n_dims && rows && t->size % rows == 0);
	uint32_t i;

	if (!by_row)
		return tare_json_put_u64(s, t->size, err);
	for (i = 0; i < t->n_dims; i++) {
		if (i)
			TARE_TRY(tare_json_put_text(s, ",", err));
		TARE_TRY(tare_json_put_u64(s, !native && i + 1 == t->n_dims ? t->size / rows : t->dim[i], err));
	}
	return TARE_OK;
}

static tare_status put_stored_name(tare_str name, tare_sink *s, tare_error *err)
{
	tare_arena scratch = { 0 };
	tare_str stored = tare_st_stored_name(&scratch, name);
	tare_status st = stored.ptr ? tare_json_put_string(s, stored, err) : tare_fail_nomem(err);

	tare_arena_free(&scratch);
	return st;
}

static tare_status put_tensor(const tare_model *out, const tare_tensor *t, tare_sink *s, tare_error *err)
{
	uint64_t begin = t->offset - out->files[t->file].data_offset;

	TARE_TRY(put_stored_name(t->name, s, err));
	TARE_TRY(tare_json_put_text(s, ":{\"dtype\":\"", err));
	TARE_TRY(tare_json_put_text(s, tare_st_dtype_in_file(t)->name, err));
	TARE_TRY(tare_json_put_text(s, "\",\"shape\":[", err));
	TARE_TRY(put_dims(t, s, err));
	TARE_TRY(tare_json_put_text(s, "],\"data_offsets\":[", err));
	TARE_TRY(tare_json_put_u64(s, begin, err));
	TARE_TRY(tare_json_put_text(s, ",", err));
	TARE_TRY(tare_json_put_u64(s, begin + t->size, err));
	return tare_json_put_text(s, "]}", err);
}

/* ---- __metadata__ ---- */

static tare_status put_into_string(void *ctx, const void *bytes, size_t size, tare_error *err)
{
	return tare_json_put_escaped(ctx, (tare_str){ bytes, size }, err);
}

/* The note is JSON within a JSON string. */
static tare_status put_note(const tare_model *out, tare_sink *s, tare_error *err)
{
	tare_sink inner = { .put = put_into_string, .ctx = s };

	TARE_TRY(tare_json_put_text(s, "\"" TARE_ST_NOTE "\":\"", err));
	TARE_TRY(tare_st_put_note(out, &inner, err));
	return tare_json_put_text(s, "\"", err);
}

/* Plain text stands in every file of a set, as huggingface_hub has it, unless there is a note: then the first file has everything. */
static tare_status put_metadata(const tare_model *out, uint32_t file, bool *any, tare_sink *s, tare_error *err)
{
	bool note = tare_st_needs_note(out);
	size_t i;

	*any = false;
	for (i = 0; i < out->n_meta && (!note || !file); i++) {
		const tare_entry *e = &out->meta[i];

		if (note && (!tare_st_is_plain(e) || tare_str_eq(e->key, tare_str_of(TARE_ST_NOTE))))
			continue;
		TARE_TRY(tare_json_put_text(s, *any ? "," : "\"__metadata__\":{", err));
		TARE_TRY(tare_json_put_string(s, e->key, err));
		TARE_TRY(tare_json_put_text(s, ":", err));
		TARE_TRY(tare_json_put_string(s, e->value.as.string, err));
		*any = true;
	}
	if (note && !file) {
		TARE_TRY(tare_json_put_text(s, *any ? "," : "\"__metadata__\":{", err));
		TARE_TRY(put_note(out, s, err));
		*any = true;
	}
	return *any ? tare_json_put_text(s, "}", err) : TARE_OK;
}

/* ---- the order of data ---- */

static int canonical(const void *pa, const void *pb, void *model)
{
	const tare_model *m = model;

	return tare_st_compare(&m->tensors[*(const size_t *)pa], &m->tensors[*(const size_t *)pb]);
}

/* Indices of n tensors from the first-th, file after file, in the order of their bytes; NULL when memory is short. */
static size_t *in_order(const tare_model *out, size_t first, size_t n)
{
	size_t *order = malloc((n + 1) * sizeof *order);
	size_t i;

	for (i = 0; order && i < n; i++)
		order[i] = first + i;
	if (order && n)
		qsort_r(order, n, sizeof *order, canonical, (void *)(uintptr_t)out);
	return order;
}

/* ---- header ---- */

static tare_status put_json(const tare_model *out, uint32_t file, const size_t *order, size_t n, tare_sink *s, tare_error *err)
{
	bool any;
	size_t i;

	TARE_TRY(tare_json_put_text(s, "{", err));
	TARE_TRY(put_metadata(out, file, &any, s, err));
	for (i = 0; i < n; i++) {
		if (any || i)
			TARE_TRY(tare_json_put_text(s, ",", err));
		TARE_TRY(put_tensor(out, &out->tensors[order[i]], s, err));
	}
	TARE_TRY(tare_json_put_text(s, "}", err));
	return tare_sink_align(s, 8, ' ', err);
}

static bool is_index(const tare_model *out, uint32_t file)
{
	return out->n_files > 1 && file == out->n_files - 1;
}

tare_status tare_st_header(const tare_model *out, uint32_t file, tare_sink *sink, tare_error *err)
{
	size_t first, n, *order;
	tare_status st;

	if (is_index(out, file))
		return tare_st_put_index(out, sink, err);
	n = tare_model_tensors_of_file(out, file, &first);
	order = in_order(out, first, n);
	if (!order)
		return tare_fail_nomem(err);
	sink->big = false;
	st = tare_sink_u64(sink, out->files[file].data_offset - 8, err);
	if (st == TARE_OK)
		st = put_json(out, file, order, n, sink, err);
	free(order);
	return st;
}

/* ---- layout ---- */

/* Which file each tensor goes into: in the model's order, a new one when the next would make it too large. */
static tare_status assign_files(tare_model *out, const tare_layout_options *opt, uint32_t *n_files, tare_error *err)
{
	uint64_t size = 0, count = 0;
	size_t i;

	*n_files = 1;
	for (i = 0; i < out->n_tensors; i++) {
		tare_tensor *t = &out->tensors[i];
		uint64_t with;
		bool over = __builtin_add_overflow(size, t->size, &with) || with > INT64_MAX - (1ull << 32);

		if ((opt->split_size && (over || with > opt->split_size)) || (opt->split_count && count >= opt->split_count)) {
			*n_files += count > 0;
			size = count = 0;
			with = t->size;
			over = with > INT64_MAX - (1ull << 32);
		}
		if (over)
			return tare_fail(err, TARE_E_UNSUPPORTED, TARE_NOWHERE, "tensor '%s' would end beyond 2^63 bytes", TARE_SHOW(t->name));
		t->file = *n_files - 1;
		size = with;
		count++;
	}
	return TARE_OK;
}

static tare_status check_tensor(tare_model *out, const tare_tensor *t, tare_error *err)
{
	tare_str stored = tare_st_stored_name(&out->arena, t->name);

	if (!stored.ptr)
		return tare_fail_nomem(err);
	if (stored.ptr != t->name.ptr && tare_model_tensor_index(out, stored) != SIZE_MAX)
		return tare_fail(err, TARE_E_UNSUPPORTED, TARE_NOWHERE,
				 "tensor '%s': its name would be stored as '%s', which another tensor has; rename one of them in the recipe",
				 TARE_SHOW(t->name), TARE_SHOW(stored));
	if (!t->type && t->count && !t->size)
		return tare_fail(err, TARE_E_UNSUPPORTED, TARE_NOWHERE,
				 "tensor '%s': type %u is not known, and where its bytes end neither; drop it in the recipe",
				 TARE_SHOW(t->name), t->type_id);
	return TARE_OK;
}

/* Places of a file's tensors, from 0. Returns how many of order belong to it. */
static size_t place_tensors(tare_model *out, uint32_t file, const size_t *order, size_t n)
{
	uint64_t at = 0;
	size_t i;

	for (i = 0; i < n && out->tensors[order[i]].file == file; i++) {
		out->tensors[order[i]].offset = at;
		at += out->tensors[order[i]].size;
	}
	return i;
}

static tare_status place_file(tare_model *out, uint32_t file, const size_t *order, size_t n, tare_error *err)
{
	tare_file *f = &out->files[file];
	tare_sink counter = { 0 };
	size_t i;

	f->data_offset = f->size = 0;
	TARE_TRY(put_json(out, file, order, n, &counter, err));
	if (counter.count > TARE_ST_HEADER_MAX)
		return tare_fail(err, TARE_E_UNSUPPORTED, TARE_NOWHERE,
				 "the header would have %llu bytes: safetensors allows %u; remove metadata or split the model",
				 (unsigned long long)counter.count, TARE_ST_HEADER_MAX);
	f->size = f->data_offset = 8 + counter.count;
	for (i = 0; i < n; i++) {
		tare_tensor *t = &out->tensors[order[i]];

		t->offset += f->data_offset;
		f->size = t->offset + t->size;
	}
	return TARE_OK;
}

static tare_status place_all(tare_model *out, uint32_t n_files, tare_error *err)
{
	tare_status st = TARE_OK;
	size_t n = out->n_tensors, at = 0, here;
	size_t *order = in_order(out, 0, n);
	tare_sink counter = { 0 };
	uint32_t i;

	if (!order)
		return tare_fail_nomem(err);
	for (i = 0; st == TARE_OK && i < n_files; i++, at += here) {
		here = place_tensors(out, i, order + at, n - at);
		st = place_file(out, i, order + at, here, err);
	}
	free(order);
	if (st != TARE_OK || n_files == 1)
		return st;
	TARE_TRY(tare_st_put_index(out, &counter, err));
	out->files[n_files].size = out->files[n_files].data_offset = counter.count;
	return TARE_OK;
}

tare_status tare_st_layout(tare_model *out, const tare_layout_options *opt, tare_error *err)
{
	uint32_t n_files;
	size_t i;

	out->version = 0;
	out->alignment = 1;
	if (out->big_endian && !out->home_big)
		return tare_fail(err, TARE_E_UNSUPPORTED, TARE_NOWHERE, "safetensors is always little-endian");
	out->big_endian = false;
	for (i = 0; i < out->n_tensors; i++)
		TARE_TRY(check_tensor(out, &out->tensors[i], err));
	TARE_TRY(assign_files(out, opt, &n_files, err));
	TARE_TRY(tare_st_name_files(out, opt->path ? opt->path : "model.safetensors", n_files, err));
	return place_all(out, n_files, err);
}
