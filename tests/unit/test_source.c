#include "io/source.h"

#include "unit/scratch.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <cmocka.h>

#define SIZE (3u << 20)

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED
#endif
#endif

static uint8_t *bytes;

/* ---- standard input made of a pipe that another thread fills ---- */

typedef struct feeder {
	pthread_t thread;
	int saved, to;
	size_t size, piece;
} feeder;

static void *feeder_main(void *arg)
{
	feeder *f = arg;
	size_t at, n;
	ssize_t w;

	for (at = 0; at < f->size; at += (size_t)w) {
		n = f->size - at < f->piece ? f->size - at : f->piece;
		w = write(f->to, bytes + at, n);
		if (w <= 0)
			break;
	}
	close(f->to);
	return NULL;
}

static void feed(feeder *f, size_t size, size_t piece)
{
	int fds[2];

	assert_int_equal(pipe(fds), 0);
	f->saved = dup(0);
	f->to = fds[1];
	f->size = size;
	f->piece = piece;
	dup2(fds[0], 0);
	close(fds[0]);
	assert_int_equal(pthread_create(&f->thread, NULL, feeder_main, f), 0);
}

static void unfeed(feeder *f)
{
	dup2(f->saved, 0);
	close(f->saved);
	pthread_join(f->thread, NULL);
}

/* ---- files and memory ---- */

static void assert_all_there(tare_source *s, size_t size)
{
	const uint8_t *base;
	uint64_t have;
	uint8_t buf[64];
	tare_cursor c = tare_source_cursor(s);

	assert_false(tare_source_is_stream(s));
	assert_int_equal(tare_source_size(s), size);
	assert_int_equal(tare_source_prefix(s, 10, &base, &have, NULL), TARE_OK);
	assert_true(have == size);
	assert_memory_equal(base, bytes, size);
	assert_memory_equal(tare_source_at(s, 0, size), bytes, size);
	assert_non_null(tare_source_at(s, size, 0));
	assert_null(tare_source_at(s, size, 1));
	assert_null(tare_source_at(s, size + 1, 0));
	assert_null(tare_source_at(s, 1, UINT64_MAX));
	assert_null(tare_source_at(s, UINT64_MAX, 1));
	assert_int_equal(tare_source_random(s, NULL), TARE_OK);
	assert_non_null(tare_cursor_bytes(&c, size));
	assert_false(tare_cursor_has(&c, 1));
	assert_int_equal(tare_source_trouble(s, NULL), TARE_OK);
	assert_int_equal(tare_source_next(s, size / 2, buf, size < 64 ? 0 : 64, NULL), TARE_OK);
	if (size >= 128)
		assert_memory_equal(buf, bytes + size / 2, 64);
	assert_int_equal(tare_source_next(s, size - 1, buf, 2, NULL), TARE_E_DATA);
}

static void a_file(void **state)
{
	static const size_t sizes[] = { 1, 4, 4095, 4096, 4097, SIZE };
	tare_source *s;
	size_t i;

	for (i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		const char *path = in_scratch("a file");

		assert_true(put_file(path, bytes, sizes[i]));
		assert_int_equal(tare_source_open(&s, path, NULL, NULL), TARE_OK);
		assert_all_there(s, sizes[i]);
		tare_source_release(s, 0, sizes[i]);
		tare_source_release(s, 5, UINT64_MAX);
		tare_source_release(s, UINT64_MAX, 1);
		assert_memory_equal(tare_source_at(s, 0, sizes[i]), bytes, sizes[i]);
		tare_source_close(s);
		assert_int_equal(tare_source_memory(&s, bytes, sizes[i], NULL, NULL), TARE_OK);
		assert_all_there(s, sizes[i]);
		tare_source_release(s, 0, sizes[i]);
		tare_source_close(s);
	}
	tare_source_close(NULL);
}

static void an_empty_one(void **state)
{
	static const char *const names[] = { "empty", "/dev/null" };
	tare_source *s;
	const uint8_t *base;
	uint64_t have;
	size_t i;

	assert_true(put_file(in_scratch("empty"), "", 0));
	for (i = 0; i < 3; i++) {
		const char *path = i < 2 ? names[i] : NULL;

		assert_int_equal(path ? tare_source_open(&s, *path == '/' ? path : in_scratch(path), NULL, NULL)
				      : tare_source_memory(&s, NULL, 0, NULL, NULL), TARE_OK);
		assert_int_equal(tare_source_size(s), 0);
		assert_int_equal(tare_source_prefix(s, 100, &base, &have, NULL), TARE_OK);
		assert_non_null(base);
		assert_true(have == 0);
		assert_non_null(tare_source_at(s, 0, 0));
		assert_int_equal(tare_source_random(s, NULL), TARE_OK);
		tare_source_close(s);
	}
}

