/* Pairs whose bytes are not the same: are their values? If not, how far are they apart? Shapes need not agree: elements are compared in
 * the order in which they are stored. */
#include "compare/walk.h"

#include <string.h>

enum { STRETCH = 1 << 16 };

/* A wide type is compared as it is stored, which a type in blocks cannot follow. */
static bool fit(const tare_type *s, const tare_type *t)
{
	if (!s || !t || !s->decode || !t->decode)
		return false;
	return (!tare_is_wide(s) && !tare_is_wide(t)) || (s->block_len == 1 && t->block_len == 1);
}

static uint64_t length(const tare_walk *w, const tare_pair *p)
{
	const tare_tensor *s = tare_pair_a(w->c, p), *t = tare_pair_b(w->c, p);

	if (!s || !t || p->relation == TARE_SAME_BYTES || s->count != t->count)
		return 0;
	return fit(s->type, t->type) ? s->count : 0;
}

static uint64_t byte_of(const tare_tensor *t, uint64_t at)
{
	return at / t->type->block_len * t->type->block_size;
}

/* n elements from element `at` of the tensor on: their bytes, little-endian. */
static tare_status bytes_of(tare_model *m, const tare_tensor *t, uint64_t at, size_t n, uint8_t *swapped, const uint8_t **out,
			    tare_error *err)
{
	return tare_walk_bytes(m, t, byte_of(t, at), (size_t)byte_of(t, n), swapped, out, err);
}

static void add_strip(tare_stretch *s, tare_desk *desk, const uint8_t *a, const uint8_t *b, uint64_t at, size_t n)
{
	const tare_type *ta = s->a->type, *tb = s->b->type;
	bool same = ta == tb && !memcmp(a, b, (size_t)byte_of(s->a, n));

	if (tare_is_wide(ta) || tare_is_wide(tb)) {
		tare_value_sums_add_wide(&s->sums, ta, a, tb, b, n, at);
		return;
	}
	tare_type_decode(ta)(desk->x, a, n / ta->block_len);
	if (!same)
		tare_type_decode(tb)(desk->y, b, n / tb->block_len);
	tare_value_sums_add(&s->sums, desk->x, same ? desk->x : desk->y, n, at);
}

/* A strip holds whole blocks of every type, and so does what is left at the end: a tensor's elements do. */
static tare_status work(const tare_walk *w, tare_stretch *s, tare_desk *desk, tare_error *err)
{
	const uint8_t *a, *b;
	uint64_t done;
	size_t k;

	for (done = 0; done < s->n; done += k) {
		k = s->n - done < TARE_STRIP ? (size_t)(s->n - done) : TARE_STRIP;
		TARE_TRY(bytes_of(w->c->a, s->a, s->at + done, k, desk->swapped[0], &a, err));
		TARE_TRY(bytes_of(w->c->b, s->b, s->at + done, k, desk->swapped[1], &b, err));
		add_strip(s, desk, a, b, s->at + done, k);
	}
	return TARE_OK;
}

/* The sums of the pair whose stretches are being taken. */
typedef struct measuring {
	tare_walk walk;          /* first */
	tare_value_sums sums;
} measuring;

static void take(tare_walk *w, const tare_stretch *s)
{
	measuring *m = (measuring *)w;

	tare_value_sums_join(&m->sums, &s->sums);
	if (!s->last)
		return;
	tare_value_sums_finish(&m->sums, s->pair);
	memset(&m->sums, 0, sizeof m->sums);
}

tare_status tare_compare_values(tare_comparison *c, tare_error *err)
{
	measuring m = { .walk = { .c = c, .length = length, .byte_of = byte_of, .stretch = STRETCH, .work = work, .take = take } };
	size_t i;

	/* Nothing is equal to nothing, whatever its type. */
	for (i = 0; i < c->n_pairs; i++) {
		const tare_tensor *s = tare_pair_a(c, &c->pairs[i]), *t = tare_pair_b(c, &c->pairs[i]);

		if (s && t && !s->count && !t->count && c->pairs[i].relation == TARE_OTHER_BYTES)
			c->pairs[i].relation = TARE_SAME_VALUES;
	}
	return tare_walk_run(&m.walk, err);
}
