#include "io/source.h"
#include "io/target.h"

#include "unit/scratch.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <zstd.h>
#include <cmocka.h>

#define SIZE (3u << 20)

static uint8_t *bytes;

/* ---- what comes out of standard output, taken by another thread ---- */

typedef struct drinker {
	pthread_t thread;
	int saved, from;
	uint8_t *buf;
	size_t size;
	size_t most;        /* stops reading after so many */
} drinker;

static void *drinker_main(void *arg)
{
	drinker *d = arg;
	ssize_t n;

	while (d->size < d->most && (n = read(d->from, d->buf + d->size, d->most - d->size < 50000 ? d->most - d->size : 50000)) > 0)
		d->size += (size_t)n;
	close(d->from);
	return NULL;
}

static void drink(drinker *d, size_t most, bool nonblocking)
{
	int fds[2];

	fflush(stdout);
	assert_int_equal(pipe(fds), 0);
	if (nonblocking)
		assert_int_equal(fcntl(fds[1], F_SETFL, O_NONBLOCK), 0);
	*d = (drinker){ .saved = dup(1), .from = fds[0], .buf = malloc(SIZE + 50000), .most = most };
	dup2(fds[1], 1);
	close(fds[1]);
	assert_int_equal(pthread_create(&d->thread, NULL, drinker_main, d), 0);
}

static void drunk(drinker *d)
{
	dup2(d->saved, 1);
	close(d->saved);
	pthread_join(d->thread, NULL);
}

static tare_status send(const char *path, const tare_target_options *opt, size_t size, tare_error *err)
{
	tare_target *t;
	tare_status st = tare_target_open(&t, path, opt, err);

	if (!st)
		st = tare_target_write(t, bytes, size, err);
	if (!st)
		st = tare_target_commit(t, err);
	tare_target_free(t);
	return st;
}

static void standard_output(void **state)
{
	static const char *const names[] = { "-", "/dev/stdout", "-", "-" };
	tare_target_options opt = { .size = SIZE };
	drinker d;
	tare_status st;
	size_t i;

	for (i = 0; i < 4; i++) {
		drink(&d, SIZE + 1, i == 2);
		st = send(names[i], i == 3 ? NULL : &opt, SIZE, NULL);
		drunk(&d);
		assert_int_equal(st, TARE_OK);
		assert_int_equal(d.size, SIZE);
		assert_memory_equal(d.buf, bytes, SIZE);
		free(d.buf);
	}
}

static void nobody_reads_on(void **state)
{
	tare_error err = TARE_ERROR_INIT;
	drinker d;
	tare_status st;

	drink(&d, 1000, false);
	st = send("-", NULL, SIZE, &err);
	drunk(&d);
	assert_int_equal(st, TARE_E_IO);
	assert_int_equal(err.sys_errno, EPIPE);
	assert_string_equal(err.file, "standard output");
	free(d.buf);
}

static tare_status send_to_fd(int fd, tare_error *err)
{
	int saved = dup(1);
	tare_status st;

	fflush(stdout);
	if (fd < 0)
		close(1);
	else
		dup2(fd, 1);
	st = send("-", NULL, SIZE, err);
	dup2(saved, 1);
	close(saved);
	return st;
}

static void standard_output_is_closed(void **state)
{
	tare_error err = TARE_ERROR_INIT;

	assert_int_equal(send_to_fd(-1, &err), TARE_E_IO);
	assert_int_equal(err.sys_errno, EBADF);
}

static void standard_output_is_a_file(void **state)
{
	int fd = open(in_scratch("out"), O_CREAT | O_WRONLY | O_TRUNC, 0600);
	tare_error err = TARE_ERROR_INIT;

	assert_int_equal(send_to_fd(fd, &err), TARE_OK);
	close(fd);
	assert_true(file_holds(in_scratch("out"), bytes, SIZE));
	fd = open("/dev/full", O_WRONLY);
	if (fd < 0)
		skip();
	assert_int_equal(send_to_fd(fd, &err), TARE_E_IO);
	assert_int_equal(err.sys_errno, ENOSPC);
	close(fd);
}

static void fifos_and_the_void(void **state)
{
	const char *path = in_scratch("fifo");
	drinker d = { .buf = malloc(SIZE + 50000), .most = SIZE + 1 };
	struct stat st;

	assert_int_equal(mkfifo(path, 0600), 0);
	d.from = open(path, O_RDONLY | O_NONBLOCK);
	assert_int_equal(fcntl(d.from, F_SETFL, 0), 0);
	{
		int keep = open(path, O_WRONLY);

		assert_int_equal(pthread_create(&d.thread, NULL, drinker_main, &d), 0);
		assert_int_equal(send(path, NULL, SIZE, NULL), TARE_OK);
		close(keep);
	}
	pthread_join(d.thread, NULL);
	assert_int_equal(d.size, SIZE);
	assert_memory_equal(d.buf, bytes, SIZE);
	assert_int_equal(lstat(path, &st), 0);
	assert_true(S_ISFIFO(st.st_mode));
	free(d.buf);
	assert_int_equal(send("/dev/null", NULL, SIZE, NULL), TARE_OK);
	assert_int_equal(stat("/dev/null", &st), 0);
	assert_true(S_ISCHR(st.st_mode));
}

/* ---- packed ---- */

static uint8_t *slurp(const char *path, size_t *size)
{
	FILE *f = fopen(path, "rb");
	uint8_t *p = malloc(2 * SIZE);

	*size = f && p ? fread(p, 1, 2 * SIZE, f) : 0;
	if (f)
		fclose(f);
	return p;
}