static void refuses(const char *path, tare_status st, const char *word)
{
	tare_source *s = (tare_source *)&s;
	tare_error err = TARE_ERROR_INIT;

	assert_int_equal(tare_source_open(&s, path, NULL, &err), st);
	assert_null(s);
	assert_int_equal(err.status, st);
	if (!strstr(err.message, word))
		fail_msg("'%s' does not say '%s'", err.message, word);
	assert_string_equal(err.file, path);
}

static void what_is_no_file(void **state)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(addr.sun_path, sizeof addr.sun_path, "%s", in_scratch("socket"));
	assert_int_equal(bind(fd, (struct sockaddr *)&addr, sizeof addr), 0);
	refuses(scratch, TARE_E_ARG, "is a folder");
	refuses(addr.sun_path, TARE_E_ARG, "is a socket");
	refuses("/dev/zero", TARE_E_ARG, "is a device");
	refuses(in_scratch("none"), TARE_E_IO, "No such file");
	refuses("", TARE_E_IO, "No such file");
	assert_int_equal(symlink("loop", in_scratch("loop")), 0);
	refuses(in_scratch("loop"), TARE_E_IO, "symbolic links");
	close(fd);
}

static void changed_in_place(void **state)
{
	const char *path = in_scratch("changed");
	tare_source *s;
	tare_error err = TARE_ERROR_INIT;
	FILE *f;

	assert_true(put_file(path, bytes, 10000));
	assert_int_equal(tare_source_open(&s, path, NULL, NULL), TARE_OK);
	assert_int_equal(tare_source_unchanged(s, &err), TARE_OK);
	f = fopen(path, "ab");
	fputs("more", f);
	fclose(f);
	assert_int_equal(tare_source_unchanged(s, &err), TARE_E_IO);
	assert_string_equal(err.file, path);
	/* The name may pass to another file; ours is still what it was. */
	assert_int_equal(unlink(path), 0);
	assert_int_equal(tare_source_unchanged(s, NULL), TARE_OK);
	assert_true(put_file(path, bytes, 5));
	assert_int_equal(tare_source_unchanged(s, NULL), TARE_OK);
	tare_source_close(s);
}

/* `{ read x; tare-inspect -; } < file`: the shell has moved on in the file already. */
static void standard_input_is_a_file(void **state)
{
	static const off_t starts[] = { 0, 5000, 10000 };
	const char *path = in_scratch("stdin");
	tare_source *s;
	int saved = dup(0), fd;
	size_t i;

	assert_true(put_file(path, bytes, 10000));
	fd = open(path, O_RDONLY);
	dup2(fd, 0);
	for (i = 0; i < 3; i++) {
		size_t left = 10000 - (size_t)starts[i];

		lseek(0, starts[i], SEEK_SET);
		assert_int_equal(tare_source_open(&s, "-", NULL, NULL), TARE_OK);
		assert_false(tare_source_is_stream(s));
		assert_int_equal(tare_source_size(s), left);
		assert_memory_equal(tare_source_at(s, 0, left), bytes + starts[i], left);
		tare_source_release(s, 0, left);
		assert_int_equal(tare_source_unchanged(s, NULL), TARE_OK);
		tare_source_close(s);
	}
	close(0);
	{
		tare_error err = TARE_ERROR_INIT;

		assert_int_equal(tare_source_open(&s, "-", NULL, &err), TARE_E_IO);
		assert_int_equal(err.sys_errno, EBADF);
		assert_string_equal(err.file, "standard input");
	}
	dup2(saved, 0);
	close(saved);
	close(fd);
}

/* ---- streams ---- */

static void prefix_of_a_pipe(void **state)
{
	feeder f;
	tare_source *s;
	const uint8_t *base, *again;
	uint64_t have;
	tare_cursor c;

	feed(&f, SIZE, 777);
	assert_int_equal(tare_source_open(&s, "-", NULL, NULL), TARE_OK);
	assert_true(tare_source_is_stream(s));
	assert_true(tare_source_size(s) == TARE_NOWHERE);
	assert_int_equal(tare_source_prefix(s, 10, &base, &have, NULL), TARE_OK);
	assert_true(have >= 10);
	assert_memory_equal(base, bytes, 10);
	c = tare_source_cursor(s);
	assert_ptr_equal(c.base, base);
	assert_memory_equal(tare_cursor_bytes(&c, 2000000), bytes, 2000000);
	assert_int_equal(tare_source_prefix(s, SIZE + 1, &again, &have, NULL), TARE_OK);
	assert_ptr_equal(again, base);
	assert_true(have == SIZE);
	assert_memory_equal(base, bytes, SIZE);
	assert_true(tare_source_size(s) == SIZE);
	assert_false(tare_cursor_has(&c, SIZE - 2000000 + 1));
	assert_true(tare_cursor_has(&c, SIZE - 2000000));
	assert_int_equal(tare_source_trouble(s, NULL), TARE_OK);
	tare_source_close(s);
	unfeed(&f);
}

