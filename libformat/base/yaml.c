/* libyaml's events as a checked tree. The builder keeps its own stack, so depth costs memory (bounded by a limit) and never the C stack. */
#include "base/yaml.h"

#include "base/arena.h"
#include "base/escape.h"
#include "base/strmap.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

enum { MAX_TEXT = 16 << 20 };

typedef struct frame {
	tare_yaml *node;
	size_t start;           /* of its children in builder.nodes; keys and values alternate in a map */
} frame;

typedef struct builder {
	yaml_parser_t parser;
	tare_arena *arena;
	const tare_limits *lim;
	const char *text;
	size_t size;
	tare_yaml **nodes;      /* finished nodes whose container is still open */
	size_t n_nodes, cap_nodes;
	frame *frames;
	size_t n_frames, cap_frames;
	uint64_t total;
	tare_yaml *root;
} builder;

tare_status tare_yaml_fail(const tare_yaml *n, tare_error *err, const char *fmt, ...)
{
	char text[sizeof err->message];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	return tare_fail_at(err, TARE_E_RECIPE, n->line, n->column, "%s", text);
}

static tare_status fail_mark(const yaml_mark_t *at, tare_error *err, const char *text)
{
	return tare_fail_at(err, TARE_E_RECIPE, (uint32_t)at->line + 1, (uint32_t)at->column + 1, "%s", text);
}

/* Line and column of a byte, for failures that libyaml places by byte only. */
static void place_of(const char *text, size_t at, uint32_t *line, uint32_t *column)
{
	size_t i;

	*line = *column = 1;
	for (i = 0; i < at; i++) {
		if (text[i] == '\n') {
			++*line;
			*column = 1;
		} else if (((unsigned char)text[i] & 0xc0) != 0x80) {
			++*column;
		}
	}
}

static tare_status fail_byte(const builder *b, size_t at, tare_error *err, const char *text)
{
	uint32_t line, column;

	place_of(b->text, at < b->size ? at : b->size, &line, &column);
	return tare_fail_at(err, TARE_E_RECIPE, line, column, "%s", text);
}

/* Does a tab stand in the indentation of the mark's line, or at the mark? libyaml stumbles over it with words that do not name it. */
static bool tab_at(const builder *b, const yaml_mark_t *m)
{
	const char *p = b->text, *end = b->text + b->size;
	size_t line, column;

	for (line = 0; line < m->line && p < end; p++)
		line += *p == '\n';
	for (column = 0; p < end && (*p == ' ' || column < m->column) && *p != '\t'; p++)
		column += ((unsigned char)*p & 0xc0) != 0x80;
	return p < end && *p == '\t';
}

static const char no_anchors[] = "anchors (&name) are not allowed: write the value out";
static const char no_aliases[] = "aliases (*name) are not allowed: quote a text that begins with '*'";

static tare_status fail_parser(const builder *b, tare_error *err)
{
	const yaml_parser_t *p = &b->parser;
	char text[256], begun[48] = "";

	if (p->error == YAML_MEMORY_ERROR)
		return tare_fail_nomem(err);
	if (p->error == YAML_READER_ERROR)
		return fail_byte(b, p->problem_offset, err, "a control character, which YAML does not allow");
	if (p->context && strstr(p->context, "scanning an a")) /* "an anchor" or "an alias": whichever it is, with a name that cannot be one */
		return fail_mark(&p->context_mark, err, strstr(p->context, "alias") ? no_aliases : no_anchors);
	if (tab_at(b, &p->problem_mark))
		return fail_mark(&p->problem_mark, err, "a tab where YAML wants spaces: indent with spaces");
	if (p->context && p->context_mark.line != p->problem_mark.line)
		snprintf(begun, sizeof begun, " that begins in line %zu", p->context_mark.line + 1);
	snprintf(text, sizeof text, "not YAML: %s%s%s%s", p->problem ? p->problem : "cannot be read", p->context ? " " : "",
		 p->context ? p->context : "", begun);
	return fail_mark(&p->problem_mark, err, text);
}

