#include "common/value.h"

#include "common/message.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *tool_kind_text(const tare_value *v)
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
char *tool_scalar(const tare_value *v)
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
		return tool_scalar(v);
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

char *tool_preview(const tare_value *v, size_t width)
{
	if (v->kind == TARE_ARRAY)
		return array_text(&v->as.array, width);
	if (v->kind == TARE_STRING)
		return tool_shown(v->as.string, width);
	return tool_scalar(v);
}

char *tool_clean(tare_str s)
{
	size_t at, n, size;
	char *shown, *text;
	FILE *f = tool_compose(&text, &size);

	for (at = 0; at < s.len; at += n) {
		for (n = 0; at + n < s.len && !memchr("\n\t\\", s.ptr[at + n], 3); n++)
			;
		shown = tool_shown((tare_str){ s.ptr + at, n }, 0);
		fputs(shown, f);
		free(shown);
		if (at + n < s.len)
			fputc(s.ptr[at + n++], f);
	}
	tool_composed(f, &text);
	return text;
}