static void one_pass(void **state)
{
	feeder f;
	tare_source *s;
	const uint8_t *base;
	uint64_t have, at;
	uint8_t *buf = malloc(SIZE);
	tare_error err = TARE_ERROR_INIT;

	feed(&f, SIZE, 5000);
	assert_int_equal(tare_source_open(&s, "-", NULL, NULL), TARE_OK);
	assert_int_equal(tare_source_prefix(s, 100000, &base, &have, NULL), TARE_OK);
	/* Within the prefix in any order, across its end, with a hole, then piece by piece. */
	assert_int_equal(tare_source_next(s, 50000, buf, 1000, NULL), TARE_OK);
	assert_memory_equal(buf, bytes + 50000, 1000);
	assert_int_equal(tare_source_next(s, 10, buf, have, NULL), TARE_OK);
	assert_memory_equal(buf, bytes + 10, have);
	at = have + 10 + 500000;
	assert_int_equal(tare_source_next(s, at, buf, 300000, NULL), TARE_OK);
	assert_memory_equal(buf, bytes + at, 300000);
	at += 300000;
	assert_int_equal(tare_source_next(s, at, buf, 1, NULL), TARE_OK);
	assert_int_equal(*buf, bytes[at]);
	assert_int_equal(tare_source_next(s, 0, buf, 20, NULL), TARE_OK);
	assert_memory_equal(buf, bytes, 20);
	assert_int_equal(tare_source_next(s, at + 1, NULL, 0, NULL), TARE_OK);
	/* What has gone by is gone. */
	assert_int_equal(tare_source_next(s, at, buf, 10, &err), TARE_E_ARG);
	assert_int_equal(tare_source_random(s, NULL), TARE_E_ARG);
	tare_error_clear(&err);
	assert_int_equal(tare_source_next(s, at + 1, buf, SIZE - at - 1, NULL), TARE_OK);
	assert_memory_equal(buf, bytes + at + 1, SIZE - at - 1);
	assert_int_equal(tare_source_next(s, SIZE, buf, 1, &err), TARE_E_DATA);
	assert_true(err.offset == SIZE);
	assert_string_equal(err.file, "standard input");
	assert_int_equal(tare_source_next(s, UINT64_MAX, buf, 2, NULL), TARE_E_ARG);
	tare_source_close(s);
	unfeed(&f);
	free(buf);
}

static void made_random(void **state)
{
	static const size_t sizes[] = { 0, 1, 5000, 1 << 20, (1 << 20) + 1, SIZE };
	const uint8_t *base, *again;
	uint64_t have;
	tare_source *s;
	size_t i;

	setenv("TMPDIR", scratch, 1);
	for (i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
		feeder f;

		feed(&f, sizes[i], 100000);
		assert_int_equal(tare_source_open(&s, "-", NULL, NULL), TARE_OK);
		assert_int_equal(tare_source_prefix(s, 100, &base, &have, NULL), TARE_OK);
		assert_int_equal(tare_source_random(s, NULL), TARE_OK);
		assert_int_equal(scratch_count(), 0);
		assert_false(tare_source_is_stream(s));
		assert_int_equal(tare_source_size(s), sizes[i]);
		assert_memory_equal(tare_source_at(s, 0, sizes[i]), bytes, sizes[i]);
		assert_null(tare_source_at(s, 0, sizes[i] + 1));
		tare_source_release(s, 0, sizes[i]);
		assert_memory_equal(tare_source_at(s, 0, sizes[i]), bytes, sizes[i]);
		/* Pointers into the prefix live on, and it still grows in its place. */
		assert_memory_equal(base, bytes, have);
		assert_int_equal(tare_source_prefix(s, UINT64_MAX, &again, &have, NULL), TARE_OK);
		assert_ptr_equal(again, base);
		assert_true(have == sizes[i]);
		assert_memory_equal(again, bytes, sizes[i]);
		assert_int_equal(tare_source_random(s, NULL), TARE_OK);
		tare_source_close(s);
		unfeed(&f);
	}
	unsetenv("TMPDIR");
}

