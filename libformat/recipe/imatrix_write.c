/* Importance matrices added up and written, in the bytes of llama-imatrix: as GGUF, or in the older form. One target, a strip of values at
 * a time. */
#include "base/escape.h"
#include "formats/imatrix_dat.h"
#include "io/target.h"
#include "model/imatrix_sum.h"
#include "model/scan.h"

#include <stdlib.h>
#include <string.h>

enum { STRIP = 4096 };

typedef struct writer {
	tare_imatrix_sum sum;
	tare_sink *sink;
	float values[STRIP], scratch[STRIP];
} writer;

static tare_status put_floats(tare_sink *s, const float *x, size_t n, tare_error *err)
{
	uint8_t bytes[STRIP * sizeof *x];
	size_t i;

	for (i = 0; i < n; i++)
		tare_put32(bytes + i * sizeof *x, tare_bits_of_f32(x[i]), false);
	return tare_sink_put(s, bytes, n * sizeof *x, err);
}

/* ---- GGUF ---- */

/* Not by printf, whose lengths are ints. ptr is NULL when memory is short. */
static tare_str name_of(tare_arena *arena, tare_str weight, const char *suffix)
{
	size_t n = strlen(suffix);
	char *p = tare_arena_alloc(arena, weight.len + n + 1);

	if (!p)
		return (tare_str){ NULL, 0 };
	memcpy(p, weight.ptr, weight.len);
	memcpy(p + weight.len, suffix, n);
	return (tare_str){ p, weight.len + n };
}

/* llama-imatrix writes slices only where there are several. */
static tare_status add_tensor(tare_model *out, const tare_sum_entry *e, const char *suffix, uint64_t cols, tare_error *err)
{
	tare_str name = name_of(&out->arena, e->name, suffix);
	uint64_t *dim = tare_arena_array(&out->arena, 2, sizeof *dim);
	tare_tensor t = { .type = &tare_type_f32, .n_dims = e->slices > 1 ? 2 : 1, .dim = dim };

	if (!name.ptr || !dim)
		return tare_fail_nomem(err);
	t.name = name;
	dim[0] = e->slices > 1 ? e->slices : cols;
	dim[1] = cols;
	tare_tensor_measure(&t);
	return tare_model_add_tensor(out, &t, TARE_NOWHERE, err);
}

static tare_status add_datasets(tare_model *out, const tare_imatrix_sum *s, tare_error *err)
{
	tare_array_builder b = { .kind = TARE_STRING };
	tare_status st = TARE_OK;
	tare_array_iter it;
	tare_value v;
	size_t i;

	for (i = 0; i < s->n_parts; i++) {
		tare_array_start(&it, &s->parts[i]->datasets.as.array);
		while (st == TARE_OK && tare_array_next(&it, &v))
			st = tare_array_add(&b, &v, err);
	}
	if (st == TARE_OK)
		st = tare_array_finish(&b, out, &v, err);
	free(b.bytes.bytes);
	return st == TARE_OK ? tare_model_set(out, TARE_IMATRIX_DATASETS, &v, err) : st;
}

static tare_status fill_outline(tare_model *out, const tare_imatrix_sum *s, tare_error *err)
{
	size_t i;

	TARE_TRY(tare_model_set_text(out, TARE_IMATRIX_TYPE, "imatrix", err));
	TARE_TRY(add_datasets(out, s, err));
	TARE_TRY(tare_model_set_u32(out, TARE_IMATRIX_CHUNK_COUNT, (uint32_t)s->chunks, err));
	TARE_TRY(tare_model_set_u32(out, TARE_IMATRIX_CHUNK_SIZE, (uint32_t)s->chunk_size, err));
	for (i = 0; i < s->n_entries; i++) {
		const tare_sum_entry *e = &s->entries[i];

		if (memchr(e->name.ptr, 0, e->name.len))
			return tare_fail(err, TARE_E_DATA, TARE_NOWHERE, "entry '%s': the name holds a NUL", TARE_SHOW(e->name));
		TARE_TRY(add_tensor(out, e, TARE_IMATRIX_SUMS, e->values / e->slices, err));
		TARE_TRY(add_tensor(out, e, TARE_IMATRIX_COUNTS, 1, err));
	}
	return out->format->layout(out, &(tare_layout_options){ .path = "imatrix.gguf" }, err);
}

static tare_status put_sums(writer *w, const tare_sum_entry *e, tare_error *err)
{
	uint64_t at;
	size_t n;

	for (at = 0; at < e->values; at += n) {
		n = e->values - at < STRIP ? (size_t)(e->values - at) : STRIP;
		TARE_TRY(tare_sum_values(&w->sum, e, at, n, w->values, w->scratch, err));
		TARE_TRY(put_floats(w->sink, w->values, n, err));
	}
	return TARE_OK;
}

