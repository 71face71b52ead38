/* What every open weight would lose in every type it may get: one pass over the payload, each value decoded once and encoded as often as
 * there are types. Sums are per tile and joined in order, so they come out the same with any number of threads. */
#include "base/pool.h"
#include "model/scan.h"
#include "recipe/fit.h"
#include "recipe/tile.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

enum { TILE_VALUES = 1 << 16, THREADS_MOST = 64, LONGEST_BLOCK = 256, CHUNK = 256, ROOM = 40 << 20 };

typedef struct slot {
	tare_tile tile;
	tare_fit_weight *weight;
	double loss[TARE_FIT_TYPES], signal;
} slot;

typedef struct bench {
	tare_bench b;
	uint8_t *out;            /* a strip in the type tried */
} bench;

typedef struct measuring {
	const tare_plan *p;
	tare_fit_weight *weights;
	size_t n, at_weight;
	uint64_t at_value;
	const tare_run_options *run;
	uint64_t done, total;
	size_t values, cols;     /* of the longest strip, of the longest row with importances */
	unsigned threads;
	size_t n_slots;
	slot *slots;
	bench *benches;
	uint8_t *memory;
} measuring;

static const tare_tensor *source_of(const measuring *m, const tare_fit_weight *w)
{
	return &m->p->in->tensors[m->p->steps[w->step].source];
}

static const tare_importance *importance_of(const measuring *m, const tare_fit_weight *w)
{
	return m->p->weights ? m->p->weights[w->step] : NULL;
}

/* Rows stay whole where columns have importances; else a tensor is one long row. */
static uint64_t strip_of(const measuring *m, const tare_fit_weight *w)
{
	uint64_t unit = importance_of(m, w) ? tare_tensor_cols(source_of(m, w)) : LONGEST_BLOCK;

	return unit < TARE_STRIP ? TARE_STRIP - TARE_STRIP % unit : unit;
}

static uint64_t tile_of(const measuring *m, const tare_fit_weight *w)
{
	uint64_t strip = strip_of(m, w);

	return strip < TILE_VALUES ? TILE_VALUES - TILE_VALUES % strip : strip;
}

static uint64_t bytes_of(const tare_type *t, uint64_t values)
{
	return values / t->block_len * t->block_size;
}

/* ---- the round ---- */

static tare_status feed(void *ctx, void *at, bool *more, tare_error *err)
{
	measuring *m = ctx;
	slot *s = at;
	const tare_tensor *from;
	uint64_t tile;

	while (m->at_weight < m->n && !source_of(m, &m->weights[m->at_weight])->count)
		m->at_weight++;
	*more = m->at_weight < m->n;
	if (!*more)
		return TARE_OK;
	s->weight = &m->weights[m->at_weight];
	from = source_of(m, s->weight);
	tile = tile_of(m, s->weight);
	s->tile.index = s->weight->step;
	s->tile.at = m->at_value;
	s->tile.n = from->count - m->at_value < tile ? from->count - m->at_value : tile;
	s->tile.src_offset = bytes_of(from->type, s->tile.at);
	s->tile.src_size = bytes_of(from->type, s->tile.n);
	m->at_value += s->tile.n;
	if (m->at_value == from->count) {
		m->at_weight++;
		m->at_value = 0;
	}
	return tare_tensor_bytes(m->p->in, from, s->tile.src_offset, s->tile.src_size, s->tile.in_buf, &s->tile.src, err);
}

/* Sum of w (x - y)^2 over n values; y NULL: of w x^2. What is not finite in x does not count. */
static double squares(const float *x, const float *y, const float *w, size_t n)
{
	double sum = 0, d;
	size_t i;

	for (i = 0; i < n; i++) {
		if (!isfinite(x[i]))
			continue;
		d = y ? (double)x[i] - (double)y[i] : (double)x[i];
		sum += (w ? (double)w[i] : 1.0) * d * d;
	}
	return sum;
}

/* As squares, for the strip in the bench: row by row with importances, in pieces without. */
static double weighed(const measuring *m, tare_bench *b, const slot *s, const float *y, uint64_t done, size_t n)
{
	const tare_importance *e = importance_of(m, s->weight);
	const tare_tensor *t = source_of(m, s->weight);
	uint64_t cols = tare_tensor_cols(t), per_slice = t->n_dims > 1 ? t->dim[t->n_dims - 2] : 1;
	size_t at, k, piece = e ? cols : CHUNK;
	double sum = 0;

	for (at = 0; at < n; at += k) {
		k = n - at < piece ? n - at : piece;
		sum += squares(b->x + at, y ? y + at : NULL,
			       e ? tare_tile_importances(b, e, (s->tile.at + done + at) / cols / per_slice, cols) : NULL, k);
	}
	return sum;
}

