/* Reading GGUF: values as stored, shapes, unknown types, limits, pipes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "files.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static void check_scalar(const tare_model *m, const char *key, tare_kind kind, uint64_t bits)
{
	tare_value v;

	assert_true(tare_model_find(m, key, &v));
	assert_int_equal(v.kind, kind);
	if (kind == TARE_F32)
		assert_int_equal(tare_bits_of_f32(v.as.f32), bits);
	else
		assert_true(v.as.u == bits);
}

static void test_values(void **state)
{
	tare_model *m = open_fixture("good-all-kinds");
	tare_array_iter it;
	tare_value v, x;

	assert_string_equal(tare_model_format(m), "gguf");
	assert_int_equal(tare_model_version(m), 3);
	assert_int_equal(tare_model_alignment(m), 32);
	assert_int_equal(tare_model_metadata_count(m), 25);
	check_scalar(m, "k.u8", TARE_U8, 255);
	check_scalar(m, "k.i8", TARE_I8, (uint64_t)-128);
	check_scalar(m, "k.i16", TARE_I16, (uint64_t)-32768);
	check_scalar(m, "k.u32", TARE_U32, UINT32_MAX);
	check_scalar(m, "k.i32", TARE_I32, (uint64_t)INT32_MIN);
	check_scalar(m, "k.f32", TARE_F32, 0x3e200000);
	check_scalar(m, "k.u64", TARE_U64, UINT64_MAX);
	check_scalar(m, "k.i64", TARE_I64, 1ull << 63);
	assert_true(tare_model_find(m, "k.f64", &v) && v.as.f64 == -0.1);
	assert_true(tare_model_find(m, "a.empty", &v) && v.as.array.kind == TARE_U32 && !v.as.array.count);
	assert_true(tare_model_find(m, "a.str", &v) && v.as.array.count == 3);
	tare_array_start(&it, &v.as.array);
	assert_true(tare_array_next(&it, &x) && tare_str_eq(x.as.string, tare_str_of("one")));
	assert_true(tare_array_next(&it, &x) && !x.as.string.len);
	assert_true(tare_array_next(&it, &x) && tare_str_eq(x.as.string, tare_str_of("three")));
	assert_null(tare_model_warning(m, 0));
	tare_close(m);
}

static void test_big_endian(void **state)
{
	tare_model *m = open_fixture("good-big-endian");
	tare_array_iter it;
	tare_value v, x;

	assert_true(tare_model_big_endian(m));
	assert_int_equal(tare_model_version(m), 3);
	assert_true(tare_model_find(m, "a.i16", &v));
	tare_array_start(&it, &v.as.array);
	assert_true(tare_array_next(&it, &x) && x.as.i == -1);
	assert_true(tare_array_next(&it, &x) && x.as.i == 258);
	assert_int_equal(m->tensors[0].dim[0], 2);
	assert_int_equal(m->tensors[0].dim[1], 4);
	tare_close(m);
}

static void test_shapes(void **state)
{
	tare_model *m = open_fixture("good-four-dimensions");
	static const uint64_t want[] = { 5, 4, 3, 2 };

	assert_memory_equal(m->tensors[0].dim, want, sizeof want);
	assert_int_equal(m->tensors[0].count, 120);
	tare_close(m);
	m = open_fixture("good-no-dimensions");
	assert_int_equal(m->tensors[0].n_dims, 0);
	assert_int_equal(m->tensors[0].count, 1);
	assert_int_equal(m->tensors[0].size, 4);
	tare_close(m);
	m = open_fixture("good-zero-size");
	assert_int_equal(m->tensors[1].count, 0);
	assert_int_equal(m->tensors[1].size, 0);
	tare_close(m);
}

static void test_kept_bytes(void **state)
{
	tare_model *m = open_fixture("good-string-nul");
	tare_str s;

	assert_true(tare_model_find_text(m, "general.name", &s) && tare_str_eq(s, (tare_str){ "ab\0cd", 5 }));
	tare_close(m);
	m = open_fixture("good-bool-2");
	check_scalar(m, "k", TARE_BOOL, 2);
	assert_non_null(strstr(tare_model_warning(m, 0), "other than 0 and 1"));
	tare_close(m);
}

static void test_unknown_types(void **state)
{
	tare_model *m = open_fixture("good-type-unknown");

	assert_null(m->tensors[0].type);
	assert_int_equal(m->tensors[0].type_id, 43);
	assert_int_equal(m->tensors[0].count, 64);
	assert_int_equal(m->tensors[0].size, 64);
	assert_non_null(strstr(tare_model_warning(m, 0), "type 43: its type is not known"));
	tare_close(m);
	m = open_fixture("good-type-unknown-last");
	assert_int_equal(m->tensors[1].type_id, 250);
	assert_int_equal(m->tensors[1].size, 64);
	tare_close(m);
	m = open_fixture("good-type-removed");
	assert_null(m->tensors[0].type);
	assert_non_null(strstr(tare_model_warning(m, 0), "type 4 (q4_2, removed)"));
	tare_close(m);
}

/* Arrays and strings are where the file is: a large vocabulary takes no memory. */
static void test_no_copies(void **state)
{
	char path[512];
	blob b = slurp(fixture("good-all-kinds", path, sizeof path));
	tare_model *m;
	tare_value v;

	assert_int_equal(tare_open_memory(&m, b.bytes, b.size, NULL, NULL), TARE_OK);
	assert_true(tare_model_find(m, "a.str", &v));
	assert_true(v.as.array.bytes > b.bytes && v.as.array.bytes + v.as.array.size < b.bytes + b.size);
	assert_true(tare_model_find(m, "k.str", &v));
	assert_true((const uint8_t *)v.as.string.ptr > b.bytes && (const uint8_t *)v.as.string.ptr < b.bytes + b.size);
	tare_close(m);
	free(b.bytes);
}

