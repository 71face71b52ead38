#include "base/cores.h"

#include "base/pool.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A small file as text; false if it is not there. */
static bool read_text(const char *path, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return false;
	do
		n = read(fd, buf, size - 1);
	while (n < 0 && errno == EINTR);
	close(fd);
	buf[n > 0 ? n : 0] = '\0';
	return n > 0;
}

static unsigned smaller(unsigned cores, long long quota, long long period)
{
	long long n;

	if (quota <= 0 || period <= 0)
		return cores;
	n = quota / period + (quota % period != 0);
	return n < cores ? (unsigned)n : cores;
}

/* cpu.max holds "QUOTA PERIOD" or "max PERIOD". */
static unsigned limit_v2(const char *dir, unsigned cores)
{
	char path[4352], text[64], *end;
	long long quota;

	snprintf(path, sizeof path, "%s/cpu.max", dir);
	if (!read_text(path, text, sizeof text))
		return cores;
	quota = strtoll(text, &end, 10);
	return end == text ? cores : smaller(cores, quota, strtoll(end, NULL, 10));
}

static unsigned limit_v1(const char *dir, unsigned cores)
{
	char path[4352], quota[64], period[64];

	snprintf(path, sizeof path, "%s/cpu.cfs_quota_us", dir);
	if (!read_text(path, quota, sizeof quota))
		return cores;
	snprintf(path, sizeof path, "%s/cpu.cfs_period_us", dir);
	if (!read_text(path, period, sizeof period))
		return cores;
	return smaller(cores, strtoll(quota, NULL, 10), strtoll(period, NULL, 10));
}

/* A group is also bound by those above it. In a container the path may name a group that is not visible; then only the mount's root is. */
static unsigned climb(const char *mount, char *group, unsigned cores, unsigned (*limit)(const char *dir, unsigned cores))
{
	char dir[4224];
	char *slash;

	for (;;) {
		snprintf(dir, sizeof dir, "%s%s", mount, group);
		cores = limit(dir, cores);
		slash = strrchr(group, '/');
		if (!slash)
			return cores;
		*slash = '\0';
	}
}

/* True if the comma-separated list holds word. */
static bool has_word(const char *list, size_t len, const char *word)
{
	const char *end = list + len;

	while (list < end) {
		const char *comma = memchr(list, ',', (size_t)(end - list));
		size_t n = (size_t)((comma ? comma : end) - list);

		if (n == strlen(word) && !memcmp(list, word, n))
			return true;
		list += n + 1;
	}
	return false;
}

/* One line of /proc/self/cgroup: "0::/group" (v2) or "4:cpu,cpuacct:/group" (v1). */
static unsigned limit_line(const char *root, char *line, unsigned cores)
{
	char mount[256];
	char *names = strchr(line, ':');
	char *group = names ? strchr(++names, ':') : NULL;

	if (!group)
		return cores;
	*group++ = '\0';
	if (!*names) {
		snprintf(mount, sizeof mount, "%s/sys/fs/cgroup", root);
		return climb(mount, group, cores, limit_v2);
	}
	if (!has_word(names, strlen(names), "cpu"))
		return cores;
	snprintf(mount, sizeof mount, "%s/sys/fs/cgroup/cpu", root);
	return climb(mount, group, cores, limit_v1);
}

unsigned tare_cores_in_quota(const char *root, unsigned cores)
{
	char path[256], text[4096];
	char *line, *next = NULL;

	snprintf(path, sizeof path, "%s/proc/self/cgroup", root);
	if (read_text(path, text, sizeof text))
		for (line = strtok_r(text, "\n", &next); line; line = strtok_r(NULL, "\n", &next))
			cores = limit_line(root, line, cores);
	return cores ? cores : 1;
}

/* The kernel refuses a mask smaller than its own, so ask with ever larger ones. */
static unsigned cores_by_affinity(void)
{
	int n;

	for (n = 1024; n <= 1 << 20; n *= 2) {
		cpu_set_t *set = CPU_ALLOC(n);
		size_t size = CPU_ALLOC_SIZE(n);
		int count = 0;
		bool ok;

		if (!set)
			return 1;
		ok = sched_getaffinity(0, size, set) == 0;
		if (ok)
			count = CPU_COUNT_S(size, set);
		CPU_FREE(set);
		if (ok)
			return count > 0 ? (unsigned)count : 1;
		if (errno != EINVAL)
			return 1;
	}
	return 1;
}

unsigned tare_pool_cores(void)
{
	return tare_cores_in_quota("", cores_by_affinity());
}
