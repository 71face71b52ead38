#include "recipe/round.h"

#include "base/escape.h"
#include "base/pool.h"
#include "model/scan.h"

#include <stdlib.h>

enum {
	ROOM = 40 << 20,
	THREADS_MOST = 256,
	RELEASE = 16 << 20,      /* bytes of a source tensor let go of at a time */
};

/* ---- before anything is opened ---- */

static tare_status check_recode(const tare_plan *p, size_t i, const tare_tensor *from, const tare_tensor *to, tare_error *err)
{
	if (!from->type || !from->type->decode)
		return tare_fail(err, TARE_E_UNSUPPORTED, TARE_NOWHERE, "tensor '%s': type %s cannot be decoded", TARE_SHOW(from->name),
				 from->type ? from->type->name : "unknown");
	if (!to->type || !to->type->encode)
		return tare_fail(err, TARE_E_UNSUPPORTED, TARE_NOWHERE, "tensor '%s': type %s cannot be written", TARE_SHOW(to->name),
				 to->type ? to->type->name : "unknown");
	if (from->count != to->count)
		return tare_fail(err, TARE_E_ARG, TARE_NOWHERE, "tensor '%s': %llu elements cannot become %llu", TARE_SHOW(to->name),
				 (unsigned long long)from->count, (unsigned long long)to->count);
	if (to->type->flags & TARE_TYPE_NEEDS_WEIGHTS && (!p->weights || !p->weights[i]))
		return tare_fail(err, TARE_E_REFUSED, TARE_NOWHERE, "tensor '%s': type %s needs an importance matrix", TARE_SHOW(to->name),
				 to->type->name);
	return TARE_OK;
}

static tare_status check_copy(const tare_plan *p, const tare_tensor *from, const tare_tensor *to, tare_error *err)
{
	if (from->size != to->size || from->type != to->type)
		return tare_fail(err, TARE_E_ARG, TARE_NOWHERE, "tensor '%s': a copy cannot change type or size", TARE_SHOW(to->name));
	if (!to->type && p->in->big_endian != p->out->big_endian)
		return tare_fail(err, TARE_E_UNSUPPORTED, TARE_NOWHERE, "tensor '%s': type %u is not known, so its byte order cannot be changed",
				 TARE_SHOW(to->name), (unsigned)to->type_id);
	return TARE_OK;
}

tare_status tare_round_check(const tare_plan *p, tare_error *err)
{
	size_t i;

	if (p->n_refusals)
		return tare_fail(err, TARE_E_REFUSED, TARE_NOWHERE, "%s", p->refusals[0]);
	for (i = 0; i < p->out->n_tensors; i++) {
		const tare_tensor *from = &p->in->tensors[p->steps[i].source], *to = &p->out->tensors[i];

		if (tare_plan_spread(p, i))
			TARE_TRY(tare_spread_check(p, tare_plan_spread(p, i), err));
		else
			TARE_TRY(p->steps[i].copies ? check_copy(p, from, to, err) : check_recode(p, i, from, to, err));
	}
	return TARE_OK;
}

/* A stream that is wanted in another order than its own is spooled first: before anything of it is taken, so that it does not matter when
 * that is noticed. Schemes go back and forth in a weight. */
static tare_status settle_streams(tare_round *r, tare_error *err)
{
	const tare_model *in = r->p->in;
	uint64_t *ends = calloc(in->n_files + 1, sizeof *ends);
	tare_status st = ends ? TARE_OK : tare_fail_nomem(err);
	size_t i;

	for (i = 0; i < r->n_order && st == TARE_OK; i++) {
		const tare_tensor *t = &in->tensors[r->p->steps[r->order[i]].source];

		if (!t->size)
			continue;
		if ((t->offset < ends[t->file] || tare_plan_spread(r->p, r->order[i])) && tare_source_is_stream(in->files[t->file].source))
			st = tare_source_random(in->files[t->file].source, err);
		ends[t->file] = t->offset + t->size;
	}
	free(ends);
	return st;
}

/* ---- memory ---- */

static size_t padded(size_t n)
{
	return (n + 63) & ~(size_t)63;
}

static size_t bench_size(const tare_round *r)
{
	return (2 * r->room.values + r->room.weights) * sizeof(float) + r->room.swapped;
}

static size_t slot_size(const tare_round *r)
{
	return r->room.in + r->room.out + r->room.state;
}

static void size_up(tare_round *r)
{
	size_t i, slot, bench;

	for (i = 0; i < r->n_order; i++) {
		const tare_spread *spread = tare_plan_spread(r->p, r->order[i]);

		if (spread)
			tare_spread_room_for(r->p, spread, &r->room);
		else
			tare_tile_room_for(r->p, r->order[i], &r->room);
		r->total += r->p->in->tensors[r->p->steps[r->order[i]].source].size;
	}
	r->room = (tare_tile_room){
		.in = padded(r->room.in), .out = padded(r->room.out), .values = padded(r->room.values),
		.swapped = padded(r->room.swapped), .weights = padded(r->room.weights), .state = padded(r->room.state),
	};
	slot = slot_size(r) + sizeof *r->slots;
	bench = bench_size(r) + sizeof *r->benches;
	r->threads = tare_run_threads(r->run);
	if (r->threads > THREADS_MOST)
		r->threads = THREADS_MOST;
	while (r->threads > 1 && r->threads * (bench + 2 * slot) + 2 * slot > ROOM)
		r->threads--;
	r->n_slots = r->threads == 1 ? 1 : 2 * r->threads + 2;
}

