/* Linux can give a nameless file a free name, but cannot put it in the place of another file: it must be linked beside it and renamed. So
 * that a kill between the two calls leaves nothing, a child makes them, in a session of its own; it does nothing else, and shares its
 * parent's memory (vfork), which costs microseconds whatever the parent's size. */
#include "io/swap.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

int tare_link_free(int fd, int dirfd, const char *name)
{
	char path[32];

	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	return linkat(AT_FDCWD, path, dirfd, name, AT_SYMLINK_FOLLOW) ? errno : 0;
}

static int link_and_rename(int fd, int dirfd, const char *temp, const char *name)
{
	int rc = tare_link_free(fd, dirfd, temp);

	if (rc || !renameat(dirfd, temp, dirfd, name))
		return rc;
	rc = errno;
	(void)unlinkat(dirfd, temp, 0);
	return rc;
}

static bool is_in_place(int fd, int dirfd, const char *name)
{
	struct stat a, b;

	return !fstat(fd, &a) && !fstatat(dirfd, name, &b, AT_SYMLINK_NOFOLLOW) && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/* What came of the child. A host that ignores or collects its children may leave us without its word; then the folder tells. */
static int outcome(pid_t child, int fd, int dirfd, const char *name)
{
	int status;
	pid_t pid;

	do
		pid = waitpid(child, &status, 0);
	while (pid < 0 && errno == EINTR);
	if (pid == child && WIFEXITED(status))
		return WEXITSTATUS(status);
	return is_in_place(fd, dirfd, name) ? 0 : EIO;
}

static int link_in_child(int fd, int dirfd, const char *temp, const char *name)
{
	pid_t child = vfork();

	if (!child) {
		(void)setsid();
		_exit(link_and_rename(fd, dirfd, temp, name));
	}
	/* Where no child can be had, the two calls are made here. */
	return child < 0 ? link_and_rename(fd, dirfd, temp, name) : outcome(child, fd, dirfd, name);
}

int tare_link_over(int fd, int dirfd, const char *temp, const char *name)
{
	sigset_t all, old;
	int rc;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	rc = link_in_child(fd, dirfd, temp, name);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return rc;
}
