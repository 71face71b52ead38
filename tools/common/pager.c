#include "common/pager.h"

#include "common/message.h"
#include "common/terminal.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t pager;

/* What was written has been flushed, or is worth nothing any more. */
static void wait_for_pager(void)
{
	close(STDOUT_FILENO);
	while (waitpid(pager, NULL, 0) < 0 && errno == EINTR)
		;
}

static bool is_welcome(unsigned when)
{
	const char *term = getenv("TERM");

	if (when == TOOL_AUTO)
		return isatty(STDOUT_FILENO) && term && strcmp(term, "dumb");
	return when == TOOL_ALWAYS;
}

static noreturn void become(const char *command, int from, int other)
{
	dup2(from, STDIN_FILENO);
	close(from);
	close(other);
	setenv("LESS", "FRX", 0);
	setenv("LV", "-c", 0);
	execl("/bin/sh", "sh", "-c", command, (char *)NULL);
	_exit(127);
}

void tool_pager_start(unsigned when)
{
	const char *command = getenv("PAGER");
	int ends[2];

	if (!command)
		command = "if command -v less >/dev/null; then exec less; else exec cat; fi";
	if (pager > 0 || !is_welcome(when) || tool_quiet() || !*command || !strcmp(command, "cat") || pipe(ends))
		return;
	tool_width_hold();
	fflush(stdout);
	pager = fork();
	if (!pager)
		become(command, ends[0], ends[1]);
	if (pager > 0) {
		dup2(ends[1], STDOUT_FILENO);
		signal(SIGINT, SIG_IGN); /* it is the pager's key now */
		atexit(wait_for_pager);
	}
	close(ends[0]);
	close(ends[1]);
}
