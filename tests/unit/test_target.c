/* Includes the fault injector first, for the way without O_TMPFILE. */
#include "fault/inject.c"

#include "io/source.h"
#include "io/target.h"

#include "unit/scratch.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <cmocka.h>

#define SIZE (3u << 20)

static uint8_t *bytes;

/* Every test runs twice: with files that have no name while they are written, and with those that have. */
static bool named;

static int setup(void **state)
{
	umask(022);
	if (named)
		fault_arm(FAULT_NAMELESS, 1, true);
	return 0;
}

static int teardown(void **state)
{
	fault_disarm();
	return scratch_empty(state);
}

static tare_target *open_target(const char *path, uint64_t size)
{
	tare_target_options opt = { .size = size };
	tare_target *t;
	tare_error err = TARE_ERROR_INIT;

	if (tare_target_open(&t, path, &opt, &err))
		fail_msg("%s: %s", err.file, err.message);
	return t;
}

static void write_target(const char *path, size_t size)
{
	tare_target *t = open_target(path, size);

	assert_int_equal(tare_target_write(t, bytes, size, NULL), TARE_OK);
	assert_int_equal(tare_target_commit(t, NULL), TARE_OK);
	tare_target_free(t);
}

static void sizes_and_pieces(void **state)
{
	static const size_t sizes[] = { 0, 1, 4096, 1 << 20, (1 << 20) + 1, SIZE };
	static const size_t pieces[] = { 1000, 65536, (1 << 20) - 1, 1 << 20, SIZE };
	const char *path = in_scratch("out");
	size_t i, p, at;

	for (i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		for (p = 0; p < 2 * sizeof pieces / sizeof pieces[0]; p++) {
			size_t piece = pieces[p / 2];
			tare_target *t = open_target(path, p & 1 ? sizes[i] : 0);
			tare_sink sink = tare_target_sink(t);

			for (at = 0; at < sizes[i]; at += piece)
				assert_int_equal(tare_sink_put(&sink, bytes + at, sizes[i] - at < piece ? sizes[i] - at : piece, NULL), TARE_OK);
			assert_int_equal(sink.count, sizes[i]);
			assert_int_equal(tare_target_finish(t, NULL), TARE_OK);
			assert_int_equal(tare_target_finish(t, NULL), TARE_OK);
			assert_int_equal(tare_target_commit(t, NULL), TARE_OK);
			assert_int_equal(tare_target_commit(t, NULL), TARE_OK);
			tare_target_free(t);
			assert_true(file_holds(path, bytes, sizes[i]));
			assert_int_equal(scratch_count(), 1);
		}
	}
}

/* Until the commit the old file is what is seen, and without one nothing ever happened. */
static void all_or_nothing(void **state)
{
	const char *path = in_scratch("out");
	tare_target *t;

	assert_true(put_file(path, "old", 3));
	t = open_target(path, SIZE);
	assert_true(file_holds(path, "old", 3));
	assert_int_equal(tare_target_write(t, bytes, SIZE, NULL), TARE_OK);
	assert_int_equal(tare_target_finish(t, NULL), TARE_OK);
	assert_true(file_holds(path, "old", 3));
	tare_target_free(t);
	assert_true(file_holds(path, "old", 3));
	assert_int_equal(scratch_count(), 1);

	/* Bytes that come too late are a failure, and then nothing is shown. */
	t = open_target(path, 0);
	assert_int_equal(tare_target_write(t, bytes, 10, NULL), TARE_OK);
	assert_int_equal(tare_target_finish(t, NULL), TARE_OK);
	assert_int_equal(tare_target_write(t, bytes, 10, NULL), TARE_E_ARG);
	assert_int_equal(tare_target_commit(t, NULL), TARE_E_ARG);
	tare_target_free(t);
	assert_true(file_holds(path, "old", 3));

	t = open_target(in_scratch("new"), 0);
	assert_int_equal(scratch_count(), named ? 2 : 1);
	assert_int_equal(tare_target_write(t, bytes, 10, NULL), TARE_OK);
	tare_target_free(t);
	assert_int_equal(scratch_count(), 1);
	tare_target_free(NULL);
}

static mode_t mode_of(const char *path)
{
	struct stat st;

	assert_int_equal(lstat(path, &st), 0);
	return st.st_mode & 07777;
}

