/* A folder of its own for a test, and files in it. */
#ifndef TARE_TESTS_SCRATCH_H
#define TARE_TESTS_SCRATCH_H

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char scratch[256];

/* For cmocka_run_group_tests(); the folder is gone afterwards with all that is in it. */
static int scratch_make(void **state)
{
	const char *dir = getenv("TMPDIR");

	(void)state;
	snprintf(scratch, sizeof scratch, "%s/tare-test-XX" "XX" "XX", dir && *dir ? dir : "/tmp");
	return mkdtemp(scratch) ? 0 : -1;
}

static int scratch_empty(void **state)
{
	DIR *d = opendir(scratch);
	const struct dirent *e;

	(void)state;
	while (d && (e = readdir(d)))
		if (strcmp(e->d_name, ".") && strcmp(e->d_name, ".."))
			(void)(unlinkat(dirfd(d), e->d_name, 0) && unlinkat(dirfd(d), e->d_name, AT_REMOVEDIR));
	if (d)
		closedir(d);
	return 0;
}

static int scratch_remove(void **state)
{
	scratch_empty(state);
	return rmdir(scratch);
}

/* The path of name in the folder; good for a few more calls. */
static inline const char *in_scratch(const char *name)
{
	static char paths[8][PATH_MAX];
	static unsigned next;
	char *path = paths[next++ % 8];

	snprintf(path, PATH_MAX, "%s/%s", scratch, name);
	return path;
}

static inline bool put_file(const char *path, const void *bytes, size_t size)
{
	FILE *f = fopen(path, "wb");
	bool ok = f && fwrite(bytes, 1, size, f) == size;

	return f && !fclose(f) && ok;
}

static inline bool file_holds(const char *path, const void *bytes, size_t size)
{
	FILE *f = fopen(path, "rb");
	char *have = malloc(size + 1);
	bool same = f && have && fread(have, 1, size + 1, f) == size && !memcmp(have, bytes, size);

	if (f)
		fclose(f);
	free(have);
	return same;
}

/* Files in the folder, hidden ones among them. */
static inline int scratch_count(void)
{
	DIR *d = opendir(scratch);
	int n = 0;

	while (d && readdir(d))
		n++;
	if (d)
		closedir(d);
	return n - 2;
}

/* size bytes that are the same in every run and do not compress to nothing. */
static inline uint8_t *some_bytes(size_t size)
{
	uint8_t *p = malloc(size + 1);
	uint64_t x = 88172645463325252u;
	size_t i;

	for (i = 0; p && i < size; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		p[i] = (uint8_t)(i & 4096 ? i >> 3 : x);
	}
	return p;
}

#endif
