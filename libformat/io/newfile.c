#include "io/newfile.h"

#include "base/escape.h"
#include "io/fd.h"
#include "io/install.h"
#include "io/place.h"
#include "io/swap.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

enum { RANDOM = 8, LONGEST = 200, TRIES = 100 };

static const char mark[] = ".tare-";

/* ".NAME.tare-": NAME is cut, between characters, where it would be too long for a file system. Returns its length. */
static size_t temp_stem(const char *name, char stem[256])
{
	size_t n = strlen(name);

	if (n > LONGEST) {
		n = LONGEST;
		while (n && ((unsigned char)name[n] & 0xc0) == 0x80)
			n--;
	}
	return (size_t)snprintf(stem, 256, ".%.*s%s", (int)n, name, mark);
}

static void make_temp_name(const tare_newfile *f, char temp[256])
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz234567";
	size_t n = temp_stem(f->name, temp);
	struct timespec now;
	uint64_t r = 0;
	int i;

	if (getrandom(&r, sizeof r, GRND_NONBLOCK) != sizeof r) {
		clock_gettime(CLOCK_MONOTONIC, &now);
		r = (uint64_t)now.tv_nsec * 0x9e3779b97f4a7c15u + (uint64_t)getpid();
	}
	for (i = 0; i < RANDOM; i++, r >>= 5)
		temp[n++] = letters[r & 31];
	temp[n] = '\0';
}

static void drop_temp(tare_newfile *f)
{
	if (f->has_temp)
		(void)unlinkat(f->dirfd, f->temp, 0);
	f->has_temp = false;
	tare_cleanup_drop(f->cleanup);
	f->cleanup = NULL;
}

/* Announces a fresh temporary name to the signal handler before the file exists. */
static tare_status announce_temp(tare_newfile *f, tare_error *err)
{
	make_temp_name(f, f->temp);
	f->cleanup = tare_cleanup_new(f->dirfd, f->temp);
	if (!f->cleanup)
		return tare_fail_nomem(err);
	tare_cleanup_arm(f->cleanup);
	return TARE_OK;
}

/* ---- leftovers of processes that were killed ---- */

