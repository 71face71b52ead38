/* Everything of base and io once more with each call of each class failing in turn. Whatever fails: the result is right or there is a
 * message, the old file or the whole new one is there, nothing lies beside it. Run under the sanitizers, nothing leaks either. */
#include "fault/inject.c"

#include "base/arena.h"
#include "base/escape.h"
#include "base/pool.h"
#include "base/sha256.h"
#include "base/strmap.h"
#include "io/source.h"
#include "io/target.h"

#include "unit/scratch.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <zstd.h>
#include <cmocka.h>

#include "unit/each_call.h"

#define SIZE (3u << 20)

static uint8_t *bytes, *packed;
static size_t packed_size;

/* ---- deeds ---- */

static tare_status compare(tare_source *s, size_t size, tare_error *err)
{
	tare_status st = tare_source_random(s, err);
	const uint8_t *p;

	if (st)
		return st;
	assert_int_equal(tare_source_size(s), size);
	p = tare_source_at(s, 0, size);
	assert_non_null(p);
	assert_memory_equal(p, bytes, size);
	return TARE_OK;
}

static tare_status read_file(tare_error *err)
{
	tare_source *s;
	tare_status st = tare_source_open(&s, in_scratch("in"), NULL, err);

	if (!st)
		st = compare(s, SIZE, err);
	if (!st)
		st = tare_source_unchanged(s, err);
	tare_source_close(s);
	return st;
}

static void *feed(void *arg)
{
	int to = *(int *)arg;
	size_t at;
	long n;

	for (at = 0; at < SIZE; at += (size_t)n) {
		n = syscall(SYS_write, to, bytes + at, SIZE - at);
		if (n <= 0)
			break;
	}
	close(to);
	return NULL;
}

static int pipe_in, pipe_out;
static pthread_t feeder;

static void fill_pipe(void)
{
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	pipe_in = dup(0);
	pipe_out = fds[1];
	dup2(fds[0], 0);
	close(fds[0]);
	assert_int_equal(pthread_create(&feeder, NULL, feed, &pipe_out), 0);
}

static void drop_pipe(void)
{
	dup2(pipe_in, 0);
	close(pipe_in);
	pthread_join(feeder, NULL);
}

static tare_status read_pipe(tare_error *err)
{
	tare_source *s;
	tare_status st = tare_source_open(&s, "-", NULL, err);
	tare_cursor c;

	if (st)
		return st;
	c = tare_source_cursor(s);
	if (tare_cursor_bytes(&c, 200000))
		assert_memory_equal(tare_source_at(s, 0, 200000), bytes, 200000);
	else
		st = tare_source_trouble(s, err);
	/* A stream that was said to end early, without trouble, would be data lost. */
	assert_true(st || !c.bad);
	if (!st)
		st = compare(s, SIZE, err);
	tare_source_close(s);
	return st;
}

static tare_status read_packed(tare_error *err)
{
	tare_source *s;
	tare_status st = tare_source_memory(&s, packed, packed_size, NULL, err);

	if (!st)
		st = compare(s, SIZE, err);
	tare_source_close(s);
	return st;
}

static tare_status pass_packed(tare_error *err)
{
	uint8_t buf[1000];
	tare_source *s;
	tare_status st = tare_source_memory(&s, packed, packed_size, NULL, err);

	if (!st)
		st = tare_source_next(s, SIZE - 1000, buf, 1000, err);
	if (!st)
		assert_memory_equal(buf, bytes + SIZE - 1000, 1000);
	tare_source_close(s);
	return st;
}

static tare_status write_with(const char *path, const tare_target_options *opt, tare_error *err)
{
	tare_target *t;
	tare_status st = tare_target_open(&t, path, opt, err);

	if (!st)
		st = tare_target_write(t, bytes, 1000, err);
	if (!st)
		st = tare_target_write(t, bytes + 1000, SIZE - 1000, err);
	if (!st)
		st = tare_target_finish(t, err);
	if (!st)
		st = tare_target_commit(t, err);
	tare_target_free(t);
	return st;
}

static tare_status write_file(tare_error *err)
{
	tare_target_options opt = { .size = SIZE };

	return write_with(in_scratch("out"), &opt, err);
}

static tare_status write_packed(tare_error *err)
{
	tare_target_options opt = { .compress = true, .zstd_threads = 1 };

	return write_with(in_scratch("out"), &opt, err);
}

