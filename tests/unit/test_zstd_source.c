#include "io/source.h"

#include "unit/scratch.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <zstd.h>
#include <cmocka.h>

#define SIZE 300000u

static uint8_t *bytes;

typedef struct pack {
	uint8_t *bytes;
	size_t size;
} pack;

/* One more frame of n bytes from `from`, with a checksum. window_log: 0 for zstd's choice. */
static void add_frame(pack *p, const uint8_t *from, size_t n, int window_log)
{
	size_t bound = ZSTD_compressBound(n), rc;
	ZSTD_CCtx *ctx = ZSTD_createCCtx();

	p->bytes = realloc(p->bytes, p->size + bound);
	ZSTD_CCtx_setParameter(ctx, ZSTD_c_checksumFlag, 1);
	if (window_log) {
		/* A frame that tells its size would need no window greater than that. */
		ZSTD_CCtx_setParameter(ctx, ZSTD_c_contentSizeFlag, 0);
		ZSTD_CCtx_setParameter(ctx, ZSTD_c_windowLog, window_log);
	}
	rc = window_log ? 0 : ZSTD_compress2(ctx, p->bytes + p->size, bound, from, n);
	if (window_log) {
		ZSTD_inBuffer in = { from, n, 0 };
		ZSTD_outBuffer out = { p->bytes + p->size, bound, 0 };

		assert_false(ZSTD_isError(ZSTD_compressStream2(ctx, &out, &in, ZSTD_e_continue)));
		assert_int_equal(ZSTD_compressStream2(ctx, &out, &in, ZSTD_e_end), 0);
		rc = out.pos;
	}
	assert_false(ZSTD_isError(rc));
	p->size += rc;
	ZSTD_freeCCtx(ctx);
}

static void add_bytes(pack *p, const void *from, size_t n)
{
	p->bytes = realloc(p->bytes, p->size + n);
	memcpy(p->bytes + p->size, from, n);
	p->size += n;
}

static void add_skippable(pack *p, unsigned number, uint32_t claimed, size_t n)
{
	uint8_t head[8] = { (uint8_t)(0x50 + number), 0x2a, 0x4d, 0x18, (uint8_t)claimed, (uint8_t)(claimed >> 8),
			    (uint8_t)(claimed >> 16), (uint8_t)(claimed >> 24) };

	add_bytes(p, head, sizeof head);
	add_bytes(p, bytes, n);
}

/* Reads all of a source in one pass; returns its status and how much came. */
static tare_status read_all(const pack *p, const tare_limits *lim, uint8_t *buf, uint64_t *have, tare_error *err)
{
	tare_source *s;
	const uint8_t *base;
	tare_status st = tare_source_memory(&s, p->bytes, p->size, lim, err);

	*have = 0;
	if (st)
		return st;
	assert_true(tare_source_is_stream(s));
	st = tare_source_prefix(s, SIZE + 1, &base, have, err);
	if (!st && *have && buf)
		memcpy(buf, base, *have < SIZE ? *have : SIZE);
	tare_source_close(s);
	return st;
}

static void assert_reads(const pack *p, size_t size)
{
	uint8_t *buf = malloc(SIZE);
	uint64_t have;
	tare_error err = TARE_ERROR_INIT;

	assert_int_equal(read_all(p, NULL, buf, &have, &err), TARE_OK);
	assert_true(have == size);
	assert_memory_equal(buf, bytes, size);
	free(buf);
}

static void assert_fails(const pack *p, const tare_limits *lim, tare_status st, uint64_t offset, const char *word)
{
	tare_error err = TARE_ERROR_INIT;
	uint64_t have;

	assert_int_equal(read_all(p, lim, NULL, &have, &err), st);
	if (!strstr(err.message, word))
		fail_msg("'%s' does not say '%s'", err.message, word);
	assert_int_equal(err.offset, offset);
}

