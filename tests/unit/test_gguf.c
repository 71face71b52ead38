/* GGUF: values as stored, files rewritten byte for byte, byte orders, shards, refusals of the writer, pipes, the shared corpus. */
#include "base/escape.h"
#include "formats/gguf.h"
#include "walk.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* ---- files in memory ---- */

typedef struct blob {
	uint8_t *bytes;
	size_t size;
} blob;

static blob slurp(const char *path)
{
	FILE *f = fopen(path, "rb");
	blob b = { 0 };

	if (!f)
		fail_msg("cannot read %s", path);
	fseek(f, 0, SEEK_END);
	b.size = (size_t)ftell(f);
	rewind(f);
	b.bytes = malloc(b.size + 1);
	assert_non_null(b.bytes);
	assert_int_equal(fread(b.bytes, 1, b.size, f), b.size);
	fclose(f);
	return b;
}

static const char *fixture(const char *name, char *buf, size_t size)
{
	const char *build = getenv("BUILD");

	snprintf(buf, size, "%s/fixtures/gguf/%s.bin", build ? build : "build", name);
	return buf;
}

static tare_model *must_open(const char *path, const tare_open_options *opt)
{
	tare_error err = TARE_ERROR_INIT;
	tare_model *m;
	char text[1200];

	if (tare_open(&m, path, opt, &err) != TARE_OK)
		fail_msg("%s", tare_error_text(&err, text, sizeof text));
	assert_non_null(m);
	return m;
}

static tare_model *open_fixture(const char *name)
{
	char path[512];

	return must_open(fixture(name, path, sizeof path), NULL);
}

static void refused(const char *path, const tare_open_options *opt, tare_status status, const char *what)
{
	tare_error err = TARE_ERROR_INIT;
	char text[1200];
	tare_model *m;

	assert_int_equal(tare_open(&m, path, opt, &err), status);
	assert_null(m);
	tare_error_text(&err, text, sizeof text);
	if (!strstr(text, what))
		fail_msg("expected '%s' in: %s", what, text);
}

/* A file of a laid out model: header, payload copied from m, zeros between. */
static blob render(const tare_model *m, const tare_model *out, uint32_t file)
{
	tare_buffer header = { 0 };
	tare_sink sink = { .put = tare_buffer_put, .ctx = &header };
	blob b = { .size = (size_t)out->files[file].size };
	size_t i;

	assert_int_equal(tare_gguf_header(out, file, &sink, NULL), TARE_OK);
	assert_int_equal(header.size, out->files[file].data_offset);
	b.bytes = calloc(b.size + 1, 1);
	assert_non_null(b.bytes);
	memcpy(b.bytes, header.bytes, header.size);
	for (i = 0; i < m->n_tensors; i++) {
		const tare_tensor *from = &m->tensors[i], *to = &out->tensors[i];
		const uint8_t *p = tare_source_at(m->files[from->file].source, from->offset, from->size);

		assert_true(p || !from->size);
		if (to->file == file && from->size)
			memcpy(b.bytes + to->offset, p, from->size);
	}
	free(header.bytes);
	return b;
}

static tare_model *laid_out(const tare_model *m, const tare_layout_options *opt)
{
	tare_error err = TARE_ERROR_INIT;
	tare_model *out;

	assert_int_equal(outline_of(&out, m, &err), TARE_OK);
	if (tare_format_find("gguf")->layout(out, opt, &err) != TARE_OK)
		fail_msg("%s", err.message);
	return out;
}

static bool rewrites_same(const char *path)
{
	const tare_layout_options opt = { .path = "x.gguf" };
	const tare_open_options single = { .single = true };
	tare_model *m = must_open(path, &single), *out = laid_out(m, &opt);
	blob before = slurp(path), after = render(m, out, 0);
	bool same = before.size == after.size && !memcmp(before.bytes, after.bytes, after.size);

	free(before.bytes);
	free(after.bytes);
	tare_close(out);
	tare_close(m);
	return same;
}

/* ---- reading ---- */

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

/* ---- writing ---- */

