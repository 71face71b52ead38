/* Two arrays of one kind: where they differ in place, and, if they hold strings, which of these one has and the other has not. */
#include "compare/keys.h"

#include "base/escape.h"

#include <string.h>

enum { STRINGS_MOST = 1 << 22 }; /* of one array: beyond, only places are told */

/* ---- in place ---- */

typedef struct spans {
	tare_span span[TARE_SPANS];
	size_t n;
	bool more;
	uint64_t differ;
} spans;

static void add_run(spans *s, uint64_t first, uint64_t last)
{
	s->differ += last - first + 1;
	if (s->n && s->span[s->n - 1].last + 1 == first)
		s->span[s->n - 1].last = last;
	else if (s->n < TARE_SPANS)
		s->span[s->n++] = (tare_span){ first, last };
	else
		s->more = true;
}

static tare_status find_spans(const tare_array *a, const tare_array *b, spans *s, tare_error *err)
{
	uint64_t common = a->count < b->count ? a->count : b->count, all = a->count < b->count ? b->count : a->count, i;
	tare_array_iter x, y;
	tare_value v, w;
	bool same;

	tare_array_start(&x, a);
	tare_array_start(&y, b);
	for (i = 0; i < common && tare_array_next(&x, &v) && tare_array_next(&y, &w); i++) {
		TARE_TRY(tare_same_value(&v, &w, &same, err));
		if (!same)
			add_run(s, i, i);
	}
	if (all > common)
		add_run(s, common, all - 1);
	return TARE_OK;
}

/* ---- as sets of strings ---- */

typedef struct sets {
	const tare_array *a, *b;
	tare_strmap in_a, in_b;
	tare_element *elements;  /* TARE_ELEMENTS of each kind */
	size_t n, n_gained, n_lost, n_moved;
	tare_key_difference *d;
} sets;

static tare_status index_strings(tare_strmap *m, const tare_array *a, tare_error *err)
{
	tare_array_iter it;
	tare_value v;
	size_t existing;

	tare_array_start(&it, a);
	while (tare_array_next(&it, &v))
		if (!tare_strmap_add(m, v.as.string, (size_t)it.index - 1, &existing))
			return tare_fail_nomem(err);
	return TARE_OK;
}

static void add_element(sets *s, size_t *kept, tare_str text, uint64_t a, uint64_t b)
{
	if (*kept == TARE_ELEMENTS)
		return;
	++*kept;
	s->elements[s->n++] = (tare_element){ text, a, b };
}

/* A string that stands several times in one array counts where it stands first. */
static void find_lost(sets *s)
{
	tare_array_iter it;
	tare_value v;
	size_t at;

	tare_array_start(&it, s->a);
	while (tare_array_next(&it, &v)) {
		if (tare_strmap_find(&s->in_a, v.as.string) != it.index - 1)
			continue;
		at = tare_strmap_find(&s->in_b, v.as.string);
		if (at == SIZE_MAX) {
			s->d->lost++;
			add_element(s, &s->n_lost, v.as.string, it.index - 1, TARE_NOWHERE);
		} else if (at != it.index - 1) {
			s->d->moved++;
			add_element(s, &s->n_moved, v.as.string, it.index - 1, at);
		}
	}
}

static void find_gained(sets *s)
{
	tare_array_iter it;
	tare_value v;

	tare_array_start(&it, s->b);
	while (tare_array_next(&it, &v)) {
		if (tare_strmap_find(&s->in_b, v.as.string) != it.index - 1 || tare_strmap_find(&s->in_a, v.as.string) != SIZE_MAX)
			continue;
		s->d->gained++;
		add_element(s, &s->n_gained, v.as.string, TARE_NOWHERE, it.index - 1);
	}
}

static tare_status compare_sets(tare_comparison *c, sets *s, tare_error *err)
{
	s->elements = tare_arena_array(&c->arena, 3 * TARE_ELEMENTS, sizeof *s->elements);
	if (!s->elements)
		return tare_fail_nomem(err);
	TARE_TRY(index_strings(&s->in_a, s->a, err));
	TARE_TRY(index_strings(&s->in_b, s->b, err));
	find_lost(s);
	find_gained(s);
	s->d->has_elements = true;
	s->d->elements = s->elements;
	s->d->n_elements = s->n;
	return TARE_OK;
}

tare_status tare_compare_arrays(tare_comparison *c, const tare_array *a, const tare_array *b, tare_key_difference *d, tare_error *err)
{
	sets s = { .a = a, .b = b, .d = d };
	spans found = { .n = 0 };
	tare_span *copy;
	tare_status st;

	TARE_TRY(find_spans(a, b, &found, err));
	copy = tare_arena_array(&c->arena, found.n + 1, sizeof *copy);
	if (!copy)
		return tare_fail_nomem(err);
	memcpy(copy, found.span, found.n * sizeof *copy);
	d->spans = copy;
	d->n_spans = found.n;
	d->more_spans = found.more;
	d->differ = found.differ;
	if (a->kind != TARE_STRING || a->count > STRINGS_MOST || b->count > STRINGS_MOST)
		return TARE_OK;
	st = compare_sets(c, &s, err);
	tare_strmap_free(&s.in_a);
	tare_strmap_free(&s.in_b);
	return st;
}
