/* What is neither a tensor's contents nor metadata: format, byte order, places, order, padding. */
#include "compare/compare.h"

#include "base/escape.h"
#include "formats/format.h"

#include <stdarg.h>
#include <string.h>

enum { PIECE = 1 << 20 };

TARE_PRINTF(3, 4) static tare_status tell(tare_comparison *c, tare_error *err, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	if (!tare_grow(&c->outside, &c->cap_outside, c->n_outside, sizeof *c->outside))
		return tare_fail_nomem(err);
	c->outside[c->n_outside] = tare_arena_text(&c->arena, text);
	return c->outside[c->n_outside++] ? TARE_OK : tare_fail_nomem(err);
}

static const char *order_of(const tare_model *m)
{
	return m->big_endian ? "big-endian" : "little-endian";
}

static tare_status compare_models(tare_comparison *c, tare_error *err)
{
	const tare_model *a = c->a, *b = c->b;

	if (a->format != b->format)
		TARE_TRY(tell(c, err, "format: %s -> %s", tare_model_format(a), tare_model_format(b)));
	else if (a->version != b->version)
		TARE_TRY(tell(c, err, "version: %u -> %u", (unsigned)a->version, (unsigned)b->version));
	if (a->big_endian != b->big_endian)
		TARE_TRY(tell(c, err, "byte order: %s -> %s", order_of(a), order_of(b)));
	if (a->alignment != b->alignment)
		TARE_TRY(tell(c, err, "alignment: %llu -> %llu", (unsigned long long)a->alignment, (unsigned long long)b->alignment));
	if (a->n_files != b->n_files)
		TARE_TRY(tell(c, err, "files: %zu -> %zu", a->n_files, b->n_files));
	return TARE_OK;
}

static tare_status compare_places(tare_comparison *c, tare_error *err)
{
	size_t moved = 0, i;

	for (i = 0; i < c->n_pairs; i++) {
		const tare_tensor *s = tare_pair_a(c, &c->pairs[i]), *t = tare_pair_b(c, &c->pairs[i]);

		moved += s && t && (s->file != t->file || s->offset != t->offset);
	}
	if (moved)
		TARE_TRY(tell(c, err, "place: %zu tensor%s elsewhere", moved, moved == 1 ? " is" : "s are"));
	if (!c->same_order)
		TARE_TRY(tell(c, err, "order: tensors come in another order"));
	return TARE_OK;
}

/* Read in order, and let go of. */
static uint64_t first_difference(tare_source *s, tare_source *t)
{
	uint64_t n = tare_source_size(s) < tare_source_size(t) ? tare_source_size(s) : tare_source_size(t), at, i;
	const uint8_t *a, *b;
	size_t k;

	for (at = 0; at < n; at += k) {
		k = n - at < PIECE ? (size_t)(n - at) : PIECE;
		a = tare_source_at(s, at, k);
		b = tare_source_at(t, at, k);
		if (!a || !b)
			return at;
		if (memcmp(a, b, k)) {
			for (i = 0; a[i] == b[i]; i++)
				;
			return at + i;
		}
		tare_source_release(s, at, k);
		tare_source_release(t, at, k);
	}
	return n;
}

static tare_status compare_file(tare_comparison *c, size_t i, tare_error *err)
{
	tare_source *s = c->a->files[i].source, *t = c->b->files[i].source;
	uint64_t first;

	if (!s || !t)
		return TARE_OK;
	TARE_TRY(tare_source_random(s, err));
	TARE_TRY(tare_source_random(t, err));
	first = first_difference(s, t);
	if (tare_source_size(s) != tare_source_size(t))
		TARE_TRY(tell(c, err, "file %zu: %llu -> %llu bytes", i + 1, (unsigned long long)tare_source_size(s),
			      (unsigned long long)tare_source_size(t)));
	else if (first == tare_source_size(s))
		return TARE_OK;
	return tell(c, err, "file %zu: differs from byte %llu on", i + 1, (unsigned long long)first);
}

tare_status tare_compare_outside(tare_comparison *c, tare_error *err)
{
	size_t i;

	TARE_TRY(compare_models(c, err));
	TARE_TRY(compare_places(c, err));
	for (i = 0; c->a->n_files == c->b->n_files && i < c->a->n_files; i++)
		TARE_TRY(compare_file(c, i, err));
	return TARE_OK;
}
