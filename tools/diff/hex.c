/* --hex: the first blocks of a tensor that differ, as they are stored and as they are meant, field by field (fields.c). */
#include "diff/hex.h"

#include "common/message.h"
#include "common/number.h"
#include "common/pager.h"
#include "common/terminal.h"

#include <stdlib.h>
#include <string.h>

enum { BLOCKS = 4, VALUES = 4, CHUNK = 1 << 16 };

typedef struct hex {
	const diff_view *v;
	const tare_pair *p;
	const tare_tensor *a, *b;
	uint64_t blocks;         /* shown at most */
	tare_error err;
} hex;

static bool read_at(hex *h, tare_model *m, const tare_tensor *t, uint64_t at, size_t size, uint8_t *to)
{
	if (tare_read_bytes(m, t, at, size, to, &h->err) == TARE_OK)
		return true;
	tool_error(&h->err);
	return false;
}

static size_t block_size(const tare_tensor *t)
{
	return t->type ? tare_type_block_size(t->type) : 16;
}

static size_t block_len(const tare_tensor *t)
{
	return t->type ? tare_type_block_len(t->type) : 0;
}

/* ---- decoded values ---- */

static float *decode(const tare_type *t, const uint8_t *block, bool big)
{
	float *values = tool_alloc(tare_type_block_len(t), sizeof *values);

	/* In a foreign byte order the fields say it all. */
	if (big || !tare_type_can_decode(t) || tare_decode(t, block, 1, values, NULL) != TARE_OK) {
		free(values);
		return NULL;
	}
	return values;
}

static bool is_same(float x, float y)
{
	return x == y || (x != x && y != y);
}

static void print_values(const hex *h, const uint8_t *a, const uint8_t *b, uint64_t element)
{
	size_t n = block_len(h->a), i, differ = 0;
	float *x, *y;

	if (n < 2 || h->a->type != h->b->type)
		return;
	x = decode(h->a->type, a, tare_model_big_endian(h->v->a));
	y = decode(h->b->type, b, tare_model_big_endian(h->v->b));
	for (i = 0; x && y && i < n; i++) {
		if (is_same(x[i], y[i]))
			continue;
		if (differ++ < VALUES)
			printf("  element %llu  %s -> %s\n", (unsigned long long)(element + i), tool_real((double)x[i]), tool_real((double)y[i]));
	}
	if (x && y)
		printf("  %s of %s values differ\n", tool_count(differ), tool_count(n));
	free(x);
	free(y);
}

/* ---- blocks ---- */

static void print_place(const hex *h, uint64_t block)
{
	uint64_t at = block * block_size(h->a), first = block * block_len(h->a);

	printf("\n%sblock %s%s", tool_bold(), tool_count(block), tool_plain());
	if (block_len(h->a))
		printf(", element%s %s", block_len(h->a) > 1 ? "s from" : "", tool_count(first));
	printf(", byte %s of the tensor\n  byte %s of the file in ---, %s in +++\n", tool_count(at), tool_count(h->a->offset + at),
	       tool_count(h->b->offset + at));
}

static void show_block(const hex *h, const uint8_t *a, const uint8_t *b, size_t size, uint64_t block)
{
	hex_side x = { a, size, tare_model_big_endian(h->v->a) }, y = { b, size, tare_model_big_endian(h->v->b) };

	print_place(h, block);
	hex_fields(h->a->type, &x, &y);
	print_values(h, a, b, block * block_len(h->a));
}

/* Blocks of one type in pieces: those that differ are shown, as many as there may be. */
static bool show_blocks(hex *h)
{
	size_t block = block_size(h->a), piece = CHUNK - CHUNK % block, n, i;
	uint64_t at = h->p->first_byte / block * block, shown = 0;
	uint8_t *a = tool_alloc(piece, 1), *b = tool_alloc(piece, 1);
	bool ok = true;

	for (; ok && at < h->a->size && shown < h->blocks; at += n) {
		n = h->a->size - at < piece ? (size_t)(h->a->size - at) : piece;
		ok = read_at(h, h->v->a, h->a, at, n, a) && read_at(h, h->v->b, h->b, at, n, b);
		for (i = 0; ok && i < n && shown < h->blocks; i += block) {
			size_t size = n - i < block ? n - i : block;

			if (!memcmp(a + i, b + i, size))
				continue;
			show_block(h, a + i, b + i, size, (at + i) / block);
			shown++;
		}
	}
	free(a);
	free(b);
	return ok;
}

