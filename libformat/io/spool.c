#include "io/spool.h"

#include "base/escape.h"
#include "io/fd.h"
#include "io/source_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { IN_MEMORY = 1 << 20 };

static const char *spool_dir(void)
{
	const char *dir = getenv("TMPDIR");

	return dir && *dir ? dir : "/tmp";
}

static int open_in(const char *dir)
{
	static const char suffix[] = "/tare-" "XX" "XX" "XX"; /* for mkostemp() */
	size_t n = strlen(dir);
	char *path;
	int fd = open(dir, O_TMPFILE | O_EXCL | O_RDWR | O_CLOEXEC, 0600);

	if (fd >= 0 || errno == ENOENT || errno == ENOTDIR || errno == EACCES || errno == EROFS)
		return tare_fd_above_standard(fd);
	path = malloc(n + sizeof suffix);
	if (!path)
		return -1;
	memcpy(path, dir, n);
	memcpy(path + n, suffix, sizeof suffix);
	fd = mkostemp(path, O_CLOEXEC);
	if (fd >= 0)
		unlink(path);
	free(path);
	return tare_fd_above_standard(fd);
}

tare_status tare_spool_failed(tare_error *err, int sys_errno)
{
	const char *dir = spool_dir();

	return tare_fail_errno(err, sys_errno, "cannot keep a copy of the stream in %s (TMPDIR names another folder)",
			       TARE_SHOW(tare_str_of(dir)));
}

tare_status tare_spool_open(int *fd, tare_error *err)
{
	*fd = open_in(spool_dir());
	return *fd < 0 ? tare_spool_failed(err, errno) : TARE_OK;
}

static tare_status to_file(tare_spool *s, tare_error *err)
{
	if (!s->fd) {
		int fd;

		TARE_TRY(tare_spool_open(&fd, err));
		s->fd = fd;
	}
	if (!tare_fd_write(s->fd, s->buffer.bytes, s->buffer.size))
		return tare_spool_failed(err, errno);
	s->buffer.size = 0;
	return TARE_OK;
}

tare_status tare_spool_put(void *spool, const void *bytes, size_t size, tare_error *err)
{
	tare_spool *s = spool;

	TARE_TRY(tare_limit_check(s->lim, TARE_LIMIT_spool, s->size + size, TARE_NOWHERE, "elements kept in a temporary file, in bytes", err));
	if (s->buffer.size + size > IN_MEMORY)
		TARE_TRY(to_file(s, err));
	TARE_TRY(tare_buffer_put(&s->buffer, bytes, size, err));
	s->size += size;
	return TARE_OK;
}

tare_status tare_spool_source(tare_spool *s, tare_source **out, tare_error *err)
{
	tare_status st;

	*out = NULL;
	if (s->fd)
		TARE_TRY(to_file(s, err));
	TARE_TRY(tare_source_made(out, s->lim, err));
	if (s->fd) {
		st = tare_map_fd(&(*out)->spool, s->fd, s->size, err);
		if (st) {
			tare_source_close(*out);
			*out = NULL;
			return st;
		}
		(*out)->bytes = (*out)->spool.addr;
	} else {
		(*out)->owned = s->buffer.bytes;
		(*out)->bytes = s->buffer.bytes ? (const uint8_t *)s->buffer.bytes : (const uint8_t *)"";
		s->buffer = (tare_buffer){ 0 };
	}
	(*out)->size = s->size;
	return TARE_OK;
}

void tare_spool_free(tare_spool *s)
{
	if (s->fd)
		close(s->fd);
	free(s->buffer.bytes);
	*s = (tare_spool){ .lim = s->lim };
}