static void frames_follow_one_another(void **state)
{
	pack p = { 0 };

	add_skippable(&p, 0, 0, 0);
	add_frame(&p, bytes, 100000, 0);
	assert_reads(&p, 100000);
	add_skippable(&p, 15, 1000, 1000);
	assert_reads(&p, 100000);
	add_frame(&p, bytes, 0, 0);
	assert_reads(&p, 100000);
	add_frame(&p, bytes + 100000, 1, 0);
	add_frame(&p, bytes + 100001, SIZE - 100001, 0);
	assert_reads(&p, SIZE);
	add_skippable(&p, 7, 200000, 200000);
	assert_reads(&p, SIZE);
	free(p.bytes);
}

static void cut_anywhere(void **state)
{
	pack p = { 0 };
	tare_error err;
	uint64_t have;
	size_t n, first, whole;

	add_frame(&p, bytes, 5000, 0);
	first = p.size;
	add_skippable(&p, 1, 50, 50);
	add_frame(&p, bytes + 5000, 600, 0);
	whole = p.size;
	/* Below 4 bytes it is not even known to be zstd. */
	for (n = 4; n < whole; n++) {
		bool at_a_seam = n == first || n == first + 58;

		p.size = n;
		tare_error_clear(&err);
		assert_int_equal(read_all(&p, NULL, NULL, &have, &err), at_a_seam ? TARE_OK : TARE_E_DATA);
		if (at_a_seam)
			continue;
		/* Three bytes of a magic number could be anything. */
		assert_non_null(strstr(err.message, n > first && n < first + 4 ? "something else" :
							n > first + 58 && n < first + 62 ? "something else" : "is cut short"));
		assert_true(err.offset <= n);
	}
	free(p.bytes);
}

static void cut_says_where(void **state)
{
	pack p = { 0 };
	size_t first;

	add_frame(&p, bytes, 5000, 0);
	first = p.size;
	add_frame(&p, bytes + 5000, 5000, 0);
	p.size -= 7;
	assert_fails(&p, NULL, TARE_E_DATA, p.size, "zstd frame 2, which starts at byte");
	p.size = first;
	add_skippable(&p, 3, UINT32_MAX, 100);
	assert_fails(&p, NULL, TARE_E_DATA, p.size, "is cut short");
	free(p.bytes);
}

static void something_behind_the_last_frame(void **state)
{
	static const char *const tails[] = { "x", "xyz", "GGUF and so on", "\0\0\0\0\0\0\0\0", "\x1e\xb5\x2f\xfd an old version" };
	size_t i, end;

	for (i = 0; i < sizeof tails / sizeof tails[0]; i++) {
		pack p = { 0 };

		add_frame(&p, bytes, 5000, 0);
		end = p.size;
		add_bytes(&p, tails[i], *tails[i] ? strlen(tails[i]) : 8);
		assert_fails(&p, NULL, TARE_E_DATA, end, "something else follows");
		free(p.bytes);
	}
}

/* A flipped bit is found, whatever it hits; never is wrong data taken for right. */
static void damage_is_found(void **state)
{
	pack p = { 0 };
	uint8_t *buf = malloc(SIZE);
	uint64_t have;
	tare_error err;
	size_t i;
	unsigned found = 0;

	add_frame(&p, bytes, 3000, 0);
	for (i = 4 * 8; i < p.size * 8; i++) {
		p.bytes[i / 8] ^= (uint8_t)(1 << i % 8);
		tare_error_clear(&err);
		if (read_all(&p, NULL, buf, &have, &err)) {
			assert_true(strlen(err.message) > 0 && err.offset <= p.size);
			found++;
		} else {
			/* Some bits of a header mean nothing, or that there is no checksum (then there are bytes too many). */
			assert_true(have == 3000);
			assert_memory_equal(buf, bytes, have);
		}
		p.bytes[i / 8] ^= (uint8_t)(1 << i % 8);
	}
	assert_true(found > p.size * 8 - 64);
	assert_reads(&p, 3000);
	free(p.bytes);
	free(buf);
}

