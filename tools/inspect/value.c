/* Metadata values as text: shortened on one line for people, raw for scripts. */
#include "common/json.h"
#include "common/message.h"
#include "inspect/inspect.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *inspect_kind(const tare_value *v)
{
	static char text[32];

	if (v->kind != TARE_ARRAY)
		return tare_kind_name(v->kind);
	snprintf(text, sizeof text, "%s:%s", tare_kind_name(TARE_ARRAY), tare_kind_name(v->as.array.kind));
	return text;
}

/* The fewest digits that give the same number again. */
static char *real_text(double d, bool single)
{
	char text[40];
	int digits;

	if (!isfinite(d))
		return tool_format("%s", isnan(d) ? "nan" : d < 0 ? "-inf" : "inf");
	for (digits = 1; digits < (single ? 9 : 17); digits++) {
		snprintf(text, sizeof text, "%.*g", digits, d);
		if (single ? strtof(text, NULL) == (float)d : strtod(text, NULL) == d)
			break;
	}
	return tool_format("%.*g", digits, d);
}

/* A scalar other than a string. */
static char *scalar_text(const tare_value *v)
{
	switch (v->kind) {
	case TARE_BOOL:
		return tool_format("%s", v->as.u ? "true" : "false");
	case TARE_F32:
		return real_text((double)v->as.f32, true);
	case TARE_F64:
		return real_text(v->as.f64, false);
	case TARE_I8:
	case TARE_I16:
	case TARE_I32:
	case TARE_I64:
		return tool_format("%lld", (long long)v->as.i);
	default:
		return tool_format("%llu", (unsigned long long)v->as.u);
	}
}

/* One element of an array. */
static char *element_text(const tare_value *v, size_t width)
{
	char *shown, *text;

	if (v->kind == TARE_ARRAY)
		return tool_format("[%llu]", (unsigned long long)v->as.array.count);
	if (v->kind != TARE_STRING)
		return scalar_text(v);
	shown = tool_shown(v->as.string, width);
	text = tool_format("\"%s\"", shown);
	free(shown);
	return text;
}

static char *array_text(const tare_array *a, size_t width)
{
	char *out, *one;
	size_t size;
	tare_array_iter it;
	tare_value v;
	FILE *f = tool_compose(&out, &size);

	fprintf(f, "[%llu]", (unsigned long long)a->count);
	tare_array_start(&it, a);
	while (tare_array_next(&it, &v)) {
		one = element_text(&v, width ? 32 : 0);
		fflush(f);
		if (width && size + strlen(one) + 6 > width) {
			fprintf(f, " ...");
			free(one);
			break;
		}
		fprintf(f, "%s%s", it.index > 1 ? ", " : " ", one);
		free(one);
	}
	tool_composed(f, &out);
	return out;
}

char *inspect_preview(const tare_value *v, size_t width)
{
	if (v->kind == TARE_ARRAY)
		return array_text(&v->as.array, width);
	if (v->kind == TARE_STRING)
		return tool_shown(v->as.string, width);
	return scalar_text(v);
}

/* Text as it is; to a terminal, without what could command it. */
static void print_raw(tare_str s)
{
	size_t at, n;
	char *shown;

	if (!isatty(STDOUT_FILENO)) {
		fwrite(s.ptr, 1, s.len, stdout);
		return;
	}
	for (at = 0; at < s.len; at += n) {
		for (n = 0; at + n < s.len && !memchr("\n\t\\", s.ptr[at + n], 3); n++)
			;
		shown = tool_shown((tare_str){ s.ptr + at, n }, 0);
		fputs(shown, stdout);
		free(shown);
		if (at + n < s.len)
			fputc(s.ptr[at + n++], stdout);
	}
}

static void print_value(const tare_value *v)
{
	tare_array_iter it;
	tare_value element;
	char *text;

	if (v->kind == TARE_ARRAY) {
		tare_array_start(&it, &v->as.array);
		while (tare_array_next(&it, &element))
			print_value(&element);
		return;
	}
	if (v->kind == TARE_STRING) {
		print_raw(v->as.string);
	} else {
		text = scalar_text(v);
		fputs(text, stdout);
		free(text);
	}
	fputc('\n', stdout);
}

int inspect_get(const inspect_view *v)
{
	tool_json j = { .out = stdout };
	tare_value value;

	if (!tare_model_find(v->m, v->opt->get, &value)) {
		tool_warning("%s: no metadata under '%s'", v->name, tool_text(v->opt->get));
		return TOOL_NO;
	}
	if (tool_quiet())
		return TOOL_YES;
	if (!v->opt->shared.json) {
		print_value(&value);
		return TOOL_YES;
	}
	tool_json_object(&j, NULL);
	tool_json_text(&j, "schema", "value-1");
	tool_json_text(&j, "file", v->path);
	tool_json_text(&j, "key", v->opt->get);
	tool_json_text(&j, "type", inspect_kind(&value));
	tool_json_value(&j, "value", &value);
	tool_json_end_object(&j);
	tool_json_newline(&j);
	return TOOL_YES;
}
