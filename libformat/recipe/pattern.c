/* From a syntax tree to a program, and the program run over a name: Thompson's simulation, every state at once. */
#include "recipe/pattern.h"

#include <string.h>

enum { MAX_PROGRAM = 1000, MAX_LITERAL = 64 };

typedef enum opcode { OP_SET, OP_SPLIT, OP_JUMP, OP_START, OP_END, OP_MATCH } opcode;

typedef struct instruction {
	opcode op;
	uint16_t x, y;          /* where to go on: SPLIT both, JUMP x; the others go on at the next */
	const uint8_t *set;
} instruction;

struct tare_pattern {
	instruction *program;
	unsigned size;
	bool whole;             /* the name from end to end */
	tare_str head, tail;    /* what every name that matches begins and ends with; only known of globs */
};

typedef struct emitter {
	instruction program[MAX_PROGRAM + 1]; /* the last is scratch, written when the program is too large */
	unsigned size;
	unsigned budget;        /* visits left: repeated nothing costs time, not space */
} emitter;

tare_re *tare_re_new(tare_re_parser *p, tare_re_kind kind, tare_re *child)
{
	tare_re *n = tare_arena_alloc(p->arena, sizeof *n);

	if (!n)
		return NULL;
	n->kind = kind;
	n->child = child;
	return n;
}

void tare_re_add_range(tare_re *set, unsigned from, unsigned to)
{
	for (; from <= to; from++)
		tare_re_add(set, from);
}

void tare_re_invert(tare_re *set)
{
	size_t i;

	for (i = 0; i < sizeof set->set; i++)
		set->set[i] = (uint8_t)~set->set[i];
}

static unsigned add(emitter *e, opcode op, const uint8_t *set)
{
	e->program[e->size] = (instruction){ op, 0, 0, set };
	return e->size < MAX_PROGRAM ? e->size++ : MAX_PROGRAM;
}

static void emit(emitter *e, const tare_re *n);

/* Each alternative but the last jumps over the rest; the jumps' targets are linked through .y until the end is known. */
static void emit_alt(emitter *e, const tare_re *n)
{
	unsigned jumps = MAX_PROGRAM, split, jump;
	const tare_re *c;

	for (c = n->child; c->next && e->budget; c = c->next) {
		split = add(e, OP_SPLIT, NULL);
		e->program[split].x = (uint16_t)e->size;
		emit(e, c);
		jump = add(e, OP_JUMP, NULL);
		e->program[jump].y = (uint16_t)jumps;
		jumps = jump;
		e->program[split].y = (uint16_t)e->size;
	}
	emit(e, c);
	for (; jumps < MAX_PROGRAM; jumps = e->program[jumps].y)
		e->program[jumps].x = (uint16_t)e->size;
}

static void emit_repeat(emitter *e, const tare_re *n)
{
	unsigned split, back;
	int i;

	for (i = 0; i < n->min && e->budget; i++)
		emit(e, n->child);
	if (n->max == TARE_RE_MANY) {
		split = add(e, OP_SPLIT, NULL);
		e->program[split].x = (uint16_t)e->size;
		emit(e, n->child);
		back = add(e, OP_JUMP, NULL);
		e->program[back].x = (uint16_t)split;
		e->program[split].y = (uint16_t)e->size;
		return;
	}
	/* An optional copy is skipped to the next one: leaving out any of them is as good as leaving out the last. */
	for (; i < n->max && e->budget; i++) {
		split = add(e, OP_SPLIT, NULL);
		e->program[split].x = (uint16_t)e->size;
		emit(e, n->child);
		e->program[split].y = (uint16_t)e->size;
	}
}

/* As deep as groups nest, which the parsers bound. */
static void emit(emitter *e, const tare_re *n)
{
	const tare_re *c;

	if (!e->budget || e->size >= MAX_PROGRAM)
		return;
	e->budget--;
	switch (n->kind) {
	case TARE_RE_EMPTY:
		break;
	case TARE_RE_SET:
		add(e, OP_SET, n->set);
		break;
	case TARE_RE_START:
		add(e, OP_START, NULL);
		break;
	case TARE_RE_END:
		add(e, OP_END, NULL);
		break;
	case TARE_RE_CAT:
		for (c = n->child; c; c = c->next)
			emit(e, c);
		break;
	case TARE_RE_ALT:
		emit_alt(e, n);
		break;
	case TARE_RE_REPEAT:
		emit_repeat(e, n);
		break;
	}
}

/* The plain bytes at one end of a glob: up to the first special one. */
static tare_str literal_end(tare_str glob, bool tail)
{
	size_t n = 0;

	if (memchr(glob.ptr, '{', glob.len) || memchr(glob.ptr, '[', glob.len) || memchr(glob.ptr, '\\', glob.len))
		return (tare_str){ "", 0 };
	while (n < glob.len && n < MAX_LITERAL && !memchr("*?", glob.ptr[tail ? glob.len - 1 - n : n], 2))
		n++;
	return (tare_str){ tail ? glob.ptr + glob.len - n : glob.ptr, n };
}

