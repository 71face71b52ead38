#include "compare/walk.h"

#include "base/pool.h"

#include <stdlib.h>
#include <string.h>

enum { THREADS_MOST = 256 };

tare_status tare_walk_bytes(tare_model *m, const tare_tensor *t, uint64_t at, size_t size, uint8_t *swapped, const uint8_t **out,
			    tare_error *err)
{
	TARE_TRY(tare_tensor_bytes(m, t, at, size, NULL, out, err));
	if (!tare_is_foreign(m, t))
		return TARE_OK;
	memcpy(swapped, *out, size);
	t->type->swap(swapped, size / t->type->block_size);
	*out = swapped;
	return TARE_OK;
}

static tare_status feed(void *ctx, void *slot, bool *more, tare_error *err)
{
	tare_walk *w = ctx;
	tare_stretch *s = slot;
	uint64_t total = 0;

	(void)err;
	/* A pair may have come to its end since it was fed last. */
	while (w->rank < w->n && (total = w->length(w, &w->c->pairs[w->order[w->rank]])) <= w->at) {
		w->rank++;
		w->at = 0;
	}
	*more = w->rank < w->n;
	if (!*more)
		return TARE_OK;
	memset(s, 0, sizeof *s);
	s->pair = &w->c->pairs[w->order[w->rank]];
	s->a = tare_pair_a(w->c, s->pair);
	s->b = tare_pair_b(w->c, s->pair);
	s->at = w->at;
	s->n = total - w->at < w->stretch ? total - w->at : w->stretch;
	w->at += s->n;
	s->last = w->at == total;
	return TARE_OK;
}

static tare_status work(void *ctx, void *slot, unsigned worker, tare_error *err)
{
	const tare_walk *w = ctx;

	return w->work(w, slot, &w->desks[worker], err);
}

static tare_status drain(void *ctx, void *slot, tare_error *err)
{
	tare_walk *w = ctx;
	const tare_stretch *s = slot;

	w->take(w, s);
	tare_let_go(w->c->a, s->a, w->byte_of(s->a, s->at), w->byte_of(s->a, s->at + s->n));
	tare_let_go(w->c->b, s->b, w->byte_of(s->b, s->at), w->byte_of(s->b, s->at + s->n));
	return tare_compare_progress(w->c, w->byte_of(s->a, s->n), err);
}

static int by_place(const void *a, const void *b, void *comparison)
{
	const tare_comparison *c = comparison;
	size_t i = *(const size_t *)a, j = *(const size_t *)b;
	const tare_tensor *s = tare_pair_a(c, &c->pairs[i]), *t = tare_pair_a(c, &c->pairs[j]);

	if (s->file != t->file)
		return s->file < t->file ? -1 : 1;
	if (s->offset != t->offset)
		return s->offset < t->offset ? -1 : 1;
	return (i > j) - (i < j);
}

static tare_status put_in_order(tare_walk *w, tare_error *err)
{
	uint64_t length;
	size_t i;

	w->order = malloc((w->c->n_pairs + 1) * sizeof *w->order);
	if (!w->order)
		return tare_fail_nomem(err);
	for (i = 0; i < w->c->n_pairs; i++) {
		length = w->length(w, &w->c->pairs[i]);
		if (!length)
			continue;
		w->order[w->n++] = i;
		w->c->total += w->byte_of(tare_pair_a(w->c, &w->c->pairs[i]), length);
	}
	qsort_r(w->order, w->n, sizeof *w->order, by_place, w->c);
	return TARE_OK;
}

tare_status tare_walk_run(tare_walk *w, tare_error *err)
{
	const tare_pool_ops ops = { feed, work, drain };
	unsigned threads = tare_run_threads(&w->c->opt->run);
	tare_stretch *slots = NULL;
	size_t n_slots;
	tare_status st;

	threads = threads < THREADS_MOST ? threads : THREADS_MOST;
	n_slots = 2 * (size_t)threads + 2;
	st = put_in_order(w, err);
	if (st == TARE_OK && w->n) {
		slots = calloc(n_slots, sizeof *slots);
		w->desks = calloc(threads, sizeof *w->desks);
		st = slots && w->desks ? tare_pool_run(&ops, w, threads, slots, n_slots, sizeof *slots, err) : tare_fail_nomem(err);
	}
	free(slots);
	free(w->desks);
	free(w->order);
	return st;
}
