/* Is a model what a plan makes? The pipeline's tiles are compared instead of written. */
#include "base/escape.h"
#include "model/scan.h"
#include "recipe/round.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

struct tare_differences {
	tare_arena arena;
	tare_difference *items;  /* malloc'ed */
	size_t n, cap;
};

typedef struct verifier {
	const tare_plan *p;
	tare_model *of;
	tare_differences *found;
	size_t *twin;            /* per tensor of the plan: its index in of; malloc'ed */
	bool *apart;             /* told already: there are no bytes to compare */
	uint64_t *differ;        /* blocks */
} verifier;

/* ---- what was found ---- */

TARE_PRINTF(5, 6) static tare_status tell(verifier *v, const char *kind, tare_str name, tare_error *err, const char *fmt, ...)
{
	tare_differences *d = v->found;
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	if (!tare_grow(&d->items, &d->cap, d->n, sizeof *d->items))
		return tare_fail_nomem(err);
	d->items[d->n] = (tare_difference){ .kind = kind, .name = tare_arena_copy(&d->arena, name.ptr, name.len),
					    .text = tare_arena_text(&d->arena, text) };
	if (!d->items[d->n].text || !d->items[d->n].name.ptr)
		return tare_fail_nomem(err);
	d->n++;
	return TARE_OK;
}

const tare_difference *tare_difference_at(const tare_differences *d, size_t i)
{
	return i < d->n ? &d->items[i] : NULL;
}

void tare_differences_free(tare_differences *d)
{
	if (!d)
		return;
	free(d->items);
	tare_arena_free(&d->arena);
	free(d);
}

/* ---- tensors ---- */

static const char *type_name(const tare_tensor *t)
{
	return t->type ? t->type->name : "an unknown type";
}

static bool same_type(const tare_tensor *a, const tare_tensor *b)
{
	return a->type == b->type && (a->type || a->type_id == b->type_id);
}

static uint64_t block_size(const tare_tensor *t)
{
	return t->type ? t->type->block_size : 1;
}

static tare_status compare_heads(verifier *v, size_t i, tare_error *err)
{
	const tare_tensor *want = &v->p->out->tensors[i], *got;

	v->twin[i] = tare_model_tensor_index(v->of, want->name);
	v->apart[i] = true;
	if (v->twin[i] == SIZE_MAX)
		return tell(v, "missing", want->name, err, "not there, expected %s", type_name(want));
	got = &v->of->tensors[v->twin[i]];
	if (!same_type(want, got))
		return tell(v, "type", want->name, err, "%s, expected %s", type_name(got), type_name(want));
	if (want->n_dims != got->n_dims || (want->n_dims && memcmp(want->dim, got->dim, want->n_dims * sizeof *want->dim)) ||
	    want->size != got->size)
		return tell(v, "shape", want->name, err, "%u dimensions and %llu blocks, expected %u and %llu", (unsigned)got->n_dims,
			    (unsigned long long)(got->size / block_size(got)), (unsigned)want->n_dims,
			    (unsigned long long)(want->size / block_size(want)));
	v->apart[i] = false;
	return TARE_OK;
}

/* Blocks of a and b that differ. */
static uint64_t count_blocks(const uint8_t *a, const uint8_t *b, size_t size, size_t block)
{
	uint64_t n = 0;
	size_t i;

	if (!memcmp(a, b, size))
		return 0;
	for (i = 0; i < size; i += block)
		n += memcmp(a + i, b + i, block < size - i ? block : size - i) != 0;
	return n;
}

static tare_status take_part(verifier *v, const tare_tile_part *part, tare_error *err)
{
	const tare_tensor *got = &v->of->tensors[v->twin[part->index]];
	const uint8_t *bytes;

	if (v->apart[part->index])
		return TARE_OK;
	TARE_TRY(tare_tensor_bytes(v->of, got, part->offset, part->size, NULL, &bytes, err));
	v->differ[part->index] += count_blocks(part->bytes, bytes, part->size, block_size(got));
	tare_source_release(v->of->files[got->file].source, got->offset + part->offset, part->size);
	return TARE_OK;
}

static tare_status take(void *user, tare_tile *t, tare_error *err)
{
	verifier *v = user;
	tare_tile_part part;
	unsigned i;

	for (i = 0; tare_tile_part_at(t, i, &part); i++)
		TARE_TRY(take_part(v, &part, err));
	return TARE_OK;
}