static void limits_of_a_pipe(void **state)
{
	tare_limits lim;
	feeder f;
	tare_source *s;
	tare_error err = TARE_ERROR_INIT;
	const uint8_t *base;
	uint64_t have;
	tare_cursor c;

	tare_limits_init(&lim);
	lim.value[TARE_LIMIT_header] = 100000;
	lim.value[TARE_LIMIT_spool] = 2000000;
	feed(&f, SIZE, 65536);
	assert_int_equal(tare_source_open(&s, "-", &lim, NULL), TARE_OK);
	assert_int_equal(tare_source_prefix(s, 100000, &base, &have, NULL), TARE_OK);
	assert_int_equal(tare_source_prefix(s, 1000001, &base, &have, &err), TARE_E_LIMIT);
	assert_non_null(strstr(err.message, "header=N"));
	assert_null(base);
	c = tare_source_cursor(s);
	assert_non_null(tare_cursor_bytes(&c, 100000));
	assert_null(tare_cursor_bytes(&c, 1 << 20));
	tare_error_clear(&err);
	assert_int_equal(tare_source_trouble(s, &err), TARE_E_LIMIT);
	assert_string_equal(err.file, "standard input");
	assert_int_equal(tare_source_trouble(s, NULL), TARE_OK);
	tare_error_clear(&err);
	assert_int_equal(tare_source_random(s, &err), TARE_E_LIMIT);
	assert_non_null(strstr(err.message, "spool=N"));
	tare_source_close(s);
	unfeed(&f);
}

/* A length that a header claims costs nothing until the bytes are there. */
static void huge_claims(void **state)
{
	feeder f;
	tare_source *s;
	tare_cursor c;

	feed(&f, 10, 10);
	assert_int_equal(tare_source_open(&s, "-", NULL, NULL), TARE_OK);
	c = tare_source_cursor(s);
	assert_null(tare_cursor_bytes(&c, 1ull << 30));
	assert_int_equal(c.size, 10);
	assert_int_equal(tare_source_trouble(s, NULL), TARE_OK);
	tare_source_close(s);
	unfeed(&f);
}

static void spool_has_no_home(void **state)
{
	feeder f;
	tare_source *s;
	tare_error err = TARE_ERROR_INIT;

	setenv("TMPDIR", in_scratch("no such folder"), 1);
	feed(&f, SIZE, 65536);
	assert_int_equal(tare_source_open(&s, "-", NULL, NULL), TARE_OK);
	assert_int_equal(tare_source_random(s, &err), TARE_E_IO);
	assert_non_null(strstr(err.message, "TMPDIR"));
	assert_non_null(strstr(err.message, "no such folder"));
	tare_source_close(s);
	unfeed(&f);
	unsetenv("TMPDIR");
}

/* A process that may have few addresses still reads the head of a pipe. (Sanitizers need all the addresses there are.) */
static void few_addresses(void **state)
{
#ifdef SANITIZED
	skip();
#else
	struct rlimit old, few = { 512u << 20, 512u << 20 };
	feeder f;
	tare_source *s;
	const uint8_t *base;
	uint64_t have;

	assert_int_equal(getrlimit(RLIMIT_AS, &old), 0);
	few.rlim_max = old.rlim_max;
	feed(&f, SIZE, 65536);
	assert_int_equal(setrlimit(RLIMIT_AS, &few), 0);
	assert_int_equal(tare_source_open(&s, "-", NULL, NULL), TARE_OK);
	assert_int_equal(tare_source_prefix(s, 2 << 20, &base, &have, NULL), TARE_OK);
	assert_memory_equal(base, bytes, 2 << 20);
	tare_source_close(s);
	assert_int_equal(setrlimit(RLIMIT_AS, &old), 0);
	unfeed(&f);
#endif
}

static void a_named_pipe(void **state)
{
	const char *path = in_scratch("fifo");
	feeder f = { .size = 100000, .piece = 1000 };
	tare_source *s;

	assert_int_equal(mkfifo(path, 0600), 0);
	f.to = open(path, O_RDWR);
	assert_int_equal(pthread_create(&f.thread, NULL, feeder_main, &f), 0);
	assert_int_equal(tare_source_open(&s, path, NULL, NULL), TARE_OK);
	assert_true(tare_source_is_stream(s));
	assert_int_equal(tare_source_random(s, NULL), TARE_OK);
	assert_int_equal(tare_source_size(s), 100000);
	tare_source_close(s);
	pthread_join(f.thread, NULL);
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

#define TEST(f) cmocka_unit_test_teardown(f, scratch_empty)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_file),
		TEST(an_empty_one),
		TEST(what_is_no_file),
		TEST(changed_in_place),
		TEST(standard_input_is_a_file),
		TEST(prefix_of_a_pipe),
		TEST(one_pass),
		TEST(made_random),
		TEST(limits_of_a_pipe),
		TEST(huge_claims),
		TEST(spool_has_no_home),
		TEST(few_addresses),
		TEST(a_named_pipe),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests_name("source", tests, make, done);
}
