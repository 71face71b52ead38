/* Both spellings of the calls that know offsets are defined here, so the one must not be a macro for the other: this comes first in a
 * program that includes it. */
#undef _FILE_OFFSET_BITS
#include "fault/inject.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

static _Atomic int armed;          /* enum fault_class */
static _Atomic long calls, fail_at;
static _Atomic bool fail_on, has_failed;
static const char *hit_file;

void fault_arm(enum fault_class what, long n, bool on)
{
	armed = FAULT_NONE;
	calls = 0;
	fail_at = n;
	fail_on = on;
	has_failed = false;
	armed = what;
}

bool fault_disarm(void)
{
	armed = FAULT_NONE;
	return has_failed;
}

/* Only system calls: this runs inside malloc. */
static void tell(void)
{
	if (hit_file && !has_failed)
		syscall(SYS_close, (int)syscall(SYS_openat, AT_FDCWD, hit_file, O_CREAT | O_WRONLY, 0600));
	has_failed = true;
}

static bool fails(enum fault_class what)
{
	long n;

	if (armed != (int)what)
		return false;
	n = ++calls;
	if (n != fail_at && !(fail_on && n > fail_at))
		return false;
	tell();
	return true;
}

struct range {
	const char *name;
	uintptr_t from, to;
};

static int find_library(struct dl_phdr_info *info, size_t size, void *arg)
{
	struct range *r = arg;
	const char *slash = strrchr(info->dlpi_name, '/');
	int i;

	(void)size;
	if (!slash || strncmp(slash + 1, r->name, strlen(r->name)))
		return 0;
	r->from = info->dlpi_addr;
	for (i = 0; i < info->dlpi_phnum; i++)
		if (info->dlpi_phdr[i].p_type == PT_LOAD)
			r->to = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr + info->dlpi_phdr[i].p_memsz;
	return 1;
}

/* The library to be spared; and glibc, where a sanitizer needs its memory to start a thread. */
static struct range spared[2];

static bool is_spared(const void *caller)
{
	uintptr_t at = (uintptr_t)caller;

	return (at >= spared[0].from && at < spared[0].to) || (at >= spared[1].from && at < spared[1].to);
}

static const struct {
	const char *word;
	enum fault_class what;
} classes[] = {
	{ "alloc", FAULT_ALLOC }, { "open", FAULT_OPEN }, { "read", FAULT_READ }, { "write", FAULT_WRITE }, { "sync", FAULT_SYNC },
	{ "rename", FAULT_RENAME }, { "link", FAULT_LINK }, { "map", FAULT_MAP }, { "truncate", FAULT_TRUNCATE },
	{ "reserve", FAULT_RESERVE }, { "stat", FAULT_STAT }, { "thread", FAULT_THREAD }, { "nameless", FAULT_NAMELESS },
	{ "shrink", FAULT_SHRINK },
};

__attribute__((constructor)) static void read_environment(void)
{
	const char *text = getenv("TARE_FAULT");
	const char *colon = text ? strchr(text, ':') : NULL;
	size_t i;

	hit_file = getenv("TARE_FAULT_HIT");
	fault_spare(getenv("TARE_FAULT_SPARE"));
	for (i = 0; colon && i < sizeof classes / sizeof classes[0]; i++)
		if (strlen(classes[i].word) == (size_t)(colon - text) && !strncmp(classes[i].word, text, (size_t)(colon - text)))
			fault_arm(classes[i].what, atol(colon + 1), strchr(colon, '+') != NULL);
}

/* ---- memory: through to glibc, or to the sanitizer where there is one ---- */

#define MEMORY(name, result, params, args)                                                  \
	extern result __libc_##name params;                                                 \
	extern result __interceptor_##name params __attribute__((weak));                   \
	static inline result real_##name params                                             \
	{                                                                                   \
		return __interceptor_##name ? __interceptor_##name args : __libc_##name args; \
	}

MEMORY(malloc, void *, (size_t size), (size))
MEMORY(calloc, void *, (size_t count, size_t size), (count, size))
MEMORY(realloc, void *, (void *old, size_t size), (old, size))
MEMORY(memalign, void *, (size_t alignment, size_t size), (alignment, size))

static void *no_memory(void)
{
	errno = ENOMEM;
	return NULL;
}

