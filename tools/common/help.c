/* What the table of options says about itself: --help in at most 24 lines of 80 columns, --version, and the listing that completion
 * files and the lint of the manual are made from. */
#include "common/message.h"
#include "common/options.h"

#include <string.h>

enum { WIDTH = 79, TEXT_AT = 24 }; /* columns of a line; of an option before its text */

static int heading_width(const char *groups)
{
	int widest = 0, n;

	for (; *groups; groups += n + (groups[n] == ',')) {
		n = (int)strcspn(groups, ",");
		if (n > widest)
			widest = n;
	}
	return widest + 2;
}

static bool is_in(const tool_option *o, const char *group, int len)
{
	return o->group && strlen(o->group) == (size_t)len && !memcmp(o->group, group, (size_t)len);
}

/* An option with a line of its own. */
static void print_told(const tool_option *o, const char *group, int len, int indent)
{
	int n = printf("%-*.*s%c%c%s --%s%s%s", indent, len, group, o->letter ? '-' : ' ', o->letter ? o->letter : ' ',
		       o->letter ? "," : " ", o->name, o->arg ? " " : "", o->arg ? o->arg : "");

	printf("%*s%s\n", n < TEXT_AT + indent ? TEXT_AT + indent - n : 1, "", o->text);
}

/* Options that are only named, as many to a line as fit. */
static void print_named(const tool_program *prog, const char *group, int len, int indent, bool first)
{
	const tool_option *o;
	int at = 0, need;
	char one[80];
	size_t i;

	for (i = 0; (o = tool_option_at(prog, i)); i++) {
		if (o->text || !is_in(o, group, len))
			continue;
		need = o->letter ? snprintf(one, sizeof one, "-%c, --%s", o->letter, o->name) : snprintf(one, sizeof one, "--%s", o->name);
		if (o->arg)
			need += snprintf(one + need, sizeof one - (size_t)need, " %s", o->arg);
		if (!at || at + need + 3 > WIDTH) {
			at = printf("%s%-*.*s", at ? ",\n" : "", indent, first ? len : 0, group) - (at ? 2 : 0);
			first = false;
		} else {
			at += printf(", ");
		}
		at += printf("%s", one);
	}
	if (at)
		putchar('\n');
}

void tool_help(const tool_program *prog)
{
	int indent = heading_width(prog->groups), len;
	const tool_option *o;
	const char *group;
	bool first;
	size_t i;

	printf("Usage: %s %s\n%s\n\n", prog->name, prog->usage, prog->purpose);
	for (group = prog->groups; *group; group += len + (group[len] == ',')) {
		len = (int)strcspn(group, ",");
		first = true;
		for (i = 0; (o = tool_option_at(prog, i)); i++) {
			if (!o->text || !is_in(o, group, len))
				continue;
			print_told(o, group, first ? len : 0, indent);
			first = false;
		}
		print_named(prog, group, len, indent, first);
	}
	printf("The whole story: man %s\n", prog->name);
}

/* The i-th name of something the library knows; NULL past the last. */
static const char *type_at(size_t i)
{
	const tare_type *t = tare_type_at(i);

	return t ? tare_type_name(t) : NULL;
}

static const char *limit_at(size_t i)
{
	const tare_limit_info *lim = tare_limit_at(i);

	return lim ? lim->name : NULL;
}

/* Mixes, and each type that can be written as "type:NAME". Static storage until the next call. */
static const char *base_at(size_t i)
{
	static char text[32];
	size_t mixes = 0, k;
	const tare_type *t;

	while (tare_mix_name_at(mixes))
		mixes++;
	if (i < mixes)
		return tare_mix_name_at(i);
	for (i -= mixes, k = 0; (t = tare_type_at(k)); k++)
		if (tare_type_can_encode(t) && !i--)
			break;
	if (t)
		snprintf(text, sizeof text, "type:%s", tare_type_name(t));
	return t ? text : NULL;
}

static const struct {
	const char *word;
	const char *(*at)(size_t i);
} lists[] = {
	{ "@types", type_at },
	{ "@bases", base_at },
	{ "@formats", tare_format_name_at },
	{ "@limits", limit_at },
};

static void print_words(const char *words)
{
	const char *name;
	size_t l, i;

	for (l = 0; l < sizeof lists / sizeof *lists; l++) {
		if (strcmp(words, lists[l].word))
			continue;
		for (i = 0; (name = lists[l].at(i)); i++)
			printf("%s%s", i ? " " : "", name);
		return;
	}
	fputs(words, stdout);
}

void tool_version(const tool_program *prog)
{
	printf("%s (tare) %s\n%sformats ", prog->name, tare_version(), tare_features());
	print_words("@formats");
	putchar('\n');
}

/* One option a line, fields separated by tabs: --name, -x or nothing, argument or nothing, words for the argument, text. */
void tool_complete(const tool_program *prog)
{
	const tool_option *o;
	size_t i;

	for (i = 0; (o = tool_option_at(prog, i)); i++) {
		if (!o->group)
			continue;
		printf("--%s\t", o->name);
		if (o->letter)
			printf("-%c", o->letter);
		printf("\t%s\t", o->arg ? o->arg : "");
		print_words(o->words ? o->words : "");
		printf("\t%s\n", o->text ? o->text : "");
	}
}