static tare_status put_counts(writer *w, const tare_sum_entry *e, tare_error *err)
{
	uint64_t slice;
	float count;

	for (slice = 0; slice < e->slices; slice++) {
		count = (float)tare_sum_count(&w->sum, e, slice);
		TARE_TRY(put_floats(w->sink, &count, 1, err));
	}
	return TARE_OK;
}

static tare_status put_gguf(writer *w, const tare_model *out, tare_error *err)
{
	size_t i;

	TARE_TRY(out->format->header(out, 0, w->sink, err));
	for (i = 0; i < w->sum.n_entries; i++) {
		TARE_TRY(put_sums(w, &w->sum.entries[i], err));
		TARE_TRY(tare_sink_align(w->sink, out->alignment, 0, err));
		TARE_TRY(put_counts(w, &w->sum.entries[i], err));
		TARE_TRY(tare_sink_align(w->sink, out->alignment, 0, err));
	}
	return TARE_OK;
}

static tare_status write_gguf(writer *w, tare_error *err)
{
	tare_model *out;
	tare_status st = tare_model_new(&out, NULL, err);

	if (st != TARE_OK)
		return st;
	out->format = &tare_format_gguf;
	st = fill_outline(out, &w->sum, err);
	if (st == TARE_OK)
		st = put_gguf(w, out, err);
	tare_close(out);
	return st;
}

/* ---- the older form ---- */

static bool has_data(const tare_sum_entry *e)
{
	return e->empty < e->slices;
}

static tare_status check_fit(const tare_sum_entry *e, int64_t calls, tare_error *err)
{
	if (e->values > INT32_MAX || e->name.len > INT32_MAX || calls > INT32_MAX)
		return tare_fail(err, TARE_E_UNSUPPORTED, TARE_NOWHERE, "entry '%s': more than 2^31 - 1 values, calls or bytes of a name, which %s "
				 "cannot hold", TARE_SHOW(e->name), tare_format_imatrix_dat.name);
	return TARE_OK;
}

/* Means times calls; 1 as the mean where there is no data. n values of one slice. */
static void to_means(float *x, size_t n, int64_t count, int32_t calls)
{
	const float by = (float)count, times = (float)calls;
	size_t i;

	for (i = 0; i < n; i++)
		x[i] = (count ? x[i] / by : 1.0f) * times;
}

static tare_status put_means(writer *w, const tare_sum_entry *e, int32_t calls, tare_error *err)
{
	uint64_t cols = e->values / e->slices, slice, at;
	size_t n;

	for (slice = 0; slice < e->slices; slice++) {
		int64_t count = tare_sum_count(&w->sum, e, slice);

		for (at = 0; at < cols; at += n) {
			n = cols - at < STRIP ? (size_t)(cols - at) : STRIP;
			TARE_TRY(tare_sum_values(&w->sum, e, slice * cols + at, n, w->values, w->scratch, err));
			to_means(w->values, n, count, calls);
			TARE_TRY(put_floats(w->sink, w->values, n, err));
		}
	}
	return TARE_OK;
}

static tare_status put_entry(writer *w, const tare_sum_entry *e, tare_error *err)
{
	const int64_t size = w->sum.chunk_size, calls = e->most / size + (e->most % size != 0);

	TARE_TRY(check_fit(e, calls, err));
	TARE_TRY(tare_imatrix_dat_entry(w->sink, e->name, (int32_t)calls, e->values, err));
	return put_means(w, e, (int32_t)calls, err);
}

/* The last dataset of all: the form has room for one. */
static tare_str last_dataset(const tare_imatrix_sum *s)
{
	tare_str last = { "", 0 };
	tare_array_iter it;
	tare_value v;
	size_t i;

	for (i = 0; i < s->n_parts; i++) {
		tare_array_start(&it, &s->parts[i]->datasets.as.array);
		while (tare_array_next(&it, &v))
			last = v.as.string;
	}
	return last;
}

static tare_status write_dat(writer *w, tare_error *err)
{
	size_t i, n = 0;

	for (i = 0; i < w->sum.n_entries; i++)
		n += has_data(&w->sum.entries[i]);
	if (!n)
		return tare_fail(err, TARE_E_DATA, TARE_NOWHERE, "no entry has data (all counts are 0), and %s holds none that has not",
				 tare_format_imatrix_dat.name);
	TARE_TRY(tare_sink_u32(w->sink, (uint32_t)n, err));
	for (i = 0; i < w->sum.n_entries; i++)
		if (has_data(&w->sum.entries[i]))
			TARE_TRY(put_entry(w, &w->sum.entries[i], err));
	return tare_imatrix_dat_end(w->sink, w->sum.chunks, last_dataset(&w->sum), err);
}

/* ---- the target ---- */

