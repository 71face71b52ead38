/* tare_scan(): hashes and statistics of every tensor in one walk over the payload.
 *
 * A tensor is one HASH item (SHA-256 is sequential), SUM items tile by tile, and, once all its sums are joined, BIN items for the
 * histogram; items of many tensors are under way at once. Tiles are cut by the tensor alone, sums are joined in tile order. */
#include "base/pool.h"
#include "model/scan.h"
#include "model/stats.h"

#include <stdlib.h>

enum { TILE = 1 << 16, PIECE = 1 << 18, SLOTS = 2048, THREADS_MOST = 256 };

typedef enum item_kind { ITEM_WAIT, ITEM_HASH, ITEM_SUM, ITEM_BIN } item_kind;

typedef struct item {
	item_kind kind;
	bool last;               /* of this kind for its tensor */
	size_t tensor;
	uint64_t block, nblocks; /* of a tile */
	tare_stats_sum sum;
	uint32_t bins[TARE_HISTOGRAM];
} item;

/* One worker's own things. */
typedef struct bench {
	tare_sha256 *hash;
	float values[TARE_STRIP];
	uint8_t swapped[TARE_STRIP_BYTES];
} bench;

/* Where in the walk one kind of items is: the tensor's rank in `order`, and the next block of it. */
typedef struct place {
	size_t rank;
	uint64_t block;
} place;

typedef struct scan {
	tare_model *m;
	unsigned what;
	const tare_run_options *run;
	tare_scan_result *results;
	size_t *order;
	bench *benches;
	unsigned threads;
	place sums, bins;
	bool hashed;             /* the HASH item of the tensor at sums is out */
	size_t summed;           /* tensors before this rank have their sums */
	tare_stats_sum sum;      /* of the tensor at summed */
	uint64_t done, total;
} scan;

static bool wants_stats(const scan *s, size_t rank)
{
	const tare_tensor *t = &s->m->tensors[s->order[rank]];

	return (s->what & TARE_SCAN_STATS) && t->type && t->type->decode;
}

/* The next tile of the tensor at p, which then moves on. An empty tensor has one empty tile. */
static void take_tile(const scan *s, place *p, item_kind kind, item *it)
{
	const tare_tensor *t = &s->m->tensors[s->order[p->rank]];
	uint64_t nblocks = t->size / t->type->block_size, most = TILE / t->type->block_len;

	it->kind = kind;
	it->tensor = s->order[p->rank];
	it->block = p->block;
	it->nblocks = nblocks - p->block < most ? nblocks - p->block : most;
	it->last = it->block + it->nblocks == nblocks;
	p->block += it->nblocks;
	if (it->last)
		*p = (place){ p->rank + 1, 0 };
}

static bool take_bins(scan *s, item *it)
{
	while (s->bins.rank < s->m->n_tensors && !wants_stats(s, s->bins.rank))
		s->bins.rank++;
	if (s->bins.rank >= s->summed)
		return false;
	take_tile(s, &s->bins, ITEM_BIN, it);
	return true;
}

static bool take_sums(scan *s, item *it)
{
	while (s->sums.rank < s->m->n_tensors) {
		if ((s->what & TARE_SCAN_HASH) && !s->hashed) {
			it->kind = ITEM_HASH;
			it->tensor = s->order[s->sums.rank];
			it->last = true;
			s->hashed = true;
			return true;
		}
		if (wants_stats(s, s->sums.rank)) {
			take_tile(s, &s->sums, ITEM_SUM, it);
			s->hashed = s->sums.block > 0;
			return true;
		}
		s->sums.rank++;
		s->hashed = false;
	}
	return false;
}

static tare_status feed(void *ctx, void *slot, bool *more, tare_error *err)
{
	scan *s = ctx;
	item *it = slot;

	if (take_bins(s, it) || take_sums(s, it))
		return TARE_OK;
	/* Bins are still to come, but their sums are under way: an idle item keeps the slots moving. */
	it->kind = ITEM_WAIT;
	*more = s->bins.rank < s->m->n_tensors;
	return TARE_OK;
}

static void work_strip(scan *s, item *it, bench *b, size_t n, uint64_t at)
{
	if (it->kind == ITEM_SUM)
		tare_stats_add(&it->sum, b->values, n, at);
	else
		tare_stats_bin(&s->results[it->tensor].stats, it->bins, b->values, n);
}

static tare_status work_tile(scan *s, item *it, bench *b, tare_error *err)
{
	const tare_tensor *t = &s->m->tensors[it->tensor];
	uint64_t done, k, n, at, per_strip = TARE_STRIP / t->type->block_len;
	const uint8_t *src;

	it->sum = tare_stats_start();
	memset(it->bins, 0, sizeof it->bins);
	TARE_TRY(tare_tensor_bytes(s->m, t, it->block * t->type->block_size, it->nblocks * t->type->block_size, NULL, &src, err));
	for (done = 0; done < it->nblocks; done += k) {
		k = it->nblocks - done < per_strip ? it->nblocks - done : per_strip;
		tare_tensor_decode(s->m, t, src + done * t->type->block_size, k, b->swapped, b->values);
		at = (it->block + done) * t->type->block_len;
		n = k * t->type->block_len;
		work_strip(s, it, b, n < t->count - at ? n : t->count - at, at);
	}
	return TARE_OK;
}

