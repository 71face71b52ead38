#include "common/inputs.h"

#include "common/message.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef tare_status matcher(const void *of, const char *const *patterns, size_t n, bool *hits, tare_error *err);

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

/* Which of count things --select and --exclude leave, malloc'ed. */
static bool *chosen(const tool_shared *s, size_t count, const void *of, matcher *match, size_t *n)
{
	bool *in = tool_alloc(count, sizeof *in), *out = tool_alloc(count, sizeof *out);
	tare_error err = TARE_ERROR_INIT;
	size_t i;

	/* A pattern that is none is the user's mistake. */
	if (match(of, s->select.item, s->select.n, in, &err))
		tool_usage("--select: %s", err.message);
	if (match(of, s->exclude.item, s->exclude.n, out, &err))
		tool_usage("--exclude: %s", err.message);
	for (*n = 0, i = 0; i < count; i++) {
		in[i] = (in[i] || !s->select.n) && !out[i];
		*n += in[i];
	}
	free(out);
	return in;
}

static tare_status match_tensors(const void *m, const char *const *patterns, size_t n, bool *hits, tare_error *err)
{
	return tare_model_match(m, patterns, n, hits, err);
}

static tare_status match_entries(const void *im, const char *const *patterns, size_t n, bool *hits, tare_error *err)
{
	return tare_imatrix_match(im, patterns, n, hits, err);
}

bool *tool_selected(const tool_shared *s, const tare_model *m, size_t *n)
{
	return chosen(s, tare_model_tensor_count(m), m, match_tensors, n);
}

bool *tool_selected_entries(const tool_shared *s, const tare_imatrix *im, size_t *n)
{
	return chosen(s, tare_imatrix_count(im), im, match_entries, n);
}