static tare_status check_text(builder *b, tare_error *err)
{
	size_t at = 0, k;

	if (b->size > MAX_TEXT)
		return tare_fail(err, TARE_E_LIMIT, TARE_NOWHERE, "%zu bytes of YAML: at most %d are read", b->size, MAX_TEXT);
	while (at < b->size) {
		k = tare_utf8_len((const uint8_t *)b->text + at, b->size - at);
		if (!k)
			return fail_byte(b, at, err, "not UTF-8");
		at += k;
	}
	return TARE_OK;
}

static tare_status push(builder *b, tare_yaml *n, tare_error *err)
{
	if (!b->n_frames) {
		b->root = n;
		return TARE_OK;
	}
	if (!tare_grow(&b->nodes, &b->cap_nodes, b->n_nodes, sizeof *b->nodes))
		return tare_fail_nomem(err);
	b->nodes[b->n_nodes++] = n;
	return TARE_OK;
}

/* Is the next node a key of the innermost map? */
static bool wants_key(const builder *b)
{
	const frame *f = b->n_frames ? &b->frames[b->n_frames - 1] : NULL;

	return f && f->node->kind == TARE_YAML_MAP && (b->n_nodes - f->start) % 2 == 0;
}

static tare_yaml *new_node(builder *b, tare_yaml_kind kind, const yaml_mark_t *at)
{
	tare_yaml *n = tare_arena_alloc(b->arena, sizeof *n);

	if (!n)
		return NULL;
	n->kind = kind;
	n->line = (uint32_t)at->line + 1;
	n->column = (uint32_t)at->column + 1;
	return n;
}

static tare_status check_node(builder *b, const yaml_event_t *e, const yaml_char_t *anchor, const yaml_char_t *tag, tare_error *err)
{
	char what[64];

	if (anchor)
		return fail_mark(&e->start_mark, err, no_anchors);
	if (tag)
		return fail_mark(&e->start_mark, err, "tags (!name) are not allowed");
	if (++b->total > b->lim->value[TARE_LIMIT_nodes])
		return tare_limit_check(b->lim, TARE_LIMIT_nodes, b->total, TARE_NOWHERE, "recipe", err);
	snprintf(what, sizeof what, "nesting at line %zu", e->start_mark.line + 1);
	if (e->type != YAML_SCALAR_EVENT)
		return tare_limit_check(b->lim, TARE_LIMIT_depth, b->n_frames + 1, TARE_NOWHERE, what, err);
	return TARE_OK;
}

static tare_status on_scalar(builder *b, const yaml_event_t *e, tare_error *err)
{
	tare_yaml *n;

	TARE_TRY(check_node(b, e, e->data.scalar.anchor, e->data.scalar.tag, err));
	n = new_node(b, TARE_YAML_SCALAR, &e->start_mark);
	if (!n)
		return tare_fail_nomem(err);
	n->quoted = e->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
	n->text = tare_arena_copy(b->arena, e->data.scalar.value, e->data.scalar.length);
	if (!n->text.ptr)
		return tare_fail_nomem(err);
	return push(b, n, err);
}

static tare_status on_open(builder *b, const yaml_event_t *e, tare_yaml_kind kind, tare_error *err)
{
	bool map = kind == TARE_YAML_MAP;
	tare_yaml *n;

	if (wants_key(b))
		return fail_mark(&e->start_mark, err, "a key must be plain text");
	TARE_TRY(check_node(b, e, map ? e->data.mapping_start.anchor : e->data.sequence_start.anchor,
			    map ? e->data.mapping_start.tag : e->data.sequence_start.tag, err));
	n = new_node(b, kind, &e->start_mark);
	if (!n || !tare_grow(&b->frames, &b->cap_frames, b->n_frames, sizeof *b->frames))
		return tare_fail_nomem(err);
	b->frames[b->n_frames++] = (frame){ n, b->n_nodes };
	return TARE_OK;
}