static void damage_says_where(void **state)
{
	pack p = { 0 };
	tare_error err = TARE_ERROR_INIT;
	uint64_t have;
	size_t first;

	add_frame(&p, bytes, 5000, 0);
	first = p.size;
	add_frame(&p, bytes, 5000, 0);
	p.bytes[p.size - 1] ^= 1;
	assert_int_equal(read_all(&p, NULL, NULL, &have, &err), TARE_E_DATA);
	assert_non_null(strstr(err.message, "zstd frame 2"));
	assert_non_null(strstr(err.message, "checksum"));
	assert_true(err.offset >= first && err.offset <= p.size);
	free(p.bytes);
}

/* After a failure nothing comes any more, whichever way it is asked for. */
static void failures_stick(void **state)
{
	pack p = { 0 };
	tare_source *s;
	tare_cursor c;
	tare_error err = TARE_ERROR_INIT;
	uint8_t byte;

	add_frame(&p, bytes, 200000, 0);
	p.bytes[p.size / 2] ^= 0x55;
	add_frame(&p, bytes, 200000, 0);
	assert_int_equal(tare_source_memory(&s, p.bytes, p.size, NULL, NULL), TARE_OK);
	c = tare_source_cursor(s);
	assert_null(tare_cursor_bytes(&c, 200000));
	assert_int_equal(tare_source_trouble(s, &err), TARE_E_DATA);
	assert_non_null(strstr(err.message, "zstd frame 1"));
	assert_int_equal(tare_source_next(s, 399999, &byte, 1, NULL), TARE_E_DATA);
	tare_error_clear(&err);
	assert_int_equal(tare_source_random(s, &err), TARE_E_DATA);
	assert_non_null(strstr(err.message, "could not be unpacked"));
	tare_source_close(s);
	free(p.bytes);
}

static void bombs(void **state)
{
	size_t n = 200u << 20;
	uint8_t *zeros = calloc(1, n), *buf = malloc(SIZE);
	pack p = { 0 };
	tare_limits lim;
	tare_source *s;
	tare_error err = TARE_ERROR_INIT;
	tare_status st = TARE_OK;
	uint64_t at;

	add_frame(&p, zeros, n, 0);
	free(zeros);
	tare_limits_init(&lim);
	lim.value[TARE_LIMIT_ratio] = 100;
	assert_int_equal(tare_source_memory(&s, p.bytes, p.size, &lim, NULL), TARE_OK);
	for (at = 0; !st && at + SIZE <= n; at += SIZE)
		st = tare_source_next(s, at, buf, SIZE, &err);
	assert_int_equal(st, TARE_E_LIMIT);
	assert_non_null(strstr(err.message, "ratio=N"));
	/* The first 64 MiB are free, and what is over follows the packed bytes read so far. */
	assert_true(at >= 64u << 20 && at < 80u << 20);
	tare_source_close(s);

	lim.value[TARE_LIMIT_ratio] = 1000000;
	assert_int_equal(tare_source_memory(&s, p.bytes, p.size, &lim, NULL), TARE_OK);
	assert_int_equal(tare_source_next(s, n - 1, buf, 1, NULL), TARE_OK);
	assert_int_equal(tare_source_next(s, n, buf, 1, NULL), TARE_E_DATA);
	assert_true(tare_source_size(s) == n);
	tare_source_close(s);
	free(p.bytes);
	free(buf);
}

static void windows(void **state)
{
	tare_limits lim;
	pack p = { 0 };
	uint64_t have;
	uint32_t log;

	add_frame(&p, bytes, 5000, 27);
	assert_reads(&p, 5000);
	p.size = 0;
	add_frame(&p, bytes, 5000, 28);
	assert_fails(&p, NULL, TARE_E_LIMIT, 0, "window=N");
	tare_limits_init(&lim);
	assert_int_equal(tare_limits_set(&lim, "window=256M", NULL), TARE_OK);
	assert_int_equal(read_all(&p, &lim, NULL, &have, NULL), TARE_OK);
	assert_true(have == 5000);
	/* What is no power of two counts as the one below; what is too little or too much as the nearest zstd knows. */
	for (log = 0; log < 64; log += 7) {
		lim.value[TARE_LIMIT_window] = (1ull << log) + (log > 1);
		assert_int_equal(read_all(&p, &lim, NULL, &have, NULL), log >= 28 ? TARE_OK : TARE_E_LIMIT);
	}
	lim.value[TARE_LIMIT_window] = UINT64_MAX;
	assert_int_equal(read_all(&p, &lim, NULL, &have, NULL), TARE_OK);
	free(p.bytes);
}