/* A living writer holds a lock on its file. */
static void remove_if_left(int dirfd, const char *name)
{
	struct stat opened, there;
	int fd = openat(dirfd, name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return;
	if (!fstat(fd, &opened) && S_ISREG(opened.st_mode) && opened.st_uid == geteuid() && !flock(fd, LOCK_EX | LOCK_NB) &&
	    !fstatat(dirfd, name, &there, AT_SYMLINK_NOFOLLOW) && there.st_ino == opened.st_ino && there.st_dev == opened.st_dev)
		(void)unlinkat(dirfd, name, 0);
	close(fd);
}

static void sweep(const tare_newfile *f)
{
	char stem[256];
	size_t n = temp_stem(f->name, stem);
	int fd = openat(f->dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *e;

	if (!dir) {
		if (fd >= 0)
			close(fd);
		return;
	}
	while ((e = readdir(dir)))
		if (!strncmp(e->d_name, stem, n) && strlen(e->d_name) == n + RANDOM)
			remove_if_left(f->dirfd, e->d_name);
	closedir(dir);
}

/* ---- opening ---- */

/* A file without a name, if it can be given one later (which goes by way of /proc). */
static bool open_nameless(tare_newfile *f)
{
	char path[32];

	f->fd = tare_fd_above_standard(openat(f->dirfd, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0666));
	if (f->fd < 0)
		return false;
	snprintf(path, sizeof path, "/proc/self/fd/%d", f->fd);
	if (!access(path, F_OK)) {
		(void)flock(f->fd, LOCK_EX | LOCK_NB);
		return true;
	}
	close(f->fd);
	f->fd = -1;
	return false;
}

/* Between being made and being locked a file looks left behind, so afterwards it must still be there. */
static bool lock_temp(const tare_newfile *f)
{
	struct stat st;

	(void)flock(f->fd, LOCK_EX);
	return !fstat(f->fd, &st) && st.st_nlink > 0;
}

static tare_status open_temp(tare_newfile *f, tare_error *err)
{
	int i;

	for (i = 0; i < TRIES; i++) {
		TARE_TRY(announce_temp(f, err));
		f->fd = openat(f->dirfd, f->temp, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
		f->has_temp = f->fd >= 0;
		f->fd = tare_fd_above_standard(f->fd);
		if (f->fd >= 0 && lock_temp(f))
			return TARE_OK;
		if (f->fd < 0 && errno != EEXIST && errno != EINTR)
			return tare_fail_errno(err, errno, "cannot make a file in its folder '%s'", TARE_SHOW(tare_str_of(f->dir)));
		if (f->fd >= 0)
			close(f->fd);
		f->fd = -1;
		drop_temp(f);
	}
	return tare_fail(err, TARE_E_IO, TARE_NOWHERE, "cannot find a free name for a temporary file beside it");
}

/* Owner, group and permissions of the file replaced, as far as this process may give them. A group that could not be kept gets no more than
 * everybody. */
static tare_status take_over_mode(const tare_newfile *f, tare_error *err)
{
	mode_t mode = f->old.st_mode & 0777;
	struct stat now;

	if (fchown(f->fd, f->old.st_uid, f->old.st_gid) && fchown(f->fd, (uid_t)-1, f->old.st_gid) &&
	    (fstat(f->fd, &now) || now.st_gid != f->old.st_gid))
		mode &= ~(mode_t)070 | (mode & 07) << 3;
	return fchmod(f->fd, mode) ? tare_fail_errno(err, errno, "cannot keep the permissions of the file to be replaced") : TARE_OK;
}

tare_status tare_newfile_open(tare_newfile *f, const char *path, tare_error *err)
{
	*f = (tare_newfile){ .fd = -1, .dirfd = -1 };
	TARE_TRY(tare_place_look(path, &f->old, &f->replaces, err));
	TARE_TRY(tare_place_resolve(path, &f->dir, &f->name, err));
	TARE_TRY(tare_place_open(f->dir, &f->dirfd, err));
	sweep(f);
	if (!open_nameless(f))
		TARE_TRY(open_temp(f, err));
	return f->replaces ? take_over_mode(f, err) : TARE_OK;
}

/* ---- into place ---- */

bool tare_newfile_sync(int fd)
{
	int rc;

	do
		rc = fsync(fd);
	while (rc && errno == EINTR);
	return !rc || errno == EINVAL || errno == ENOTSUP || errno == ENOSYS;
}

/* A free name takes the file at once; a name that is taken is replaced. */
static int link_into_place(tare_newfile *f)
{
	int i, rc = EEXIST;

	if (!f->replaces)
		rc = tare_link_free(f->fd, f->dirfd, f->name);
	for (i = 0; i < TRIES && rc == EEXIST; i++) {
		make_temp_name(f, f->temp);
		rc = tare_link_over(f->fd, f->dirfd, f->temp, f->name);
	}
	return rc;
}

static int rename_into_place(tare_newfile *f)
{
	if (renameat(f->dirfd, f->temp, f->dirfd, f->name))
		return errno;
	f->has_temp = false;
	drop_temp(f);
	return 0;
}

tare_status tare_newfile_commit(tare_newfile *f, tare_error *err)
{
	int rc = f->has_temp ? rename_into_place(f) : link_into_place(f);

	if (rc)
		return tare_fail_errno(err, rc, "is written but cannot be put into place");
	if (!tare_newfile_sync(f->dirfd))
		return tare_fail_errno(err, errno, "is in place, but its folder cannot be synced: it may be lost if the power fails now");
	return TARE_OK;
}

/* ---- a set into place ---- */

static void describe(tare_install *s, tare_newfile *const *f)
{
	size_t i;

	for (i = 0; i < s->n; i++) {
		tare_install_file *one = &s->file[i];

		*one = (tare_install_file){ .fd = f[i]->fd, .dirfd = f[i]->dirfd, .name = f[i]->name, .named = f[i]->has_temp };
		if (one->named)
			memcpy(one->temp, f[i]->temp, sizeof one->temp);
		else
			make_temp_name(f[i], one->temp);
		make_temp_name(f[i], one->backup);
	}
}

/* Which files could not be taken back, and what they replaced. */
static tare_status tell_half(const tare_install *s, tare_error *err)
{
	char text[400] = "";
	size_t i, n = 0, len = 0;

	for (i = 0; i < s->n; i++) {
		const tare_install_file *one = &s->file[i];

		if (!one->in_place)
			continue;
		n++;
		if (len < sizeof text)
			len += (size_t)snprintf(text + len, sizeof text - len, "%s%s%s%s%s", n > 1 ? ", " : "", TARE_SHOW(tare_str_of(one->name)),
						one->has_backup ? " (the old one is " : "",
						one->has_backup ? TARE_SHOW(tare_str_of(one->backup)) : "", one->has_backup ? ")" : "");
	}
	if (!n)
		return tare_fail_errno(err, s->error, "is written but cannot be put into place, so nothing of the set was");
	return tare_fail_errno(err, s->error, "is written but cannot be put into place, and %zu of the set could not be taken back: %s", n, text);
}

static void take_note(const tare_install *s, tare_newfile *const *f)
{
	size_t i;

	for (i = 0; i < s->n; i++) {
		if (!s->file[i].named || !faccessat(f[i]->dirfd, f[i]->temp, F_OK, 0))
			continue;
		f[i]->has_temp = false;
		drop_temp(f[i]);
	}
}

static tare_status sync_folders(tare_newfile *const *f, size_t n, size_t *at, tare_error *err)
{
	for (*at = 0; *at < n; ++*at)
		if (!tare_newfile_sync(f[*at]->dirfd))
			return tare_fail_errno(err, errno, "is in place with its set, but its folder cannot be synced: it may be lost if the "
					       "power fails now");
	return TARE_OK;
}

tare_status tare_newfile_commit_all(tare_newfile *const *f, size_t n, size_t *at, tare_error *err)
{
	tare_install *s = tare_install_new(n);
	tare_status st;
	int i;

	*at = 0;
	if (!s)
		return tare_fail_nomem(err);
	for (i = 0; i < TRIES; i++) {
		describe(s, f);
		tare_install_go(s);
		if (s->error != EEXIST)
			break;
	}
	take_note(s, f);
	st = s->error ? tell_half(s, err) : sync_folders(f, n, at, err);
	if (s->error)
		*at = s->at;
	tare_install_free(s);
	return st;
}

void tare_newfile_close(tare_newfile *f)
{
	drop_temp(f);
	if (f->fd >= 0)
		close(f->fd);
	if (f->dirfd >= 0)
		close(f->dirfd);
	free(f->dir);
	free(f->name);
	*f = (tare_newfile){ .fd = -1, .dirfd = -1 };
}