static tare_status refuse_duplicates(const tare_yaml *map, tare_error *err)
{
	tare_strmap seen = { 0 };
	tare_status st = TARE_OK;
	size_t i, before;

	for (i = 0; i < map->count && st == TARE_OK; i++) {
		if (!tare_strmap_add(&seen, map->keys[i]->text, i, &before))
			st = tare_fail_nomem(err);
		else if (before != SIZE_MAX)
			st = tare_yaml_fail(map->keys[i], err, "key '%s' is there twice (first in line %u)",
					    TARE_SHOW(map->keys[i]->text), map->keys[before]->line);
	}
	tare_strmap_free(&seen);
	return st;
}

static tare_status on_close(builder *b, tare_error *err)
{
	frame f = b->frames[--b->n_frames];
	tare_yaml *n = f.node, **from = b->nodes + f.start;
	size_t i, got = b->n_nodes - f.start;

	n->count = n->kind == TARE_YAML_MAP ? got / 2 : got;
	n->items = tare_arena_array(b->arena, n->count, sizeof(tare_yaml *));
	n->keys = n->kind == TARE_YAML_MAP ? tare_arena_array(b->arena, n->count, sizeof(tare_yaml *)) : NULL;
	if (!n->items || (n->kind == TARE_YAML_MAP && !n->keys))
		return tare_fail_nomem(err);
	for (i = 0; i < n->count; i++) {
		if (n->keys)
			n->keys[i] = from[2 * i];
		n->items[i] = n->keys ? from[2 * i + 1] : from[i];
	}
	b->n_nodes = f.start;
	if (n->keys)
		TARE_TRY(refuse_duplicates(n, err));
	return push(b, n, err);
}

static tare_status on_document(const builder *b, const yaml_event_t *e, tare_error *err)
{
	if (b->root)
		return fail_mark(&e->start_mark, err, "a second document: only one is allowed");
	if (e->data.document_start.tag_directives.start != e->data.document_start.tag_directives.end)
		return fail_mark(&e->start_mark, err, "%TAG is not allowed");
	return TARE_OK;
}

static tare_status on_event(builder *b, const yaml_event_t *e, tare_error *err)
{
	switch (e->type) {
	case YAML_DOCUMENT_START_EVENT:
		return on_document(b, e, err);
	case YAML_ALIAS_EVENT:
		return fail_mark(&e->start_mark, err, no_aliases);
	case YAML_SCALAR_EVENT:
		return on_scalar(b, e, err);
	case YAML_SEQUENCE_START_EVENT:
		return on_open(b, e, TARE_YAML_LIST, err);
	case YAML_MAPPING_START_EVENT:
		return on_open(b, e, TARE_YAML_MAP, err);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		return on_close(b, err);
	default:
		return TARE_OK;
	}
}

static tare_status run(builder *b, tare_error *err)
{
	yaml_event_t e;
	tare_status st = TARE_OK;
	bool end = false;

	while (st == TARE_OK && !end) {
		if (!yaml_parser_parse(&b->parser, &e))
			return fail_parser(b, err);
		end = e.type == YAML_STREAM_END_EVENT;
		st = on_event(b, &e, err);
		yaml_event_delete(&e);
	}
	if (st == TARE_OK && !b->root)
		st = tare_fail_at(err, TARE_E_RECIPE, 1, 1, "empty: nothing but comments or white space");
	return st;
}

tare_status tare_yaml_parse(tare_yaml **out, tare_arena *arena, const char *text, size_t size, const tare_limits *lim, tare_error *err)
{
	builder b = { .arena = arena, .lim = lim, .text = text, .size = size };
	tare_status st;

	*out = NULL;
	TARE_TRY(check_text(&b, err));
	if (!yaml_parser_initialize(&b.parser))
		return tare_fail_nomem(err);
	yaml_parser_set_encoding(&b.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&b.parser, (const unsigned char *)text, size);
	st = run(&b, err);
	yaml_parser_delete(&b.parser);
	free(b.nodes);
	free(b.frames);
	if (st == TARE_OK)
		*out = b.root;
	return st;
}
