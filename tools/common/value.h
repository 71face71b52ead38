/* Metadata values as text for people. */
#ifndef TARE_TOOLS_VALUE_H
#define TARE_TOOLS_VALUE_H

#include "tare.h"

/* "u32", "arr:str"; good until the next call. */
const char *tool_kind_text(const tare_value *v);
/* A value that is neither string nor array; malloc'ed. */
char *tool_scalar(const tare_value *v);
/* A value on one line, cut to about width columns (0: never); malloc'ed. */
char *tool_preview(const tare_value *v, size_t width);
/* Text as it is, with its lines, tabs and backslashes, but without what could command a terminal; malloc'ed. */
char *tool_clean(tare_str s);

#endif
