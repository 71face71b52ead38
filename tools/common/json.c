#include "common/json.h"

#include "common/message.h"

#include <stdlib.h>
#include <string.h>

static void begin(tool_json *j, const char *key)
{
	uint64_t bit = 1ull << j->depth;

	if (j->more & bit)
		fputc(',', j->out);
	j->more |= bit;
	if (key)
		fprintf(j->out, "\"%s\":", key);
}

static void open_level(tool_json *j, const char *key, char mark)
{
	begin(j, key);
	fputc(mark, j->out);
	j->depth++;
	j->more &= ~(1ull << j->depth);
}

void tool_json_object(tool_json *j, const char *key)
{
	open_level(j, key, '{');
}

void tool_json_array(tool_json *j, const char *key)
{
	open_level(j, key, '[');
}

void tool_json_end_object(tool_json *j)
{
	j->depth--;
	fputc('}', j->out);
}

void tool_json_end_array(tool_json *j)
{
	j->depth--;
	fputc(']', j->out);
}

void tool_json_raw(tool_json *j, const char *key, char *text)
{
	if (!text) {
		tool_trouble("out of memory");
		tool_end(TOOL_TROUBLE);
	}
	begin(j, key);
	fputs(text, j->out);
	free(text);
}

void tool_json_value(tool_json *j, const char *key, const tare_value *v)
{
	tool_json_raw(j, key, tare_value_json(v));
}

void tool_json_uint(tool_json *j, const char *key, uint64_t n)
{
	begin(j, key);
	fprintf(j->out, "%llu", (unsigned long long)n);
}

void tool_json_int(tool_json *j, const char *key, int64_t n)
{
	begin(j, key);
	fprintf(j->out, "%lld", (long long)n);
}

void tool_json_real(tool_json *j, const char *key, double d)
{
	tool_json_value(j, key, &(tare_value){ .kind = TARE_F64, .as.f64 = d });
}

void tool_json_bool(tool_json *j, const char *key, bool b)
{
	begin(j, key);
	fputs(b ? "true" : "false", j->out);
}

void tool_json_str(tool_json *j, const char *key, tare_str s)
{
	tool_json_value(j, key, &(tare_value){ .kind = TARE_STRING, .as.string = s });
}

void tool_json_text(tool_json *j, const char *key, const char *text)
{
	tool_json_str(j, key, (tare_str){ text, strlen(text) });
}

const char *tool_hex(const uint8_t *bytes, size_t n, char *out)
{
	size_t i;

	for (i = 0; i < n; i++) {
		out[2 * i] = "0123456789abcdef"[bytes[i] >> 4];
		out[2 * i + 1] = "0123456789abcdef"[bytes[i] & 15];
	}
	out[2 * n] = '\0';
	return out;
}

void tool_json_hex(tool_json *j, const char *key, const uint8_t *bytes, size_t n)
{
	char *text = tool_alloc(2 * n + 1, 1);

	begin(j, key);
	fprintf(j->out, "\"%s\"", tool_hex(bytes, n, text));
	free(text);
}

void tool_json_newline(tool_json *j)
{
	fputc('\n', j->out);
	j->more = 0;
}
