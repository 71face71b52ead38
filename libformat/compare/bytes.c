/* Pairs of one type and size: are their bytes the same? Nothing is hashed or decoded, and a pair is left at its first difference. */
#include "compare/walk.h"

#include <string.h>

enum { STRETCH = 1 << 20 };

static uint64_t length(const tare_walk *w, const tare_pair *p)
{
	const tare_tensor *s = tare_pair_a(w->c, p), *t = tare_pair_b(w->c, p);

	if (!s || !t || p->retyped || s->size != t->size || p->first_byte != TARE_NOWHERE)
		return 0;
	return s->size;
}

static uint64_t byte_of(const tare_tensor *t, uint64_t at)
{
	(void)t;
	return at;
}

static size_t first_difference(const uint8_t *a, const uint8_t *b, size_t n)
{
	size_t i;

	for (i = 0; i < n && a[i] == b[i]; i++)
		;
	return i;
}

/* The part of a stretch that can be compared at once. */
static size_t part_of(const tare_walk *w, const tare_stretch *s, uint64_t done)
{
	uint64_t left = s->n - done, most = left;

	if (tare_is_foreign(w->c->a, s->a) || tare_is_foreign(w->c->b, s->b))
		most = TARE_STRIP_BYTES - TARE_STRIP_BYTES % s->a->type->block_size;
	return (size_t)(left < most ? left : most);
}

static tare_status work(const tare_walk *w, tare_stretch *s, tare_desk *desk, tare_error *err)
{
	const uint8_t *a, *b;
	uint64_t done;
	size_t k;

	for (done = 0; done < s->n && !s->differs; done += k) {
		k = part_of(w, s, done);
		TARE_TRY(tare_walk_bytes(w->c->a, s->a, s->at + done, k, desk->swapped[0], &a, err));
		TARE_TRY(tare_walk_bytes(w->c->b, s->b, s->at + done, k, desk->swapped[1], &b, err));
		if (!memcmp(a, b, k))
			continue;
		s->differs = true;
		s->first_byte = s->at + done + first_difference(a, b, k);
	}
	return TARE_OK;
}

static void take(tare_walk *w, const tare_stretch *s)
{
	tare_pair *p = s->pair;

	(void)w;
	if (p->first_byte != TARE_NOWHERE)
		return;
	if (s->differs)
		p->first_byte = s->first_byte;
	else if (s->last)
		p->relation = TARE_SAME_BYTES;
}

tare_status tare_compare_bytes(tare_comparison *c, tare_error *err)
{
	tare_walk w = { .c = c, .length = length, .byte_of = byte_of, .stretch = STRETCH, .work = work, .take = take };
	size_t i;

	/* What has no bytes has the same. */
	for (i = 0; i < c->n_pairs; i++) {
		const tare_tensor *s = tare_pair_a(c, &c->pairs[i]), *t = tare_pair_b(c, &c->pairs[i]);

		if (s && t && !c->pairs[i].retyped && !s->size && !t->size)
			c->pairs[i].relation = TARE_SAME_BYTES;
	}
	return tare_walk_run(&w, err);
}
