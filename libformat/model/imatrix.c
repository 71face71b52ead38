/* A model read as an importance matrix. What llama-quantize (b10572) asks for is asked for here; what it would trip over is refused. */
#include "model/imatrix.h"

#include "base/bytes.h"
#include "base/escape.h"
#include "model/scan.h"

#include <stdlib.h>
#include <string.h>

static bool ends_in(tare_str s, const char *suffix, tare_str *stem)
{
	size_t n = strlen(suffix);

	if (s.len < n || memcmp(s.ptr + s.len - n, suffix, n))
		return false;
	*stem = (tare_str){ s.ptr, s.len - n };
	return true;
}

bool tare_model_is_imatrix(const tare_model *m)
{
	tare_value v;
	tare_str type;

	if (tare_model_find_text(m, TARE_IMATRIX_TYPE, &type))
		return tare_str_eq(type, tare_str_of("imatrix"));
	return tare_model_find(m, TARE_IMATRIX_CHUNK_COUNT, &v) && tare_model_find(m, TARE_IMATRIX_DATASETS, &v);
}

/* ---- values ---- */

static const uint8_t *bytes_of(const tare_importance *e, const tare_tensor *t, uint64_t from, uint64_t n)
{
	return tare_source_at(e->m->files[t->file].source, t->offset + from * sizeof(float), n * sizeof(float));
}

static float value_at(const uint8_t *p, bool big)
{
	return tare_f32_of_bits(tare_get32(p, big));
}

/* As lround(): halves away from zero. x is at least 0 and below 2^63. */
static int64_t rounded(float x)
{
	int64_t whole = (int64_t)x;

	return whole + (x - (float)whole >= 0.5f);
}

int64_t tare_importance_count(const tare_importance *e, uint64_t slice)
{
	return e->counts ? rounded(value_at(bytes_of(e, e->counts, slice, 1), e->m->big_endian)) : e->calls;
}

void tare_importance_raw(const tare_importance *e, uint64_t from, size_t n, float *dst)
{
	const uint8_t *p = bytes_of(e, e->sums, from, n);
	size_t i;

	for (i = 0; i < n; i++)
		dst[i] = value_at(p + i * sizeof *dst, e->m->big_endian);
}

/* n values of one slice. */
static void divide(const tare_importance *e, int64_t count, float *x, size_t n)
{
	const float by = (float)count;
	size_t i;

	if (count > 0) {
		for (i = 0; i < n; i++)
			x[i] /= by;
	} else if (e->counts) {
		for (i = 0; i < n; i++)
			x[i] = 1;
	}
}

void tare_importance_get(const tare_importance *e, uint64_t from, size_t n, float *dst)
{
	const uint64_t cols = e->values / e->slices;
	uint64_t slice;
	size_t done, k;

	tare_importance_raw(e, from, n, dst);
	for (done = 0; done < n; done += k) {
		slice = (from + done) / cols;
		k = (slice + 1) * cols - from - done < n - done ? (size_t)((slice + 1) * cols - from - done) : n - done;
		divide(e, tare_importance_count(e, slice), dst + done, k);
	}
}

/* ---- checks ---- */

/* Index of the first value that is negative, NaN or infinite; n if none is. */
static uint64_t first_bad(const uint8_t *p, uint64_t n, bool big)
{
	enum { PART = 1024 };
	uint64_t at = 0, i, end;
	uint32_t bits, bad;

	for (; at < n; at = end) {
		end = n - at < PART ? n : at + PART;
		for (bad = 0, i = at; i < end; i++) {
			bits = tare_get32(p + 4 * i, big);
			bad |= bits > 0x7f7fffffu && bits != 0x80000000u;
		}
		if (!bad)
			continue;
		for (i = at; i < end; i++) {
			bits = tare_get32(p + 4 * i, big);
			if (bits > 0x7f7fffffu && bits != 0x80000000u)
				return i;
		}
	}
	return n;
}

static tare_status check_values(const tare_importance *e, const tare_tensor *t, const char *what, tare_error *err)
{
	const uint8_t *p = bytes_of(e, t, 0, t->count);
	uint64_t i;
	float x;

	if (!p)
		return tare_fail(err, TARE_E_DATA, t->offset, "entry '%s': its %s are not all there", TARE_SHOW(e->name), what);
	i = first_bad(p, t->count, e->m->big_endian);
	if (i == t->count)
		return TARE_OK;
	x = value_at(p + 4 * i, e->m->big_endian);
	return tare_fail(err, TARE_E_DATA, t->offset + 4 * i, "entry '%s': number %llu of its %s is %s; the matrix is damaged, make it anew",
			 TARE_SHOW(e->name), (unsigned long long)i, what, x != x ? "NaN" : x < 0 ? "negative" : "infinite");
}