static void test_limits(void **state)
{
	static const struct {
		const char *limit, *name, *what;
	} cases[] = {
		{ "string=4", "good-one-tensor", "length of a string" },
		{ "array=2", "good-all-kinds", "elements of an array" },
		{ "metadata=24", "good-all-kinds", "metadata entries declared" },
		{ "tensors=1", "good-gap", "tensors declared" },
		{ "depth=0", "bad-nested-deep", "nested more than 0 deep" },
	};
	char path[512];
	size_t i;

	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		tare_limits lim;
		const tare_open_options opt = { .limits = &lim };

		tare_limits_init(&lim);
		assert_int_equal(tare_limits_set(&lim, cases[i].limit, NULL), TARE_OK);
		refused(fixture(cases[i].name, path, sizeof path), &opt, TARE_E_LIMIT, cases[i].what);
	}
}

/* bytes through a pipe, written by a child: the end is not known before it is there. */
static void open_through_pipe(const void *bytes, size_t size, tare_status status, const char *what)
{
	tare_error err = TARE_ERROR_INIT;
	char path[64];
	tare_model *m;
	int fd[2];
	pid_t child;

	assert_int_equal(pipe(fd), 0);
	child = fork();
	if (!child) {
		close(fd[0]);
		signal(SIGPIPE, SIG_IGN);
		while (size) {
			ssize_t n = write(fd[1], bytes, size);

			if (n <= 0)
				break;
			bytes = (const uint8_t *)bytes + n;
			size -= (size_t)n;
		}
		_exit(0);
	}
	close(fd[1]);
	snprintf(path, sizeof path, "/dev/fd/%d", fd[0]);
	if (tare_open(&m, path, NULL, &err) != status)
		fail_msg("from a pipe: status %d, %s", err.status, err.message);
	if (m)
		walk_model(m);
	else if (!strstr(err.message, what))
		fail_msg("expected '%s' in: %s", what, err.message);
	tare_close(m);
	close(fd[0]);
	assert_int_equal(waitpid(child, NULL, 0), child);
}

static void fixture_through_pipe(const char *name, tare_status status, const char *what)
{
	char path[512];
	blob b = slurp(fixture(name, path, sizeof path));

	open_through_pipe(b.bytes, b.size, status, what);
	free(b.bytes);
}

static void test_pipes(void **state)
{
	fixture_through_pipe("good-all-kinds", TARE_OK, "");
	fixture_through_pipe("good-one-tensor", TARE_OK, "");
	fixture_through_pipe("good-order", TARE_OK, "");
	fixture_through_pipe("good-type-unknown-last", TARE_OK, "");
	fixture_through_pipe("bad-cut-key", TARE_E_DATA, "a metadata key");
	fixture_through_pipe("bad-cut-offset", TARE_E_DATA, "ends within tensor");
	fixture_through_pipe("bad-string-1g", TARE_E_DATA, "metadata 'general.name'");
}

/* A vocabulary of 150,000 tokens, too long for one look at a pipe, and cut anywhere. */
static void test_long_pipe(void **state)
{
	static const uint8_t head[] = "GGUF\3\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0\1\0\0\0\0\0\0\0k\11\0\0\0\10\0\0\0\360\111\2\0\0\0\0";
	static const uint8_t token[] = "\4\0\0\0\0\0\0\0abcd";
	size_t size = 49 + 150000 * 12, i;
	uint8_t *bytes = malloc(size);

	assert_non_null(bytes);
	memcpy(bytes, head, 49);
	for (i = 0; i < 150000; i++)
		memcpy(bytes + 49 + 12 * i, token, 12);
	open_through_pipe(bytes, size, TARE_OK, "");
	open_through_pipe(bytes, size - 1, TARE_E_DATA, "metadata 'k'");
	open_through_pipe(bytes, size - 5, TARE_E_DATA, "metadata 'k'");
	bytes[48] = 1; /* 2^56 tokens more */
	open_through_pipe(bytes, size, TARE_E_LIMIT, "elements of an array");
	memset(bytes + 9, 0xff, 6);
	open_through_pipe(bytes, size, TARE_E_LIMIT, "tensors declared");
	free(bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values), cmocka_unit_test(test_big_endian), cmocka_unit_test(test_shapes),
		cmocka_unit_test(test_kept_bytes), cmocka_unit_test(test_unknown_types), cmocka_unit_test(test_no_copies),
		cmocka_unit_test(test_limits), cmocka_unit_test(test_pipes), cmocka_unit_test(test_long_pipe),
	};

	return cmocka_run_group_tests_name("gguf", tests, NULL, NULL);
}