static void dictionaries(void **state)
{
	/* A frame's header: magic, descriptor with a dictionary id of one byte and a single segment, the id, the size. */
	static uint8_t frame[] = { 0x28, 0xb5, 0x2f, 0xfd, 0x21, 0x07, 0x01, 0x09, 0x00, 0x00, 0x41 };
	pack p = { frame, sizeof frame };

	assert_fails(&p, NULL, TARE_E_UNSUPPORTED, 0, "dictionary");
}

/* ---- by way of files and pipes ---- */

typedef struct feeder {
	pthread_t thread;
	const pack *p;
	size_t piece;
	int to;
} feeder;

static void *feeder_main(void *arg)
{
	feeder *f = arg;
	size_t at;
	ssize_t w;

	for (at = 0; at < f->p->size; at += (size_t)w) {
		w = write(f->to, f->p->bytes + at, f->p->size - at < f->piece ? f->p->size - at : f->piece);
		if (w <= 0)
			break;
	}
	close(f->to);
	return NULL;
}

static void from_pipes_and_files(void **state)
{
	static const size_t pieces[] = { 1, 3, 1000, 100000 };
	pack p = { 0 };
	tare_source *s;
	size_t i;

	add_frame(&p, bytes, 1000, 0);
	add_skippable(&p, 2, 3, 3);
	add_frame(&p, bytes + 1000, SIZE - 1000, 0);
	assert_true(put_file(in_scratch("packed"), p.bytes, p.size));
	setenv("TMPDIR", scratch, 1);
	for (i = 0; i <= 4; i++) {
		feeder f = { .p = &p, .piece = i < 4 ? pieces[i] : 1 };
		int fds[2], saved = dup(0);

		if (i < 4) {
			assert_int_equal(pipe(fds), 0);
			f.to = fds[1];
			dup2(fds[0], 0);
			close(fds[0]);
			assert_int_equal(pthread_create(&f.thread, NULL, feeder_main, &f), 0);
		}
		assert_int_equal(tare_source_open(&s, i < 4 ? "-" : in_scratch("packed"), NULL, NULL), TARE_OK);
		assert_true(tare_source_is_stream(s));
		assert_int_equal(tare_source_random(s, NULL), TARE_OK);
		assert_int_equal(tare_source_size(s), SIZE);
		assert_memory_equal(tare_source_at(s, 0, SIZE), bytes, SIZE);
		tare_source_release(s, 0, SIZE);
		assert_memory_equal(tare_source_at(s, 0, SIZE), bytes, SIZE);
		tare_source_close(s);
		dup2(saved, 0);
		close(saved);
		if (i < 4)
			pthread_join(f.thread, NULL);
	}
	unsetenv("TMPDIR");
	free(p.bytes);
}

/* What is packed twice is unpacked once: the rest is the contents' business. */
static void packed_twice(void **state)
{
	pack p = { 0 }, q = { 0 };
	uint8_t *buf = malloc(SIZE);
	uint64_t have;

	add_frame(&p, bytes, 1000, 0);
	add_frame(&q, p.bytes, p.size, 0);
	assert_int_equal(read_all(&q, NULL, buf, &have, NULL), TARE_OK);
	assert_true(have == p.size);
	assert_memory_equal(buf, p.bytes, p.size);
	free(p.bytes);
	free(q.bytes);
	free(buf);
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
		TEST(frames_follow_one_another),
		TEST(cut_anywhere),
		TEST(cut_says_where),
		TEST(something_behind_the_last_frame),
		TEST(damage_is_found),
		TEST(damage_says_where),
		TEST(failures_stick),
		TEST(bombs),
		TEST(windows),
		TEST(dictionaries),
		TEST(from_pipes_and_files),
		TEST(packed_twice),
	};

	return cmocka_run_group_tests_name("zstd_source", tests, make, done);
}
