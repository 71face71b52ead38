#include "model/scan.h"

#include "base/escape.h"
#include "base/pool.h"

#include <stdlib.h>

static tare_status cut_short(const tare_model *m, const tare_tensor *t, uint64_t at, tare_error *err)
{
	tare_fail(err, TARE_E_DATA, at, "tensor '%s': its %llu bytes are not all there: the file is cut short", TARE_SHOW(t->name),
		  (unsigned long long)t->size);
	tare_model_blame(m, t->file, err);
	return TARE_E_DATA;
}

tare_status tare_tensor_bytes(tare_model *m, const tare_tensor *t, uint64_t offset, size_t size, void *buf, const uint8_t **out,
			      tare_error *err)
{
	static const uint8_t nothing;
	tare_source *s = t->file < m->n_files ? m->files[t->file].source : NULL;

	*out = NULL;
	if (!s)
		return tare_fail(err, TARE_E_ARG, TARE_NOWHERE, "tensor '%s': this model has no payload", TARE_SHOW(t->name));
	if (offset > t->size || size > t->size - offset)
		return tare_fail(err, TARE_E_ARG, TARE_NOWHERE, "tensor '%s': bytes outside it were asked for", TARE_SHOW(t->name));
	if (!size) {
		*out = &nothing;
		return TARE_OK;
	}
	*out = tare_source_at(s, t->offset + offset, size);
	if (*out)
		return TARE_OK;
	if (!buf || !tare_source_is_stream(s))
		return cut_short(m, t, t->offset + offset, err);
	TARE_TRY(tare_source_next(s, t->offset + offset, buf, size, err));
	*out = buf;
	return TARE_OK;
}

/* The types decode little-endian bytes. */
void tare_tensor_decode(const tare_model *m, const tare_tensor *t, const uint8_t *src, size_t nblocks, void *swap_buf, float *dst)
{
	if (m->big_endian && t->type->swap) {
		memcpy(swap_buf, src, nblocks * t->type->block_size);
		t->type->swap(swap_buf, nblocks);
		src = swap_buf;
	}
	tare_type_decode(t->type)(dst, src, nblocks);
}

static int by_place(const void *a, const void *b, void *model)
{
	const tare_model *m = model;
	size_t i = *(const size_t *)a, j = *(const size_t *)b;
	const tare_tensor *s = &m->tensors[i], *t = &m->tensors[j];

	if (s->file != t->file)
		return s->file < t->file ? -1 : 1;
	if (s->offset != t->offset)
		return s->offset < t->offset ? -1 : 1;
	/* Of tensors at one place all but the last are empty. */
	if (s->size != t->size)
		return s->size < t->size ? -1 : 1;
	return i < j ? -1 : i > j;
}

size_t *tare_model_payload_order(const tare_model *m)
{
	size_t *order = malloc((m->n_tensors + 1) * sizeof *order);
	size_t i;

	if (!order)
		return NULL;
	for (i = 0; i < m->n_tensors; i++)
		order[i] = i;
	qsort_r(order, m->n_tensors, sizeof *order, by_place, (void *)(uintptr_t)m);
	return order;
}

bool tare_model_is_stream(const tare_model *m)
{
	size_t i;

	for (i = 0; i < m->n_files; i++)
		if (m->files[i].source && tare_source_is_stream(m->files[i].source))
			return true;
	return false;
}

tare_status tare_model_make_random(tare_model *m, tare_error *err)
{
	size_t i;

	for (i = 0; i < m->n_files; i++)
		if (m->files[i].source)
			TARE_TRY(tare_source_random(m->files[i].source, err));
	return TARE_OK;
}

/* What a format asks of a file whose length was not known when it was read. */
static tare_status check_end(const tare_model *m, size_t i, tare_error *err)
{
	const tare_file *f = &m->files[i];
	uint64_t size = tare_source_size(f->source);

	if (!f->must_end || size == TARE_NOWHERE || size <= f->must_end)
		return TARE_OK;
	tare_fail(err, TARE_E_DATA, f->must_end, "%llu bytes follow the last tensor: expected the end of the file",
		  (unsigned long long)(size - f->must_end));
	tare_model_blame(m, i, err);
	return TARE_E_DATA;
}

tare_status tare_model_end_reading(tare_model *m, tare_error *err)
{
	size_t i;

	for (i = 0; i < m->n_files; i++) {
		if (!m->files[i].source)
			continue;
		TARE_TRY(tare_source_drain(m->files[i].source, err));
		TARE_TRY(check_end(m, i, err));
		TARE_TRY(tare_source_unchanged(m->files[i].source, err));
	}
	return TARE_OK;
}

/* The elements of a last block that is filled up. */
static void read_padded(const tare_tensor *t, const uint8_t *src, float *dst)
{
	uint64_t rest = t->count % t->type->block_len;
	float last[8];

	if (!rest)
		return;
	tare_type_decode(t->type)(last, src + t->size - t->type->block_size, 1);
	memcpy(dst + t->count - rest, last, rest * sizeof *last);
}

tare_status tare_read_f32(tare_model *m, const tare_tensor *t, float *dst, tare_error *err)
{
	size_t per_strip, done, k;
	const uint8_t *src;
	uint64_t nblocks;
	void *swap;

	if (!t->type || !t->type->decode)
		return tare_fail(err, TARE_E_UNSUPPORTED, TARE_NOWHERE, "tensor '%s': values of type %s cannot be read", TARE_SHOW(t->name),
				 t->type ? t->type->name : "unknown");
	TARE_TRY(tare_model_make_random(m, err));
	TARE_TRY(tare_tensor_bytes(m, t, 0, t->size, NULL, &src, err));
	swap = malloc(TARE_STRIP_BYTES);
	if (!swap)
		return tare_fail_nomem(err);
	nblocks = t->size / t->type->block_size;
	per_strip = TARE_STRIP / t->type->block_len;
	nblocks -= t->count % t->type->block_len != 0;
	for (done = 0; done < nblocks; done += k) {
		k = nblocks - done < per_strip ? nblocks - done : per_strip;
		tare_tensor_decode(m, t, src + done * t->type->block_size, k, swap, dst + done * t->type->block_len);
	}
	read_padded(t, src, dst);
	free(swap);
	return TARE_OK;
}

tare_status tare_read_bytes(tare_model *m, const tare_tensor *t, uint64_t offset, size_t size, void *dst, tare_error *err)
{
	const uint8_t *src;

	TARE_TRY(tare_model_make_random(m, err));
	TARE_TRY(tare_tensor_bytes(m, t, offset, size, NULL, &src, err));
	if (size)
		memcpy(dst, src, size);
	return TARE_OK;
}

unsigned tare_run_threads(const tare_run_options *run)
{
	return run && run->threads ? run->threads : tare_pool_cores();
}

tare_status tare_run_progress(const tare_run_options *run, uint64_t done, uint64_t total, tare_error *err)
{
	if (run && run->progress && !run->progress(run->user, done, total))
		return tare_fail(err, TARE_E_CANCELLED, TARE_NOWHERE, "stopped as asked");
	return TARE_OK;
}
