#include "model/imatrix_sum.h"

#include "base/bytes.h"
#include "base/escape.h"

#include <stdlib.h>

enum { CHUNK = 512 }; /* llama-imatrix's own, unless -c says otherwise */

static const tare_importance *find(const tare_imatrix *im, tare_str name)
{
	size_t i = tare_imatrix_find(im, name);

	return i == SIZE_MAX ? NULL : &im->entries[i];
}

/* ---- which entries ---- */

static tare_status check_same(tare_sum_entry *e, const tare_importance *more, tare_error *err)
{
	if (e->values != more->values)
		return tare_fail(err, TARE_E_DATA, more->sums->offset, "entry '%s' has %llu values, but %llu in a matrix before it: they are of "
				 "different models", TARE_SHOW(e->name), (unsigned long long)more->values, (unsigned long long)e->values);
	if (e->slices != more->slices && e->slices > 1 && more->slices > 1)
		return tare_fail(err, TARE_E_DATA, more->sums->offset, "entry '%s' has %llu counts, but %llu in a matrix before it: they are of "
				 "different models", TARE_SHOW(e->name), (unsigned long long)more->slices, (unsigned long long)e->slices);
	e->slices = e->slices > more->slices ? e->slices : more->slices;
	return TARE_OK;
}

static tare_status add_part(tare_imatrix_sum *s, tare_strmap *names, const tare_imatrix *im, tare_error *err)
{
	tare_status st = TARE_OK;
	size_t i, at;

	for (i = 0; i < im->n_entries && st == TARE_OK; i++) {
		const tare_importance *e = &im->entries[i];

		if (!tare_strmap_add(names, e->name, s->n_entries, &at))
			return tare_fail_nomem(err);
		if (at == SIZE_MAX)
			s->entries[s->n_entries++] = (tare_sum_entry){ .name = e->name, .values = e->values, .slices = e->slices };
		else
			st = check_same(&s->entries[at], e, err);
		if (st != TARE_OK)
			tare_error_in_file(err, tare_model_file_path(e->m, e->sums->file));
	}
	return st;
}

static int by_name(const void *a, const void *b)
{
	return tare_str_cmp(((const tare_sum_entry *)a)->name, ((const tare_sum_entry *)b)->name);
}

static tare_status collect(tare_imatrix_sum *s, tare_error *err)
{
	tare_strmap names = { 0 };
	tare_status st = TARE_OK;
	size_t i, most = 1;

	for (i = 0; i < s->n_parts; i++)
		most += s->parts[i]->n_entries;
	s->entries = calloc(most, sizeof *s->entries);
	if (!s->entries)
		return tare_fail_nomem(err);
	for (i = 0; i < s->n_parts && st == TARE_OK; i++)
		st = add_part(s, &names, s->parts[i], err);
	tare_strmap_free(&names);
	qsort(s->entries, s->n_entries, sizeof *s->entries, by_name);
	return st;
}

/* ---- counts ---- */

/* Of one part, which may hold one count for all slices; in tokens. False on overflow. */
static bool count_of(const tare_imatrix_sum *s, const tare_imatrix *im, const tare_importance *e, uint64_t slice, int64_t *out)
{
	*out = tare_importance_count(e, e->slices > 1 ? slice : 0);
	return !im->calls || !__builtin_mul_overflow(*out, (int64_t)s->chunk_size, out);
}

static bool sum_count(const tare_imatrix_sum *s, const tare_sum_entry *e, uint64_t slice, int64_t *sum)
{
	const tare_importance *part;
	int64_t one;
	size_t i;

	for (*sum = 0, i = 0; i < s->n_parts; i++) {
		part = find(s->parts[i], e->name);
		if (part && (!count_of(s, s->parts[i], part, slice, &one) || __builtin_add_overflow(*sum, one, sum)))
			return false;
	}
	return true;
}

int64_t tare_sum_count(const tare_imatrix_sum *s, const tare_sum_entry *e, uint64_t slice)
{
	int64_t sum;

	return sum_count(s, e, slice, &sum) ? sum : 0;
}

static tare_status look_at_counts(tare_imatrix_sum *s, tare_sum_entry *e, tare_error *err)
{
	uint64_t slice;
	int64_t count;

	for (slice = 0; slice < e->slices; slice++) {
		if (!sum_count(s, e, slice, &count))
			return tare_fail(err, TARE_E_DATA, TARE_NOWHERE, "entry '%s': its counts add up beyond 2^63", TARE_SHOW(e->name));
		e->empty += !count;
		e->most = count > e->most ? count : e->most;
	}
	return TARE_OK;
}

static tare_status look_at_all_counts(tare_imatrix_sum *s, tare_error *err)
{
	int64_t most = 0;
	size_t i;

	for (i = 0; i < s->n_entries; i++) {
		TARE_TRY(look_at_counts(s, &s->entries[i], err));
		most = s->entries[i].most > most ? s->entries[i].most : most;
	}
	if (most / s->chunk_size > INT32_MAX - 1)
		return tare_fail(err, TARE_E_DATA, TARE_NOWHERE, "%lld tokens are more chunks of %d than can be counted; are chunks larger?",
				 (long long)most, (int)s->chunk_size);
	s->chunks = (int32_t)(most / s->chunk_size);
	return TARE_OK;
}

/* ---- the whole ---- */

static tare_status choose_chunk_size(tare_imatrix_sum *s, uint64_t asked, tare_error *err)
{
	size_t i;

	for (i = 0; !asked && i < s->n_parts; i++)
		asked = s->parts[i]->chunk_size;
	if (asked > INT32_MAX)
		return tare_fail(err, TARE_E_DATA, TARE_NOWHERE, "chunks of %llu tokens are more than can be counted", (unsigned long long)asked);
	s->chunk_size = asked ? (int32_t)asked : CHUNK;
	return TARE_OK;
}

tare_status tare_imatrix_sum_start(tare_imatrix_sum *s, tare_imatrix *const *parts, size_t n, uint64_t chunk_size, tare_error *err)
{
	*s = (tare_imatrix_sum){ .parts = parts, .n_parts = n };
	TARE_TRY(choose_chunk_size(s, chunk_size, err));
	TARE_TRY(collect(s, err));
	return look_at_all_counts(s, err);
}

void tare_imatrix_sum_free(tare_imatrix_sum *s)
{
	free(s->entries);
	s->entries = NULL;
}

tare_status tare_sum_values(const tare_imatrix_sum *s, const tare_sum_entry *e, uint64_t from, size_t n, float *dst, float *scratch,
			    tare_error *err)
{
	const float chunk = (float)s->chunk_size;
	const tare_importance *part;
	size_t i, k;

	for (k = 0; k < n; k++)
		dst[k] = 0;
	for (i = 0; i < s->n_parts; i++) {
		part = find(s->parts[i], e->name);
		if (!part)
			continue;
		tare_importance_raw(part, from, n, scratch);
		for (k = 0; k < n; k++)
			dst[k] += s->parts[i]->calls ? scratch[k] * chunk : scratch[k];
	}
	for (k = 0; k < n; k++)
		if ((tare_bits_of_f32(dst[k]) & 0x7f800000u) == 0x7f800000u)
			return tare_fail(err, TARE_E_DATA, TARE_NOWHERE, "entry '%s': number %llu of its sums becomes infinite", TARE_SHOW(e->name),
					 (unsigned long long)(from + k));
	return TARE_OK;
}