static void test_rewrite(void **state)
{
	static const char *const canonical[] = {
		"good-one-tensor", "good-big-endian", "good-no-dimensions", "good-four-dimensions", "good-zero-size", "good-quantized",
		"good-alignment-64", "good-alignment-1", "good-bool-2", "good-name-nul", "good-name-64", "good-type-unknown",
		"good-type-unknown-last", "good-type-removed", "good-type-negative", "good-minimal", "good-all-kinds", "good-nested-array",
		"good-string-nul", "good-string-not-utf8", "good-key-odd", "good-split-count-1",
	};
	char path[512];
	size_t i;

	for (i = 0; i < sizeof canonical / sizeof *canonical; i++) {
		if (!rewrites_same(fixture(canonical[i], path, sizeof path)))
			fail_msg("%s is not the same when rewritten", path);
	}
	assert_true(rewrites_same("fixtures/models/stories260K.gguf"));
}

/* From one byte order to the other and back: the header is the same again. */
static void test_byte_orders(void **state)
{
	const tare_layout_options opt = { .path = "x.gguf" };
	static const char *const names[] = { "good-all-kinds", "good-nested-array", "good-big-endian", "good-string-nul" };
	tare_model *m, *out, *turned, *back;
	size_t i;
	blob there, here, was;

	for (i = 0; i < sizeof names / sizeof *names; i++) {
		m = open_fixture(names[i]);
		out = laid_out(m, &opt);
		was = render(m, out, 0);
		out->big_endian = !m->big_endian;
		there = render(m, out, 0);
		assert_int_equal(tare_open_memory(&turned, there.bytes, there.size, NULL, NULL), TARE_OK);
		assert_int_equal(turned->big_endian, !m->big_endian);
		back = laid_out(turned, &opt);
		back->big_endian = m->big_endian;
		here = render(turned, back, 0);
		assert_int_equal(here.size, was.size);
		assert_memory_equal(here.bytes, was.bytes, was.size);
		free(was.bytes);
		free(there.bytes);
		free(here.bytes);
		tare_close(back);
		tare_close(turned);
		tare_close(out);
		tare_close(m);
	}
}

static void layout_refused(tare_model *out, const tare_layout_options *opt, tare_status status, const char *what)
{
	tare_error err = TARE_ERROR_INIT;

	assert_int_equal(tare_format_find("gguf")->layout(out, opt, &err), status);
	if (!strstr(err.message, what))
		fail_msg("expected '%s' in: %s", what, err.message);
	tare_close(out);
}

static tare_model *one_tensor(const tare_tensor *t)
{
	tare_model *m;

	assert_int_equal(tare_model_new(&m, NULL, NULL), TARE_OK);
	assert_int_equal(tare_model_add_tensor(m, t, 0, NULL), TARE_OK);
	return m;
}

static void test_layout_refusals(void **state)
{
	static const uint64_t dims[] = { 1, 1, 1, 1, 8 };
	const tare_layout_options plain = { .path = "x.gguf" }, out_shards = { .path = "-", .split_count = 1 };
	tare_tensor t = { .name = tare_str_of("w"), .type = tare_type_find("f32"), .dim = dims, .n_dims = 5, .count = 8, .size = 32 };
	tare_model *m;

	layout_refused(one_tensor(&t), &plain, TARE_E_UNSUPPORTED, "tensor 'w' has 5 dimensions");
	t.n_dims = 1;
	t.dim = dims + 4;
	t.type = tare_type_find("u16");
	t.size = 16;
	layout_refused(one_tensor(&t), &plain, TARE_E_UNSUPPORTED, "GGUF cannot hold type u16");
	t.type = NULL;
	t.size = 0;
	layout_refused(one_tensor(&t), &plain, TARE_E_UNSUPPORTED, "where its bytes end");
	t.type = tare_type_find("f32");
	t.size = 32;
	m = one_tensor(&t);
	tare_model_set_u32(m, "general.alignment", 24, NULL);
	layout_refused(m, &plain, TARE_E_UNSUPPORTED, "power of two");
	m = one_tensor(&t);
	tare_model_set_text(m, "general.alignment", "32", NULL);
	layout_refused(m, &plain, TARE_E_UNSUPPORTED, "general.alignment");
	m = one_tensor(&t);
	tare_model_set_u32(m, "general.alignment", 1u << 31, NULL);
	layout_refused(m, &plain, TARE_E_UNSUPPORTED, "padded");
	layout_refused(one_tensor(&t), &out_shards, TARE_E_ARG, "standard output");
}

/* ---- shards ---- */