static tare_status tell_bytes(verifier *v, size_t i, tare_error *err)
{
	const tare_tensor *want = &v->p->out->tensors[i];
	uint64_t blocks = want->size / block_size(want);

	if (!v->differ[i])
		return TARE_OK;
	TARE_TRY(tell(v, "bytes", want->name, err, "%llu of %llu blocks differ", (unsigned long long)v->differ[i],
		      (unsigned long long)blocks));
	v->found->items[v->found->n - 1].blocks = blocks;
	v->found->items[v->found->n - 1].differ = v->differ[i];
	return TARE_OK;
}

static tare_status compare_payload(verifier *v, const tare_run_options *run, tare_error *err)
{
	tare_round round = { .p = v->p, .run = run, .take = take, .user = v };
	tare_status st = tare_round_prepare(&round, v->apart, err);

	if (st == TARE_OK)
		st = tare_round_go(&round, err);
	tare_round_end(&round);
	return st;
}

static tare_status compare_tensors(verifier *v, const tare_run_options *run, tare_error *err)
{
	const tare_model *want = v->p->out;
	size_t i, n = want->n_tensors;

	v->twin = calloc(n + 1, sizeof *v->twin);
	v->apart = calloc(n + 1, sizeof *v->apart);
	v->differ = calloc(n + 1, sizeof *v->differ);
	if (!v->twin || !v->apart || !v->differ)
		return tare_fail_nomem(err);
	for (i = 0; i < n; i++)
		TARE_TRY(compare_heads(v, i, err));
	TARE_TRY(compare_payload(v, run, err));
	for (i = 0; i < n; i++)
		TARE_TRY(tell_bytes(v, i, err));
	for (i = 0; i < v->of->n_tensors; i++)
		if (tare_model_tensor_index(want, v->of->tensors[i].name) == SIZE_MAX)
			TARE_TRY(tell(v, "extra", v->of->tensors[i].name, err, "not expected"));
	return TARE_OK;
}

/* ---- metadata ---- */

static tare_status same_value(const tare_value *a, const tare_value *b, bool *same, tare_error *err)
{
	tare_buffer x = { 0 }, y = { 0 };
	tare_sink sx = { .put = tare_buffer_put, .ctx = &x }, sy = { .put = tare_buffer_put, .ctx = &y };
	tare_status st = TARE_OK;

	*same = a->kind == b->kind;
	if (*same) {
		st = tare_value_put(a, &sx, err);
		if (st == TARE_OK)
			st = tare_value_put(b, &sy, err);
		*same = st == TARE_OK && x.size == y.size && (!x.size || !memcmp(x.bytes, y.bytes, x.size));
	}
	free(x.bytes);
	free(y.bytes);
	return st;
}

/* How the files were split shows in the files. */
static bool is_split_key(tare_str key)
{
	return key.len > 6 && !memcmp(key.ptr, "split.", 6);
}

static size_t find_key(const tare_model *m, tare_str key)
{
	return tare_strmap_find(&m->by_key, key);
}

static tare_status compare_metadata(verifier *v, tare_error *err)
{
	const tare_model *want = v->p->out, *got = v->of;
	size_t i, at;
	bool same;

	for (i = 0; i < want->n_meta; i++) {
		if (is_split_key(want->meta[i].key))
			continue;
		at = find_key(got, want->meta[i].key);
		if (at == SIZE_MAX) {
			TARE_TRY(tell(v, "metadata", want->meta[i].key, err, "not there"));
			continue;
		}
		TARE_TRY(same_value(&want->meta[i].value, &got->meta[at].value, &same, err));
		if (!same)
			TARE_TRY(tell(v, "metadata", want->meta[i].key, err, "another value"));
	}
	for (i = 0; i < got->n_meta; i++)
		if (!is_split_key(got->meta[i].key) && find_key(want, got->meta[i].key) == SIZE_MAX)
			TARE_TRY(tell(v, "metadata", got->meta[i].key, err, "not expected"));
	return TARE_OK;
}

/* ---- files: what is neither tensor nor value ---- */

typedef struct place {
	const tare_source *source;
	uint64_t at, first;      /* first: byte that differs, TARE_NOWHERE if none */
} place;

