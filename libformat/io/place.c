#include "io/place.h"

#include "base/escape.h"
#include "io/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

enum { MOST_LINKS = 40 };

static tare_status check_kind(const char *path, const struct stat *st, tare_error *err)
{
	if (S_ISDIR(st->st_mode))
		return tare_fail(err, TARE_E_ARG, TARE_NOWHERE, "is a folder: name a file in it");
	if (S_ISSOCK(st->st_mode))
		return tare_fail(err, TARE_E_ARG, TARE_NOWHERE, "is a socket: name a file, or - for standard output");
	if (S_ISBLK(st->st_mode) || (S_ISCHR(st->st_mode) && st->st_rdev != makedev(1, 3)))
		return tare_fail(err, TARE_E_ARG, TARE_NOWHERE, "is a device: name a file, or - for standard output");
	if (!S_ISREG(st->st_mode))
		return TARE_OK;
	if (faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) && errno == EROFS)
		return tare_fail_errno(err, EROFS, "cannot be replaced");
	/* Root may write to anything, but a file without a single write permission was protected on purpose. */
	if (!(st->st_mode & 0222) || faccessat(AT_FDCWD, path, W_OK, AT_EACCESS))
		return tare_fail(err, TARE_E_ARG, TARE_NOWHERE, "is read-only: allow writing (chmod u+w) or choose another name");
	return TARE_OK;
}

tare_status tare_place_look(const char *path, struct stat *st, bool *exists, tare_error *err)
{
	*exists = false;
	if (!*path)
		return tare_fail(err, TARE_E_ARG, TARE_NOWHERE, "the name of the file to write is empty");
	if (!stat(path, st)) {
		*exists = true;
		return check_kind(path, st, err);
	}
	if (path[strlen(path) - 1] == '/')
		return tare_fail(err, TARE_E_ARG, TARE_NOWHERE, "ends in / as only a folder's name does: name a file");
	if (errno == ENOENT)
		return TARE_OK;
	return tare_fail_errno(err, errno, "cannot be written");
}

static char *folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return strdup(".");
	return slash == path ? strdup("/") : strndup(path, (size_t)(slash - path));
}

/* What the link at path says, as a path for this process, malloc'ed; NULL with errno EINVAL or ENOENT if path is not a link. */
static char *follow(const char *path)
{
	char text[4096];
	ssize_t n = readlink(path, text, sizeof text - 1);
	char *dir, *joined = NULL;

	if (n < 0)
		return NULL;
	text[n] = '\0';
	if (text[0] == '/')
		return strdup(text);
	dir = folder_of(path);
	if (dir && asprintf(&joined, "%s/%s", dir, text) < 0)
		joined = NULL;
	free(dir);
	if (!joined)
		errno = ENOMEM;
	return joined;
}

static tare_status follow_all(char **path, tare_error *err)
{
	int i;

	for (i = 0; i < MOST_LINKS; i++) {
		char *next = follow(*path);

		if (!next)
			return errno == ENOMEM ? tare_fail_nomem(err) : TARE_OK;
		free(*path);
		*path = next;
	}
	return tare_fail_errno(err, ELOOP, "cannot be written");
}

tare_status tare_place_resolve(const char *path, char **dir, char **name, tare_error *err)
{
	char *real = strdup(path);
	const char *slash;
	tare_status st;

	*dir = *name = NULL;
	if (!real)
		return tare_fail_nomem(err);
	st = follow_all(&real, err);
	if (!st) {
		slash = strrchr(real, '/');
		*dir = folder_of(real);
		*name = strdup(slash ? slash + 1 : real);
		if (!*dir || !*name)
			st = tare_fail_nomem(err);
		else if (!**name)
			st = tare_fail(err, TARE_E_ARG, TARE_NOWHERE, "is a link to '%s', which ends in / as only a folder's name does: name a file",
				       TARE_SHOW(tare_str_of(real)));
	}
	free(real);
	return st;
}

tare_status tare_place_open(const char *dir, int *dirfd, tare_error *err)
{
	tare_str shown = tare_str_of(dir);

	*dirfd = tare_fd_above_standard(open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	if (*dirfd < 0 && errno == ENOENT)
		return tare_fail(err, TARE_E_ARG, TARE_NOWHERE, "its folder '%s' does not exist: make it first (mkdir -p)", TARE_SHOW(shown));
	if (*dirfd < 0 && errno == ENOTDIR)
		return tare_fail(err, TARE_E_ARG, TARE_NOWHERE, "'%s' is not a folder", TARE_SHOW(shown));
	if (*dirfd < 0)
		return tare_fail_errno(err, errno, "cannot open its folder '%s'", TARE_SHOW(shown));
	if (faccessat(*dirfd, ".", W_OK | X_OK, AT_EACCESS))
		return tare_fail_errno(err, errno, "cannot make files in its folder '%s'", TARE_SHOW(shown));
	return TARE_OK;
}