static void try_type(const measuring *m, bench *b, slot *s, unsigned c, uint64_t done, size_t n)
{
	tare_tensor to = *source_of(m, s->weight);
	const tare_importance *e = importance_of(m, s->weight);
	uint64_t cols = tare_tensor_cols(&to);

	if (s->weight->choice[c].type == to.type)
		return;
	to.type = s->weight->choice[c].type;
	if (e && tare_type_uses_importances(to.type))
		tare_tile_encode_rows(&b->b, &to, e, (s->tile.at + done) / cols, n / cols, b->out);
	else if (e)
		tare_type_encode(to.type)(b->out, b->b.x, n / cols, cols, NULL);
	else
		tare_type_encode(to.type)(b->out, b->b.x, 1, n, NULL);
	tare_type_decode(to.type)(b->b.y, b->out, n / to.type->block_len);
	s->loss[c] += weighed(m, &b->b, s, b->b.y, done, n);
}

static tare_status work(void *ctx, void *at, unsigned worker, tare_error *err)
{
	measuring *m = ctx;
	slot *s = at;
	bench *b = &m->benches[worker];
	uint64_t done, strip = strip_of(m, s->weight);
	size_t k;
	unsigned c;

	s->signal = 0;
	for (c = 0; c < s->weight->n; c++)
		s->loss[c] = 0;
	for (done = 0; done < s->tile.n; done += k) {
		k = s->tile.n - done < strip ? s->tile.n - done : strip;
		TARE_TRY(tare_tile_decode(m->p, &s->tile, &b->b, done, k, err));
		s->signal += weighed(m, &b->b, s, NULL, done, k);
		for (c = 0; c < s->weight->n; c++)
			try_type(m, b, s, c, done, k);
	}
	return TARE_OK;
}

/* A type that cannot hold the values is the worst there is, but not more than can be added up. */
static double bounded(double loss)
{
	const double most = DBL_MAX / (1 << 20);

	return loss < most ? loss : most;
}

static tare_status drain(void *ctx, void *at, tare_error *err)
{
	measuring *m = ctx;
	slot *s = at;
	const tare_tensor *from = source_of(m, s->weight);
	unsigned c;

	s->weight->signal += s->signal;
	for (c = 0; c < s->weight->n; c++)
		s->weight->choice[c].loss = bounded(s->weight->choice[c].loss + s->loss[c]);
	tare_source_release(m->p->in->files[from->file].source, from->offset + s->tile.src_offset, s->tile.src_size);
	m->done += s->tile.src_size;
	return tare_run_progress(m->run, m->done, m->total, err);
}

/* ---- memory ---- */

static size_t most(size_t a, uint64_t b)
{
	return a > b ? a : (size_t)b;
}

/* Values x and y, importances, a strip as stored in the source (at most 8 bytes a value) and as encoded (at most 8). */
static size_t bench_size(const measuring *m)
{
	return m->values * (2 * sizeof(float) + 16) + m->cols * sizeof(float);
}

/* Rows as wide as a vocabulary are for fewer workers. */
static void size_up(measuring *m)
{
	size_t i;

	for (i = 0; i < m->n; i++) {
		const tare_tensor *t = source_of(m, &m->weights[i]);
		uint64_t strip = strip_of(m, &m->weights[i]);

		m->total += t->size;
		m->values = most(m->values, strip < t->count ? strip : t->count);
		m->cols = most(m->cols, importance_of(m, &m->weights[i]) ? tare_tensor_cols(t) : 0);
	}
	m->values = (m->values + 15) & ~(size_t)15;
	m->cols = (m->cols + 15) & ~(size_t)15;
	m->threads = tare_run_threads(m->run);
	m->threads = m->threads < THREADS_MOST ? m->threads : THREADS_MOST;
	while (m->threads > 1 && m->threads * bench_size(m) > ROOM)
		m->threads--;
	m->n_slots = 2 * m->threads + 2;
}

static tare_status make_room(measuring *m, tare_error *err)
{
	size_t one = bench_size(m), i;

	m->slots = calloc(m->n_slots, sizeof *m->slots);
	m->benches = calloc(m->threads, sizeof *m->benches);
	m->memory = aligned_alloc(64, m->threads * one + 64);
	if (!m->slots || !m->benches || !m->memory)
		return tare_fail_nomem(err);
	for (i = 0; i < m->threads; i++) {
		float *x = (float *)(void *)(m->memory + i * one);

		m->benches[i].b.x = x;
		m->benches[i].b.y = x + m->values;
		m->benches[i].b.weights = x + 2 * m->values;
		m->benches[i].b.swapped = (uint8_t *)(x + 2 * m->values + m->cols);
		m->benches[i].out = m->benches[i].b.swapped + 8 * m->values;
	}
	return TARE_OK;
}

tare_status tare_fit_measure(const tare_plan *p, tare_fit_weight *weights, size_t n, const tare_run_options *run, tare_error *err)
{
	const tare_pool_ops ops = { feed, work, drain };
	measuring m = { .p = p, .weights = weights, .n = n, .run = run };
	tare_status st = tare_model_make_random(p->in, err);

	size_up(&m);
	if (st == TARE_OK)
		st = make_room(&m, err);
	if (st == TARE_OK)
		st = tare_pool_run(&ops, &m, m.threads, m.slots, m.n_slots, sizeof *m.slots, err);
	free(m.slots);
	free(m.benches);
	free(m.memory);
	return st;
}
