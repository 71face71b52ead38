/* Where the tensors' bytes are. The specification asks for offsets that are multiples of the alignment; ggml asks that each tensor begin
 * where the padding of the one before it ends. */
#include "base/checked.h"
#include "base/escape.h"
#include "formats/gguf.h"

#include <stdlib.h>

/* Without tensors nothing needs the padding behind the header, and it may be missing. */
static tare_status find_payload(tare_gguf_reader *r, tare_error *err)
{
	tare_file *f = &r->m->files[0];
	uint64_t end = r->c.at, total = tare_source_size(r->source);

	if (!r->n_tensors) {
		tare_gguf_pad(end, r->m->alignment, &f->data_offset);
		if (f->data_offset > total)
			f->data_offset = total;
		return TARE_OK;
	}
	if (!tare_gguf_pad(end, r->m->alignment, &f->data_offset) || f->data_offset > total)
		return tare_fail(err, TARE_E_DATA, end, "the payload would start at byte %llu, but the file ends at %llu",
				 (unsigned long long)f->data_offset, (unsigned long long)total);
	return TARE_OK;
}

/* One tensor against the place where ggml wants it. expected: in, out: bytes from the start of the payload. */
static tare_status place_one(tare_gguf_reader *r, tare_tensor *t, uint64_t *expected, tare_error *err)
{
	const tare_model *m = r->m;
	uint64_t end, given = t->offset;

	if (given % m->alignment && !m->strict)
		return tare_fail(err, TARE_E_DATA, TARE_NOWHERE, "tensor '%s': offset %llu is not a multiple of the alignment %llu",
				 TARE_SHOW(t->name), (unsigned long long)given, (unsigned long long)m->alignment);
	if (given != *expected && m->strict)
		return tare_fail(err, TARE_E_DATA, TARE_NOWHERE, "tensor '%s': offset %llu; ggml expects %llu, the end of the one before it",
				 TARE_SHOW(t->name), (unsigned long long)given, (unsigned long long)*expected);
	if (given != *expected)
		tare_gguf_odd(r, TARE_GGUF_ODD_ORDER, t->name);
	if (!tare_add(m->files[0].data_offset, given, &t->offset) || !tare_add(t->offset, t->size, &end) || end > INT64_MAX ||
	    !tare_gguf_pad(given + t->size, m->alignment, expected))
		return tare_fail(err, TARE_E_DATA, TARE_NOWHERE, "tensor '%s': offset %llu and size %llu lead beyond 2^63 - 1 bytes",
				 TARE_SHOW(t->name), (unsigned long long)given, (unsigned long long)t->size);
	return TARE_OK;
}

static int by_offset(const void *a, const void *b)
{
	const tare_tensor *x = *(const tare_tensor *const *)a, *y = *(const tare_tensor *const *)b;

	if (x->offset != y->offset)
		return x->offset < y->offset ? -1 : 1;
	/* Tensors without bytes first: they are at the same place as the next one, and in nobody's way. */
	if (!x->count != !y->count)
		return !x->count ? -1 : 1;
	return x < y ? -1 : x > y;
}

static tare_status check_overlap(tare_tensor *const *sorted, size_t n, tare_error *err)
{
	const tare_tensor *last = NULL;
	size_t i;

	for (i = 0; i < n; i++) {
		const tare_tensor *t = sorted[i];

		if (!t->size)
			continue;
		if (last && t->offset < last->offset + last->size)
			return tare_fail(err, TARE_E_DATA, t->offset, "tensors '%s' and '%s' overlap: the first ends at byte %llu",
					 TARE_SHOW(last->name), TARE_SHOW(t->name), (unsigned long long)(last->offset + last->size));
		last = t;
	}
	return TARE_OK;
}

/* A tensor of unknown type has the bytes up to the next tensor, or to the end of the file, if that is certain. */
static void bound_unknown(tare_gguf_reader *r, tare_tensor *const *sorted, size_t n)
{
	uint64_t end = tare_source_size(r->source);
	size_t i;

	for (i = n; i-- > 0;) {
		tare_tensor *t = sorted[i];
		bool shared = (i && sorted[i - 1]->offset == t->offset && sorted[i - 1]->count) ||
			      (i + 1 < n && sorted[i + 1]->offset == t->offset && sorted[i + 1]->count);

		if (!t->type && t->count && !shared && end != TARE_NOWHERE && end > t->offset)
			t->size = end - t->offset;
		else if (!t->type && t->count)
			tare_gguf_odd(r, TARE_GGUF_ODD_EXTENT, t->name);
		if (t->count)
			end = t->offset;
	}
}

static tare_status check_places(tare_gguf_reader *r, bool unknown, tare_error *err)
{
	tare_model *m = r->m;
	tare_tensor **sorted = calloc(m->n_tensors ? m->n_tensors : 1, sizeof(tare_tensor *));
	tare_status st;
	size_t i;

	if (!sorted)
		return tare_fail_nomem(err);
	for (i = 0; i < m->n_tensors; i++)
		sorted[i] = &m->tensors[i];
	qsort(sorted, m->n_tensors, sizeof *sorted, by_offset);
	if (unknown)
		bound_unknown(r, sorted, m->n_tensors);
	st = check_overlap(sorted, m->n_tensors, err);
	free(sorted);
	return st;
}

/* What is behind the last tensor. end: of its padding, in the file. */
static tare_status check_tail(tare_model *m, uint64_t end, tare_error *err)
{
	uint64_t total = tare_source_size(m->files[0].source);

	if (total == TARE_NOWHERE || !m->n_tensors)
		return TARE_OK;
	if (end > total && m->strict)
		return tare_fail(err, TARE_E_DATA, total, "the payload with its padding ends at byte %llu, the file at %llu; ggml reads it all",
				 (unsigned long long)end, (unsigned long long)total);
	if (end > total)
		tare_model_warn(m, "the padding behind the last tensor is missing; llama.cpp's loader does without, other readers do not");
	if (end < total)
		tare_model_warn(m, "%llu bytes behind the last tensor belong to nothing", (unsigned long long)(total - end));
	return TARE_OK;
}

/* The end of the last tensor's padding, in the file. */
static uint64_t payload_end(const tare_model *m)
{
	uint64_t start = m->files[0].data_offset, last = 0, end;
	size_t i;

	for (i = 0; i < m->n_tensors; i++)
		if (m->tensors[i].offset + m->tensors[i].size - start > last)
			last = m->tensors[i].offset + m->tensors[i].size - start;
	return tare_gguf_pad(last, m->alignment, &end) ? start + end : TARE_NOWHERE;
}

tare_status tare_gguf_place(tare_gguf_reader *r, tare_error *err)
{
	tare_model *m = r->m;
	bool unknown = false;
	uint64_t expected = 0;
	size_t i;

	TARE_TRY(find_payload(r, err));
	for (i = 0; i < m->n_tensors; i++) {
		TARE_TRY(place_one(r, &m->tensors[i], &expected, err));
		unknown |= !m->tensors[i].type;
		/* Only the next tensor's offset tells where an unknown one ends. */
		if (!m->tensors[i].type && i + 1 < m->n_tensors && m->tensors[i + 1].offset > expected)
			expected = m->tensors[i + 1].offset;
	}
	if (unknown || r->odd[TARE_GGUF_ODD_ORDER].count)
		TARE_TRY(check_places(r, unknown, err));
	TARE_TRY(tare_model_seal(m, err));
	return check_tail(m, payload_end(m), err);
}