static void permissions(void **state)
{
	const char *path = in_scratch("out");

	write_target(path, 100);
	assert_int_equal(mode_of(path), 0644);
	assert_int_equal(chmod(path, 0600), 0);
	write_target(path, 200);
	assert_int_equal(mode_of(path), 0600);
	assert_int_equal(chmod(path, 0766), 0);
	umask(077);
	write_target(path, 300);
	assert_int_equal(mode_of(path), 0766);
	write_target(in_scratch("new"), 300);
	assert_int_equal(mode_of(in_scratch("new")), 0600);
	umask(022);
}

static void owner_is_kept(void **state)
{
	const char *path = in_scratch("out");
	struct stat st;

	if (geteuid())
		skip();
	assert_true(put_file(path, "old", 3));
	assert_int_equal(chown(path, 1234, 4321), 0);
	write_target(path, 100);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_uid, 1234);
	assert_int_equal(st.st_gid, 4321);
}

static void refuses(const char *path, tare_status st, const char *word)
{
	tare_target *t = (tare_target *)&t;
	tare_error err = TARE_ERROR_INIT;

	assert_int_equal(tare_target_open(&t, path, NULL, &err), st);
	assert_null(t);
	if (!strstr(err.message, word))
		fail_msg("'%s' does not say '%s'", err.message, word);
	assert_string_equal(err.file, path);
}

static void what_cannot_be_a_target(void **state)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	char name[300];

	snprintf(addr.sun_path, sizeof addr.sun_path, "%s", in_scratch("socket"));
	assert_int_equal(bind(fd, (struct sockaddr *)&addr, sizeof addr), 0);
	refuses(scratch, TARE_E_ARG, "is a folder");
	refuses(in_scratch("."), TARE_E_ARG, "is a folder");
	refuses(addr.sun_path, TARE_E_ARG, "is a socket");
	refuses("/dev/zero", TARE_E_ARG, "is a device");
	refuses("", TARE_E_ARG, "is empty");
	refuses(in_scratch("none/out"), TARE_E_ARG, "does not exist: make it first");
	refuses(in_scratch("new/"), TARE_E_ARG, "ends in /");
	assert_true(put_file(in_scratch("old"), "old", 3));
	refuses(in_scratch("old/out"), TARE_E_IO, "Not a directory");
	refuses(in_scratch("old/"), TARE_E_ARG, "ends in /");
	assert_int_equal(chmod(in_scratch("old"), 0444), 0);
	refuses(in_scratch("old"), TARE_E_ARG, "is read-only");
	assert_int_equal(symlink("loop", in_scratch("loop")), 0);
	refuses(in_scratch("loop"), TARE_E_IO, "symbolic links");
	memset(name, 'n', sizeof name - 1);
	name[sizeof name - 1] = '\0';
	refuses(in_scratch(name), TARE_E_IO, "too long");
	assert_true(file_holds(in_scratch("old"), "old", 3));
	close(fd);
}