static tare_status work(void *ctx, void *slot, unsigned worker, tare_error *err)
{
	scan *s = ctx;
	item *it = slot;
	bench *b = &s->benches[worker];

	if (it->kind == ITEM_HASH)
		return tare_tensor_hash(s->m, &s->m->tensors[it->tensor], b->hash, NULL, PIECE, s->results[it->tensor].sha256, err);
	return it->kind == ITEM_WAIT ? TARE_OK : work_tile(s, it, b, err);
}

/* The sums of a tensor are joined into s->sum; the last closes them, and every tensor before it in the order. */
static void drain_sum(scan *s, const item *it)
{
	tare_stats_join(&s->sum, &it->sum);
	if (!it->last)
		return;
	tare_stats_finish(&s->sum, &s->results[it->tensor].stats);
	s->results[it->tensor].has_stats = true;
	s->sum = tare_stats_start();
	while (s->order[s->summed++] != it->tensor)
		;
}

static tare_status drain(void *ctx, void *slot, tare_error *err)
{
	scan *s = ctx;
	const item *it = slot;
	const tare_tensor *t;
	size_t i;

	if (it->kind == ITEM_WAIT)
		return TARE_OK;
	t = &s->m->tensors[it->tensor];
	if (it->kind == ITEM_SUM)
		drain_sum(s, it);
	for (i = 0; it->kind == ITEM_BIN && i < TARE_HISTOGRAM; i++)
		s->results[it->tensor].stats.histogram[i] += it->bins[i];
	s->done += it->kind == ITEM_HASH ? t->size : it->nblocks * t->type->block_size;
	if (it->last && (it->kind == ITEM_BIN || !(s->what & TARE_SCAN_STATS) || !t->type || !t->type->decode))
		tare_source_release(s->m->files[t->file].source, t->offset, t->size);
	return tare_run_progress(s->run, s->done, s->total, err);
}

static void count_work(scan *s)
{
	size_t i;

	for (i = 0; i < s->m->n_tensors; i++) {
		uint64_t size = s->m->tensors[s->order[i]].size;

		s->total += (s->what & TARE_SCAN_HASH ? size : 0) + (wants_stats(s, i) ? 2 * size : 0);
	}
}

/* Hashes alone, from files that can only be read forwards. */
static tare_status hash_stream(scan *s, tare_error *err)
{
	tare_status st = TARE_OK;
	void *buf = malloc(PIECE);
	size_t i;

	if (!buf)
		return tare_fail_nomem(err);
	for (i = 0; i < s->m->n_tensors && st == TARE_OK; i++) {
		const tare_tensor *t = &s->m->tensors[s->order[i]];

		st = tare_tensor_hash(s->m, t, s->benches[0].hash, buf, PIECE, s->results[s->order[i]].sha256, err);
		s->done += t->size;
		if (st == TARE_OK)
			st = tare_run_progress(s->run, s->done, s->total, err);
	}
	free(buf);
	return st;
}

static tare_status run(scan *s, tare_error *err)
{
	const tare_pool_ops ops = { feed, work, drain };
	item *items;
	tare_status st;

	count_work(s);
	if (tare_model_is_stream(s->m)) {
		if (!(s->what & TARE_SCAN_STATS))
			return hash_stream(s, err);
		TARE_TRY(tare_model_make_random(s->m, err));
	}
	items = malloc(SLOTS * sizeof *items);
	if (!items)
		return tare_fail_nomem(err);
	st = tare_pool_run(&ops, s, s->threads, items, SLOTS, sizeof *items, err);
	free(items);
	return st;
}

static tare_status make_benches(scan *s, tare_error *err)
{
	unsigned i;

	s->benches = calloc(s->threads, sizeof *s->benches);
	if (!s->benches)
		return tare_fail_nomem(err);
	for (i = 0; (s->what & TARE_SCAN_HASH) && i < s->threads; i++) /* libcrypto takes its time to start */
		TARE_TRY(tare_sha256_new(&s->benches[i].hash, err));
	return TARE_OK;
}

tare_status tare_scan(tare_model *m, unsigned what, const tare_run_options *opt, tare_scan_result *results, tare_error *err)
{
	scan s = { .m = m, .what = what, .run = opt, .results = results, .threads = tare_run_threads(opt), .sum = tare_stats_start() };
	tare_status st;
	unsigned i;

	if (m->n_tensors)
		memset(results, 0, m->n_tensors * sizeof *results);
	if (s.threads > THREADS_MOST)
		s.threads = THREADS_MOST;
	s.order = tare_model_payload_order(m);
	st = s.order ? make_benches(&s, err) : tare_fail_nomem(err);
	if (st == TARE_OK)
		st = run(&s, err);
	if (st == TARE_OK)
		st = tare_model_end_reading(m, err);
	for (i = 0; s.benches && i < s.threads; i++)
		tare_sha256_free(s.benches[i].hash);
	free(s.benches);
	free(s.order);
	return st;
}
