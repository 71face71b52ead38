#include "io/fd.h"
#include "io/source_private.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sysmacros.h>
#include <unistd.h>

tare_status tare_map_fd(tare_map *map, int fd, uint64_t size, tare_error *err)
{
	void *p;

	if (size > SIZE_MAX)
		return tare_fail(err, TARE_E_UNSUPPORTED, TARE_NOWHERE, "%llu bytes are more than this machine's addresses reach",
				 (unsigned long long)size);
	p = mmap(NULL, (size_t)size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (p == MAP_FAILED)
		return tare_fail_errno(err, errno, "cannot map %llu bytes", (unsigned long long)size);
	/* Only advice: more is read ahead, and what was passed goes first. */
	(void)madvise(p, (size_t)size, MADV_SEQUENTIAL);
	*map = (tare_map){ p, (size_t)size };
	return TARE_OK;
}

void tare_unmap(tare_map *map)
{
	if (map->addr)
		munmap(map->addr, map->size);
	*map = (tare_map){ NULL, 0 };
}

static bool is_null_device(const struct stat *st)
{
	return S_ISCHR(st->st_mode) && st->st_rdev == makedev(1, 3);
}

/* Only what can be read to an end. A socket is welcome as standard input, where some shells and daemons put one. */
static tare_status check_kind(int fd, const struct stat *st, bool standard, tare_error *err)
{
	const char *text = NULL;

	if (S_ISDIR(st->st_mode))
		text = "is a folder: name a file in it";
	else if (S_ISCHR(st->st_mode) && fd >= 0 && isatty(fd))
		text = "is a terminal: name a file, or send one through a pipe";
	else if (S_ISSOCK(st->st_mode) && !standard)
		text = "is a socket: name a file";
	else if (S_ISBLK(st->st_mode) || (S_ISCHR(st->st_mode) && fd >= 0 && !is_null_device(st)))
		text = "is a device: name a file or a pipe";
	return text ? tare_fail(err, TARE_E_ARG, TARE_NOWHERE, "%s", text) : TARE_OK;
}

/* Opening a device can have effects, so it is looked at first; and again once it is open, since a name can change hands. */
static tare_status open_path(int *fd, const char *path, struct stat *st, tare_error *err)
{
	tare_status status;

	if (stat(path, st))
		return tare_fail_errno(err, errno, "cannot open");
	TARE_TRY(check_kind(-1, st, false, err));
	*fd = tare_fd_above_standard(open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY));
	if (*fd < 0)
		return tare_fail_errno(err, errno, "cannot open");
	status = fstat(*fd, st) ? tare_fail_errno(err, errno, "cannot open") : check_kind(*fd, st, false, err);
	if (status)
		close(*fd);
	return status;
}

/* A regular file given as standard input may have been read from already: what is left is the file then. */
static tare_status map_rest(tare_source *s, int fd, bool standard, tare_error *err)
{
	off_t start = standard ? lseek(fd, 0, SEEK_CUR) : 0;
	uint64_t size = s->stat.st_size > 0 ? (uint64_t)s->stat.st_size : 0;
	uint64_t skip = start > 0 ? (uint64_t)start : 0;

	s->addressable = true;
	s->bytes = (const uint8_t *)"";
	s->size = 0;
	if (skip >= size)
		return TARE_OK;
	TARE_TRY(tare_map_fd(&s->map, fd, size, err));
	s->bytes = (const uint8_t *)s->map.addr + skip;
	s->size = size - skip;
	return TARE_OK;
}

tare_status tare_file_open(tare_source *s, const char *path, tare_error *err)
{
	bool standard = !strcmp(path, "-");
	tare_status st;
	int fd = 0;

	if (standard) {
		if (fstat(fd, &s->stat))
			return tare_fail_errno(err, errno, "cannot read");
		TARE_TRY(check_kind(fd, &s->stat, true, err));
	} else {
		TARE_TRY(open_path(&fd, path, &s->stat, err));
	}
	s->has_stat = true;
	if (!S_ISREG(s->stat.st_mode) && !is_null_device(&s->stat))
		return tare_reader_fd(&s->reader, fd, !standard, err);
	st = map_rest(s, fd, standard, err);
	if (!standard)
		close(fd);
	return st;
}
