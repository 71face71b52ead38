/* A set of files comes into place as one: all of them, or none, whatever fails or dies on the way. */
#include "fault/inject.c"

#include "base/escape.h"
#include "io/target.h"

#include "unit/scratch.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/wait.h>
#include <cmocka.h>

enum { FILES = 5, OLD = 3 }; /* the first OLD replace something */

static const char *name_of(int i)
{
	char name[32];

	snprintf(name, sizeof name, "shard-%d", i);
	return in_scratch(name);
}

static void set_up(void)
{
	int i;

	scratch_empty(NULL);
	for (i = 0; i < OLD; i++)
		assert_true(put_file(name_of(i), "old", 3));
}

static bool is_new(int i)
{
	return file_holds(name_of(i), "fresh", 5);
}

static bool is_as_before(int i)
{
	return i < OLD ? file_holds(name_of(i), "old", 3) : access(name_of(i), F_OK) != 0;
}

static bool all(bool (*is)(int i))
{
	int i;

	for (i = 0; i < FILES; i++)
		if (!is(i))
			return false;
	return true;
}

static void open_all(tare_target *t[FILES], bool finish)
{
	int i;

	for (i = 0; i < FILES; i++) {
		assert_int_equal(tare_target_open(&t[i], name_of(i), NULL, NULL), TARE_OK);
		assert_int_equal(tare_target_write(t[i], "fresh", 5, NULL), TARE_OK);
		if (finish)
			assert_int_equal(tare_target_finish(t[i], NULL), TARE_OK);
	}
}

static void free_all(tare_target *t[FILES])
{
	int i;

	for (i = 0; i < FILES; i++)
		tare_target_free(t[i]);
}

/* nameless: files without a name until then, where the file system has them. */
static tare_status commit(enum fault_class what, long n, bool on, bool nameless, bool *hit, tare_error *err)
{
	tare_target *t[FILES];
	tare_status st;

	set_up();
	tare_error_clear(err);
	if (!nameless)
		fault_arm(FAULT_NAMELESS, 1, true);
	open_all(t, false);
	fault_arm(what, n, on);
	st = tare_target_commit_all(t, FILES, err);
	*hit = fault_disarm();
	free_all(t);
	return st;
}

static void nothing_fails(void **state)
{
	tare_error err;
	bool hit;
	int k;

	for (k = 0; k < 2; k++) {
		assert_int_equal(commit(FAULT_NONE, 0, false, k, &hit, &err), TARE_OK);
		assert_true(all(is_new));
		assert_int_equal(scratch_count(), FILES);
	}
}

/* A failing call that does not fail again when things are taken back. */
static void one_call_fails(void **state)
{
	static const enum fault_class what[] = { FAULT_RENAME, FAULT_LINK, FAULT_ALLOC, FAULT_SYNC, FAULT_MAP, FAULT_WRITE };
	tare_error err;
	size_t k;
	int failed = 0;
	long n;

	for (k = 0; k < 2 * sizeof what / sizeof *what; k++) {
		bool hit = true;

		for (n = 1; hit; n++) {
			tare_status st = commit(what[k / 2], n, false, k % 2, &hit, &err);

			if (st && !err.message[0])
				fail_msg("no message");
			if (!all(is_as_before) && !all(is_new))
				fail_msg("class %d, call %ld: neither old nor new: %s", what[k / 2], n, err.message);
			if (!st && !all(is_new))
				fail_msg("class %d, call %ld: well, but not in place", what[k / 2], n);
			if (scratch_count() != (all(is_new) ? FILES : OLD))
				fail_msg("class %d, call %ld: %d files", what[k / 2], n, scratch_count());
			failed += st == TARE_E_IO && what[k / 2] == FAULT_RENAME;
			if (st == TARE_E_IO && what[k / 2] == FAULT_RENAME)
				assert_non_null(strstr(err.message, "cannot be put into place, so nothing of the set was"));
		}
		assert_true(n < 1000);
	}
	assert_int_equal(failed, 2 * FILES);
}

