/* Importance matrices from one form to the other and added up: the bytes of llama-imatrix, worked out here from its rules. */
#include "matrices.h"

#include "unit/scratch.h"

/* ---- what is expected, put together byte by byte ---- */

typedef struct bytes {
	tare_buffer b;
} bytes;

static void put(bytes *x, const void *p, size_t n)
{
	assert_int_equal(tare_buffer_put(&x->b, p, n, NULL), TARE_OK);
}

static void put_u32(bytes *x, uint32_t v)
{
	uint8_t p[4];

	tare_put32(p, v, false);
	put(x, p, 4);
}

static void put_f32(bytes *x, float v)
{
	put_u32(x, tare_bits_of_f32(v));
}

static void put_text(bytes *x, const char *s)
{
	put_u32(x, (uint32_t)strlen(s));
	put(x, s, strlen(s));
}

static void check_file(const char *path, bytes *want)
{
	uint8_t got[8192];
	FILE *f = fopen(path, "rb");
	size_t n;

	assert_non_null(f);
	n = fread(got, 1, sizeof got, f);
	fclose(f);
	assert_int_equal(n, want->b.size);
	assert_memory_equal(got, want->b.bytes, n);
	free(want->b.bytes);
}

/* ---- writing ---- */

static tare_status write_sum(const char *const *names, size_t n, const char *path, const tare_imatrix_write_options *opt,
			     tare_imatrix_written *out, tare_error *err)
{
	opened parts[4] = { { NULL, NULL } };
	tare_imatrix *matrices[4] = { NULL };
	tare_status st;
	size_t i;

	for (i = 0; i < n; i++) {
		parts[i] = open_matrix(strchr(names[i], '/') ? names[i] : matrix_fixture(names[i]));
		matrices[i] = parts[i].im;
	}
	st = tare_imatrix_write(matrices, n, path, opt, out, err);
	for (i = 0; i < n; i++)
		close_matrix(parts[i]);
	return st;
}

static tare_imatrix_written write_well(const char *const *names, size_t n, const char *path, const tare_imatrix_write_options *opt)
{
	tare_imatrix_written out;
	tare_error err = TARE_ERROR_INIT;
	char why[1100];

	if (write_sum(names, n, path, opt, &out, &err) != TARE_OK)
		fail_msg("%s", tare_error_text(&err, why, sizeof why));
	return out;
}

static const char *const experts[] = { "good-experts" }, *const dat[] = { "good-dat" };

/* Three experts seen 4, 0 and 3 times: one call of 512 tokens in all. */
static void test_to_dat(void **state)
{
	static const float means[] = { 0.25f, 0.5f, 1, 2, 1, 1, 1, 1, 1, 2, 3, 4 };
	const char *path = in_scratch("x.dat");
	tare_imatrix_written w = write_well(experts, 1, path, NULL);
	bytes want = { { 0 } };
	size_t i;

	put_u32(&want, 1);
	put_text(&want, "w");
	put_u32(&want, 1);
	put_u32(&want, 12);
	for (i = 0; i < 12; i++)
		put_f32(&want, means[i]);
	put_u32(&want, 0); /* chunks: 4 tokens are none */
	put_text(&want, "text.txt");
	assert_string_equal(w.form, "imatrix-dat");
	assert_true(w.entries == 1 && w.partial == 1 && !w.left_out && !w.chunks && w.chunk_size == 512 && w.bytes == want.b.size);
	check_file(path, &want);
}

/* The size of a chunk that was asked for: two calls of three tokens. */
static void test_chunk_size(void **state)
{
	const char *path = in_scratch("x.dat");
	tare_imatrix_written w = write_well(experts, 1, path, &(tare_imatrix_write_options){ .chunk_size = 3 });
	opened x = open_matrix(path);
	float v[12];

	assert_true(w.chunks == 1 && w.chunk_size == 3 && w.chunk_sizes_differ);
	assert_int_equal(x.im->entries[0].calls, 2);
	tare_importance_raw(&x.im->entries[0], 0, 12, v);
	assert_true(v[0] == 0.5f && v[4] == 2 && v[11] == 8);
	close_matrix(x);
}

