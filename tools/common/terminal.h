/* The terminal, if there is one: width and colour. */
#ifndef TARE_TOOLS_TERMINAL_H
#define TARE_TOOLS_TERMINAL_H

#include "common/options.h"

/* Columns of standard output's terminal; 80 where there is none or it does not say. */
size_t tool_width(void);
/* The same, but 0 (no need to cut) where standard output is no terminal. */
size_t tool_cut(void);
/* What the two above say now holds, although standard output is about to become a pager's. */
void tool_width_hold(void);
/* when: TOOL_AUTO and so on. auto: standard output is a terminal, TERM is not dumb and NO_COLOR is unset or empty. */
void tool_color_init(unsigned when);
/* A style to begin and the end of any style; empty strings without colour. */
const char *tool_bold(void);
const char *tool_dim(void);
const char *tool_red(void);
const char *tool_green(void);
const char *tool_plain(void);
/* A model on its way to a terminal ends the program with a hint. */
void tool_refuse_terminal(const char *output);

#endif