/* What cannot be taken back is told by name: those in place, and where the old ones are. */
static void there_is_no_way_back(void **state)
{
	tare_error err;
	bool hit;
	int i;

	assert_int_equal(commit(FAULT_RENAME, 3, true, true, &hit, &err), TARE_E_IO);
	assert_string_equal(err.file, name_of(2));
	assert_non_null(strstr(err.message, "2 of the set could not be taken back: shard-0 (the old one is .shard-0.tare-"));
	assert_non_null(strstr(err.message, ", shard-1 (the old one is .shard-1.tare-"));
	for (i = 0; i < FILES; i++)
		assert_true(i < 2 ? is_new(i) : is_as_before(i));
	assert_int_equal(scratch_count(), OLD + 2);
	/* New names can still be removed. */
	assert_int_equal(commit(FAULT_RENAME, 5, true, true, &hit, &err), TARE_E_IO);
	for (i = 0; i < FILES; i++)
		assert_true(i < OLD ? is_new(i) : is_as_before(i));
	assert_null(strstr(err.message, "shard-3"));
}

/* Killed at any moment of it: a child that outlives the process finishes. */
static void killed(void **state)
{
	int round, status, ready[2], whole = 0;
	tare_target *t[FILES];
	pid_t child;
	char c;

	for (round = 0; round < 40; round++) {
		set_up();
		assert_int_equal(pipe(ready), 0);
		child = fork();
		assert_true(child >= 0);
		if (!child) {
			open_all(t, true);
			if (write(ready[1], "", 1) == 1 && tare_target_commit_all(t, FILES, NULL) == TARE_OK)
				pause();
			_exit(1);
		}
		close(ready[1]);
		assert_int_equal(read(ready[0], &c, 1), 1);
		if (round % 2)
			usleep((useconds_t)(20 * round));
		kill(child, SIGKILL);
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_int_equal(read(ready[0], &c, 1), 0); /* when whoever outlives it is gone too */
		close(ready[0]);
		whole += all(is_new);
		if (scratch_count() != (all(is_new) ? FILES : OLD) || !(all(is_new) || all(is_as_before)))
			fail_msg("round %d: half a set, of %d files", round, scratch_count());
	}
	print_message("whole %d times, as before %d times\n", whole, round - whole);
}

/* One that is streamed to, and two that go to other folders, belong to a set too. */
static void other_places(void **state)
{
	tare_target *t[3];
	int i;

	scratch_empty(NULL);
	assert_int_equal(mkdir(in_scratch("sub"), 0700), 0);
	assert_int_equal(symlink("sub/real", in_scratch("link")), 0);
	assert_int_equal(tare_target_open(&t[0], "/dev/null", NULL, NULL), TARE_OK);
	assert_int_equal(tare_target_open(&t[1], in_scratch("link"), NULL, NULL), TARE_OK);
	assert_int_equal(tare_target_open(&t[2], in_scratch("plain"), NULL, NULL), TARE_OK);
	for (i = 0; i < 3; i++)
		assert_int_equal(tare_target_write(t[i], "fresh", 5, NULL), TARE_OK);
	assert_int_equal(tare_target_commit_all(t, 3, NULL), TARE_OK);
	assert_int_equal(tare_target_commit_all(t, 3, NULL), TARE_OK);
	for (i = 0; i < 3; i++)
		tare_target_free(t[i]);
	assert_true(file_holds(in_scratch("sub/real"), "fresh", 5));
	assert_true(file_holds(in_scratch("plain"), "fresh", 5));
	assert_int_equal(scratch_count(), 3);
	assert_int_equal(unlink(in_scratch("sub/real")) | rmdir(in_scratch("sub")), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_fails), cmocka_unit_test(one_call_fails), cmocka_unit_test(there_is_no_way_back),
		cmocka_unit_test(killed),	 cmocka_unit_test(other_places),
	};

	return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
