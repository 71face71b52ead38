/* Text line by line: Myers' greedy algorithm (An O(ND) Difference Algorithm and Its Variations, 1986) with the way kept, up to a number of
 * edits beyond which nobody would read the result. */
#include "base/arena.h"
#include "base/escape.h"
#include "base/sink.h"

#include <stdlib.h>
#include <string.h>

enum { EDITS_MOST = 1000, LINES_MOST = 1 << 20, LONG_LINE = 200 };

typedef struct lines {
	tare_str *line;          /* with their ends; malloc'ed */
	size_t n;
} lines;

typedef enum edit { KEEP, TAKE_OUT, PUT_IN } edit;

typedef struct script {
	const lines *a, *b;
	size_t head, tail;       /* lines that are the same at both ends */
	int *way;                /* for each d from 0 on, the d + 1 furthest places, one after another; malloc'ed */
	edit *edits;             /* of all lines in order; malloc'ed */
	size_t n_edits;
} script;

/* ---- lines ---- */

static bool is_one_line(tare_str s)
{
	const char *end = s.len ? memchr(s.ptr, '\n', s.len) : NULL;

	return s.len > LONG_LINE && (!end || end == s.ptr + s.len - 1);
}

/* Length of the line that begins at p. */
static size_t line_length(const char *p, size_t n, bool tags)
{
	size_t i;

	for (i = 1; i <= n; i++)
		if (p[i - 1] == '\n' || (tags && i >= 2 && p[i - 1] == '}' && (p[i - 2] == '%' || p[i - 2] == '}')))
			return i;
	return n;
}

static bool cut_lines(tare_str s, bool tags, lines *out)
{
	size_t at, k, cap = 0;

	for (at = 0; at < s.len && out->n < LINES_MOST; at += k) {
		k = line_length(s.ptr + at, s.len - at, tags);
		if (out->n + 1 == LINES_MOST)
			k = s.len - at;
		if (!tare_grow(&out->line, &cap, out->n, sizeof *out->line))
			return false;
		out->line[out->n++] = (tare_str){ s.ptr + at, k };
	}
	return true;
}

/* ---- the shortest way ---- */

static bool same_line(const script *s, int x, int y)
{
	return tare_str_eq(s->a->line[s->head + (size_t)x], s->b->line[s->head + (size_t)y]);
}

static const int *row_of(const script *s, int d)
{
	return s->way + (size_t)d * (size_t)(d + 1) / 2;
}

/* The x reached on diagonal k = -d, -d + 2 .. d by d edits, from the row before. */
static int step(const int *before, int d, int k)
{
	int i = (k + d) / 2; /* place in this row; before[i - 1] is diagonal k - 1, before[i] is k + 1 */

	if (k == -d || (k != d && before[i - 1] < before[i]))
		return before[i];
	return before[i - 1] + 1;
}

/* Edits from start to end of what is between head and tail; -1 if there are too many. */
static int find_way(script *s, int n, int m)
{
	int d, k, x, *row;

	for (d = 0; d <= EDITS_MOST && d <= n + m; d++) {
		row = s->way + (size_t)d * (size_t)(d + 1) / 2;
		for (k = -d; k <= d; k += 2) {
			x = d ? step(row - d, d, k) : 0;
			while (x < n && x - k < m && x - k >= 0 && same_line(s, x, x - k))
				x++;
			row[(k + d) / 2] = x;
			if (x >= n && x - k >= m)
				return d;
		}
	}
	return -1;
}

/* Backwards along the way, into the end of s->edits. */
static void trace(script *s, int d, int x, int y, size_t at)
{
	int k, from_x;

	for (; d > 0; d--) {
		k = x - y;
		from_x = step(row_of(s, d - 1), d, k);
		for (; x > from_x; x--, y--)
			s->edits[--at] = KEEP;
		if (k == -d || (k != d && row_of(s, d - 1)[(k + d) / 2 - 1] < row_of(s, d - 1)[(k + d) / 2])) {
			s->edits[--at] = PUT_IN;
			y--;
		} else {
			s->edits[--at] = TAKE_OUT;
			x--;
		}
	}
	while (at)
		s->edits[--at] = KEEP;
}

static void trim(script *s)
{
	size_t least = s->a->n < s->b->n ? s->a->n : s->b->n;

	while (s->head < least && tare_str_eq(s->a->line[s->head], s->b->line[s->head]))
		s->head++;
	while (s->tail < least - s->head && tare_str_eq(s->a->line[s->a->n - 1 - s->tail], s->b->line[s->b->n - 1 - s->tail]))
		s->tail++;
}