/* Counts are of tokens, so what does not fit a 64-bit integer is no count. */
static tare_status check_counts(const tare_importance *e, tare_error *err)
{
	const uint8_t *p;
	uint64_t i;

	TARE_TRY(check_values(e, e->counts, "counts", err));
	p = bytes_of(e, e->counts, 0, e->slices);
	for (i = 0; i < e->slices; i++)
		if (value_at(p + 4 * i, e->m->big_endian) >= 0x1p62f)
			return tare_fail(err, TARE_E_DATA, e->counts->offset + 4 * i, "entry '%s': number %llu of its counts is beyond 2^62",
					 TARE_SHOW(e->name), (unsigned long long)i);
	return TARE_OK;
}

static tare_status check_type(const tare_importance *e, const tare_tensor *t, const char *what, tare_error *err)
{
	if (t->type != &tare_type_f32)
		return tare_fail(err, TARE_E_DATA, t->offset, "entry '%s': its %s are of type %s, expected f32", TARE_SHOW(e->name), what,
				 t->type ? t->type->name : "unknown");
	if (!t->count)
		return tare_fail(err, TARE_E_DATA, t->offset, "entry '%s': it has no %s", TARE_SHOW(e->name), what);
	return TARE_OK;
}

static tare_status check_pair(tare_importance *e, tare_error *err)
{
	if (!e->sums || !e->counts)
		return tare_fail(err, TARE_E_DATA, e->sums ? e->sums->offset : e->counts->offset, "entry '%s' has %s but no %s",
				 TARE_SHOW(e->name), e->sums ? "sums (" TARE_IMATRIX_SUMS ")" : "counts (" TARE_IMATRIX_COUNTS ")",
				 e->sums ? "counts (" TARE_IMATRIX_COUNTS ")" : "sums (" TARE_IMATRIX_SUMS ")");
	TARE_TRY(check_type(e, e->sums, "sums", err));
	TARE_TRY(check_type(e, e->counts, "counts", err));
	e->values = e->sums->count;
	e->slices = e->counts->count;
	if (e->values % e->slices)
		return tare_fail(err, TARE_E_DATA, e->counts->offset, "entry '%s': %llu sums do not divide among %llu counts",
				 TARE_SHOW(e->name), (unsigned long long)e->values, (unsigned long long)e->slices);
	TARE_TRY(check_counts(e, err));
	return check_values(e, e->sums, "sums", err);
}

static tare_status check_run(tare_importance *e, tare_error *err)
{
	TARE_TRY(check_type(e, e->sums, "values", err));
	e->values = e->sums->count;
	e->slices = 1;
	if (e->calls < 0)
		return tare_fail(err, TARE_E_DATA, e->sums->offset, "entry '%s': its number of calls is negative (%d)", TARE_SHOW(e->name),
				 (int)e->calls);
	return check_values(e, e->sums, "values", err);
}

static tare_status check_entries(tare_imatrix *im, tare_error *err)
{
	size_t i;

	for (i = 0; i < im->n_entries; i++) {
		tare_importance *e = &im->entries[i];
		tare_status st = im->calls ? check_run(e, err) : check_pair(e, err);

		if (st != TARE_OK) {
			tare_error_in_file(err, tare_model_file_path(im->m, (e->sums ? e->sums : e->counts)->file));
			return st;
		}
	}
	return TARE_OK;
}

/* ---- entries ---- */

static tare_status entry_of(tare_imatrix *im, tare_str name, tare_importance **out, tare_error *err)
{
	size_t i;

	if (!tare_strmap_add(&im->by_name, name, im->n_entries, &i))
		return tare_fail_nomem(err);
	if (i == SIZE_MAX) {
		i = im->n_entries++;
		im->entries[i] = (tare_importance){ .name = name, .m = im->m };
	}
	*out = &im->entries[i];
	return TARE_OK;
}

static tare_status collect_pairs(tare_imatrix *im, tare_error *err)
{
	tare_importance *e;
	tare_str stem;
	size_t i;

	for (i = 0; i < im->m->n_tensors; i++) {
		const tare_tensor *t = &im->m->tensors[i];
		bool sums = ends_in(t->name, TARE_IMATRIX_SUMS, &stem);

		if (!sums && !ends_in(t->name, TARE_IMATRIX_COUNTS, &stem)) {
			im->n_ignored++;
			continue;
		}
		TARE_TRY(entry_of(im, stem, &e, err));
		*(sums ? &e->sums : &e->counts) = t;
	}
	return TARE_OK;
}

static tare_status collect_runs(tare_imatrix *im, const tare_value *calls, tare_error *err)
{
	tare_array_iter it;
	tare_importance *e;
	tare_value v;
	size_t i;

	if (calls->kind != TARE_ARRAY || calls->as.array.kind != TARE_I32 || calls->as.array.count != im->m->n_tensors)
		return tare_fail(err, TARE_E_DATA, TARE_NOWHERE, TARE_IMATRIX_CALLS " is no array of i32 with one for each tensor");
	tare_array_start(&it, &calls->as.array);
	for (i = 0; i < im->m->n_tensors && tare_array_next(&it, &v); i++) {
		TARE_TRY(entry_of(im, im->m->tensors[i].name, &e, err));
		e->sums = &im->m->tensors[i];
		e->calls = (int32_t)v.as.i;
	}
	return TARE_OK;
}

