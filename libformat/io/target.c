#include "io/target.h"

#include "base/escape.h"
#include "io/fd.h"
#include "io/newfile.h"
#include "io/packer.h"
#include "io/place.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum { BUFFER = 1 << 20, PUSH = 32 << 20 };

struct tare_target {
	char *path;              /* as given; for messages */
	bool streams;            /* standard output, a FIFO, /dev/null: nothing to put into place */
	bool owns_fd;            /* of a stream */
	int fd;
	tare_newfile file;       /* if not a stream */
	uint64_t size;           /* announced; 0: unknown */
	uint64_t taken;          /* bytes given to us */
	uint64_t written, pushed; /* bytes in the file; those the disk was sent */
	tare_packer *packer;
	tare_sink packed;        /* the packer's: into fd */
	char *buffer;
	size_t used;
	tare_status failed;
	bool finished, committed;
};

static tare_status named(tare_target *t, tare_status st, tare_error *err)
{
	if (!st)
		return st;
	t->failed = st;
	tare_error_in_file(err, t->streams && !strcmp(t->path, "-") ? "standard output" : t->path);
	return st;
}

/* The likely reasons deserve more than errno's word. */
static tare_status write_failed(const tare_target *t, int sys_errno, tare_error *err)
{
	struct statvfs fs;
	unsigned long long need = t->packer ? 0 : t->size, room;
	const char *dir = t->streams ? "." : t->file.dir;

	if (sys_errno == EFBIG && need)
		return tare_fail_errno(err, sys_errno, "%llu bytes are more than one file may have here: write several smaller ones", need);
	if (t->streams || (sys_errno != ENOSPC && sys_errno != EDQUOT) || fstatvfs(t->fd, &fs))
		return tare_fail_errno(err, sys_errno, "cannot write");
	room = (unsigned long long)fs.f_bavail * fs.f_frsize;
	if (need > room)
		return tare_fail_errno(err, sys_errno, "the disk of '%s' is too full: %llu bytes are needed, %llu are free",
				       TARE_SHOW(tare_str_of(dir)), need, room);
	return tare_fail_errno(err, sys_errno, "the disk of '%s' takes no more", TARE_SHOW(tare_str_of(dir)));
}

/* Name and kind of a stream, or -1: path is to be a file. */
static tare_status open_stream(tare_target *t, tare_error *err)
{
	struct stat st;
	bool exists;

	if (!strcmp(t->path, "-") || !strcmp(t->path, "/dev/stdout")) {
		t->streams = true;
		t->fd = STDOUT_FILENO;
		return fstat(t->fd, &st) ? tare_fail_errno(err, errno, "cannot write") : TARE_OK;
	}
	TARE_TRY(tare_place_look(t->path, &st, &exists, err));
	if (!exists || S_ISREG(st.st_mode))
		return TARE_OK;
	t->streams = t->owns_fd = true;
	t->fd = tare_fd_above_standard(open(t->path, O_WRONLY | O_CLOEXEC | O_NOCTTY));
	return t->fd < 0 ? tare_fail_errno(err, errno, "cannot open") : TARE_OK;
}

/* The disk starts on what it has while the rest is made; what is left to the sync at the end is short then. Halves the time of a copy. */
static void push(tare_target *t)
{
	if (t->streams || t->written - t->pushed < PUSH)
		return;
	(void)sync_file_range(t->fd, (off_t)t->pushed, (off_t)(t->written - t->pushed), SYNC_FILE_RANGE_WRITE);
	t->pushed = t->written;
}

static tare_status put_fd(void *ctx, const void *bytes, size_t size, tare_error *err)
{
	tare_target *t = ctx;

	if (!tare_fd_write(t->fd, bytes, size))
		return write_failed(t, errno, err);
	t->written += size;
	push(t);
	return TARE_OK;
}

static bool is_packed(const char *path)
{
	size_t n = strlen(path);

	return tare_strip_ending(path, n, ".zst") < n;
}

static tare_status set_up(tare_target *t, const tare_target_options *opt, tare_error *err)
{
	int rc;

	TARE_TRY(open_stream(t, err));
	if (!t->streams) {
		TARE_TRY(tare_newfile_open(&t->file, t->path, err));
		t->fd = t->file.fd;
	}
	t->buffer = malloc(BUFFER);
	if (!t->buffer)
		return tare_fail_nomem(err);
	if (opt->compress || is_packed(t->path)) {
		t->packed = (tare_sink){ .put = put_fd, .ctx = t };
		return tare_packer_new(&t->packer, opt, &t->packed, err);
	}
	rc = t->streams ? 0 : tare_fd_reserve(t->fd, t->size);
	return rc ? write_failed(t, rc, err) : TARE_OK;
}