static void test_names(void **state)
{
	tare_gguf_name n;
	char *made;

	assert_true(tare_gguf_name_parse("a/b-00002-of-00003.gguf", &n));
	assert_int_equal(n.prefix, 3);
	assert_int_equal(n.number, 2);
	assert_int_equal(n.count, 3);
	made = tare_gguf_name_make("a/b-00002-of-00003.gguf", &n, 1);
	assert_string_equal(made, "a/b-00001-of-00003.gguf");
	free(made);
	assert_true(tare_gguf_name_parse("b-00002-of-00003.gguf.zst", &n) && n.packed);
	assert_false(tare_gguf_name_parse("b-00004-of-00003.gguf", &n));
	assert_false(tare_gguf_name_parse("b-00000-of-00003.gguf", &n));
	assert_false(tare_gguf_name_parse("b-0001-of-0003.gguf", &n));
	assert_false(tare_gguf_name_parse("00001-of-00003.gguf", &n));
	assert_false(tare_gguf_name_parse("b-00001-of-00003.bin", &n));
	assert_false(tare_gguf_name_parse("", &n));
	n = tare_gguf_name_for("out.gguf");
	n.count = 12;
	made = tare_gguf_name_make("out.gguf", &n, 12);
	assert_string_equal(made, "out-00012-of-00012.gguf");
	free(made);
	n = tare_gguf_name_for("x-00001-of-00002.gguf");
	assert_int_equal(n.prefix, 1);
}

static char folder[64];

static int make_folder(void **state)
{
	snprintf(folder, sizeof folder, "/tmp/tare-gguf-XXXXXX");
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	char command[100];

	snprintf(command, sizeof command, "rm -r '%s'", folder);
	return system(command);
}

static void put_file(const char *path, const void *bytes, size_t size)
{
	FILE *f = fopen(path, "wb");

	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, size, f), size);
	assert_int_equal(fclose(f), 0);
}

static char *in_folder(char *buf, size_t size, const char *name)
{
	snprintf(buf, size, "%s/%s", folder, name);
	return buf;
}

/* m in shards in the folder; returns their number. */
static size_t write_shards(const tare_model *m, const char *name, uint64_t count, uint64_t size)
{
	char path[256];
	const tare_layout_options opt = { .path = in_folder(path, sizeof path, name), .split_count = count, .split_size = size };
	tare_model *out = laid_out(m, &opt);
	size_t i, n = out->n_files;

	for (i = 0; i < n; i++) {
		blob b = render(m, out, (uint32_t)i);

		put_file(out->files[i].path, b.bytes, b.size);
		free(b.bytes);
	}
	tare_close(out);
	return n;
}

static void check_same_tensors(const tare_model *a, const tare_model *b)
{
	size_t i;

	assert_int_equal(a->n_tensors, b->n_tensors);
	for (i = 0; i < a->n_tensors; i++) {
		const tare_tensor *x = &a->tensors[i], *y = &b->tensors[i];

		assert_true(tare_str_eq(x->name, y->name));
		assert_ptr_equal(x->type, y->type);
		assert_int_equal(x->size, y->size);
		assert_memory_equal(tare_source_at(a->files[x->file].source, x->offset, x->size),
				    tare_source_at(b->files[y->file].source, y->offset, y->size), x->size);
	}
}

static void test_shards(void **state)
{
	tare_model *m = must_open("fixtures/models/stories260K.gguf", NULL), *set;
	char path[256];
	tare_value v;

	assert_int_equal(write_shards(m, "s.gguf", 10, 0), 5);
	set = must_open(in_folder(path, sizeof path, "s-00003-of-00005.gguf"), NULL);
	assert_int_equal(tare_model_file_count(set), 5);
	assert_int_equal(tare_model_metadata_count(set), tare_model_metadata_count(m));
	assert_false(tare_model_find(set, "split.count", &v));
	check_same_tensors(m, set);
	tare_close(set);
	set = must_open(path, &(tare_open_options){ .single = true });
	assert_int_equal(set->n_tensors, 10);
	assert_true(tare_model_find(set, "split.no", &v) && v.kind == TARE_U16 && v.as.u == 2);
	assert_true(tare_model_find(set, "split.count", &v) && v.kind == TARE_U16 && v.as.u == 5);
	assert_true(tare_model_find(set, "split.tensors.count", &v) && v.kind == TARE_I32 && v.as.i == 48);
	tare_close(set);
	tare_close(m);
}

