#include "common/options.h"

#include "common/message.h"
#include "common/number.h"

#include <getopt.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

static bool is_own(const tool_program *prog, const char *name)
{
	size_t i;

	for (i = 0; i < prog->n_options; i++)
		if (!strcmp(prog->options[i].name, name))
			return true;
	return false;
}

const tool_option *tool_option_at(const tool_program *prog, size_t i)
{
	const tool_option *o;
	size_t k;

	if (i < prog->n_options)
		return &prog->options[i];
	i -= prog->n_options;
	for (k = 0; (o = tool_shared_at(prog->with, k)); k++)
		if (!is_own(prog, o->name) && !i--)
			return o;
	return NULL;
}

void tool_list_add(tool_list *list, const char *item)
{
	list->item = tool_grow(list->item, list->n + 1, sizeof *list->item);
	list->item[list->n++] = item;
}

int tool_word_index(const char *words, const char *word)
{
	size_t len = strlen(word), n;
	int i;

	for (i = 0; *words; i++) {
		n = strcspn(words, " ");
		if (n == len && !memcmp(words, word, n))
			return i;
		words += n + (words[n] == ' ');
	}
	return -1;
}

static void said(tool_said *list, const tool_option *o, const char *value)
{
	list->item = tool_grow(list->item, list->n + 1, sizeof *list->item);
	list->item[list->n++] = (tool_saying){ o, value };
}

static unsigned number(const tool_option *o, const char *value)
{
	uint64_t n, most = o->most ? o->most : UINT_MAX;

	if (!tool_parse_number(value, &n) || n > most)
		tool_usage("--%s: '%s' is not a number from 0 to %llu", o->name, tool_text(value), (unsigned long long)most);
	return (unsigned)n;
}

static unsigned word(const tool_option *o, const char *value)
{
	int i = tool_word_index(o->words, value);

	if (i < 0)
		tool_usage("--%s: '%s' is none of: %s", o->name, tool_text(value), o->words);
	return (unsigned)i;
}

static void take(const tool_option *o, void *into, const char *value)
{
	void *at = (char *)into + o->at;

	switch (o->kind) {
	case TOOL_FLAG:
		*(bool *)at = true;
		break;
	case TOOL_COUNT:
		++*(unsigned *)at;
		break;
	case TOOL_TEXT:
		*(const char **)at = value;
		break;
	case TOOL_LIST:
		tool_list_add(at, value);
		break;
	case TOOL_SIZE:
		if (!tool_parse_size(value, at))
			tool_usage("--%s: '%s' is not a size such as 4096, 512M or 2G", o->name, tool_text(value));
		break;
	case TOOL_NUMBER:
		*(unsigned *)at = number(o, value);
		break;
	case TOOL_WORD:
		*(unsigned *)at = word(o, value);
		break;
	case TOOL_SAID:
		said(at, o, value);
		break;
	}
}

/* Least number of single-character changes from a to b; names of options are short. */
static size_t distance(const char *a, const char *b)
{
	size_t row[64], n = strlen(b), i, j, diagonal, above;

	if (n >= sizeof row / sizeof *row)
		return SIZE_MAX;
	for (j = 0; j <= n; j++)
		row[j] = j;
	for (i = 0; a[i]; i++) {
		diagonal = row[0];
		row[0] = i + 1;
		for (j = 0; j < n; j++) {
			above = row[j + 1];
			row[j + 1] = a[i] == b[j] ? diagonal : 1 + (above < diagonal ? above : diagonal);
			if (row[j] + 1 < row[j + 1])
				row[j + 1] = row[j] + 1;
			diagonal = above;
		}
	}
	return row[n];
}

static const char *nearest(const tool_program *prog, const char *name)
{
	const tool_option *o;
	const char *best = NULL;
	size_t i, d, least = 3;

	for (i = 0; (o = tool_option_at(prog, i)); i++) {
		d = strncmp(name, o->name, strlen(name)) ? distance(name, o->name) : 0; /* begun, not finished */
		if (d < least && d < strlen(name)) {
			least = d;
			best = o->name;
		}
	}
	return best;
}

static noreturn void unknown(const tool_program *prog, const char *arg)
{
	char name[64];
	const char *best;

	snprintf(name, sizeof name, "%.*s", (int)strcspn(arg, "="), arg);
	best = nearest(prog, name);
	if (best)
		tool_usage("unknown option '--%s' (did you mean '--%s'?)", tool_text(name), best);
	tool_usage("unknown option '--%s'", tool_text(name));
}

enum { FIRST_ROW = 256 }; /* the value of a long option is its row's number above the letters */

/* What getopt_long could not make sense of. */
static noreturn void mistake(const tool_program *prog, int what, char **argv)
{
	if (optopt >= FIRST_ROW)
		tool_usage(what == ':' ? "--%s needs an argument" : "--%s takes no argument",
			   tool_option_at(prog, (size_t)optopt - FIRST_ROW)->name);
	if (!optopt)
		unknown(prog, argv[optind - 1] + 2);
	if (what == ':')
		tool_usage("-%c needs an argument", optopt);
	if (optopt > ' ' && optopt < 0x7f)
		tool_usage("unknown option '-%c'", optopt);
	tool_usage("unknown option '-\\x%02x'", optopt & 0xff);
}

/* getopt's two descriptions of the table. */
enum { MOST = 96 }; /* options of a program */

static void describe(const tool_program *prog, char *letters, struct option *longs)
{
	const tool_option *o;
	size_t i;

	*letters++ = '-'; /* operands in their places, whatever POSIXLY_CORRECT says */
	*letters++ = ':';
	for (i = 0; i < MOST && (o = tool_option_at(prog, i)); i++) {
		longs[i] = (struct option){ o->name, o->arg ? required_argument : no_argument, NULL, FIRST_ROW + (int)i };
		if (o->letter) {
			*letters++ = o->letter;
			if (o->arg)
				*letters++ = ':';
		}
	}
	*letters = '\0';
}

static const tool_option *row_of(const tool_program *prog, int c)
{
	const tool_option *o;
	size_t i;

	if (c >= FIRST_ROW)
		return tool_option_at(prog, (size_t)c - FIRST_ROW);
	for (i = 0; (o = tool_option_at(prog, i)); i++)
		if (o->letter == c)
			return o;
	return NULL;
}

static void answer(const tool_program *prog, const tool_shared *s)
{
	if (s->help)
		tool_help(prog);
	else if (s->version)
		tool_version(prog);
	else if (s->complete)
		tool_complete(prog);
	else
		return;
	tool_end(TOOL_YES);
}

void tool_options_parse(const tool_program *prog, void *into, int argc, char **argv)
{
	tool_shared *s = into;
	struct option longs[MOST + 1] = { { NULL, 0, NULL, 0 } };
	char letters[2 * MOST + 3];
	int c;

	describe(prog, letters, longs);
	memset(into, 0, prog->size);
	opterr = 0;
	while ((c = getopt_long(argc, argv, letters, longs, NULL)) != -1) {
		if (c == 1)
			tool_list_add(&s->operands, optarg);
		else if (c == '?' || c == ':')
			mistake(prog, c, argv);
		else
			take(row_of(prog, c), into, optarg);
	}
	while (optind < argc)
		tool_list_add(&s->operands, argv[optind++]);
	tool_loudness(s->quiet, s->verbose);
	if (s->cpu)
		setenv("TARE_CPU", s->cpu, 1);
	answer(prog, s);
}
