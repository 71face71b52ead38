/* Text on standard error, memory that is there, and the way out. */
#ifndef TARE_TOOLS_MESSAGE_H
#define TARE_TOOLS_MESSAGE_H

#include "tare.h"

#include <stdarg.h>
#include <stdnoreturn.h>

enum { TOOL_YES = 0, TOOL_NO = 1, TOOL_TROUBLE = 2 };

/* First thing in main: standard streams that exist, signals that leave nothing behind, the name for messages. */
void tool_begin(const char *name);
const char *tool_name(void);
/* -q: warnings and notes are not shown; -v: notes are. */
void tool_loudness(unsigned quiet, unsigned verbose);
unsigned tool_quiet(void);
unsigned tool_verbose(void);

/* "prog: file: message (byte N)", or "recipe.yaml:12:5: message". */
void tool_error(const tare_error *err);
void tool_trouble(const char *fmt, ...) TARE_PRINTF(1, 2);
void tool_warning(const char *fmt, ...) TARE_PRINTF(1, 2);
void tool_note(const char *fmt, ...) TARE_PRINTF(1, 2); /* only with -v */
/* The exit status a failure amounts to: an answer (refused) or trouble. */
int tool_status(const tare_error *err);
/* One line with a hint at --help, then the end. */
noreturn void tool_usage(const char *fmt, ...) TARE_PRINTF(1, 2);
/* Last thing in main: what was printed has arrived, or that is trouble too. */
noreturn void tool_end(int status);

void *tool_alloc(size_t n, size_t size);                    /* cleared; never NULL */
void *tool_grow(void *old, size_t n, size_t size);          /* to n items of size; never NULL */
/* Text put together by printing: from tool_compose() to tool_composed(), which sees to it that nothing is missing. malloc'ed. */
FILE *tool_compose(char **text, size_t *size);
void tool_composed(FILE *f, char *const *text);
char *tool_format(const char *fmt, ...) TARE_PRINTF(1, 2);  /* malloc'ed; never NULL */
char *tool_vformat(const char *fmt, va_list ap) TARE_PRINTF(1, 0);
/* A name from outside, fit to print: malloc'ed. max_columns: 0 for all of it. */
char *tool_shown(tare_str s, size_t max_columns);
/* The same for text of the command line, in a place that stays good until four more were asked for. */
const char *tool_text(const char *text);

#endif