static tare_status hash(tare_error *err)
{
	uint8_t digest[32];
	tare_sha256 *h;
	tare_status st = tare_sha256_new(&h, err);

	if (!st)
		st = tare_sha256_update(h, "abc", 3, err);
	if (!st)
		st = tare_sha256_finish(h, digest, err);
	if (!st)
		assert_memory_equal(digest, "\xba\x78\x16\xbf\x8f\x01\xcf\xea", 8);
	tare_sha256_free(h);
	return st;
}

static tare_status feed_number(void *ctx, void *slot, bool *more, tare_error *err)
{
	unsigned *at = ctx;

	*(unsigned *)slot = *at;
	*more = (*at)++ < 50;
	return TARE_OK;
}

static tare_status allocate(void *ctx, void *slot, unsigned worker, tare_error *err)
{
	void *volatile p = malloc(100 + *(unsigned *)slot);
	bool ok = p != NULL;

	free(p);
	return ok ? TARE_OK : tare_fail_nomem(err);
}

static tare_status take_number(void *ctx, void *slot, tare_error *err)
{
	return TARE_OK;
}

static tare_status pool(tare_error *err)
{
	static const tare_pool_ops ops = { feed_number, allocate, take_number };
	unsigned slots[8], at = 0;
	tare_status st = tare_pool_run(&ops, &at, 5, slots, 8, sizeof *slots, err);

	if (!st)
		assert_int_equal(at, 51);
	return st;
}

static tare_status containers(tare_error *err)
{
	static const char *const keys[] = { "a", "b", "c" };
	tare_arena a = { 0 };
	tare_strmap m = { 0 };
	tare_buffer b = { 0 };
	char name[16], huge[1000];
	size_t i, was;
	bool ok = true;

	memset(huge, 'x', sizeof huge - 1);
	huge[sizeof huge - 1] = '\0';
	for (i = 0; ok && i < 3; i++)
		ok = tare_strmap_add(&m, tare_str_of(keys[i]), i, &was);
	for (i = 0; ok && i < 200; i++) {
		tare_str s;

		snprintf(name, sizeof name, "%zu", i);
		s = tare_arena_copy(&a, name, strlen(name));
		ok = s.ptr && tare_strmap_add(&m, s, i, &was) && tare_arena_alloc(&a, 1000) && tare_arena_printf(&a, "%s", name);
	}
	for (i = 0; ok && i < 20; i++)
		ok = !tare_buffer_printf(&b, err, "%s", i & 1 ? huge : "y");
	if (ok)
		assert_int_equal(b.size, 10 * (sizeof huge - 1) + 10);
	free(b.bytes);
	tare_strmap_free(&m);
	tare_arena_free(&a);
	return ok ? TARE_OK : tare_fail_nomem(err);
}

/* ---- what must hold ---- */

static bool is_complete(const char *path)
{
	tare_source *s;
	const uint8_t *p;
	bool same;

	if (tare_source_open(&s, path, NULL, NULL))
		return false;
	if (tare_source_random(s, NULL)) {
		tare_source_close(s);
		return false;
	}
	p = tare_source_size(s) == SIZE ? tare_source_at(s, 0, SIZE) : NULL;
	same = p && !memcmp(p, bytes, SIZE);
	tare_source_close(s);
	return same;
}

static void before_reading(void)
{
	scratch_empty(NULL);
	assert_true(put_file(in_scratch("in"), bytes, SIZE));
}

static void before_writing(void)
{
	scratch_empty(NULL);
}

static void before_writing_over(void)
{
	scratch_empty(NULL);
	assert_true(put_file(in_scratch("out"), "old", 3));
}

static void after_reading(tare_status st, const tare_error *err, bool hit)
{
	assert_int_equal(scratch_count(), 1);
}

static void before_piping(void)
{
	before_reading();
	fill_pipe();
}

static void after_piping(tare_status st, const tare_error *err, bool hit)
{
	drop_pipe();
	after_reading(st, err, hit);
}

static bool is_in_place(tare_status st, const tare_error *err)
{
	return st == TARE_OK || strstr(err->message, "is in place");
}

