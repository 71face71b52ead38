#include "common/progress.h"

#include "common/message.h"
#include "common/number.h"

#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

static const char *doing = "";
static bool allowed, at_once, running;
static struct timespec start, drawn_at;
static volatile sig_atomic_t asked, drawn;

static double since(const struct timespec *then)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - then->tv_sec) + 1e-9 * (double)(now.tv_nsec - then->tv_nsec);
}

void tool_progress_start(const char *what, unsigned when)
{
	doing = what;
	at_once = when == TOOL_ALWAYS;
	allowed = !tool_quiet() && (at_once || (when == TOOL_AUTO && isatty(STDERR_FILENO)));
	running = true;
	clock_gettime(CLOCK_MONOTONIC, &start);
	drawn_at = start;
}

double tool_progress_seconds(void)
{
	return since(&start);
}

bool tool_progress_shown(void)
{
	return allowed;
}

static void write_line(char *line, size_t size, uint64_t done, uint64_t total)
{
	double seconds = since(&start), rate = seconds > 0 ? (double)done / seconds : 0;
	int n = snprintf(line, size, "%s", doing);

	if (total && total != TARE_NOWHERE)
		n += snprintf(line + n, size - (size_t)n, "  %s", tool_share(done, total));
	n += snprintf(line + n, size - (size_t)n, "  %s", tool_bytes(done));
	if (total && total != TARE_NOWHERE)
		n += snprintf(line + n, size - (size_t)n, " of %s", tool_bytes(total));
	n += snprintf(line + n, size - (size_t)n, "  %s/s", tool_bytes((uint64_t)rate));
	if (total && total != TARE_NOWHERE && done && done <= total && rate > 0)
		snprintf(line + n, size - (size_t)n, "  %s left", tool_time((double)(total - done) / rate));
	else
		snprintf(line + n, size - (size_t)n, "  %s", tool_time(seconds));
}

static void draw(uint64_t done, uint64_t total)
{
	struct winsize w;
	char line[160];
	size_t most = 79;

	write_line(line, sizeof line, done, total);
	if (!ioctl(STDERR_FILENO, TIOCGWINSZ, &w) && w.ws_col > 20)
		most = w.ws_col - 1u;
	if (strlen(line) > most)
		line[most] = '\0';
	fprintf(stderr, "\r%s\033[K", line);
	fflush(stderr);
	drawn = 1;
	clock_gettime(CLOCK_MONOTONIC, &drawn_at);
}

bool tool_progress(void *user, uint64_t done, uint64_t total)
{
	char line[160];

	(void)user;
	if (asked) {
		asked = 0;
		tool_progress_clear();
		write_line(line, sizeof line, done, total);
		fprintf(stderr, "%s: %s\n", tool_name(), line);
	}
	if (allowed && running && (at_once || (since(&start) >= 1 && since(&drawn_at) >= 0.2))) {
		at_once = false;
		draw(done, total);
	}
	return true;
}

void tool_progress_clear(void)
{
	if (!drawn)
		return;
	fputs("\r\033[K", stderr);
	fflush(stderr);
	drawn = 0;
}

void tool_progress_end(void)
{
	tool_progress_clear();
	running = false;
}

void tool_progress_asked(int sig)
{
	(void)sig;
	asked = 1;
}

/* The prompt that comes next starts on a line of its own. */
void tool_progress_interrupted(void)
{
	if (drawn && write(STDERR_FILENO, "\n", 1) < 0)
		drawn = 0;
}