static tare_status choose_form(const char *path, const char *to, const tare_format **out, tare_error *err)
{
	*out = to ? tare_format_find(to) : NULL;
	if (!to)
		TARE_TRY(tare_format_to_write(out, NULL, path, &tare_format_gguf, err));
	if (*out == &tare_format_gguf || *out == &tare_format_imatrix_dat)
		return TARE_OK;
	return tare_fail(err, TARE_E_ARG, TARE_NOWHERE, "importance matrices are added up and turned into %s or %s, not %s", tare_format_gguf.name,
			 tare_format_imatrix_dat.name, *out ? (*out)->name : TARE_SHOW(tare_str_of(to)));
}

static tare_status write_to(writer *w, const tare_format *form, tare_sink *sink, tare_error *err)
{
	w->sink = sink;
	return form == &tare_format_gguf ? write_gguf(w, err) : write_dat(w, err);
}

static tare_status write_file(writer *w, const tare_format *form, const char *path, const tare_imatrix_write_options *opt, uint64_t size,
			      tare_error *err)
{
	const tare_target_options options = { size, opt->compress, opt->zstd_level, opt->zstd_threads, opt->zstd_long };
	tare_status st = TARE_OK;
	tare_target *target;
	tare_sink sink;
	size_t i;

	TARE_TRY(tare_target_open(&target, path, &options, err));
	sink = tare_target_sink(target);
	st = write_to(w, form, &sink, err);
	if (st == TARE_OK)
		st = tare_target_finish(target, err);
	for (i = 0; i < w->sum.n_parts && st == TARE_OK; i++)
		st = tare_model_end_reading(w->sum.parts[i]->m, err);
	if (st == TARE_OK)
		st = tare_target_commit(target, err);
	tare_target_free(target);
	return st;
}

/* Is it written anew, or not worth a word? */
static bool is_known_key(tare_str key)
{
	static const char *const keys[] = {
		TARE_IMATRIX_TYPE, TARE_IMATRIX_DATASETS, TARE_IMATRIX_CHUNK_COUNT, TARE_IMATRIX_CHUNK_SIZE, TARE_IMATRIX_CALLS, "general.alignment",
	};
	size_t i;

	for (i = 0; i < sizeof keys / sizeof *keys; i++)
		if (tare_str_eq(key, tare_str_of(keys[i])))
			return true;
	return false;
}

static void tell_part(const tare_imatrix *part, uint64_t chunk_size, tare_imatrix_written *out)
{
	size_t i;

	out->chunk_sizes_differ |= part->chunk_size && part->chunk_size != chunk_size;
	out->datasets += part->datasets.as.array.count;
	out->tensors_left += part->n_ignored;
	for (i = 0; i < part->m->n_meta; i++)
		out->keys_left += !is_known_key(part->m->meta[i].key);
}

static void tell(const tare_imatrix_sum *s, const tare_format *form, uint64_t bytes, tare_imatrix_written *out)
{
	size_t i;

	*out = (tare_imatrix_written){ .form = form->name, .chunks = (uint64_t)s->chunks, .chunk_size = (uint64_t)s->chunk_size, .bytes = bytes };
	for (i = 0; i < s->n_entries; i++) {
		bool left_out = !has_data(&s->entries[i]) && form == &tare_format_imatrix_dat;

		out->entries += !left_out;
		out->left_out += left_out;
		out->partial += s->entries[i].empty && !left_out;
	}
	for (i = 0; i < s->n_parts; i++)
		tell_part(s->parts[i], (uint64_t)s->chunk_size, out);
}

static tare_status write_sum(writer *w, const char *path, const tare_imatrix_write_options *opt, tare_imatrix_written *out, tare_error *err)
{
	const tare_format *form;
	tare_sink count = { 0 };

	TARE_TRY(choose_form(path, opt->to, &form, err));
	TARE_TRY(write_to(w, form, &count, err));
	if (out)
		tell(&w->sum, form, count.count, out);
	return path ? write_file(w, form, path, opt, count.count, err) : TARE_OK;
}

tare_status tare_imatrix_write(tare_imatrix *const *parts, size_t n, const char *path, const tare_imatrix_write_options *opt,
			       tare_imatrix_written *out, tare_error *err)
{
	static const tare_imatrix_write_options none;
	tare_status st;
	writer *w;

	if (!n)
		return tare_fail(err, TARE_E_ARG, TARE_NOWHERE, "there is no importance matrix to write");
	w = calloc(1, sizeof *w);
	if (!w)
		return tare_fail_nomem(err);
	opt = opt ? opt : &none;
	st = tare_imatrix_sum_start(&w->sum, parts, n, opt->chunk_size, err);
	if (st == TARE_OK)
		st = write_sum(w, path, opt, out, err);
	tare_imatrix_sum_free(&w->sum);
	free(w);
	return st;
}
