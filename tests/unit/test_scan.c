/* Hashes, statistics and values of payload: against plain formulas, for any number of threads, from files and streams. */
#include "unit/small_model.h"

#include "model/scan.h"

#include <math.h>
#include <openssl/sha.h>

static tare_scan_result *scan(tare_model *m, unsigned what, unsigned threads)
{
	tare_scan_result *r = calloc(m->n_tensors, sizeof *r);
	tare_error err = TARE_ERROR_INIT;

	assert_non_null(r);
	if (tare_scan(m, what, &(tare_run_options){ .threads = threads }, r, &err) != TARE_OK)
		fail_msg("%s", err.message);
	return r;
}

static void assert_same_stats(const tare_stats *a, const tare_stats *b)
{
	assert_true(a->count == b->count && a->zeros == b->zeros && a->nans == b->nans && a->infs == b->infs);
	assert_true(a->min == b->min && a->max == b->max && a->mean == b->mean && a->rms == b->rms);
	assert_memory_equal(a->histogram, b->histogram, sizeof a->histogram);
	assert_true(a->first_nonfinite == b->first_nonfinite);
}

static void assert_same_results(const tare_scan_result *a, const tare_scan_result *b, size_t n, unsigned what)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (what & TARE_SCAN_HASH)
			assert_memory_equal(a[i].sha256, b[i].sha256, 32);
		assert_int_equal(a[i].has_stats, b[i].has_stats);
		assert_same_stats(&a[i].stats, &b[i].stats);
	}
}

static void hashes_are_of_the_stored_bytes(void **state)
{
	tare_buffer source = make(small, N, false, 0, 0);
	tare_model *m = open_bytes(&source);
	tare_scan_result *r = scan(m, TARE_SCAN_HASH, 2);
	uint8_t expected[32];
	size_t i;

	for (i = 0; i < N; i++) {
		SHA256((const uint8_t *)source.bytes + m->tensors[i].offset, m->tensors[i].size, expected);
		assert_memory_equal(r[i].sha256, expected, 32);
		assert_false(r[i].has_stats);
	}
	tare_close(m);
	free(r), free(source.bytes);
}

static void stats_are_of_the_values(void **state)
{
	tare_buffer source = make(small, N, false, NAN, 5);
	tare_model *m = open_bytes(&source);
	tare_scan_result *r = scan(m, TARE_SCAN_STATS, 2);
	float *x = malloc(300 * 512 * sizeof *x);
	double sum = 0, square = 0;
	uint64_t binned = 0;
	size_t i;

	assert_int_equal(tare_read_f32(m, &m->tensors[0], x, NULL), TARE_OK);
	assert_true(isnan(x[5]));
	for (i = 0; i < 300 * 512; i++) {
		sum += i == 5 ? 0 : x[i];
		square += i == 5 ? 0 : (double)x[i] * x[i];
	}
	for (i = 0; i < TARE_HISTOGRAM; i++)
		binned += r[0].stats.histogram[i];
	assert_int_equal(binned, 300 * 512 - 1);
	assert_int_equal(r[0].stats.count, 300 * 512);
	assert_int_equal(r[0].stats.nans, 1);
	assert_int_equal(r[0].stats.first_nonfinite, 5);
	assert_true(fabs(r[0].stats.mean - sum / (300 * 512 - 1)) < 1e-12);
	assert_true(fabs(r[0].stats.rms - sqrt(square / (300 * 512 - 1))) < 1e-12);
	assert_true(r[4].has_stats && r[4].stats.min == (float)0x07070707);
	assert_true(r[5].has_stats && r[5].stats.count == 0 && r[5].stats.first_nonfinite == TARE_NOWHERE);
	tare_close(m);
	free(x), free(r), free(source.bytes);
}

static void threads_and_streams_do_not_show(void **state)
{
	static const unsigned threads[] = { 2, 3, 7, 64 };
	tare_buffer source = make(small, N, false, 0, 0), z = packed(&source);
	tare_model *m = open_bytes(&source);
	tare_scan_result *one, *more;
	unsigned what;
	size_t i;

	for (what = 1; what <= 3; what++) {
		one = scan(m, what, 1);
		for (i = 0; i < sizeof threads / sizeof *threads; i++) {
			tare_model *stream = open_bytes(&z);

			more = scan(m, what, threads[i]);
			assert_same_results(more, one, N, what);
			free(more);
			assert_true(tare_model_is_stream(stream));
			more = scan(stream, what, threads[i]);
			assert_same_results(more, one, N, what);
			/* Hashes alone need no second look. */
			assert_int_equal(tare_model_is_stream(stream), what == TARE_SCAN_HASH);
			free(more);
			tare_close(stream);
		}
		free(one);
	}
	tare_close(m);
	free(z.bytes), free(source.bytes);
}

static void byte_order_does_not_show_in_values(void **state)
{
	tare_buffer source = make(small, N, false, 0, 0), big = make(small, N, true, 0, 0);
	tare_model *m = open_bytes(&source), *b = open_bytes(&big);
	tare_scan_result *r = scan(m, TARE_SCAN_STATS, 2), *s = scan(b, TARE_SCAN_STATS, 2);
	float x[33], y[33];

	assert_same_results(r, s, 4, TARE_SCAN_STATS);
	assert_int_equal(tare_read_f32(m, &m->tensors[2], x, NULL), TARE_OK);
	assert_int_equal(tare_read_f32(b, &b->tensors[2], y, NULL), TARE_OK);
	assert_memory_equal(x, y, sizeof x);
	tare_close(m);
	tare_close(b);
	free(r), free(s), free(source.bytes), free(big.bytes);
}