static void fill(script *s, edit e, size_t n)
{
	while (n--)
		s->edits[s->n_edits++] = e;
}

static bool make_script(script *s)
{
	size_t n, m;
	int d = -1;

	trim(s);
	n = s->a->n - s->head - s->tail;
	m = s->b->n - s->head - s->tail;
	s->edits = malloc((s->a->n + s->b->n + 1) * sizeof *s->edits);
	s->way = malloc((size_t)(EDITS_MOST + 1) * (EDITS_MOST + 2) / 2 * sizeof *s->way);
	if (!s->edits || !s->way)
		return false;
	d = find_way(s, (int)n, (int)m);
	if (d < 0) {
		fill(s, KEEP, s->head);
		fill(s, TAKE_OUT, n);
		fill(s, PUT_IN, m);
	} else {
		s->n_edits = s->head + (n + m + (size_t)d) / 2;
		trace(s, d, (int)n, (int)m, s->n_edits);
	}
	fill(s, KEEP, s->tail);
	return true;
}

/* ---- hunks ---- */

static tare_status put_line(tare_buffer *out, char mark, tare_str line)
{
	bool ended = line.len && line.ptr[line.len - 1] == '\n';

	TARE_TRY(tare_buffer_put(out, &mark, 1, NULL));
	TARE_TRY(tare_buffer_put(out, line.ptr, line.len - ended, NULL));
	return tare_buffer_put(out, "\n", 1, NULL);
}

/* Edits from `from` on to the end of the hunk: a change, and others that are near. */
static size_t hunk_end(const script *s, size_t from, unsigned context)
{
	size_t i, last = from;

	for (i = from; i < s->n_edits && i <= last + 2 * (size_t)context + 1; i++)
		if (s->edits[i] != KEEP)
			last = i;
	return last + 1;
}

/* "@@ -first,count +first,count @@"; an empty side counts from the line before. */
static tare_status put_head(tare_buffer *out, const size_t at[2], const size_t n[2])
{
	return tare_buffer_printf(out, NULL, "@@ -%zu,%zu +%zu,%zu @@\n", at[0] + (n[0] > 0), n[0], at[1] + (n[1] > 0), n[1]);
}

/* at: lines of a and b before edit `from`; moved on to `to`. */
static tare_status put_hunk(tare_buffer *out, const script *s, size_t from, size_t to, size_t at[2])
{
	size_t n[2] = { 0, 0 }, i;

	for (i = from; i < to; i++) {
		n[0] += s->edits[i] != PUT_IN;
		n[1] += s->edits[i] != TAKE_OUT;
	}
	TARE_TRY(put_head(out, at, n));
	for (i = from; i < to; i++) {
		edit e = s->edits[i];

		TARE_TRY(put_line(out, e == KEEP ? ' ' : e == PUT_IN ? '+' : '-', e == PUT_IN ? s->b->line[at[1]] : s->a->line[at[0]]));
		at[0] += e != PUT_IN;
		at[1] += e != TAKE_OUT;
	}
	return TARE_OK;
}

static tare_status put_script(tare_buffer *out, const script *s, unsigned context)
{
	size_t at[2] = { 0, 0 }, i = 0, start = 0, end;

	for (; i < s->n_edits; i++) {
		if (s->edits[i] == KEEP)
			continue;
		if (i > context && i - context > start) {
			at[0] += i - context - start; /* lines between hunks are kept lines */
			at[1] += i - context - start;
			start = i - context;
		}
		end = hunk_end(s, i, context);
		end = s->n_edits - end > context ? end + context : s->n_edits;
		TARE_TRY(put_hunk(out, s, start, end, at));
		start = end;
		i = end - 1;
	}
	return TARE_OK;
}

char *tare_text_diff(tare_str a, tare_str b, unsigned context)
{
	bool tags = is_one_line(a) || is_one_line(b), ok;
	lines la = { NULL, 0 }, lb = { NULL, 0 };
	script s = { .a = &la, .b = &lb };
	tare_buffer out = { 0 };

	ok = cut_lines(a, tags, &la) && cut_lines(b, tags, &lb) && make_script(&s) && tare_buffer_put(&out, "", 0, NULL) == TARE_OK &&
	     put_script(&out, &s, context) == TARE_OK;
	free(la.line);
	free(lb.line);
	free(s.way);
	free(s.edits);
	if (ok)
		return out.bytes ? out.bytes : strdup("");
	free(out.bytes);
	return NULL;
}
