#include "recipe/aside.h"

#include <stdlib.h>
#include <string.h>

enum { PIECE = 1 << 20 };

static bool is_before(const tare_tensor *a, uint32_t file, uint64_t offset)
{
	return a->file != file ? a->file < file : a->offset < offset;
}

static const tare_tensor *tensor_of(const tare_aside *a, size_t i)
{
	return &a->output->model->tensors[a->items[i].index];
}

static tare_status find(tare_aside *a, size_t index, tare_aside_item **out, tare_error *err)
{
	const tare_tensor *t = &a->output->model->tensors[index];
	size_t i = a->count;

	*out = NULL;
	while (i && a->items[i - 1].index != index && !is_before(tensor_of(a, i - 1), t->file, t->offset))
		i--;
	if (i && a->items[i - 1].index == index) {
		*out = &a->items[i - 1];
		return TARE_OK;
	}
	if (!tare_grow(&a->items, &a->cap, a->count, sizeof *a->items))
		return tare_fail_nomem(err);
	memmove(a->items + i + 1, a->items + i, (a->count - i) * sizeof *a->items);
	a->count++;
	a->items[i] = (tare_aside_item){ .index = index, .spool = { .lim = a->lim } };
	*out = &a->items[i];
	return TARE_OK;
}

tare_status tare_aside_put(tare_aside *a, size_t index, const void *bytes, size_t size, tare_error *err)
{
	tare_aside_item *item;

	TARE_TRY(find(a, index, &item, err));
	return tare_spool_put(&item->spool, bytes, size, err);
}

static tare_status copy(tare_aside *a, const tare_tensor *t, const tare_source *from, tare_error *err)
{
	const uint64_t size = tare_source_size(from);
	uint64_t at;

	for (at = 0; at < size; at += PIECE) {
		const size_t n = size - at < PIECE ? (size_t)(size - at) : PIECE;

		TARE_TRY(tare_output_put(a->output, t->file, t->offset + at, tare_source_at(from, at, n), n, err));
	}
	return TARE_OK;
}

static tare_status put_out(tare_aside *a, tare_aside_item *item, tare_error *err)
{
	const tare_tensor *t = &a->output->model->tensors[item->index];
	tare_source *source;
	tare_status st;

	TARE_TRY(tare_spool_source(&item->spool, &source, err));
	st = copy(a, t, source, err);
	tare_source_close(source);
	tare_spool_free(&item->spool);
	return st;
}

tare_status tare_aside_flush(tare_aside *a, uint32_t file, uint64_t offset, tare_error *err)
{
	while (a->count && is_before(tensor_of(a, 0), file, offset)) {
		TARE_TRY(put_out(a, &a->items[0], err));
		a->count--;
		memmove(a->items, a->items + 1, a->count * sizeof *a->items);
	}
	return TARE_OK;
}

void tare_aside_free(tare_aside *a)
{
	size_t i;

	for (i = 0; i < a->count; i++)
		tare_spool_free(&a->items[i].spool);
	free(a->items);
	a->items = NULL;
	a->count = 0;
}
