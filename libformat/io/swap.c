/* Linux can give a nameless file a free name, but cannot put it in the place of another file: it must be linked beside it and renamed. So
 * that a kill between the two calls leaves nothing, a child makes them, in a session of its own; it does nothing else, and shares its
 * parent's memory (vfork), which costs microseconds whatever the parent's size. So it is with the renames of a set. */
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

static int wait_for(pid_t child)
{
	int status;
	pid_t pid;

	do
		pid = waitpid(child, &status, 0);
	while (pid < 0 && errno == EINTR);
	return pid == child && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int call_in_child(int (*work)(void *ctx), void *ctx)
{
	pid_t child = vfork();

	if (!child) {
		(void)setsid();
		_exit(work(ctx));
	}
	return child < 0 ? work(ctx) : wait_for(child);
}

int tare_in_child(int (*work)(void *ctx), void *ctx)
{
	sigset_t all, old;
	int rc;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	rc = call_in_child(work, ctx);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return rc;
}

typedef struct swap {
	int fd, dirfd;
	const char *temp, *name;
} swap;

static int link_over(void *ctx)
{
	const swap *s = ctx;

	return link_and_rename(s->fd, s->dirfd, s->temp, s->name);
}

int tare_link_over(int fd, int dirfd, const char *temp, const char *name)
{
	swap s = { fd, dirfd, temp, name };
	int rc = tare_in_child(link_over, &s);

	return rc >= 0 ? rc : is_in_place(fd, dirfd, name) ? 0 : EIO;
}