/* Means times 512 tokens a call; no dimension for a single slice; keys and tensors in llama-imatrix's order. */
static void test_to_gguf(void **state)
{
	const char *path = in_scratch("x.gguf");
	tare_imatrix_written w = write_well(dat, 1, path, NULL);
	opened x = open_matrix(path);
	static const char *const keys[] = { "general.type", "imatrix.datasets", "imatrix.chunk_count", "imatrix.chunk_size" };
	static const char *const names[] = {
		"blk.0.attn_q.weight.in_sum2", "blk.0.attn_q.weight.counts", "blk.0.attn_v.weight.in_sum2", "blk.0.attn_v.weight.counts",
	};
	float v[4];
	size_t i;

	assert_true(w.chunks == 3 && w.entries == 2 && x.im->chunk_count == 3 && x.im->chunk_size == 512);
	for (i = 0; i < 4; i++) {
		assert_true(tare_str_eq(x.m->meta[i].key, tare_str_of(keys[i])));
		assert_true(tare_str_eq(x.m->tensors[i].name, tare_str_of(names[i])));
		assert_int_equal(x.m->tensors[i].n_dims, 1);
	}
	assert_int_equal(x.m->n_meta, 4);
	tare_importance_raw(&x.im->entries[0], 0, 4, v);
	assert_true(v[0] == 3 * 512 && v[3] == 12 * 512);
	assert_true(tare_importance_count(&x.im->entries[0], 0) == 3 * 512);
	assert_int_equal(x.m->files[0].size % 32, 0);
	close_matrix(x);
}

/* To GGUF and back is the same file when nothing was lost on the way. */
static void test_there_and_back(void **state)
{
	const char *first = in_scratch("1.dat"), *gguf = in_scratch("2.gguf"), *second = in_scratch("3.dat");
	const char *const stories[] = { "good-stories260K" }, *const one[] = { first }, *const two[] = { gguf };
	tare_imatrix_written a = write_well(stories, 1, first, NULL), b = write_well(one, 1, gguf, NULL), c = write_well(two, 1, second, NULL);
	opened x = open_matrix(first), y = open_matrix(second);
	tare_imatrix_entry e, f;
	size_t i;

	assert_true(a.entries == 35 && a.left_out == 1 && b.entries == 35 && c.entries == 35 && c.bytes == a.bytes && c.chunks == 14);
	for (i = 0; tare_imatrix_entry_at(x.im, i, &e); i++) {
		assert_true(tare_imatrix_entry_at(y.im, i, &f));
		assert_true(e.mean == f.mean && e.max == f.max && e.count == f.count);
	}
	close_matrix(x);
	close_matrix(y);
}

/* Sums and counts are added; one count stands for all slices; datasets follow one another. */
static void test_sum(void **state)
{
	const char *path = in_scratch("x.gguf");
	const char *const parts[] = { "good-experts", "good-dat", "good-experts" };
	tare_imatrix_written w = write_well(parts, 3, path, NULL);
	opened x = open_matrix(path);
	size_t i = tare_imatrix_find(x.im, tare_str_of("w"));
	const tare_importance *e = &x.im->entries[i];
	float v[12];

	assert_true(w.entries == 3 && w.partial == 1 && w.chunks == 3 && !w.chunk_sizes_differ && w.datasets == 3);
	assert_true(!w.tensors_left && !w.keys_left);
	assert_int_equal(x.im->datasets.as.array.count, 3);
	assert_true(e->values == 12 && e->slices == 3 && e->sums->n_dims == 2 && e->counts->n_dims == 2);
	assert_true(e->sums->dim[0] == 3 && e->sums->dim[1] == 4 && e->counts->dim[0] == 3 && e->counts->dim[1] == 1);
	assert_true(tare_importance_count(e, 0) == 8 && tare_importance_count(e, 1) == 0 && tare_importance_count(e, 2) == 6);
	tare_importance_raw(e, 0, 12, v);
	assert_true(v[0] == 2 && v[3] == 16 && v[8] == 6 && v[11] == 24);
	close_matrix(x);
}