static void after_writing(tare_status st, const tare_error *err, bool hit)
{
	bool in_place = is_in_place(st, err);

	assert_int_equal(scratch_count(), in_place);
	assert_true(!in_place || is_complete(in_scratch("out")));
}

static void after_writing_over(tare_status st, const tare_error *err, bool hit)
{
	assert_int_equal(scratch_count(), 1);
	assert_true(is_in_place(st, err) ? is_complete(in_scratch("out")) : file_holds(in_scratch("out"), "old", 3));
}

#define READING(deed) (&(struct fault_trial){ deed, before_reading, after_reading })
#define WRITING(deed) (&(struct fault_trial){ deed, before_writing, after_writing })
#define WRITING_OVER(deed) (&(struct fault_trial){ deed, before_writing_over, after_writing_over })

static void reading_a_file(void **state)
{
	static const long least[FAULT_CLASSES] = { [FAULT_ALLOC] = 2, [FAULT_OPEN] = 1, [FAULT_MAP] = 1, [FAULT_STAT] = 2 };

	each_call_of_each_class(READING(read_file), least);
}

static void reading_a_pipe(void **state)
{
	static const long least[FAULT_CLASSES] = { [FAULT_ALLOC] = 3, [FAULT_OPEN] = 1, [FAULT_MAP] = 3, [FAULT_READ] = 4, [FAULT_WRITE] = 2,
						   [FAULT_STAT] = 1 };

	each_call_of_each_class(&(struct fault_trial){ read_pipe, before_piping, after_piping }, least);
}

static void reading_packed(void **state)
{
	static const long least[FAULT_CLASSES] = { [FAULT_ALLOC] = 5, [FAULT_OPEN] = 1, [FAULT_MAP] = 3, [FAULT_WRITE] = 2 };
	static const long less[FAULT_CLASSES] = { [FAULT_ALLOC] = 5 };

	each_call_of_each_class(READING(read_packed), least);
	each_call_of_each_class(READING(pass_packed), less);
}

static void writing(void **state)
{
	static const long least[FAULT_CLASSES] = { [FAULT_ALLOC] = 4, [FAULT_OPEN] = 2, [FAULT_WRITE] = 2, [FAULT_SYNC] = 2,
						   [FAULT_LINK] = 1, [FAULT_RESERVE] = 1, [FAULT_NAMELESS] = 1 };

	each_call_of_each_class(WRITING(write_file), least);
	each_call_of_each_class(WRITING_OVER(write_file), least);
}

/* libzstd 1.5.4 itself dies of an allocation that fails while it makes its workers; the packer sees to it that none does. */
static void writing_packed(void **state)
{
	static const long least[FAULT_CLASSES] = { [FAULT_ALLOC] = 5, [FAULT_OPEN] = 2, [FAULT_WRITE] = 2, [FAULT_SYNC] = 2 };

	fault_spare("libzstd");
	each_call_of_each_class(WRITING_OVER(write_packed), least);
	fault_spare(NULL);
}

static void hashing(void **state)
{
	static const long least[FAULT_CLASSES] = { [FAULT_ALLOC] = 2 };

	each_call_of_each_class(READING(hash), least);
}

static void pooling(void **state)
{
	static const long least[FAULT_CLASSES] = { [FAULT_ALLOC] = 52, [FAULT_THREAD] = 4 };

	each_call_of_each_class(READING(pool), least);
}

static void containing(void **state)
{
	static const long least[FAULT_CLASSES] = { [FAULT_ALLOC] = 10 };

	each_call_of_each_class(READING(containers), least);
}

static int make(void **state)
{
	size_t bound = ZSTD_compressBound(SIZE);

	bytes = some_bytes(SIZE);
	packed = malloc(bound);
	if (!bytes || !packed || scratch_make(state))
		return -1;
	packed_size = ZSTD_compress(packed, bound, bytes, SIZE, 1);
	setenv("TMPDIR", scratch, 1);
	return 0;
}

static int done(void **state)
{
	free(bytes);
	free(packed);
	return scratch_remove(state);
}

#define TEST(f) cmocka_unit_test_teardown(f, scratch_empty)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(reading_a_file),
		TEST(reading_a_pipe),
		TEST(reading_packed),
		TEST(writing),
		TEST(writing_packed),
		TEST(hashing),
		TEST(pooling),
		TEST(containing),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests_name("base and io with failing calls", tests, make, done);
}