static int by_name(const void *a, const void *b)
{
	return tare_str_cmp(((const tare_importance *)a)->name, ((const tare_importance *)b)->name);
}

static tare_status sort_entries(tare_imatrix *im, tare_error *err)
{
	size_t i, existing;

	qsort(im->entries, im->n_entries, sizeof *im->entries, by_name);
	tare_strmap_free(&im->by_name);
	im->by_name = (tare_strmap){ 0 };
	for (i = 0; i < im->n_entries; i++)
		if (!tare_strmap_add(&im->by_name, im->entries[i].name, i, &existing))
			return tare_fail_nomem(err);
	return TARE_OK;
}

static tare_status collect(tare_imatrix *im, const tare_value *calls, tare_error *err)
{
	im->entries = calloc(im->m->n_tensors + 1, sizeof *im->entries);
	if (!im->entries)
		return tare_fail_nomem(err);
	TARE_TRY(im->calls ? collect_runs(im, calls, err) : collect_pairs(im, err));
	if (!im->n_entries)
		return tare_fail(err, TARE_E_DATA, TARE_NOWHERE, "it holds no entry");
	return sort_entries(im, err);
}

/* ---- metadata ---- */

static tare_status missing(const char *key, tare_error *err)
{
	return tare_fail(err, TARE_E_DATA, TARE_NOWHERE, "%s is missing; llama-quantize asks for it, too", key);
}

static tare_status read_number(const tare_imatrix *im, const char *key, uint64_t *out, tare_error *err)
{
	tare_value v;
	bool found = tare_model_find(im->m, key, &v);

	if (found && !tare_model_find_u64(im->m, key, out))
		return tare_fail(err, TARE_E_DATA, TARE_NOWHERE, "%s is of kind %s or negative, expected u32", key, tare_kind_name(v.kind));
	return found || im->calls ? TARE_OK : missing(key, err);
}

static tare_status read_metadata(tare_imatrix *im, tare_error *err)
{
	static const tare_value none = { .kind = TARE_ARRAY, .as.array.kind = TARE_STRING };

	im->datasets = none;
	TARE_TRY(read_number(im, TARE_IMATRIX_CHUNK_COUNT, &im->chunk_count, err));
	TARE_TRY(read_number(im, TARE_IMATRIX_CHUNK_SIZE, &im->chunk_size, err));
	if (tare_model_find(im->m, TARE_IMATRIX_DATASETS, &im->datasets)) {
		if (im->datasets.kind != TARE_ARRAY || im->datasets.as.array.kind != TARE_STRING)
			return tare_fail(err, TARE_E_DATA, TARE_NOWHERE, TARE_IMATRIX_DATASETS " is of kind %s, expected an array of strings",
					 tare_kind_name(im->datasets.kind));
		return TARE_OK;
	}
	return im->calls ? TARE_OK : missing(TARE_IMATRIX_DATASETS, err);
}

/* ---- the whole ---- */

static tare_status read_all(tare_imatrix *im, tare_error *err)
{
	tare_value calls;

	if (!tare_model_is_imatrix(im->m))
		return tare_fail(err, TARE_E_DATA, TARE_NOWHERE, "it is no importance matrix (" TARE_IMATRIX_TYPE " is not 'imatrix')");
	TARE_TRY(tare_model_make_random(im->m, err));
	im->calls = tare_model_find(im->m, TARE_IMATRIX_CALLS, &calls);
	TARE_TRY(read_metadata(im, err));
	TARE_TRY(collect(im, &calls, err));
	return check_entries(im, err);
}

tare_status tare_imatrix_read(tare_imatrix **out, tare_model *m, tare_error *err)
{
	tare_imatrix *im = calloc(1, sizeof *im);
	tare_status st;

	*out = NULL;
	if (!im)
		return tare_fail_nomem(err);
	im->m = m;
	st = read_all(im, err);
	if (st != TARE_OK) {
		tare_error_in_file(err, tare_model_path(m));
		tare_imatrix_free(im);
		return st;
	}
	*out = im;
	return TARE_OK;
}

void tare_imatrix_free(tare_imatrix *im)
{
	if (!im)
		return;
	tare_strmap_free(&im->by_name);
	free(im->entries);
	free(im);
}

uint64_t tare_imatrix_values_for(const tare_tensor *t)
{
	return tare_tensor_cols(t) * (t->n_dims > 2 ? t->dim[t->n_dims - 3] : 1);
}

size_t tare_imatrix_count(const tare_imatrix *im)
{
	return im->n_entries;
}

size_t tare_imatrix_find(const tare_imatrix *im, tare_str name)
{
	return tare_strmap_find(&im->by_name, name);
}
