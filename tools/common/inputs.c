#include "common/inputs.h"

#include "common/message.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void read_names(tool_list *list, const char *path)
{
	FILE *f = strcmp(path, "-") ? fopen(path, "re") : stdin;
	char *name = NULL;
	size_t room = 0;
	ssize_t n;

	if (!f)
		tool_usage("--files0-from: %s: %s", tool_text(path), strerror(errno));
	while ((n = getdelim(&name, &room, '\0', f)) > 0) {
		if (*name)
			tool_list_add(list, name);
		name = NULL;
	}
	free(name);
	if (ferror(f))
		tool_usage("--files0-from: %s: %s", tool_text(path), strerror(errno));
	if (f != stdin)
		fclose(f);
}

const tool_list *tool_inputs(const tool_shared *s)
{
	static tool_list list;
	size_t i;

	list = s->operands;
	if (s->files0_from)
		read_names(&list, s->files0_from);
	else if (!list.n)
		tool_list_add(&list, "-");
	for (i = 0; i < list.n; i++)
		if (!strcmp(list.item[i], "-") && isatty(STDIN_FILENO))
			tool_usage("no file named, and standard input is a terminal");
	return &list;
}

char *tool_input_name(const char *path)
{
	return tool_format("%s", strcmp(path, "-") ? tool_text(path) : "standard input");
}

tare_model *tool_open(const tool_shared *s, const char *path, int *status)
{
	tare_error err = TARE_ERROR_INIT;
	tare_open_options opt;
	tare_limits lim;
	tare_model *m;
	const char *text;
	char *name;
	size_t i;

	tool_open_options(s, &lim, &opt);
	if (tare_open(&m, path, &opt, &err)) {
		tool_error(&err);
		*status = TOOL_TROUBLE;
		return NULL;
	}
	name = tool_input_name(path);
	for (i = 0; (text = tare_model_warning(m, i)); i++)
		tool_warning("%s: warning: %s", name, text);
	free(name);
	return m;
}

/* The tensors that fit what an option was given. A pattern that is none is the user's mistake. */
static bool *hits_of(const tool_list *patterns, const char *option, const tare_model *m)
{
	bool *hits = tool_alloc(tare_model_tensor_count(m), sizeof *hits);
	tare_error err = TARE_ERROR_INIT;

	if (tare_model_match(m, patterns->item, patterns->n, hits, &err))
		tool_usage("--%s: %s", option, err.message);
	return hits;
}

/* For names that are not a model's tensors. */
static bool matches(const tool_list *globs, const char *name)
{
	size_t i;

	for (i = 0; i < globs->n; i++)
		if (!fnmatch(globs->item[i], name, 0))
			return true;
	return false;
}

bool tool_is_selected(const tool_shared *s, tare_str str)
{
	bool text = !str.len || !memchr(str.ptr, '\0', str.len);
	char *name = text ? memcpy(tool_alloc(str.len + 1, 1), str.len ? str.ptr : "", str.len) : tool_shown(str, 0);
	bool in = (!s->select.n || matches(&s->select, name)) && !matches(&s->exclude, name);

	free(name);
	return in;
}

bool *tool_selected(const tool_shared *s, const tare_model *m, size_t *n)
{
	size_t count = tare_model_tensor_count(m), i;
	bool *in = hits_of(&s->select, "select", m), *out = hits_of(&s->exclude, "exclude", m);

	for (*n = 0, i = 0; i < count; i++) {
		in[i] = (in[i] || !s->select.n) && !out[i];
		*n += in[i];
	}
	free(out);
	return in;
}
