#include "common/outfile.h"

#include "common/message.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool fill(int fd, const char *text)
{
	FILE *f = fdopen(fd, "w");
	mode_t mask = umask(0);
	bool ok;

	umask(mask);
	if (!f) {
		close(fd);
		return false;
	}
	ok = fputs(text, f) >= 0 && !fflush(f) && !fchmod(fd, 0666 & ~mask) && !fsync(fd);
	return !fclose(f) && ok;
}

/* A device or a pipe is written to: a file put in its place would take it from everybody else, /dev/null for one. */
static bool is_stream(const char *path)
{
	struct stat st;

	return !stat(path, &st) && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode);
}

static int write_stream(const char *path, const char *text)
{
	FILE *f = fopen(path, "we");
	bool ok = f && fputs(text, f) >= 0;

	if ((f && fclose(f)) || !ok) {
		tool_trouble("%s: cannot be written: %s", tool_text(path), strerror(errno));
		return TOOL_TROUBLE;
	}
	return TOOL_YES;
}

static bool replace(const char *path, char *temp, const char *text)
{
	int fd = mkstemp(temp), failed;

	if (fd < 0)
		return false;
	if (fill(fd, text) && !rename(temp, path))
		return true;
	failed = errno;
	unlink(temp);
	errno = failed;
	return false;
}

bool tool_may_replace(const char *path, bool force)
{
	struct stat st;

	if (force || stat(path, &st) || !S_ISREG(st.st_mode))
		return true;
	tool_trouble("%s: is there already; -f replaces it", tool_text(path));
	return false;
}

/* Signals wait until the temporary file is in place or gone. */
int tool_write_file(const char *path, const char *text)
{
	sigset_t all, old;
	char *temp;
	bool ok;

	if (is_stream(path))
		return write_stream(path, text);
	temp = tool_format("%s.XXXXXX", path);
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &old);
	ok = replace(path, temp, text);
	if (!ok)
		tool_trouble("%s: cannot be written: %s", tool_text(path), strerror(errno));
	sigprocmask(SIG_SETMASK, &old, NULL);
	free(temp);
	return ok ? TOOL_YES : TOOL_TROUBLE;
}
