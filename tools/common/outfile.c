#include "common/outfile.h"

#include "common/message.h"

#include <errno.h>
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

int tool_write_file(const char *path, const char *text)
{
	char *temp = tool_format("%s.XXXXXX", path);
	int fd = mkstemp(temp), status = TOOL_YES;

	if (fd < 0 || !fill(fd, text) || rename(temp, path)) {
		tool_trouble("%s: cannot be written: %s", tool_text(path), strerror(errno));
		if (fd >= 0)
			unlink(temp);
		status = TOOL_TROUBLE;
	}
	free(temp);
	return status;
}
