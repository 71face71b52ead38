#include "common/table.h"

#include "common/message.h"
#include "common/terminal.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 16, GAP = 2 };

typedef struct row {
	char *text;      /* cells are ended by NULs */
	bool whole;      /* a line as it is */
} row;

struct tool_table {
	size_t columns;
	bool right[MOST], gives[MOST], titled;
	row *rows;       /* the first holds the titles */
	size_t n;
};

/* Takes text over. A row with too few cells has empty ones at its end. */
static void add(tool_table *t, char *text, bool whole)
{
	size_t n = strlen(text);

	text = tool_grow(text, n + MOST, 1);
	memset(text + n, 0, MOST);
	t->rows = tool_grow(t->rows, t->n + 1, sizeof *t->rows);
	t->rows[t->n++] = (row){ text, whole };
	while (!whole && (text = strchr(text, '\t')))
		*text++ = '\0';
}

tool_table *tool_table_new(const char *columns)
{
	tool_table *t = tool_alloc(1, sizeof *t);
	char *titles = tool_alloc(strlen(columns) + 1, 1), *to = titles;

	while (t->columns < MOST) {
		t->right[t->columns] = *columns == '>';
		t->gives[t->columns] = *columns == '~';
		t->columns++;
		columns += *columns == '>' || *columns == '~';
		for (; *columns && *columns != '\t'; *to++ = *columns++)
			t->titled = true;
		if (!*columns)
			break;
		*to++ = *columns++;
	}
	add(t, titles, false);
	return t;
}

void tool_table_row(tool_table *t, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add(t, tool_vformat(fmt, ap), false);
	va_end(ap);
}

void tool_table_line(tool_table *t, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	add(t, tool_vformat(fmt, ap), true);
	va_end(ap);
}

/* Names from files were escaped: what is left are characters of one column each, near enough. */
size_t tool_columns(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += ((unsigned char)*text & 0xc0) != 0x80;
	return n;
}

size_t tool_fit(const char *text, size_t columns)
{
	size_t i;

	for (i = 0; text[i]; i++)
		if (((unsigned char)text[i] & 0xc0) != 0x80 && !columns--)
			break;
	return i;
}

static void measure(const tool_table *t, size_t *widths)
{
	size_t r, c, w;
	const char *cell;

	memset(widths, 0, MOST * sizeof *widths);
	for (r = t->titled ? 0 : 1; r < t->n; r++) {
		cell = t->rows[r].text;
		for (c = 0; !t->rows[r].whole && c < t->columns; c++, cell += strlen(cell) + 1) {
			w = tool_columns(cell);
			if (w > widths[c])
				widths[c] = w;
		}
	}
}

/* Columns that give way share what is too much, the last one first, down to 12 columns each. */
static void squeeze(const tool_table *t, size_t *widths, size_t width)
{
	size_t total = 0, c, over, give;

	for (c = 0; c < t->columns; c++)
		total += widths[c] + (c ? GAP : 0);
	for (c = t->columns; width && c-- > 0 && total > width;) {
		if (!t->gives[c] || widths[c] <= 12)
			continue;
		over = total - width;
		give = over < widths[c] - 12 ? over : widths[c] - 12;
		widths[c] -= give;
		total -= give;
	}
}

static void print_cell(FILE *out, const char *cell, size_t width, bool right, bool last)
{
	size_t columns = tool_columns(cell), pad = columns < width ? width - columns : 0;

	if (right)
		fprintf(out, "%*s", (int)pad, "");
	if (columns > width)
		fprintf(out, "%.*s...", (int)tool_fit(cell, width - 3), cell);
	else
		fputs(cell, out);
	if (!right && !last)
		fprintf(out, "%*s", (int)pad, "");
}

/* The last cell that says something: no blanks behind it. */
static size_t last_cell(const tool_table *t, const row *r)
{
	const char *cell = r->text;
	size_t c, last = 0;

	for (c = 0; c < t->columns; c++, cell += strlen(cell) + 1)
		if (*cell)
			last = c;
	return last;
}

static void print_row(const tool_table *t, FILE *out, const row *r, const size_t *widths)
{
	size_t c, last = last_cell(t, r);
	const char *cell = r->text;

	for (c = 0; c <= last; c++, cell += strlen(cell) + 1) {
		if (c)
			fprintf(out, "%*s", GAP, "");
		print_cell(out, cell, widths[c], t->right[c], c == last);
	}
}

void tool_table_print(tool_table *t, FILE *out, size_t indent, size_t width)
{
	size_t widths[MOST], i;

	measure(t, widths);
	squeeze(t, widths, width > indent ? width - indent : 0);
	for (i = t->titled ? 0 : 1; i < t->n; i++) {
		fprintf(out, "%*s", (int)indent, "");
		if (!i)
			fputs(tool_dim(), out);
		if (t->rows[i].whole)
			fputs(t->rows[i].text, out);
		else
			print_row(t, out, &t->rows[i], widths);
		fprintf(out, "%s\n", i ? "" : tool_plain());
	}
	for (i = 0; i < t->n; i++)
		free(t->rows[i].text);
	free(t->rows);
	free(t);
}

const char *tool_bar(uint64_t part, uint64_t whole, size_t width)
{
	static char bar[65];
	size_t n = whole ? (size_t)((double)part / (double)whole * (double)width + 0.5) : 0;

	n = n < sizeof bar ? n : sizeof bar - 1;
	memset(bar, '#', n);
	bar[n] = '\0';
	return bar;
}

const char *tool_sparks(const uint64_t *bins, size_t n, char *out)
{
	uint64_t most = 1;
	char *to = out;
	size_t i;

	for (i = 0; i < n; i++)
		most = bins[i] > most ? bins[i] : most;
	for (i = 0; i < n; i++) {
		if (!bins[i]) {
			*to++ = ' ';
			continue;
		}
		memcpy(to, "\xe2\x96", 2); /* U+2581, an eighth of a block, to U+2588, a whole one */
		to[2] = (char)(0x81 + (unsigned)((double)bins[i] / (double)most * 7 + 0.5));
		to += 3;
	}
	*to = '\0';
	return out;
}
