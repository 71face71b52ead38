#include "io/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

enum { MOST = 1 << 30 }; /* the kernel moves at most 2 GiB at a time */

/* After a failed call: true if it should be tried again, once fd is ready if it is somebody's non-blocking one. */
static bool again(int fd, short events)
{
	struct pollfd p = { .fd = fd, .events = events };

	if (errno == EINTR)
		return true;
	if (errno != EAGAIN && errno != EWOULDBLOCK)
		return false;
	return poll(&p, 1, -1) >= 0 || errno == EINTR;
}

ssize_t tare_fd_read(int fd, void *buf, size_t size)
{
	ssize_t n;

	do
		n = read(fd, buf, size < MOST ? size : MOST);
	while (n < 0 && again(fd, POLLIN));
	return n;
}

bool tare_fd_write(int fd, const void *bytes, size_t size)
{
	const char *p = bytes;

	while (size) {
		ssize_t n = write(fd, p, size < MOST ? size : MOST);

		if (n < 0) {
			if (!again(fd, POLLOUT))
				return false;
			continue;
		}
		p += n;
		size -= (size_t)n;
	}
	return true;
}

int tare_fd_above_standard(int fd)
{
	int high, saved;

	if (fd < 0 || fd > 2)
		return fd;
	high = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	saved = errno;
	close(fd);
	errno = saved;
	return high;
}

/* Not posix_fallocate(), which writes into every block where the file system has no call for it. */
int tare_fd_reserve(int fd, uint64_t size)
{
	int tries, rc = 0;

	if (!size)
		return 0;
	if (size > INT64_MAX)
		return EFBIG;
	for (tries = 0; tries < 100; tries++) {
		rc = fallocate(fd, 0, 0, (off_t)size) ? errno : 0;
		if (rc != EINTR)
			break;
	}
	return rc == ENOSPC || rc == EDQUOT || rc == EFBIG || rc == EIO ? rc : 0;
}