void fault_spare(const char *library)
{
	spared[0] = (struct range){ library, 0, 0 };
	if (library)
		dl_iterate_phdr(find_library, &spared[0]);
	spared[1] = (struct range){ "libc.so", 0, 0 };
	if (__interceptor_malloc)
		dl_iterate_phdr(find_library, &spared[1]);
}

#define ALLOC_FAILS() (armed == FAULT_ALLOC && !is_spared(__builtin_return_address(0)) && fails(FAULT_ALLOC))

EXPORT void *malloc(size_t size)
{
	return ALLOC_FAILS() ? no_memory() : real_malloc(size);
}

EXPORT void *calloc(size_t count, size_t size)
{
	return ALLOC_FAILS() ? no_memory() : real_calloc(count, size);
}

EXPORT void *realloc(void *old, size_t size)
{
	return ALLOC_FAILS() ? no_memory() : real_realloc(old, size);
}

EXPORT void *aligned_alloc(size_t alignment, size_t size)
{
	return ALLOC_FAILS() ? no_memory() : real_memalign(alignment, size);
}

EXPORT int posix_memalign(void **out, size_t alignment, size_t size)
{
	void *p = ALLOC_FAILS() ? NULL : real_memalign(alignment, size);

	if (!p)
		return ENOMEM;
	*out = p;
	return 0;
}

static char *copy_text(const char *text, size_t n)
{
	char *p = malloc(n + 1);

	if (!p)
		return NULL;
	memcpy(p, text, n);
	p[n] = '\0';
	return p;
}

EXPORT char *strndup(const char *text, size_t most)
{
	return copy_text(text, strnlen(text, most));
}

EXPORT char *strdup(const char *text)
{
	return copy_text(text, strlen(text));
}

/* ---- files ---- */

static long refuse(int with)
{
	errno = with;
	return -1;
}

static int open_at(int dirfd, const char *path, int flags, mode_t mode)
{
	if ((flags & O_TMPFILE) == O_TMPFILE && fails(FAULT_NAMELESS))
		return (int)refuse(EOPNOTSUPP);
	return fails(FAULT_OPEN) ? (int)refuse(EACCES) : (int)syscall(SYS_openat, dirfd, path, flags, mode);
}

#define WITH_MODE(flags, mode)                                      \
	do {                                                        \
		va_list ap_;                                        \
		va_start(ap_, flags);                               \
		mode = (mode_t)va_arg(ap_, unsigned);               \
		va_end(ap_);                                        \
	} while (0)

#define OPENS(name, nameat)                                                      \
	EXPORT int name(const char *path, int flags, ...)                        \
	{                                                                        \
		mode_t mode;                                                     \
		WITH_MODE(flags, mode);                                          \
		return open_at(AT_FDCWD, path, flags, mode);                     \
	}                                                                        \
	EXPORT int nameat(int dirfd, const char *path, int flags, ...)           \
	{                                                                        \
		mode_t mode;                                                     \
		WITH_MODE(flags, mode);                                          \
		return open_at(dirfd, path, flags, mode);                        \
	}

OPENS(open, openat)
OPENS(open64, openat64)

static void *next(const char *name)
{
	return dlsym(RTLD_NEXT, name);
}

