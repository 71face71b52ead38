/* System calls that are repeated until they have done their work: interrupted, partial and non-blocking reads and writes. */
#ifndef TARE_IO_FD_H
#define TARE_IO_FD_H

#include "base/error.h"

#include <sys/types.h>

/* Up to size bytes, at least 1 except at the end; -1 with errno. */
ssize_t tare_fd_read(int fd, void *buf, size_t size);
/* All of them; false with errno. */
bool tare_fd_write(int fd, const void *bytes, size_t size);
/* fd itself, or a copy above 2 (fd is then closed), so that printing can never end up in a file. -1 with errno; fd is closed then. */
int tare_fd_above_standard(int fd);
/* Sets aside size bytes for fd. Returns 0 or errno; file systems that cannot do it count as success. */
int tare_fd_reserve(int fd, uint64_t size);

#endif