/* By size, strictly read; and merged again, the very same file. */
static void test_split_and_merge(void **state)
{
	const tare_open_options strict = { .strict = true };
	const tare_layout_options whole = { .path = "x.gguf" };
	tare_model *m = must_open("fixtures/models/stories260K.gguf", NULL), *set, *out;
	blob before = slurp("fixtures/models/stories260K.gguf"), after;
	char path[256];
	size_t i, n;

	n = write_shards(m, "z.gguf", 0, 300000);
	assert_true(n >= 4);
	set = must_open(in_folder(path, sizeof path, "z-00001-of-00005.gguf"), &strict);
	for (i = 0; i < n; i++)
		assert_true(set->files[i].size - set->files[i].data_offset <= 300000);
	out = laid_out(set, &whole);
	after = render(set, out, 0);
	assert_int_equal(after.size, before.size);
	assert_memory_equal(after.bytes, before.bytes, before.size);
	free(before.bytes);
	free(after.bytes);
	tare_close(out);
	tare_close(set);
	tare_close(m);
}

static void test_shards_aligned(void **state)
{
	const tare_open_options strict = { .strict = true };
	tare_model *m = open_fixture("good-alignment-64"), *set;
	char path[256];

	assert_int_equal(write_shards(m, "a.gguf", 1, 0), 2);
	set = must_open(in_folder(path, sizeof path, "a-00002-of-00002.gguf"), &strict);
	check_same_tensors(m, set);
	assert_int_equal(set->alignment, 64);
	tare_close(set);
	/* A tensor larger than the size asked for has a shard of its own. */
	assert_int_equal(write_shards(m, "b.gguf", 0, 8), 2);
	tare_close(m);
}

/* What can be wrong with a set. */
static void test_shards_wrong(void **state)
{
	tare_model *m = must_open("fixtures/models/stories260K.gguf", NULL), *small = open_fixture("good-alignment-64");
	char path[256], other[256];
	blob b;

	write_shards(m, "w.gguf", 20, 0);
	in_folder(path, sizeof path, "w-00001-of-00003.gguf");
	in_folder(other, sizeof other, "w-00002-of-00003.gguf");
	b = slurp(other);
	assert_int_equal(unlink(other), 0);
	refused(path, NULL, TARE_E_IO, "shard 2 of 3 is missing");
	put_file(other, b.bytes, b.size);
	in_folder(other, sizeof other, "w-00003-of-00003.gguf");
	put_file(other, b.bytes, b.size);
	refused(path, NULL, TARE_E_DATA, "split.no is 1, but the name says shard 3");
	in_folder(other, sizeof other, "w-00001-of-00004.gguf");
	put_file(other, b.bytes, b.size);
	refused(other, NULL, TARE_E_DATA, "split.count is 3, but the name says 4");
	free(b.bytes);
	/* A shard of another model, of the same number of shards. */
	write_shards(small, "v.gguf", 1, 0);
	write_shards(m, "v.gguf", 24, 0);
	in_folder(path, sizeof path, "v-00001-of-00002.gguf");
	b = slurp(path);
	write_shards(small, "v.gguf", 1, 0);
	put_file(path, b.bytes, b.size);
	refused(path, NULL, TARE_E_DATA, "split.tensors.count differs");
	free(b.bytes);
	tare_close(small);
	tare_close(m);
}

/* Shards of the same shape that hold the same tensors, or too few. */
static void test_shards_mixed(void **state)
{
	tare_model *m = open_fixture("good-gap");
	char first[256], second[256];
	blob b;

	write_shards(m, "m.gguf", 1, 0);
	in_folder(first, sizeof first, "m-00001-of-00002.gguf");
	in_folder(second, sizeof second, "m-00002-of-00002.gguf");
	b = slurp(second);
	memcpy(memmem(b.bytes, b.size, "\1\0\0\0\0\0\0\0b", 9), "\1\0\0\0\0\0\0\0a", 9);
	put_file(second, b.bytes, b.size);
	refused(first, NULL, TARE_E_DATA, "tensor 'a' is there twice");
	b.bytes[8] = 0; /* no tensors */
	put_file(second, b.bytes, b.size);
	refused(second, NULL, TARE_E_DATA, "hold 1 tensors, but split.tensors.count is 2");
	free(b.bytes);
	tare_close(m);
}

