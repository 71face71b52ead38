#include "common/terminal.h"

#include "common/message.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static bool color;
static size_t held; /* columns of the terminal behind a pager */

size_t tool_width(void)
{
	size_t n = tool_cut();

	return n ? n : 80;
}

size_t tool_cut(void)
{
	struct winsize w;

	if (held)
		return held;
	if (!isatty(STDOUT_FILENO))
		return 0;
	return !ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) && w.ws_col >= 20 ? w.ws_col : 80;
}

void tool_width_hold(void)
{
	held = tool_cut();
}

void tool_color_init(unsigned when)
{
	const char *term = getenv("TERM"), *no = getenv("NO_COLOR");

	color = when == TOOL_ALWAYS || (when == TOOL_AUTO && isatty(STDOUT_FILENO) && term && strcmp(term, "dumb") && !(no && *no));
}

const char *tool_bold(void)
{
	return color ? "\033[1m" : "";
}

const char *tool_dim(void)
{
	return color ? "\033[2m" : "";
}

const char *tool_red(void)
{
	return color ? "\033[31m" : "";
}

const char *tool_green(void)
{
	return color ? "\033[32m" : "";
}

const char *tool_plain(void)
{
	return color ? "\033[0m" : "";
}

void tool_refuse_terminal(const char *output)
{
	if ( !strcmp(output, "-") && isatty(STDOUT_FILENO))
		tool_usage("standard output is a terminal, which a model is not fit for: name a file with -o, or redirect");
}