static tare_status make_room(tare_round *r, tare_error *err)
{
	size_t i, slot = slot_size(r), bench = bench_size(r);
	uint8_t *at;

	r->slots = calloc(r->n_slots, sizeof *r->slots);
	r->benches = calloc(r->threads, sizeof *r->benches);
	r->memory = aligned_alloc(64, padded(r->n_slots * slot + r->threads * bench + 1));
	if (!r->slots || !r->benches || !r->memory)
		return tare_fail_nomem(err);
	at = r->memory;
	for (i = 0; i < r->n_slots; i++, at += slot) {
		r->slots[i].in_buf = r->room.in ? at : NULL;
		r->slots[i].out_buf = at + r->room.in;
		r->slots[i].state = r->room.state ? at + r->room.in + r->room.out : NULL;
	}
	for (i = 0; i < r->threads; i++, at += bench) {
		r->benches[i].x = (float *)(void *)at;
		r->benches[i].y = r->benches[i].x + r->room.values;
		r->benches[i].weights = r->benches[i].y + r->room.values;
		r->benches[i].swapped = (uint8_t *)(r->benches[i].weights + r->room.weights);
	}
	return TARE_OK;
}

/* ---- the round ---- */

static const tare_tensor *source_of(const tare_round *r, size_t index)
{
	return &r->p->in->tensors[r->p->steps[index].source];
}

static bool is_empty(const tare_round *r, size_t index)
{
	const tare_spread *spread = tare_plan_spread(r->p, index);

	return spread ? !spread->layout.n_tiles : !r->p->out->tensors[index].size;
}

static tare_status feed(void *ctx, void *slot, bool *more, tare_error *err)
{
	tare_round *r = ctx;
	tare_tile *t = slot;
	const tare_spread *spread;

	while (r->rank < r->n_order && is_empty(r, r->order[r->rank]))
		r->rank++;
	*more = r->rank < r->n_order;
	if (!*more)
		return TARE_OK;
	spread = tare_plan_spread(r->p, r->order[r->rank]);
	if (spread)
		tare_spread_begin(r->p, spread, t, r->order[r->rank], r->at);
	else
		tare_tile_begin(r->p, t, r->order[r->rank], r->at);
	r->at = t->last ? 0 : r->at + t->n;
	r->rank += t->last;
	return tare_tensor_bytes(r->p->in, source_of(r, t->index), t->src_offset, t->src_size, t->in_buf, &t->src, err);
}

static tare_status work(void *ctx, void *slot, unsigned worker, tare_error *err)
{
	tare_round *r = ctx;
	tare_tile *t = slot;
	tare_bench *b = &r->benches[worker];

	if (!t->spread)
		return tare_tile_work(r->p, t, b, r->measure, err);
	return tare_spread_work(r->p, t, b, tare_round_state(r, t->spread, t->rectangle.band), r->measure, err);
}

/* What has been read is let go of in large pieces, so that a large model does not push everything else out of the page cache. */
static void release_behind(tare_round *r, const tare_tile *t)
{
	const tare_tensor *from = source_of(r, t->index);
	uint64_t end = t->src_offset + t->src_size;

	if (t->spread && !t->last)
		return; /* tiles of a scheme may be columns */
	if (t->spread)
		end = from->size;
	if (end - r->released < RELEASE && !t->last)
		return;
	tare_source_release(r->p->in->files[from->file].source, from->offset + r->released, end - r->released);
	r->released = t->last ? 0 : end;
}

static tare_status drain(void *ctx, void *slot, tare_error *err)
{
	tare_round *r = ctx;
	tare_tile *t = slot;

	TARE_TRY(r->take(r->user, t, err));
	release_behind(r, t);
	r->done += t->spread ? t->rectangle.rows * t->rectangle.cols * source_of(r, t->index)->type->block_size : t->src_size;
	return tare_run_progress(r->run, r->done, r->total, err);
}

/* ---- the whole ---- */

/* All parts of a weight are made together, when the first of them in the result is due. seen: per spread. */
static void choose(tare_round *r, const bool *skip, bool *seen)
{
	size_t i;

	for (i = 0; i < r->p->out->n_tensors; i++) {
		const size_t index = r->order[i];
		const tare_spread *spread = tare_plan_spread(r->p, index);

		if ((skip && skip[index]) || (r->p->out->rendered && r->p->out->rendered[index]) || (spread && seen[spread->number]))
			continue;
		if (spread)
			seen[spread->number] = true;
		r->order[r->n_order++] = index;
	}
}

tare_status tare_round_prepare(tare_round *r, const bool *skip, tare_error *err)
{
	bool *seen = calloc(r->p->n_spreads + 1, sizeof *seen);

	r->order = tare_model_payload_order(r->p->out);
	if (r->order && seen)
		choose(r, skip, seen);
	free(seen);
	if (!r->order || !seen)
		return tare_fail_nomem(err);
	TARE_TRY(settle_streams(r, err));
	size_up(r);
	return make_room(r, err);
}

tare_status tare_round_go(tare_round *r, tare_error *err)
{
	const tare_pool_ops ops = { feed, work, drain };

	TARE_TRY(tare_round_measure(r, err));
	return tare_pool_run(&ops, r, r->threads, r->slots, r->n_slots, sizeof *r->slots, err);
}

void tare_round_end(tare_round *r)
{
	size_t i;

	for (i = 0; r->states && i < r->p->n_spreads; i++)
		free(r->states[i]);
	free(r->states);
	free(r->order);
	free(r->slots);
	free(r->benches);
	free(r->memory);
}