/* As somebody who is not root. */
static void folders_that_are_read_only(void **state)
{
	const char *path = in_scratch("locked/out");
	int status;
	pid_t child;

	assert_int_equal(mkdir(in_scratch("locked"), 0755), 0);
	assert_int_equal(chmod(scratch, 0755), 0);
	if (geteuid())
		assert_int_equal(chmod(in_scratch("locked"), 0555), 0);
	child = fork();
	if (!child) {
		tare_target *t;
		tare_error err = TARE_ERROR_INIT;

		if (!geteuid() && (setgid(1234) || setuid(1234)))
			_exit(2);
		_exit(tare_target_open(&t, path, NULL, &err) == TARE_E_IO && strstr(err.message, "Permission denied") ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(rmdir(in_scratch("locked")), 0);
}

static void links_stay(void **state)
{
	char target[16];

	assert_int_equal(mkdir(in_scratch("sub"), 0700), 0);
	assert_true(put_file(in_scratch("sub/real"), "old", 3));
	assert_int_equal(symlink("sub/real", in_scratch("one")), 0);
	assert_int_equal(symlink(in_scratch("one"), in_scratch("two")), 0);
	write_target(in_scratch("two"), 5000);
	assert_true(file_holds(in_scratch("sub/real"), bytes, 5000));
	assert_int_equal(readlink(in_scratch("one"), target, sizeof target), 8);
	assert_true(file_holds(in_scratch("two"), bytes, 5000));
	/* A link to a name that is free makes the file there. */
	assert_int_equal(symlink("sub/fresh", in_scratch("three")), 0);
	write_target(in_scratch("three"), 6000);
	assert_true(file_holds(in_scratch("sub/fresh"), bytes, 6000));
	assert_int_equal(readlink(in_scratch("three"), target, sizeof target), 9);
	assert_int_equal(symlink("nowhere/fresh", in_scratch("four")), 0);
	refuses(in_scratch("four"), TARE_E_ARG, "nowhere' does not exist");
	/* One to a folder's name fails before any work. */
	assert_int_equal(symlink("fresh-folder/", in_scratch("five")), 0);
	refuses(in_scratch("five"), TARE_E_ARG, "fresh-folder/', which ends in / as only a folder's name does");
	refuses(in_scratch("five/"), TARE_E_ARG, "ends in /");
	assert_int_equal(symlink("sub/", in_scratch("six")), 0);
	refuses(in_scratch("six"), TARE_E_ARG, "is a folder");
	assert_int_equal(unlink(in_scratch("sub/real")) | unlink(in_scratch("sub/fresh")) | rmdir(in_scratch("sub")), 0);
}

static void relative_names(void **state)
{
	char *home = getcwd(NULL, 0);

	assert_int_equal(chdir(scratch), 0);
	write_target("plain", 100);
	write_target("./dotted", 100);
	assert_int_equal(chdir("/"), 0);
	assert_true(file_holds(in_scratch("plain"), bytes, 100));
	assert_true(file_holds(in_scratch("dotted"), bytes, 100));
	assert_int_equal(chdir(home), 0);
	free(home);
}

static void the_source_itself(void **state)
{
	const char *path = in_scratch("both");
	tare_source *s;
	tare_target *t;

	assert_true(put_file(path, bytes, SIZE));
	assert_int_equal(tare_source_open(&s, path, NULL, NULL), TARE_OK);
	t = open_target(path, SIZE - 1);
	assert_int_equal(tare_target_write(t, tare_source_at(s, 1, SIZE - 1), SIZE - 1, NULL), TARE_OK);
	assert_int_equal(tare_target_commit(t, NULL), TARE_OK);
	tare_target_free(t);
	assert_memory_equal(tare_source_at(s, 0, SIZE), bytes, SIZE);
	assert_int_equal(tare_source_unchanged(s, NULL), TARE_OK);
	tare_source_close(s);
	assert_true(file_holds(path, bytes + 1, SIZE - 1));
}

static void what_was_announced_must_come(void **state)
{
	static const size_t come[] = { 0, 99, 101 };
	tare_error err = TARE_ERROR_INIT;
	size_t i;

	for (i = 0; i < 3; i++) {
		tare_target *t = open_target(in_scratch("out"), 100);

		assert_int_equal(tare_target_write(t, bytes, come[i], NULL), TARE_OK);
		tare_error_clear(&err);
		assert_int_equal(tare_target_commit(t, &err), TARE_E_ARG);
		assert_non_null(strstr(err.message, "100 bytes were announced"));
		assert_int_equal(tare_target_commit(t, NULL), TARE_E_ARG);
		tare_target_free(t);
		assert_int_equal(scratch_count(), 0);
	}
}

static void a_failed_target_stays_failed(void **state)
{
	tare_target *t = open_target(in_scratch("out"), 0);
	tare_error err = TARE_ERROR_INIT;

	fault_arm(FAULT_WRITE, 1, false);
	assert_int_equal(tare_target_write(t, bytes, SIZE, &err), TARE_E_IO);
	assert_true(fault_disarm());
	assert_int_equal(err.sys_errno, ENOSPC);
	assert_non_null(strstr(err.message, "the disk of '"));
	assert_int_equal(tare_target_write(t, bytes, 1, NULL), TARE_E_IO);
	assert_int_equal(tare_target_commit(t, NULL), TARE_E_IO);
	tare_target_free(t);
	assert_int_equal(scratch_count(), 0);
}

/* More than the disk or the file system takes fails before any work. */
static void too_large_at_once(void **state)
{
	tare_target_options opt = { .size = 1ull << 62 };
	tare_target *t;
	tare_error err = TARE_ERROR_INIT;

	assert_int_equal(tare_target_open(&t, in_scratch("out"), &opt, &err), TARE_E_IO);
	assert_true(err.sys_errno == ENOSPC || err.sys_errno == EFBIG);
	opt.size = UINT64_MAX - 1;
	assert_int_equal(tare_target_open(&t, in_scratch("out"), &opt, NULL), TARE_E_IO);
	assert_int_equal(scratch_count(), 0);
}

/* ---- named temporary files ---- */

static int temporaries(char name[256])
{
	DIR *d = opendir(scratch);
	const struct dirent *e;
	int n = 0;

	while ((e = readdir(d)))
		if (strstr(e->d_name, ".tare-")) {
			snprintf(name, 256, "%s", e->d_name);
			n++;
		}
	closedir(d);
	return n;
}

static void a_signal_removes_them(void **state)
{
	tare_target *t[100];
	char name[256];
	int i;

	for (i = 0; i < 100; i++) {
		snprintf(name, sizeof name, "out%d", i);
		t[i] = open_target(in_scratch(name), 0);
	}
	assert_int_equal(temporaries(name), named ? 100 : 0);
	assert_int_equal(tare_target_commit(t[0], NULL), TARE_OK);
	tare_target_free(t[1]);
	tare_emergency_cleanup();
	assert_int_equal(temporaries(name), 0);
	assert_int_equal(scratch_count(), 1);
	for (i = 0; i < 100; i++)
		if (i != 1)
			tare_target_free(t[i]);
	assert_true(file_holds(in_scratch("out0"), "", 0));
	tare_emergency_cleanup();
	assert_int_equal(scratch_count(), 1);
}

/* What a killed process left goes with the next one of the same name; what a living one needs stays, and so does everybody else's. */
static void leftovers(void **state)
{
	static const char *const strangers[] = { ".out.tare-", ".out.tare-short", ".out.tare-toolong99", ".other.tare-abcdefgh", "out.tare-abcdefgh" };
	char left[PATH_MAX];
	int fd;
	size_t i;

	snprintf(left, sizeof left, "%s/.out.tare-abcdefgh", scratch);
	for (i = 0; i < 5; i++)
		assert_true(put_file(in_scratch(strangers[i]), "x", 1));
	assert_int_equal(symlink("/dev/null", in_scratch(".out.tare-zzzzzzzz")), 0);
	assert_true(put_file(left, "half", 4));
	fd = open(left, O_RDONLY);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	write_target(in_scratch("out"), 100);
	assert_int_equal(scratch_count(), 8);
	close(fd);
	write_target(in_scratch("out"), 100);
	assert_int_equal(access(left, F_OK), -1);
	assert_int_equal(scratch_count(), 7);
}

static void long_names(void **state)
{
	char name[300] = "", temp[256];
	tare_target *t;

	while (strlen(name) < 250)
		strcat(name, "\xe2\x82\xac");
	name[255] = '\0';
	assert_int_equal(strlen(name), 252);
	t = open_target(in_scratch(name), 0);
	if (named) {
		assert_int_equal(temporaries(temp), 1);
		assert_true(strlen(temp) < 220);
	}
	assert_int_equal(tare_target_commit(t, NULL), TARE_OK);
	tare_target_free(t);
	assert_true(file_holds(in_scratch(name), "", 0));
	assert_int_equal(scratch_count(), 1);
}

/* Two writers of one name do not disturb each other: the later commit stays. */
static void two_at_once(void **state)
{
	tare_target *a = open_target(in_scratch("out"), 0), *b = open_target(in_scratch("out"), 0);

	assert_int_equal(tare_target_write(a, "first", 5, NULL), TARE_OK);
	assert_int_equal(tare_target_write(b, "second", 6, NULL), TARE_OK);
	assert_int_equal(tare_target_commit(b, NULL), TARE_OK);
	assert_true(file_holds(in_scratch("out"), "second", 6));
	assert_int_equal(tare_target_commit(a, NULL), TARE_OK);
	assert_true(file_holds(in_scratch("out"), "first", 5));
	tare_target_free(a);
	tare_target_free(b);
	assert_int_equal(scratch_count(), 1);
}

static int make(void **state)
{
	bytes = some_bytes(SIZE);
	return bytes ? scratch_make(state) : -1;
}

static int done(void **state)
{
	free(bytes);
	return scratch_remove(state);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(sizes_and_pieces),
		TEST(all_or_nothing),
		TEST(permissions),
		TEST(owner_is_kept),
		TEST(what_cannot_be_a_target),
		TEST(folders_that_are_read_only),
		TEST(links_stay),
		TEST(relative_names),
		TEST(the_source_itself),
		TEST(what_was_announced_must_come),
		TEST(a_failed_target_stays_failed),
		TEST(too_large_at_once),
		TEST(a_signal_removes_them),
		TEST(leftovers),
		TEST(long_names),
		TEST(two_at_once),
	};
	int rc = cmocka_run_group_tests_name("target", tests, make, done);
	named = true;
	return cmocka_run_group_tests_name("target, named temporaries", tests, make, done) | rc;
}