static void digest_of(const tare_buffer *source, uint8_t digest[32])
{
	tare_model *m = open_bytes(source);
	tare_scan_result *r = scan(m, TARE_SCAN_HASH, 2);

	assert_int_equal(tare_content_digest(m, r, digest, NULL), TARE_OK);
	tare_close(m);
	free(r);
}

static void hex(char *out, const uint8_t digest[32])
{
	size_t i;

	for (i = 0; i < 32; i++)
		sprintf(out + 2 * i, "%02x", digest[i]);
}

/* Two tensors, of 8 bytes 0x07 and of none; the digest is spelt out. */
static void digest_is_as_defined(void **state)
{
	static const spec pair[] = {
		{ "b", &tare_type_i32, 2, { 2, 1 } },
		{ "a b", &tare_type_f16, 1, { 0 } },
	};
	tare_buffer source = make(pair, 2, false, 0, 0);
	uint8_t of_b[32], of_a[32], expected[32], got[32];
	char b[65], a[65], lines[300];

	SHA256((const uint8_t *)"\7\7\7\7\7\7\7\7", 8, of_b);
	SHA256((const uint8_t *)"", 0, of_a);
	hex(b, of_b);
	hex(a, of_a);
	sprintf(lines, "3:a b f16 [0] %s\n1:b i32 [2,1] %s\n", a, b);
	SHA256((const uint8_t *)lines, strlen(lines), expected);
	digest_of(&source, got);
	assert_memory_equal(got, expected, 32);
	free(source.bytes);
}

static void digest_sees_contents_and_not_order(void **state)
{
	spec other[N];
	tare_buffer source = make(small, N, false, 0, 0), b;
	uint8_t base[32], got[32];
	size_t i;

	digest_of(&source, base);
	/* The two that are filled the same, swapped. */
	memcpy(other, small, sizeof small);
	other[4] = small[5];
	other[5] = small[4];
	b = make(other, N, false, 0, 0);
	digest_of(&b, got);
	assert_memory_equal(got, base, 32);
	free(b.bytes);
	for (i = 0; i < 3; i++) {
		memcpy(other, small, sizeof small);
		if (i == 0)
			other[4].name = "idx";
		else if (i == 1)
			other[4].type = &tare_type_f32;
		else
			other[2].n_dims = 2, other[2].dim[1] = 1;
		b = make(other, N, false, 0, 0);
		digest_of(&b, got);
		assert_memory_not_equal(got, base, 32);
		free(b.bytes);
	}
	b = make(small, N, false, 1, 9);
	digest_of(&b, got);
	assert_memory_not_equal(got, base, 32);
	free(b.bytes), free(source.bytes);
}

static bool stop(void *user, uint64_t done, uint64_t total)
{
	uint64_t *most = user;

	*most = done;
	return done < total / 2;
}

static void scans_can_be_stopped(void **state)
{
	tare_buffer source = make(small, N, false, 0, 0);
	tare_model *m = open_bytes(&source);
	tare_scan_result r[N];
	uint64_t most = 0;
	tare_run_options run = { .threads = 2, .progress = stop, .user = &most };
	tare_error err = TARE_ERROR_INIT;

	assert_int_equal(tare_scan(m, TARE_SCAN_STATS, &run, r, &err), TARE_E_CANCELLED);
	assert_true(most > 0);
	tare_close(m);
	free(source.bytes);
}

static void missing_bytes_are_named(void **state)
{
	tare_buffer source = make(small, N, false, 0, 0), z;
	tare_scan_result r[N];
	tare_error err = TARE_ERROR_INIT;
	tare_model *m;
	float x[1];

	/* A stream is only seen to be short when it ends. */
	source.size -= 100000;
	z = packed(&source);
	m = open_bytes(&z);
	assert_int_equal(tare_scan(m, TARE_SCAN_HASH, NULL, r, &err), TARE_E_DATA);
	assert_true(err.message[0]);
	tare_close(m);
	m = outline(false);
	add(m, tare_str_of("w"), &tare_type_f32, &(uint64_t){ 1 }, 1);
	tare_error_clear(&err);
	assert_int_equal(tare_read_f32(m, &m->tensors[0], x, &err), TARE_E_ARG);
	m->tensors[0].type = NULL;
	tare_error_clear(&err);
	assert_int_equal(tare_read_f32(m, &m->tensors[0], x, &err), TARE_E_UNSUPPORTED);
	tare_close(m);
	free(z.bytes), free(source.bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hashes_are_of_the_stored_bytes),
		cmocka_unit_test(stats_are_of_the_values),
		cmocka_unit_test(threads_and_streams_do_not_show),
		cmocka_unit_test(byte_order_does_not_show_in_values),
		cmocka_unit_test(digest_is_as_defined),
		cmocka_unit_test(digest_sees_contents_and_not_order),
		cmocka_unit_test(scans_can_be_stopped),
		cmocka_unit_test(missing_bytes_are_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