static tare_status build(tare_pattern *p, emitter *e, const tare_re *tree, tare_arena *arena, const tare_yaml *node, tare_error *err)
{
	e->size = 0;
	e->budget = 20 * MAX_PROGRAM;
	emit(e, tree);
	add(e, OP_MATCH, NULL);
	if (e->size >= MAX_PROGRAM || !e->budget)
		return tare_yaml_fail(node, err, "pattern '%s' is too large: write fewer or smaller repeats", TARE_SHOW(node->text));
	p->size = e->size;
	p->program = tare_arena_array(arena, e->size, sizeof *p->program);
	if (!p->program)
		return tare_fail_nomem(err);
	memcpy(p->program, e->program, e->size * sizeof *p->program);
	return TARE_OK;
}

tare_status tare_pattern_compile(const tare_pattern **out, tare_arena *arena, const tare_yaml *node, tare_error *err)
{
	tare_pattern *p = tare_arena_alloc(arena, sizeof *p);
	emitter e;
	const uint8_t *text = (const uint8_t *)node->text.ptr;
	bool re = node->text.len >= 3 && !memcmp(text, "re:", 3);
	tare_re_parser parser = { text + (re ? 3 : 0), text + node->text.len, arena, node, 0 };
	tare_re *tree;

	*out = NULL;
	if (!p)
		return tare_fail_nomem(err);
	if (node->kind != TARE_YAML_SCALAR || parser.at == parser.end)
		return tare_yaml_fail(node, err, "expected a pattern, not %s", TARE_YAML_SHOW(node));
	TARE_TRY(re ? tare_re_parse(&parser, &tree, err) : tare_glob_parse(&parser, &tree, err));
	p->whole = !re;
	if (!re) {
		p->head = literal_end(node->text, false);
		p->tail = literal_end(node->text, true);
	}
	TARE_TRY(build(p, &e, tree, arena, node, err));
	*out = p;
	return TARE_OK;
}

typedef struct states {
	uint16_t n, list[MAX_PROGRAM], place[MAX_PROGRAM]; /* place[pc] is pc's index in list, if list agrees */
} states;

static bool has(const states *s, unsigned pc)
{
	return s->place[pc] < s->n && s->list[s->place[pc]] == pc;
}

static void put(states *s, unsigned pc)
{
	if (has(s, pc))
		return;
	s->place[pc] = s->n;
	s->list[s->n++] = (uint16_t)pc;
}

/* pc and all that is reached from it without reading a byte. The list itself is the queue. */
static void enter(const tare_pattern *p, states *s, unsigned pc, bool at_start, bool at_end)
{
	size_t i = s->n;
	const instruction *in;

	put(s, pc);
	for (; i < s->n; i++) {
		pc = s->list[i];
		in = &p->program[pc];
		if (in->op == OP_SPLIT || in->op == OP_JUMP)
			put(s, in->x);
		if (in->op == OP_SPLIT)
			put(s, in->y);
		if ((in->op == OP_START && at_start) || (in->op == OP_END && at_end))
			put(s, pc + 1);
	}
}

static bool accepts(const tare_pattern *p, const states *s)
{
	return has(s, p->size - 1);
}

static bool simulate(const tare_pattern *p, tare_str name)
{
	states a, b, *now = &a, *next = &b, *swap;
	size_t at, i;

	a.n = 0;
	memset(a.place, 0, p->size * sizeof *a.place);
	memset(b.place, 0, p->size * sizeof *b.place);
	for (at = 0;; at++) {
		if (!at || !p->whole)
			enter(p, now, 0, at == 0, at == name.len);
		if (accepts(p, now) && (!p->whole || at == name.len))
			return true;
		if (at == name.len || (p->whole && !now->n))
			return false;
		next->n = 0;
		for (i = 0; i < now->n; i++) {
			const instruction *in = &p->program[now->list[i]];
			uint8_t c = (uint8_t)name.ptr[at];

			if (in->op == OP_SET && in->set[c >> 3] >> (c & 7) & 1)
				enter(p, next, now->list[i] + 1u, false, at + 1 == name.len);
		}
		swap = now;
		now = next;
		next = swap;
	}
}

static bool has_ends(const tare_pattern *p, tare_str name)
{
	size_t h = p->head.len, t = p->tail.len;

	if (name.len < h || name.len < t)
		return false;
	return (!h || !memcmp(name.ptr, p->head.ptr, h)) && (!t || !memcmp(name.ptr + name.len - t, p->tail.ptr, t));
}

bool tare_pattern_match(const tare_pattern *p, tare_str name)
{
	if (!has_ends(p, name))
		return false;
	return simulate(p, name);
}