static void assert_unpacks(const char *path, size_t size)
{
	tare_source *s;

	assert_int_equal(tare_source_open(&s, path, NULL, NULL), TARE_OK);
	assert_true(tare_source_is_stream(s));
	assert_int_equal(tare_source_random(s, NULL), TARE_OK);
	assert_int_equal(tare_source_size(s), size);
	assert_memory_equal(tare_source_at(s, 0, size), bytes, size);
	tare_source_close(s);
}

static void by_its_name(void **state)
{
	static const size_t sizes[] = { 0, 1, 1000, 1 << 20, (1 << 20) + 1, SIZE };
	size_t i, n;
	uint8_t *packed;

	for (i = 0; i < 2 * sizeof sizes / sizeof sizes[0]; i++) {
		size_t size = sizes[i / 2];
		tare_target_options opt = { .size = i & 1 ? size : 0 };

		assert_int_equal(send(in_scratch("out.zst"), &opt, size, NULL), TARE_OK);
		assert_unpacks(in_scratch("out.zst"), size);
		packed = slurp(in_scratch("out.zst"), &n);
		/* An announced size stands in the frame, and there is a checksum. */
		if (opt.size)
			assert_true(ZSTD_getFrameContentSize(packed, n) == size);
		assert_true(packed[4] & 4);
		free(packed);
		assert_int_equal(scratch_count(), 1);
	}
}

/* Neither the number of threads nor the pieces in which bytes come change a byte. (At level 1, where zstd cuts work at 2 MiB.) */
static void the_same_bytes(void **state)
{
	static const unsigned threads[] = { 0, 1, 2, 5 };
	tare_target_options quick = { .zstd_level = 1 };
	uint8_t *first, *packed;
	size_t n_first, n, i, at;

	assert_int_equal(send(in_scratch("first.zst"), &quick, SIZE, NULL), TARE_OK);
	first = slurp(in_scratch("first.zst"), &n_first);
	for (i = 0; i < 4; i++) {
		tare_target_options opt = { .compress = true, .zstd_threads = threads[i], .zstd_level = 1 };
		tare_target *t;

		assert_int_equal(tare_target_open(&t, in_scratch("out"), &opt, NULL), TARE_OK);
		for (at = 0; at < SIZE; at += 7000)
			assert_int_equal(tare_target_write(t, bytes + at, SIZE - at < 7000 ? SIZE - at : 7000, NULL), TARE_OK);
		assert_int_equal(tare_target_commit(t, NULL), TARE_OK);
		tare_target_free(t);
		packed = slurp(in_scratch("out"), &n);
		assert_int_equal(n, n_first);
		assert_memory_equal(packed, first, n);
		free(packed);
	}
	free(first);
}

static void levels_and_long(void **state)
{
	tare_target_options opt = { .zstd_level = 1 };
	tare_error err = TARE_ERROR_INIT;
	size_t quick, best;

	assert_int_equal(send(in_scratch("OUT.ZsT"), &opt, SIZE, NULL), TARE_OK);
	assert_unpacks(in_scratch("OUT.ZsT"), SIZE);
	free(slurp(in_scratch("OUT.ZsT"), &quick));
	opt.zstd_level = 15;
	opt.zstd_long = true;
	assert_int_equal(send(in_scratch("OUT.ZsT"), &opt, SIZE, NULL), TARE_OK);
	assert_unpacks(in_scratch("OUT.ZsT"), SIZE);
	free(slurp(in_scratch("OUT.ZsT"), &best));
	assert_true(best < quick);
	opt.zstd_level = -5;
	assert_int_equal(send(in_scratch("OUT.ZsT"), &opt, SIZE, NULL), TARE_OK);
	assert_unpacks(in_scratch("OUT.ZsT"), SIZE);
	opt.zstd_level = 1000;
	assert_int_equal(send(in_scratch("bad.zst"), &opt, SIZE, &err), TARE_E_ARG);
	assert_non_null(strstr(err.message, "zstd level 1000: expected"));
	assert_int_equal(scratch_count(), 1);
}

static void packed_and_announced(void **state)
{
	tare_target_options opt = { .size = 1000 };
	tare_error err = TARE_ERROR_INIT;

	assert_int_equal(send(in_scratch("out.zst"), &opt, 999, &err), TARE_E_ARG);
	assert_int_equal(send(in_scratch("out.zst"), &opt, SIZE, NULL), TARE_E_ARG);
	assert_int_equal(scratch_count(), 0);
}

static void packed_standard_output(void **state)
{
	tare_target_options opt = { .compress = true };
	uint8_t *plain = malloc(SIZE);
	drinker d;
	tare_status st;

	drink(&d, SIZE + 1, false);
	st = send("-", &opt, SIZE, NULL);
	drunk(&d);
	assert_int_equal(st, TARE_OK);
	{
		ZSTD_DStream *z = ZSTD_createDStream();
		ZSTD_inBuffer in = { d.buf, d.size, 0 };
		ZSTD_outBuffer out = { plain, SIZE, 0 };

		assert_int_equal(ZSTD_decompressStream(z, &out, &in), 0);
		assert_int_equal(out.pos, SIZE);
		ZSTD_freeDStream(z);
	}
	assert_memory_equal(plain, bytes, SIZE);
	free(plain);
	free(d.buf);
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
		TEST(standard_output),
		TEST(nobody_reads_on),
		TEST(standard_output_is_closed),
		TEST(standard_output_is_a_file),
		TEST(fifos_and_the_void),
		TEST(by_its_name),
		TEST(the_same_bytes),
		TEST(levels_and_long),
		TEST(packed_and_announced),
		TEST(packed_standard_output),
	};

	signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests_name("target, streams and packing", tests, make, done);
}