#define BY_NAME(suffix)                                                                          \
	EXPORT FILE *fopen##suffix(const char *restrict path, const char *restrict mode)         \
	{                                                                                        \
		FILE *(*real)(const char *, const char *);                                       \
		*(void **)&real = next("fopen" #suffix);                                         \
		return fails(FAULT_OPEN) ? refuse(EACCES), NULL : real(path, mode);              \
	}                                                                                        \
	EXPORT int mkstemp##suffix(char *path)                                                   \
	{                                                                                        \
		int (*real)(char *);                                                             \
		*(void **)&real = next("mkstemp" #suffix);                                       \
		return fails(FAULT_OPEN) ? (int)refuse(EACCES) : real(path);                     \
	}

BY_NAME()
BY_NAME(64)

EXPORT ssize_t read(int fd, void *buf, size_t size)
{
	return fails(FAULT_READ) ? refuse(EIO) : syscall(SYS_read, fd, buf, size);
}

/* What is said on standard error is not at stake. */
EXPORT ssize_t write(int fd, const void *bytes, size_t size)
{
	return fd != STDERR_FILENO && fails(FAULT_WRITE) ? refuse(ENOSPC) : syscall(SYS_write, fd, bytes, size);
}

static void *map(void *addr, size_t size, int prot, int flags, int fd, off_t at)
{
	char path[32];
	long p;

	if (fails(FAULT_MAP))
		return (void *)refuse(ENOMEM);
	p = syscall(SYS_mmap, addr, size, prot, flags, fd, at);
	if (fd >= 0 && fails(FAULT_SHRINK)) {
		snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
		(void)!truncate(path, 0);
	}
	return (void *)p;
}

#define PLACED(suffix)                                                                                             \
	EXPORT ssize_t pread##suffix(int fd, void *buf, size_t size, off_t at)                                     \
	{                                                                                                          \
		return fails(FAULT_READ) ? refuse(EIO) : syscall(SYS_pread64, fd, buf, size, at);                  \
	}                                                                                                          \
	EXPORT ssize_t pwrite##suffix(int fd, const void *bytes, size_t size, off_t at)                            \
	{                                                                                                          \
		return fails(FAULT_WRITE) ? refuse(ENOSPC) : syscall(SYS_pwrite64, fd, bytes, size, at);           \
	}                                                                                                          \
	EXPORT int ftruncate##suffix(int fd, off_t size)                                                           \
	{                                                                                                          \
		return fails(FAULT_TRUNCATE) ? (int)refuse(EIO) : (int)syscall(SYS_ftruncate, fd, size);           \
	}                                                                                                          \
	EXPORT int fallocate##suffix(int fd, int mode, off_t at, off_t size)                                       \
	{                                                                                                          \
		return fails(FAULT_RESERVE) ? (int)refuse(ENOSPC) : (int)syscall(SYS_fallocate, fd, mode, at, size); \
	}                                                                                                          \
	EXPORT void *mmap##suffix(void *addr, size_t size, int prot, int flags, int fd, off_t at)                  \
	{                                                                                                          \
		return map(addr, size, prot, flags, fd, at);                                                       \
	}

PLACED()
PLACED(64)

#define STATS(suffix)                                                                                              \
	EXPORT int stat##suffix(const char *restrict path, struct stat##suffix *restrict st)                       \
	{                                                                                                          \
		return fails(FAULT_STAT) ? (int)refuse(EACCES) : (int)syscall(SYS_newfstatat, AT_FDCWD, path, st, 0); \
	}                                                                                                          \
	EXPORT int fstat##suffix(int fd, struct stat##suffix *st)                                                  \
	{                                                                                                          \
		return fails(FAULT_STAT) ? (int)refuse(EACCES) : (int)syscall(SYS_fstat, fd, st);                  \
	}

STATS()
STATS(64)

EXPORT int mprotect(void *addr, size_t size, int prot)
{
	return fails(FAULT_MAP) ? (int)refuse(ENOMEM) : (int)syscall(SYS_mprotect, addr, size, prot);
}

EXPORT int fsync(int fd)
{
	return fails(FAULT_SYNC) ? (int)refuse(EIO) : (int)syscall(SYS_fsync, fd);
}

EXPORT int fdatasync(int fd)
{
	return fails(FAULT_SYNC) ? (int)refuse(EIO) : (int)syscall(SYS_fdatasync, fd);
}

EXPORT int renameat(int from_dir, const char *from, int to_dir, const char *to)
{
	return fails(FAULT_RENAME) ? (int)refuse(EIO) : (int)syscall(SYS_renameat2, from_dir, from, to_dir, to, 0);
}

EXPORT int rename(const char *from, const char *to)
{
	return renameat(AT_FDCWD, from, AT_FDCWD, to);
}

EXPORT int linkat(int from_dir, const char *from, int to_dir, const char *to, int flags)
{
	return fails(FAULT_LINK) ? (int)refuse(EIO) : (int)syscall(SYS_linkat, from_dir, from, to_dir, to, flags);
}

EXPORT int pthread_create(pthread_t *restrict thread, const pthread_attr_t *restrict attr, void *(*start)(void *), void *restrict arg)
{
	int (*real)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);

	*(void **)&real = next("pthread_create");
	return fails(FAULT_THREAD) ? EAGAIN : real(thread, attr, start, arg);
}
