/* The options that programs share, in one place. */
#include "common/message.h"
#include "common/options.h"

#include <stddef.h>

#define AT(member) offsetof(tool_shared, member)

typedef struct shared_row {
	unsigned with; /* the family; 0: every program */
	tool_option option;
} shared_row;

static const shared_row rows[] = {
	{ TOOL_WITH_SELECT, { "select", 0, TOOL_LIST, AT(select), "GLOB", NULL, "Input", "only tensors of these names", 0 } },
	{ TOOL_WITH_SELECT, { "exclude", 0, TOOL_LIST, AT(exclude), "GLOB", NULL, "Input", "not tensors of these names", 0 } },
	{ TOOL_WITH_INPUT, { "from", 0, TOOL_TEXT, AT(from), "FORMAT", "@formats", "Input", NULL, 0 } },
	{ TOOL_WITH_INPUT, { "strict", 0, TOOL_FLAG, AT(strict), NULL, NULL, "Input", NULL, 0 } },
	{ TOOL_WITH_INPUT, { "single", 0, TOOL_FLAG, AT(single), NULL, NULL, "Input", NULL, 0 } },
	{ TOOL_WITH_MANY, { "files0-from", 0, TOOL_TEXT, AT(files0_from), "FILE", NULL, "Input", NULL, 0 } },
	{ TOOL_WITH_INPUT, { "limit", 0, TOOL_LIST, AT(limit), "NAME=N", "@limits", "Input", NULL, 0 } },
	{ TOOL_WITH_OUTPUT, { "output", 'o', TOOL_TEXT, AT(output), "FILE", NULL, "Output", "whole or not at all; - is standard output", 0 } },
	{ TOOL_WITH_OUTPUT, { "force", 'f', TOOL_FLAG, AT(force), NULL, NULL, "Output", "replace FILE if it is there", 0 } },
	{ TOOL_WITH_OUTPUT, { "to", 0, TOOL_TEXT, AT(to), "FORMAT", "@formats", "Output", NULL, 0 } },
	{ TOOL_WITH_OUTPUT, { "split-size", 0, TOOL_SIZE, AT(split_size), "SIZE", NULL, "Output", NULL, 0 } },
	{ TOOL_WITH_OUTPUT, { "split-count", 0, TOOL_NUMBER, AT(split_count), "N", NULL, "Output", NULL, 0 } },
	{ TOOL_WITH_OUTPUT, { "external", 0, TOOL_WORD, AT(external), "WHERE", "keep inside beside", "Output", NULL, 0 } },
	{ TOOL_WITH_OUTPUT, { "external-least", 0, TOOL_SIZE, AT(external_least), "SIZE", NULL, "Output", NULL, 0 } },
	{ TOOL_WITH_OUTPUT, { "align", 0, TOOL_SIZE, AT(align), "SIZE", NULL, "Output", NULL, 0 } },
	{ TOOL_WITH_OUTPUT, { "zstd", 0, TOOL_FLAG, AT(zstd), NULL, NULL, "Output", NULL, 0 } },
	{ TOOL_WITH_OUTPUT, { "level", 0, TOOL_NUMBER, AT(level), "N", NULL, "Output", NULL, 22 } },
	{ TOOL_WITH_OUTPUT, { "zstd-threads", 0, TOOL_NUMBER, AT(zstd_threads), "N", NULL, "Output", NULL, 256 } },
	{ TOOL_WITH_OUTPUT, { "long", 0, TOOL_FLAG, AT(zstd_long), NULL, NULL, "Output", NULL, 0 } },
	{ TOOL_WITH_JSON, { "json", 0, TOOL_FLAG, AT(json), NULL, NULL, "Run", NULL, 0 } },
	{ TOOL_WITH_INPUT, { "threads", 'j', TOOL_NUMBER, AT(threads), "N", NULL, "Run", NULL, 4096 } },
	{ TOOL_WITH_INPUT, { "cpu", 0, TOOL_TEXT, AT(cpu), "LIST", "all none avx2 avx512 neon", "Run", NULL, 0 } },
	{ 0, { "color", 0, TOOL_WORD, AT(color), "WHEN", "auto always never", "Run", NULL, 0 } },
	{ TOOL_WITH_INPUT, { "progress", 0, TOOL_WORD, AT(progress), "WHEN", "auto always never", "Run", NULL, 0 } },
	{ 0, { "quiet", 'q', TOOL_COUNT, AT(quiet), NULL, NULL, "Run", NULL, 0 } },
	{ 0, { "verbose", 'v', TOOL_COUNT, AT(verbose), NULL, NULL, "Run", NULL, 0 } },
	{ 0, { "help", 'h', TOOL_FLAG, AT(help), NULL, NULL, "Run", NULL, 0 } },
	{ 0, { "version", 'V', TOOL_FLAG, AT(version), NULL, NULL, "Run", NULL, 0 } },
	{ 0, { "complete-options", 0, TOOL_FLAG, AT(complete), NULL, NULL, NULL, NULL, 0 } },
};

const tool_option *tool_shared_at(unsigned with, size_t i)
{
	size_t k;

	for (k = 0; k < sizeof rows / sizeof *rows; k++)
		if ((!rows[k].with || rows[k].with & with) && !i--)
			return &rows[k].option;
	return NULL;
}

void tool_open_options(const tool_shared *s, tare_limits *lim, tare_open_options *opt)
{
	tare_error err = TARE_ERROR_INIT;
	size_t i;

	tare_limits_init(lim);
	for (i = 0; i < s->limit.n; i++)
		if (tare_limits_set(lim, s->limit.item[i], &err))
			tool_usage("--limit: %s", err.message);
	*opt = (tare_open_options){ .limits = lim, .from = s->from, .strict = s->strict, .single = s->single };
}
