#include "common/message.h"

#include "common/progress.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *program = "tare";
static unsigned quiet, verbose;

/* Temporary files go, then the signal does what it would have done. */
static void last_words(int sig)
{
	tool_progress_interrupted();
	tare_emergency_cleanup();
	signal(sig, SIG_DFL);
	raise(sig);
}

/* A mapped file that somebody cuts short has no bytes any more where we read. */
static void no_bytes(int sig)
{
	static const char text[] = ": an input file was cut short by somebody while it was being read\n";
	ssize_t n;

	(void)sig;
	tool_progress_interrupted();
	tare_emergency_cleanup();
	n = write(STDERR_FILENO, program, strlen(program));
	n = write(STDERR_FILENO, text, sizeof text - 1);
	(void)n;
	_exit(TOOL_TROUBLE);
}

static void catch_signals(void)
{
	static const int fatal[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGXCPU, SIGXFSZ, SIGALRM, SIGVTALRM };
	struct sigaction act = { .sa_handler = last_words, .sa_flags = SA_RESTART | SA_NODEFER };
	struct sigaction old;
	size_t i;

	for (i = 0; i < sizeof fatal / sizeof *fatal; i++)
		if (!sigaction(fatal[i], NULL, &old) && old.sa_handler != SIG_IGN)
			sigaction(fatal[i], &act, NULL);
	act.sa_handler = no_bytes;
	sigaction(SIGBUS, &act, NULL);
	act.sa_handler = tool_progress_asked;
	act.sa_flags = SA_RESTART;
	sigaction(SIGUSR1, &act, NULL);
}

/* With a standard stream closed, the first file opened would take its place and be written over. What takes it instead refuses to be
 * read (0) or written (1), so that nothing is lost in silence. */
static void open_standard_streams(void)
{
	static const int mode[] = { O_WRONLY, O_RDONLY, O_WRONLY };
	int fd;

	for (fd = 0; fd < 3; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF && open("/dev/null", mode[fd]) != fd)
			_exit(TOOL_TROUBLE);
}

void tool_begin(const char *name)
{
	program = name;
	open_standard_streams();
	catch_signals();
}

const char *tool_name(void)
{
	return program;
}

void tool_loudness(unsigned q, unsigned v)
{
	quiet = q;
	verbose = v;
}

unsigned tool_quiet(void)
{
	return quiet;
}

unsigned tool_verbose(void)
{
	return verbose;
}

__attribute__((format(printf, 1, 0))) static void say(const char *fmt, va_list ap)
{
	tool_progress_clear();
	fflush(stdout);
	fprintf(stderr, "%s: ", program);
	vfprintf(stderr, fmt, ap);
	fputc('\n', stderr);
}

void tool_error(const tare_error *err)
{
	char text[1100];

	tool_progress_clear();
	fflush(stdout);
	tare_error_text(err, text, sizeof text);
	if (err->line)
		fprintf(stderr, "%s\n", text);
	else
		fprintf(stderr, "%s: %s\n", program, text);
}

void tool_trouble(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(fmt, ap);
	va_end(ap);
}

void tool_warning(const char *fmt, ...)
{
	va_list ap;

	if (quiet)
		return;
	va_start(ap, fmt);
	say(fmt, ap);
	va_end(ap);
}

void tool_note(const char *fmt, ...)
{
	va_list ap;

	if (quiet || !verbose)
		return;
	va_start(ap, fmt);
	say(fmt, ap);
	va_end(ap);
}

int tool_status(const tare_error *err)
{
	return !err->status ? TOOL_YES : err->status == TARE_E_REFUSED ? TOOL_NO : TOOL_TROUBLE;
}

void tool_usage(const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "%s: ", program);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, "; try '%s --help'\n", program);
	exit(TOOL_TROUBLE);
}

void tool_end(int status)
{
	bool failed = ferror(stdout);

	tool_progress_clear();
	errno = 0;
	if (fclose(stdout) || failed) {
		tool_trouble("standard output: %s", errno ? strerror(errno) : "not everything could be written");
		status = TOOL_TROUBLE;
	}
	exit(status);
}

static noreturn void no_memory(void)
{
	tool_trouble("out of memory");
	tare_emergency_cleanup();
	_exit(TOOL_TROUBLE);
}

void *tool_alloc(size_t n, size_t size)
{
	void *p = calloc(n ? n : 1, size);

	if (!p)
		no_memory();
	return p;
}

void *tool_grow(void *old, size_t n, size_t size)
{
	void *p = reallocarray(old, n ? n : 1, size);

	if (!p)
		no_memory();
	return p;
}

char *tool_vformat(const char *fmt, va_list ap)
{
	char *text;

	if (vasprintf(&text, fmt, ap) < 0)
		no_memory();
	return text;
}

char *tool_format(const char *fmt, ...)
{
	va_list ap;
	char *text;

	va_start(ap, fmt);
	text = tool_vformat(fmt, ap);
	va_end(ap);
	return text;
}

FILE *tool_compose(char **text, size_t *size)
{
	FILE *f;

	*text = NULL;
	*size = 0;
	f = open_memstream(text, size);
	if (!f)
		no_memory();
	return f;
}

void tool_composed(FILE *f, char *const *text)
{
	bool failed = ferror(f);

	if (fclose(f) || failed || !*text)
		no_memory();
}

char *tool_shown(tare_str s, size_t max_columns)
{
	size_t room = max_columns ? 4 * max_columns + 16 : 4 * s.len + 16;

	if (room > 4 * s.len + 16)
		room = 4 * s.len + 16;
	return (char *)(uintptr_t)tare_escape(s, max_columns, tool_alloc(room, 1), room);
}

const char *tool_text(const char *text)
{
	static char places[4][2048];
	static unsigned next;
	unsigned i = next++ % 4;

	return tare_escape((tare_str){ text, strlen(text) }, 0, places[i], sizeof places[i]);
}
