/* Tensors under other names that hold the same bytes. Only those are hashed whose type and size the other side has too. A hash that
 * misleads costs nothing but a wrong partner: bytes.c compares what was paired. */
#include "compare/pair.h"

#include "base/pool.h"

#include <stdlib.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

enum { PIECE = 1 << 18, SLOTS = 64, THREADS_MOST = 256 };

typedef struct hasher {
	tare_comparison *c;
	tare_single **list;      /* those to be hashed */
	size_t n, at;
	XXH3_state_t *states;    /* one for each worker, */
	uint8_t *swapped;        /* and TARE_STRIP_BYTES */
} hasher;

static int by_head(const void *a, const void *b)
{
	const tare_tensor *s = ((const tare_single *)a)->tensor, *t = ((const tare_single *)b)->tensor;

	if (s->type != t->type)
		return (uintptr_t)s->type < (uintptr_t)t->type ? -1 : 1;
	if (!s->type && s->type_id != t->type_id)
		return s->type_id < t->type_id ? -1 : 1;
	return (s->size > t->size) - (s->size < t->size);
}

/* Of one content, those that also play the same role come to stand together. */
static int by_content(const void *a, const void *b)
{
	const tare_single *s = a, *t = b;
	int d = t->common - s->common;

	if (!d)
		d = by_head(a, b);
	if (!d)
		d = memcmp(s->hash, t->hash, sizeof s->hash);
	if (!d)
		d = tare_single_by_role(s, t);
	if (!d)
		d = s->in_b - t->in_b;
	return d ? d : (s->index > t->index) - (s->index < t->index);
}

static void mark_common(tare_single *singles, size_t n)
{
	size_t i, k, end, in_b;

	for (i = 0; i < n; i = end) {
		for (end = i, in_b = 0; end < n && !by_head(&singles[i], &singles[end]); end++)
			in_b += singles[end].in_b;
		for (k = i; k < end; k++)
			singles[k].common = in_b && in_b < end - i;
	}
}

/* ---- hashing ---- */

static tare_status feed(void *ctx, void *slot, bool *more, tare_error *err)
{
	hasher *h = ctx;

	(void)err;
	*more = h->at < h->n;
	if (*more)
		*(tare_single **)slot = h->list[h->at++];
	return TARE_OK;
}

static size_t piece_of(const tare_tensor *t, bool foreign)
{
	return foreign ? TARE_STRIP_BYTES - TARE_STRIP_BYTES % t->type->block_size : PIECE;
}

static tare_status work(void *ctx, void *slot, unsigned worker, tare_error *err)
{
	hasher *h = ctx;
	tare_single *s = *(tare_single **)slot;
	tare_model *m = s->in_b ? h->c->b : h->c->a;
	bool foreign = tare_is_foreign(m, s->tensor);
	size_t piece = piece_of(s->tensor, foreign), k;
	uint8_t *swapped = h->swapped + (size_t)worker * TARE_STRIP_BYTES;
	XXH3_state_t *state = &h->states[worker];
	XXH128_hash_t digest;
	const uint8_t *p;
	uint64_t at;

	XXH3_128bits_reset(state);
	for (at = 0; at < s->tensor->size; at += k) {
		k = s->tensor->size - at < piece ? (size_t)(s->tensor->size - at) : piece;
		TARE_TRY(tare_tensor_bytes(m, s->tensor, at, k, NULL, &p, err));
		if (foreign) {
			memcpy(swapped, p, k);
			s->tensor->type->swap(swapped, k / s->tensor->type->block_size);
			p = swapped;
		}
		XXH3_128bits_update(state, p, k);
		tare_let_go(m, s->tensor, at, at + k);
	}
	digest = XXH3_128bits_digest(state);
	s->hash[0] = digest.high64;
	s->hash[1] = digest.low64;
	return TARE_OK;
}

static tare_status drain(void *ctx, void *slot, tare_error *err)
{
	hasher *h = ctx;

	return tare_compare_progress(h->c, (*(tare_single **)slot)->tensor->size, err);
}

static tare_status hash_list(hasher *h, unsigned threads, tare_error *err)
{
	const tare_pool_ops ops = { feed, work, drain };
	tare_single *slots[SLOTS];

	h->states = aligned_alloc(64, threads * sizeof *h->states);
	h->swapped = malloc((size_t)threads * TARE_STRIP_BYTES);
	if (!h->states || !h->swapped)
		return tare_fail_nomem(err);
	return tare_pool_run(&ops, h, threads, slots, SLOTS, sizeof *slots, err);
}

static tare_status hash_common(tare_comparison *c, tare_single *singles, size_t n, tare_error *err)
{
	hasher h = { .c = c, .list = calloc(n + 1, sizeof *h.list) };
	unsigned threads = tare_run_threads(&c->opt->run);
	tare_status st;
	size_t i;

	if (!h.list)
		return tare_fail_nomem(err);
	for (i = 0; i < n; i++) {
		if (!singles[i].common)
			continue;
		h.list[h.n++] = &singles[i];
		c->total += singles[i].tensor->size;
	}
	st = h.n ? hash_list(&h, threads < THREADS_MOST ? threads : THREADS_MOST, err) : TARE_OK;
	free(h.states);
	free(h.swapped);
	free(h.list);
	return st;
}

/* ---- couples ---- */

static bool same_content(const tare_single *s, const tare_single *t)
{
	return s->common && t->common && !by_head(s, t) && !memcmp(s->hash, t->hash, sizeof s->hash);
}

static bool same_role(const tare_single *s, const tare_single *t)
{
	return s->role && !tare_single_by_role(s, t);
}

/* Of n tensors with one content: those of one role first, one by one, whatever their number; then the rest as they come. */
static void couple_group(tare_couples *p, tare_single *g, size_t n, bool roles)
{
	size_t i = 0, j = 0;

	for (;;) {
		while (i < n && (g[i].in_b || p->of_a[g[i].index] != SIZE_MAX))
			i++;
		while (j < n && (!g[j].in_b || p->of_b[g[j].index] != SIZE_MAX))
			j++;
		if (i == n || j == n)
			return;
		if (!roles || same_role(&g[i], &g[j]))
			tare_couple(p, &g[i], &g[j], roles ? TARE_PAIRED_BY_ROLE : TARE_PAIRED_BY_CONTENT);
		else if (tare_single_by_role(&g[i], &g[j]) < 0)
			i++;
		else
			j++;
	}
}

static void couple_all(tare_couples *p, tare_single *singles, size_t n)
{
	size_t i, end;

	for (i = 0; i < n && singles[i].common; i = end) {
		for (end = i + 1; end < n && same_content(&singles[i], &singles[end]); end++)
			;
		couple_group(p, singles + i, end - i, true);
		couple_group(p, singles + i, end - i, false);
	}
}

tare_status tare_pair_by_content(tare_comparison *c, tare_couples *p, tare_error *err)
{
	tare_single *singles;
	size_t n;
	tare_status st = tare_singles(c, p, &singles, &n, err);

	if (st != TARE_OK)
		return st;
	qsort(singles, n, sizeof *singles, by_head);
	mark_common(singles, n);
	st = hash_common(c, singles, n, err);
	if (st == TARE_OK) {
		qsort(singles, n, sizeof *singles, by_content);
		couple_all(p, singles, n);
	}
	free(singles);
	return st;
}
