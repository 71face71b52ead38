/* One metadata value, raw, for scripts. */
#include "common/json.h"
#include "common/message.h"
#include "common/value.h"
#include "inspect/inspect.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Text as it is; to a terminal, without what could command it. */
static void print_raw(tare_str s)
{
	char *clean;

	if (!isatty(STDOUT_FILENO)) {
		fwrite(s.ptr, 1, s.len, stdout);
		return;
	}
	clean = tool_clean(s);
	fputs(clean, stdout);
	free(clean);
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
		text = tool_scalar(v);
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
	tool_json_text(&j, "type", tool_kind_text(&value));
	tool_json_value(&j, "value", &value);
	tool_json_end_object(&j);
	tool_json_newline(&j);
	return TOOL_YES;
}