/* The block of one side that holds an element. */
static bool show_side(hex *h, const char *mark, tare_model *m, const tare_tensor *t, uint64_t element)
{
	size_t size = block_size(t);
	uint64_t block = element / tare_type_block_len(t->type);
	uint8_t *bytes = tool_alloc(size, 1);
	hex_side side = { bytes, size, tare_model_big_endian(m) };
	bool ok = read_at(h, m, t, block * size, size, bytes);

	if (ok) {
		printf("\n%s%s %s block %s%s, byte %s of the file\n", tool_bold(), mark, tool_type(t), tool_count(block), tool_plain(),
		       tool_count(t->offset + block * size));
		hex_fields(t->type, &side, NULL);
	}
	free(bytes);
	return ok;
}

/* Two types, or two byte orders: the first element that differs, on either side. */
static bool show_element(hex *h)
{
	const tare_pair *p = h->p;

	printf("\nelement %s: %s -> %s\n", tool_count(p->first), tool_real(p->first_a), tool_real(p->first_b));
	return show_side(h, "---", h->v->a, h->a, p->first) && show_side(h, "+++", h->v->b, h->b, p->first);
}

/* ---- the tensor ---- */

static bool is_named(const tare_tensor *t, const char *name)
{
	return t && t->name.len == strlen(name) && !memcmp(t->name.ptr, name, t->name.len);
}

static const tare_pair *find_pair(const diff_view *v, size_t *at)
{
	const tare_pair *p;

	for (*at = 0; (p = tare_comparison_pair(v->c, *at)); ++*at)
		if (is_named(diff_a(v, p), v->o->hex) || is_named(diff_b(v, p), v->o->hex))
			return p;
	return NULL;
}

static void print_title(const hex *h)
{
	char *name = diff_name(h->v, h->p), *types = diff_types(h->v, h->p);

	printf("%s%s%s  %s  %s", tool_bold(), name, tool_plain(), types, tool_shape(h->a->dim, h->a->n_dims));
	if (h->p->differ)
		printf("  %s of %s values differ", tool_count(h->p->differ), tool_count(h->a->count));
	putchar('\n');
	free(name);
	free(types);
}

static bool show(hex *h)
{
	const diff_view *v = h->v;

	if (tool_quiet())
		return true;
	tool_pager_start(v->o->pager);
	print_title(h);
	if (h->p->first_byte != TARE_NOWHERE && tare_model_big_endian(v->a) == tare_model_big_endian(v->b))
		return show_blocks(h);
	if (h->p->first != TARE_NOWHERE)
		return show_element(h);
	printf("no bytes to compare\n");
	return true;
}

int diff_hex(const diff_view *v)
{
	hex h = { .v = v, .blocks = v->o->top ? v->o->top : BLOCKS, .err = TARE_ERROR_INIT };
	size_t at;

	h.p = find_pair(v, &at);
	if (!h.p) {
		tool_trouble("--hex: no tensor is called '%s'", tool_text(v->o->hex));
		return TOOL_TROUBLE;
	}
	h.a = diff_a(v, h.p);
	h.b = diff_b(v, h.p);
	if (v->change[at] == DIFF_EQUAL)
		return TOOL_YES;
	if (!h.a || !h.b) {
		tool_warning("'%s' is only in %s", tool_text(v->o->hex), h.a ? v->name_a : v->name_b);
		return TOOL_NO;
	}
	return show(&h) ? TOOL_NO : TOOL_TROUBLE;
}