/* ---- the shared corpus ---- */

static const char *shared(const char *name, char *buf, size_t size)
{
	const char *root = getenv("TARE_SHARED");

	if (!root)
		skip();
	snprintf(buf, size, "%s/%s", root, name);
	return buf;
}

/* Written by llama.cpp or gguf-py, and the same when rewritten. */
static void test_corpus_rewrite(void **state)
{
	static const char *const names[] = {
		"corpus/gguf/docker/dummy.gguf", "corpus/gguf/docker/dummy-00001-of-00002.gguf",
		"corpus/gguf/docker/dummy-00002-of-00002.gguf", "corpus/gguf/inferno/tiny.gguf", "corpus/gguf/inferno/tiny_bias.gguf",
		"corpus/gguf/zackshen/test-le-v3.gguf", "corpus/gguf/llama.cpp-vocab/ggml-vocab-gpt-2.gguf",
		"corpus/gguf/llama.cpp-vocab/ggml-vocab-bert-bge.gguf", "corpus/gguf/llama.cpp-vocab/ggml-vocab-phi-3.gguf",
		"golden/requant/tiny-phi3-f16.gguf", "golden/requant/tiny-phi3-f16.imatrix.gguf",
	};
	char path[512];
	size_t i, wrong = 0;

	for (i = 0; i < sizeof names / sizeof *names; i++)
		if (!rewrites_same(shared(names[i], path, sizeof path))) {
			print_error("%s is not the same when rewritten\n", names[i]);
			wrong++;
		}
	assert_int_equal(wrong, 0);
}

static void test_corpus_shards(void **state)
{
	char path[512];
	tare_model *set = must_open(shared("corpus/gguf/docker/dummy-00002-of-00002.gguf", path, sizeof path), NULL);
	tare_model *whole = must_open(shared("corpus/gguf/docker/dummy.gguf", path, sizeof path), NULL);

	check_same_tensors(whole, set);
	assert_int_equal(set->n_meta, whole->n_meta);
	tare_close(whole);
	tare_close(set);
}

/* Damaged though published as good, and how. */
static void test_corpus_damaged(void **state)
{
	static const char *const names[][2] = {
		{ "gguf/iree/empty.gguf", "key 'general.architecture' is there twice" },
		{ "gguf/iree/single.gguf", "is there twice" },
		{ "gguf/iree/single_v2.gguf", "is there twice" },
		{ "gguf/iree/multiple.gguf", "is there twice" },
		{ "gguf/iree/parameter_weight_bias_1.gguf", "is there twice" },
		{ "gguf/zackshen/test-be-v3.gguf", "is there twice" },
		{ "gguf/bitnet-rs/mini.gguf", "are left in the file" },
		{ "gguf/las7/tiny.gguf", "the payload would start at byte" },
		{ "hostile/gguf/empty.gguf", "the file is empty" },
		{ "hostile/lfs-pointers/mimi-tiny.gguf", "Git LFS pointer" },
	};
	char path[512], name[256];
	size_t i;

	for (i = 0; i < sizeof names / sizeof *names; i++) {
		snprintf(name, sizeof name, "corpus/%s", names[i][0]);
		refused(shared(name, path, sizeof path), NULL, i < 8 ? TARE_E_DATA : TARE_E_FORMAT, names[i][1]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values), cmocka_unit_test(test_big_endian), cmocka_unit_test(test_shapes),
		cmocka_unit_test(test_kept_bytes), cmocka_unit_test(test_unknown_types), cmocka_unit_test(test_no_copies),
		cmocka_unit_test(test_limits), cmocka_unit_test(test_pipes), cmocka_unit_test(test_long_pipe), cmocka_unit_test(test_rewrite), cmocka_unit_test(test_byte_orders),
		cmocka_unit_test(test_layout_refusals), cmocka_unit_test(test_names), cmocka_unit_test(test_shards),
		cmocka_unit_test(test_split_and_merge), cmocka_unit_test(test_shards_aligned), cmocka_unit_test(test_shards_wrong),
		cmocka_unit_test(test_shards_mixed), cmocka_unit_test(test_corpus_rewrite), cmocka_unit_test(test_corpus_shards),
		cmocka_unit_test(test_corpus_damaged),
	};

	return cmocka_run_group_tests_name("gguf", tests, make_folder, remove_folder);
}