tare_status tare_target_open(tare_target **out, const char *path, const tare_target_options *opt, tare_error *err)
{
	static const tare_target_options defaults;
	tare_target *t = calloc(1, sizeof *t);
	tare_status st;

	*out = NULL;
	if (!t)
		return tare_fail_nomem(err);
	opt = opt ? opt : &defaults;
	t->fd = -1;
	t->file = (tare_newfile){ .fd = -1, .dirfd = -1 };
	t->size = opt->size;
	t->path = strdup(path);
	st = t->path ? set_up(t, opt, err) : tare_fail_nomem(err);
	if (st) {
		tare_error_in_file(err, path);
		tare_target_free(t);
		return st;
	}
	*out = t;
	return TARE_OK;
}

static tare_status flush(tare_target *t, bool last, tare_error *err)
{
	size_t n = t->used;

	t->used = 0;
	if (t->packer)
		return tare_packer_put(t->packer, t->buffer, n, last, err);
	return n ? put_fd(t, t->buffer, n, err) : TARE_OK;
}

static tare_status take(tare_target *t, const char *p, size_t size, tare_error *err)
{
	while (size) {
		size_t n = BUFFER - t->used;

		if (!t->used && !t->packer && size >= BUFFER) {
			n = size & ~(size_t)(BUFFER - 1);
			TARE_TRY(put_fd(t, p, n, err));
		} else {
			n = n < size ? n : size;
			memcpy(t->buffer + t->used, p, n);
			t->used += n;
			if (t->used == BUFFER)
				TARE_TRY(flush(t, false, err));
		}
		p += n;
		size -= n;
	}
	return TARE_OK;
}

/* After a failure nothing may be shown, whatever the caller makes of it. */
static tare_status refuse_failed(const tare_target *t, tare_error *err)
{
	if (t->failed)
		return tare_fail(err, t->failed, TARE_NOWHERE, "was not written because of an earlier failure");
	return TARE_OK;
}

tare_status tare_target_write(tare_target *t, const void *bytes, size_t size, tare_error *err)
{
	tare_status st = refuse_failed(t, err);

	if (!st && t->finished)
		st = tare_fail(err, TARE_E_ARG, TARE_NOWHERE, "was finished already");
	t->taken += size;
	if (!st)
		st = take(t, bytes, size, err);
	return named(t, st, err);
}

static tare_status put_target(void *ctx, const void *bytes, size_t size, tare_error *err)
{
	return tare_target_write(ctx, bytes, size, err);
}

tare_sink tare_target_sink(tare_target *t)
{
	return (tare_sink){ .put = put_target, .ctx = t };
}

/* Some file systems tell of a failed write only when a descriptor is closed. */
static bool flush_by_closing(int fd)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);

	return copy < 0 || !close(copy) || errno == EINTR;
}

static tare_status finish(tare_target *t, tare_error *err)
{
	TARE_TRY(refuse_failed(t, err));
	if (t->size && t->taken != t->size)
		return tare_fail(err, TARE_E_ARG, TARE_NOWHERE, "%llu bytes were announced and %llu came", (unsigned long long)t->size,
				 (unsigned long long)t->taken);
	TARE_TRY(flush(t, true, err));
	tare_packer_free(t->packer);
	t->packer = NULL;
	free(t->buffer);
	t->buffer = NULL;
	if (t->streams ? !flush_by_closing(t->fd) : !tare_newfile_sync(t->fd))
		return write_failed(t, errno, err);
	t->finished = true;
	return TARE_OK;
}

tare_status tare_target_finish(tare_target *t, tare_error *err)
{
	return t->finished ? TARE_OK : named(t, finish(t, err), err);
}

tare_status tare_target_commit(tare_target *t, tare_error *err)
{
	return tare_target_commit_all(&t, 1, err);
}

static tare_status put_into_place(tare_newfile **files, tare_target *const *of, size_t n, tare_error *err)
{
	size_t at = 0, i;
	tare_status st = TARE_OK;

	if (n == 1)
		st = tare_newfile_commit(files[0], err);
	else if (n)
		st = tare_newfile_commit_all(files, n, &at, err);
	if (st)
		return named(of[at], st, err);
	for (i = 0; i < n; i++)
		of[i]->committed = true;
	return TARE_OK;
}

tare_status tare_target_commit_all(tare_target *const *t, size_t n, tare_error *err)
{
	tare_newfile **files = calloc(n + 1, sizeof *files);
	tare_target **of = calloc(n + 1, sizeof *of);
	tare_status st = files && of ? TARE_OK : tare_fail_nomem(err);
	size_t i, k = 0;

	for (i = 0; i < n && !st; i++) {
		st = tare_target_finish(t[i], err);
		if (st || t[i]->committed || t[i]->streams)
			continue;
		st = named(t[i], refuse_failed(t[i], err), err);
		of[k] = t[i];
		files[k++] = &t[i]->file;
	}
	if (!st)
		st = put_into_place(files, of, k, err);
	free(files);
	free(of);
	return st;
}

void tare_target_free(tare_target *t)
{
	if (!t)
		return;
	tare_packer_free(t->packer);
	tare_newfile_close(&t->file);
	if (t->owns_fd && t->fd >= 0)
		close(t->fd);
	free(t->buffer);
	free(t->path);
	free(t);
}
