/* Before the round: weights whose scales belong to more than one tile are measured. Tiles are measured each for itself, in any order, and
 * joined in theirs. */
#include "recipe/round.h"

#include "base/pool.h"
#include "model/scan.h"

#include <stdlib.h>

typedef struct measuring {
	tare_round *r;
	size_t rank;             /* among r->order */
	uint64_t at;             /* tile measured next */
} measuring;

static uint8_t *state_of(const tare_round *r, const tare_spread *s, uint64_t band)
{
	return r->states[s->number] + band * s->layout.state_size;
}

const void *tare_round_state(const tare_round *r, const tare_spread *s, uint64_t band)
{
	return s->layout.tiles_per_band ? state_of(r, s, band) : NULL;
}

/* The next weight of the round that has bands; NULL past the last. */
static const tare_spread *next_spread(measuring *m)
{
	const tare_spread *s;

	for (; m->rank < m->r->n_order; m->rank++) {
		s = tare_plan_spread(m->r->p, m->r->order[m->rank]);
		if (s && s->layout.tiles_per_band && s->layout.n_tiles)
			return s;
	}
	return NULL;
}

static tare_status feed(void *ctx, void *slot, bool *more, tare_error *err)
{
	measuring *m = ctx;
	tare_tile *t = slot;
	const tare_spread *s = next_spread(m);

	*more = s;
	if (!s)
		return TARE_OK;
	tare_spread_begin(m->r->p, s, t, m->r->order[m->rank], m->at);
	m->at = t->last ? 0 : m->at + 1;
	m->rank += t->last;
	return tare_tensor_bytes(m->r->p->in, &m->r->p->in->tensors[s->source], t->src_offset, t->src_size, NULL, &t->src, err);
}

static tare_status work(void *ctx, void *slot, unsigned worker, tare_error *err)
{
	measuring *m = ctx;
	tare_tile *t = slot;

	return tare_spread_measure(m->r->p, t, &m->r->benches[worker], t->state, err);
}

static tare_status drain(void *ctx, void *slot, tare_error *err)
{
	measuring *m = ctx;
	tare_tile *t = slot;

	(void)err;
	tare_scheme_join(&t->spread->layout, state_of(m->r, t->spread, t->rectangle.band), t->state);
	return TARE_OK;
}

static tare_status make_states(tare_round *r, const tare_spread *s, tare_error *err)
{
	uint64_t i, n = tare_spread_bands(s);

	r->states[s->number] = calloc((size_t)n + 1, s->layout.state_size);
	if (!r->states[s->number])
		return tare_fail_nomem(err);
	for (i = 0; i < n; i++)
		tare_scheme_begin(&s->layout, state_of(r, s, i));
	return TARE_OK;
}

static void settle(const tare_round *r, const tare_spread *s)
{
	uint64_t i, n = tare_spread_bands(s);

	for (i = 0; i < n; i++)
		tare_scheme_settle(&s->layout, state_of(r, s, i));
}

tare_status tare_round_measure(tare_round *r, tare_error *err)
{
	const tare_pool_ops ops = { feed, work, drain };
	measuring m = { .r = r };
	const tare_spread *s;

	r->states = calloc(r->p->n_spreads + 1, sizeof *r->states);
	if (!r->states)
		return tare_fail_nomem(err);
	for (; (s = next_spread(&m)); m.rank++)
		TARE_TRY(make_states(r, s, err));
	m.rank = 0;
	if (!next_spread(&m))
		return TARE_OK;
	TARE_TRY(tare_pool_run(&ops, &m, r->threads, r->slots, r->n_slots, sizeof *r->slots, err));
	for (m.rank = 0; (s = next_spread(&m)); m.rank++)
		settle(r, s);
	return TARE_OK;
}
