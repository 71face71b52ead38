/* JSON text, written as it comes: one object a line. Values are worded by the library (tare_value_json), so that 64-bit integers stay
 * exact, NaN and infinities are strings, and bytes that are no text become {"hex": ...} everywhere alike. */
#ifndef TARE_TOOLS_JSON_H
#define TARE_TOOLS_JSON_H

#include "tare.h"

typedef struct tool_json {
	FILE *out;
	uint64_t more;   /* a bit for each level: something was written there already */
	unsigned depth;
} tool_json;

/* key: NULL inside an array. Keys are the program's own and need no escaping. */
void tool_json_object(tool_json *j, const char *key);
void tool_json_array(tool_json *j, const char *key);
void tool_json_end_object(tool_json *j);
void tool_json_end_array(tool_json *j);
void tool_json_value(tool_json *j, const char *key, const tare_value *v);
void tool_json_uint(tool_json *j, const char *key, uint64_t n);
void tool_json_int(tool_json *j, const char *key, int64_t n);
void tool_json_real(tool_json *j, const char *key, double v);
void tool_json_bool(tool_json *j, const char *key, bool b);
void tool_json_str(tool_json *j, const char *key, tare_str s);
void tool_json_text(tool_json *j, const char *key, const char *text);
/* text is JSON already; NULL is memory that ran out. Frees it. */
void tool_json_raw(tool_json *j, const char *key, char *text);
void tool_json_hex(tool_json *j, const char *key, const uint8_t *bytes, size_t n);
/* Lower-case digits into out (2 * n + 1 bytes). */
const char *tool_hex(const uint8_t *bytes, size_t n, char *out);
/* A line's end. */
void tool_json_newline(tool_json *j);

#endif