/* A matrix without counts of slices, before or after one that has them. */
static void broadcast(bool first)
{
	const char *other = in_scratch("other.gguf"), *path = in_scratch("x.gguf");
	const char *const parts[] = { first ? other : "good-experts", first ? "good-experts" : other };
	matrix m = matrix_begin();
	tare_buffer b;
	opened x;

	matrix_add(&m, "w", 12, 1);
	b = matrix_end(&m);
	assert_true(put_file(other, b.bytes, b.size));
	free(b.bytes);
	write_well(parts, 2, path, NULL);
	x = open_matrix(path);
	assert_true(tare_importance_count(&x.im->entries[0], 0) == 1540 && tare_importance_count(&x.im->entries[0], 1) == 1536 &&
		    tare_importance_count(&x.im->entries[0], 2) == 1539);
	close_matrix(x);
}

static void test_broadcast(void **state)
{
	broadcast(true);
	broadcast(false);
}

/* ---- what cannot be ---- */

static float huge(uint64_t i)
{
	return 3e38f;
}

static float many(uint64_t i)
{
	return 4e18f;
}

/* An entry w with these values. */
static void make_odd(const char *path, uint64_t values, uint64_t slices, float (*sums)(uint64_t), float (*counts)(uint64_t))
{
	matrix m = matrix_begin();
	tare_buffer b;

	matrix_floats(&m, "w", ".in_sum2", values, sums);
	matrix_floats(&m, "w", ".counts", slices, counts);
	b = matrix_end(&m);
	assert_true(put_file(path, b.bytes, b.size));
	free(b.bytes);
}

static const char *failing(const char *const *parts, size_t n, const char *path, const tare_imatrix_write_options *opt, tare_status st)
{
	tare_error err = TARE_ERROR_INIT;

	return failure(write_sum(parts, n, path, opt, NULL, &err), st, &err);
}

static void test_failures(void **state)
{
	const char *odd = in_scratch("odd.gguf"), *path = in_scratch("x.gguf");
	const char *const two[] = { "good-experts", odd }, *const twice[] = { odd, odd }, *const one[] = { odd };

	make_odd(odd, 8, 1, matrix_rising, matrix_tokens);
	assert_contains(failing(two, 2, path, NULL, TARE_E_DATA), "odd.gguf: entry 'w' has 8 values, but 12 in a matrix before it");
	make_odd(odd, 12, 2, matrix_rising, matrix_tokens);
	assert_contains(failing(two, 2, path, NULL, TARE_E_DATA), "entry 'w' has 2 counts, but 3 in a matrix before it");
	make_odd(odd, 12, 1, huge, matrix_tokens);
	assert_contains(failing(twice, 2, path, NULL, TARE_E_DATA), "number 0 of its sums becomes infinite");
	make_odd(odd, 12, 1, matrix_rising, many);
	assert_contains(failing(one, 1, path, NULL, TARE_E_DATA), "more chunks of 512 than can be counted");
	assert_contains(failing(experts, 1, path, &(tare_imatrix_write_options){ .to = "safetensors" }, TARE_E_ARG), "not safetensors");
	assert_contains(failing(experts, 1, path, &(tare_imatrix_write_options){ .to = "pickle" }, TARE_E_ARG), "not pickle");
	assert_contains(failing(experts, 1, path, &(tare_imatrix_write_options){ .chunk_size = 1ull << 40 }, TARE_E_DATA), "chunks of 1099511627776");
	assert_contains(failing(NULL, 0, path, NULL, TARE_E_ARG), "no importance matrix to write");
	unlink(odd);
	assert_int_equal(scratch_count(), 0);
}

static float nothing(uint64_t i)
{
	return 0;
}