static tare_status match_bytes(void *ctx, const void *bytes, size_t size, tare_error *err)
{
	place *p = ctx;
	const uint8_t *want = bytes, *got = tare_source_at(p->source, p->at, size);
	size_t i = 0;

	(void)err;
	if (p->first == TARE_NOWHERE) {
		while (got && i < size && want[i] == got[i])
			i++;
		if (i < size)
			p->first = p->at + i;
	}
	p->at += size;
	return TARE_OK;
}

static tare_status match_between(const tare_model *want, uint32_t file, place *p, uint64_t until, tare_error *err)
{
	tare_sink sink = { .put = match_bytes, .ctx = p };

	return p->first == TARE_NOWHERE ? tare_format_between(want, file, p->at, until, &sink, err) : TARE_OK;
}

/* The header, and what lies wherever no tensor is. */
static tare_status match_file(verifier *v, const size_t *order, uint32_t file, place *p, tare_error *err)
{
	const tare_model *want = v->p->out;
	tare_sink sink = { .put = match_bytes, .ctx = p };
	size_t i;

	TARE_TRY(want->format->header(want, file, &sink, err));
	for (i = 0; i < want->n_tensors; i++) {
		const tare_tensor *t = &want->tensors[order[i]];

		if (t->file != file || !t->size || (want->rendered && want->rendered[order[i]]))
			continue;
		TARE_TRY(match_between(want, file, p, t->offset, err));
		p->at = t->offset + t->size;
	}
	return match_between(want, file, p, want->files[file].size, err);
}

static tare_status compare_file(verifier *v, const size_t *order, uint32_t file, tare_error *err)
{
	static const tare_str whole = { "", 0 };
	const tare_source *source = v->of->files[file].source;
	uint64_t size = tare_source_size(source), wanted = v->p->out->files[file].size;
	place p = { source, 0, TARE_NOWHERE };

	TARE_TRY(match_file(v, order, file, &p, err));
	if (p.first == TARE_NOWHERE && size == wanted)
		return TARE_OK;
	if (p.first == TARE_NOWHERE)
		p.first = size < wanted ? size : wanted;
	return tell(v, "file", whole, err, "file %u of %zu is another from byte %llu on, outside of tensors; it has %llu bytes, expected %llu",
		    file + 1, v->of->n_files, (unsigned long long)p.first, (unsigned long long)size, (unsigned long long)wanted);
}

static tare_status compare_files(verifier *v, tare_error *err)
{
	static const tare_str whole = { "", 0 };
	const tare_model *want = v->p->out;
	size_t *order, n = v->of->n_files;
	tare_status st = TARE_OK;
	uint32_t i;

	n -= v->of->files[n - 1].made;
	if (n != want->n_files)
		return tell(v, "file", whole, err, "%zu files, expected %zu", n, want->n_files);
	if (v->found->n)
		return TARE_OK; /* headers and places follow from what was told */
	order = tare_model_payload_order(want);
	if (!order)
		return tare_fail_nomem(err);
	for (i = 0; i < want->n_files && st == TARE_OK; i++)
		st = compare_file(v, order, i, err);
	free(order);
	return st;
}

/* ---- the whole ---- */

static tare_status compare(verifier *v, const tare_run_options *run, tare_error *err)
{
	static const tare_str whole = { "", 0 };
	const tare_model *want = v->p->out;

	if (v->of->format != want->format)
		return tell(v, "file", whole, err, "format %s, expected %s", v->of->format ? v->of->format->name : "none", want->format->name);
	if (v->of->big_endian != want->big_endian)
		return tell(v, "file", whole, err, "another byte order");
	TARE_TRY(tare_model_make_random(v->of, err));
	TARE_TRY(compare_tensors(v, run, err));
	TARE_TRY(compare_metadata(v, err));
	TARE_TRY(compare_files(v, err));
	TARE_TRY(tare_model_end_reading(v->of, err));
	return tare_model_end_reading(v->p->in, err);
}

tare_status tare_plan_verify(tare_plan *p, tare_model *of, const tare_run_options *run, tare_differences **out, tare_error *err)
{
	verifier v = { .p = p, .of = of };
	tare_status st;

	*out = NULL;
	TARE_TRY(tare_round_check(p, err));
	v.found = calloc(1, sizeof *v.found);
	if (!v.found)
		return tare_fail_nomem(err);
	st = compare(&v, run, err);
	free(v.twin);
	free(v.apart);
	free(v.differ);
	if (st != TARE_OK) {
		tare_differences_free(v.found);
		return st;
	}
	*out = v.found;
	return TARE_OK;
}
