/* Aligned columns. */
#ifndef TARE_TOOLS_TABLE_H
#define TARE_TOOLS_TABLE_H

#include "tare.h"

typedef struct tool_table tool_table;

/* columns: titles separated by tabs; a title beginning with '>' is a column set to the right, with '~' one that gives way (is cut) when
 * lines would be wider than the terminal. A last column is never padded. */
tool_table *tool_table_new(const char *columns);
/* Cells separated by tabs. */
void tool_table_row(tool_table *t, const char *fmt, ...) TARE_PRINTF(2, 3);
/* A line as it is, between rows. */
void tool_table_line(tool_table *t, const char *fmt, ...) TARE_PRINTF(2, 3);
/* Without a header line if no column has a title. width: 0 never cuts. Frees the table. */
void tool_table_print(tool_table *t, FILE *out, size_t indent, size_t width);
/* Columns that text takes, and how many bytes of it fit into columns. */
size_t tool_columns(const char *text);
size_t tool_fit(const char *text, size_t columns);
/* n '#' marks out of width for a share of the whole: a bar of a chart. */
const char *tool_bar(uint64_t part, uint64_t whole, size_t width);
/* One character for each of n bins, drawn as heights, blank for none. out has room for 3 * n + 1 bytes. */
const char *tool_sparks(const uint64_t *bins, size_t n, char *out);

#endif