static void test_no_data(void **state)
{
	const char *odd = in_scratch("odd.gguf");
	const char *const one[] = { odd };

	make_odd(odd, 12, 3, nothing, nothing);
	assert_contains(failing(one, 1, in_scratch("x.dat"), NULL, TARE_E_DATA), "no entry has data");
	assert_int_equal(write_well(one, 1, in_scratch("x.gguf"), NULL).partial, 1);
}

/* What belongs to no matrix does not come along, and is counted. */
static void test_left_behind(void **state)
{
	static const char *const parts[] = { "good-other-tensors", "good-dat" };
	const char *odd = in_scratch("odd.gguf");
	const char *const one[] = { odd };
	matrix m = matrix_begin();
	tare_imatrix_written w = write_well(parts, 2, NULL, NULL);
	tare_buffer b;

	assert_true(w.tensors_left == 1 && w.keys_left == 0);
	assert_int_equal(tare_model_set_text(m.m, "general.name", "x", NULL), TARE_OK);
	matrix_add(&m, "w", 12, 1);
	b = matrix_end(&m);
	assert_true(put_file(odd, b.bytes, b.size));
	free(b.bytes);
	w = write_well(one, 1, in_scratch("x.dat"), NULL);
	assert_true(w.tensors_left == 0 && w.keys_left == 1);
}

/* Without a path nothing is written; onto one of its own parts it is, at once. */
static void test_paths(void **state)
{
	const char *path = in_scratch("x.gguf");
	const char *const self[] = { path, path };
	tare_imatrix_written w = write_well(experts, 1, NULL, &(tare_imatrix_write_options){ .to = "imatrix-dat" });
	opened x;

	assert_int_equal(scratch_count(), 0);
	assert_string_equal(w.form, "imatrix-dat");
	assert_string_equal(write_well(experts, 1, path, NULL).form, "gguf");
	write_well(self, 2, path, NULL);
	x = open_matrix(path);
	assert_true(tare_importance_count(&x.im->entries[0], 0) == 8);
	close_matrix(x);
	write_well(experts, 1, in_scratch("x.dat.zst"), NULL);
	x = open_matrix(in_scratch("x.dat.zst"));
	assert_true(x.im->calls && x.im->entries[0].values == 12);
	close_matrix(x);
}

/* Longer than a strip, in slices that end within one. */
static void test_long(void **state)
{
	const char *source = in_scratch("long.gguf"), *old = in_scratch("x.dat"), *path = in_scratch("x.gguf");
	const char *const one[] = { source }, *const two[] = { old };
	float a[30], b[30];
	uint64_t at;
	opened x, y;

	make_odd(source, 3 * 10007, 3, matrix_rising, matrix_tokens);
	write_well(one, 1, old, NULL);
	write_well(two, 1, path, NULL);
	x = open_matrix(source);
	y = open_matrix(path);
	for (at = 0; at < 3 * 10007; at += 29) {
		size_t n = 3 * 10007 - at < 30 ? (size_t)(3 * 10007 - at) : 30;

		tare_importance_get(&x.im->entries[0], at, n, a);
		tare_importance_get(&y.im->entries[0], at, n, b);
		for (; n; n--)
			assert_true(a[n - 1] > b[n - 1] * 0.999999f && a[n - 1] < b[n - 1] * 1.000001f);
	}
	close_matrix(x);
	close_matrix(y);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_to_dat, scratch_empty),    cmocka_unit_test_setup(test_chunk_size, scratch_empty),
		cmocka_unit_test_setup(test_to_gguf, scratch_empty),   cmocka_unit_test_setup(test_there_and_back, scratch_empty),
		cmocka_unit_test_setup(test_sum, scratch_empty),       cmocka_unit_test_setup(test_broadcast, scratch_empty),
		cmocka_unit_test_setup(test_failures, scratch_empty),  cmocka_unit_test_setup(test_no_data, scratch_empty),
		cmocka_unit_test_setup(test_paths, scratch_empty),     cmocka_unit_test_setup(test_long, scratch_empty),
		cmocka_unit_test_setup(test_left_behind, scratch_empty),
	};

	return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
