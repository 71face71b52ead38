/* The model: tensors, metadata, packed arrays, absorbing, sealing. */
#include "base/escape.h"
#include "model/model.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static tare_model *new_model(void)
{
	tare_model *m;

	assert_int_equal(tare_model_new(&m, NULL, NULL), TARE_OK);
	return m;
}

static tare_tensor make(const char *name, const char *type, const uint64_t *dim, uint32_t n_dims, uint64_t offset)
{
	tare_tensor t = { .name = tare_str_of(name), .type = tare_type_find(type), .dim = dim, .n_dims = n_dims, .offset = offset };

	assert_non_null(t.type);
	assert_true(tare_tensor_measure(&t));
	return t;
}

static void test_kinds(void **state)
{
	static const size_t sizes[TARE_KIND_COUNT] = { 1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8 };
	int k;

	for (k = 0; k < TARE_KIND_COUNT; k++)
		assert_int_equal(tare_kind_size((tare_kind)k), sizes[k]);
	assert_string_equal(tare_kind_name(TARE_U8), "u8");
	assert_string_equal(tare_kind_name(TARE_STRING), "str");
	assert_string_equal(tare_kind_name(TARE_ARRAY), "arr");
	assert_string_equal(tare_kind_name(TARE_F64), "f64");
	assert_string_equal(tare_kind_name((tare_kind)13), "?");
	assert_int_equal(tare_kind_size((tare_kind)13), 0);
}

/* ---- arrays ---- */

static tare_value value_of(tare_kind kind, uint64_t bits)
{
	tare_value v = { .kind = kind, .as.u = bits };

	if (kind == TARE_F32)
		v.as.f32 = (float)(int64_t)bits / 4;
	if (kind == TARE_F64)
		v.as.f64 = (double)(int64_t)bits / 4;
	if (kind == TARE_I8 || kind == TARE_I16 || kind == TARE_I32)
		v.as.i = (int64_t)bits;
	if (kind == TARE_STRING)
		v.as.string = bits & 1 ? (tare_str){ "a\0b", 3 } : (tare_str){ "", 0 };
	return v;
}

static bool equal(const tare_value *a, const tare_value *b)
{
	if (a->kind != b->kind)
		return false;
	if (a->kind == TARE_STRING)
		return tare_str_eq(a->as.string, b->as.string);
	if (a->kind == TARE_F32)
		return a->as.f32 == b->as.f32;
	if (a->kind == TARE_F64)
		return a->as.f64 == b->as.f64;
	return a->as.u == b->as.u;
}

/* An array of every kind, in both orders: what goes in comes out. */
static void check_array(tare_model *m, tare_kind kind, bool big)
{
	static const uint64_t bits[] = { 0, 1, 7, 100, (uint64_t)-1, (uint64_t)-128 };
	tare_array_builder b = { .kind = kind };
	tare_buffer buffer = { 0 };
	tare_sink sink = { .put = tare_buffer_put, .ctx = &buffer, .big = big };
	tare_array_iter it;
	tare_value array, v, want;
	tare_array a;
	size_t i, n = kind == TARE_U8 || kind == TARE_U16 || kind == TARE_U32 || kind == TARE_BOOL ? 4 : 6;

	for (i = 0; i < n; i++) {
		want = value_of(kind, bits[i]);
		assert_int_equal(tare_array_add(&b, &want, NULL), TARE_OK);
	}
	assert_int_equal(tare_array_finish(&b, m, &array, NULL), TARE_OK);
	a = array.as.array;
	assert_int_equal(a.count, n);
	assert_int_equal(tare_array_put(&a, &sink, NULL), TARE_OK);
	assert_int_equal(buffer.size, a.size);
	a.bytes = (const uint8_t *)buffer.bytes;
	a.big_endian = big;
	tare_array_start(&it, &a);
	for (i = 0; i < n; i++) {
		want = value_of(kind, bits[i]);
		assert_true(tare_array_next(&it, &v));
		assert_true(equal(&v, &want));
	}
	assert_false(tare_array_next(&it, &v));
	free(buffer.bytes);
}

static void test_arrays(void **state)
{
	tare_model *m = new_model();
	int k;

	for (k = 0; k < TARE_KIND_COUNT; k++) {
		if (k == TARE_ARRAY)
			continue;
		check_array(m, (tare_kind)k, false);
		check_array(m, (tare_kind)k, true);
	}
	tare_close(m);
}

static void test_array_wrong_kind(void **state)
{
	tare_array_builder b = { .kind = TARE_U32 };
	tare_value v = { .kind = TARE_I32 };
	tare_error err = TARE_ERROR_INIT;

	assert_int_equal(tare_array_add(&b, &v, &err), TARE_E_ARG);
	assert_non_null(strstr(err.message, "kind i32 in an array of u32"));
	assert_int_equal(b.count, 0);
}

/* { { 1, 2 }, { "x" }, { { 258 } }, { } } in big-endian bytes, and from there to little-endian and back. */
static const uint8_t nested[] = {
	0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 2, 0, 1, 0, 2,
	0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 'x',
	0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 2,
	0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0,
};

static void walk_nested(const tare_array *a)
{
	tare_array_iter it, in, deep;
	tare_value v, x;

	tare_array_start(&it, a);
	assert_true(tare_array_next(&it, &v));
	assert_int_equal(v.as.array.kind, TARE_U16);
	tare_array_start(&in, &v.as.array);
	assert_true(tare_array_next(&in, &x) && x.as.u == 1 && tare_array_next(&in, &x) && x.as.u == 2);
	assert_false(tare_array_next(&in, &x));
	assert_true(tare_array_next(&it, &v));
	tare_array_start(&in, &v.as.array);
	assert_true(tare_array_next(&in, &x) && x.kind == TARE_STRING && x.as.string.len == 1);
	assert_true(tare_array_next(&it, &v));
	tare_array_start(&in, &v.as.array);
	assert_true(tare_array_next(&in, &x) && x.kind == TARE_ARRAY);
	tare_array_start(&deep, &x.as.array);
	assert_true(tare_array_next(&deep, &x) && x.as.u == 258);
	assert_true(tare_array_next(&it, &v) && v.as.array.count == 0);
	assert_false(tare_array_next(&it, &v));
}

static void test_nested(void **state)
{
	tare_array a = { .kind = TARE_ARRAY, .big_endian = true, .count = 4, .bytes = nested, .size = sizeof nested };
	tare_buffer little = { 0 }, big = { 0 };
	tare_sink to_little = { .put = tare_buffer_put, .ctx = &little };
	tare_sink to_big = { .put = tare_buffer_put, .ctx = &big, .big = true };

	walk_nested(&a);
	assert_int_equal(tare_array_put(&a, &to_little, NULL), TARE_OK);
	a.big_endian = false;
	a.bytes = (const uint8_t *)little.bytes;
	walk_nested(&a);
	assert_int_equal(tare_array_put(&a, &to_big, NULL), TARE_OK);
	assert_int_equal(big.size, sizeof nested);
	assert_memory_equal(big.bytes, nested, sizeof nested);
	free(little.bytes);
	free(big.bytes);
}

/* Arrays that promise more than they hold end early; nothing behind them is read. */
static void test_array_short(void **state)
{
	static const uint8_t lie[] = { 9, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255 };
	static const uint8_t text[] = { 5, 0, 0, 0, 0, 0, 0, 0, 'a' };
	const tare_array arrays[] = {
		{ .kind = TARE_ARRAY, .count = 3, .bytes = lie, .size = sizeof lie },
		{ .kind = TARE_STRING, .count = 1, .bytes = text, .size = sizeof text },
		{ .kind = TARE_U64, .count = 2, .bytes = lie, .size = sizeof lie },
		{ .kind = (tare_kind)77, .count = 2, .bytes = lie, .size = sizeof lie },
	};
	tare_array_iter it;
	tare_value v;
	size_t i, n;

	for (i = 0; i < sizeof arrays / sizeof *arrays; i++) {
		tare_array_start(&it, &arrays[i]);
		for (n = 0; tare_array_next(&it, &v); n++)
			;
		assert_int_equal(n, i == 2);
	}
}

/* ---- metadata ---- */

static void test_metadata(void **state)
{
	tare_model *m = new_model();
	tare_value v;
	tare_str s;
	uint64_t u;

	assert_int_equal(tare_model_set_u32(m, "a", 1, NULL), TARE_OK);
	assert_int_equal(tare_model_set_text(m, "b", "two", NULL), TARE_OK);
	assert_int_equal(tare_model_set_u32(m, "c", 3, NULL), TARE_OK);
	assert_int_equal(tare_model_set_text(m, "a", "one", NULL), TARE_OK);
	assert_int_equal(tare_model_metadata_count(m), 3);
	assert_true(tare_model_metadata(m, 0, &s, &v) && v.kind == TARE_STRING);
	assert_true(tare_model_remove(m, "b"));
	assert_false(tare_model_remove(m, "b"));
	assert_true(tare_model_find_u64(m, "c", &u) && u == 3);
	assert_true(tare_model_find_text(m, "a", &s) && s.len == 3);
	assert_false(tare_model_find_text(m, "c", &s));
	assert_false(tare_model_find_u64(m, "a", &u));
	assert_false(tare_model_find(m, "b", &v));
	v = (tare_value){ .kind = TARE_I32, .as.i = -1 };
	assert_int_equal(tare_model_set(m, "d", &v, NULL), TARE_OK);
	assert_false(tare_model_find_u64(m, "d", &u));
	assert_false(tare_model_metadata(m, 3, &s, &v));
	tare_close(m);
}

/* Many keys, of which every other one goes: order and index stay right. */
static void test_remove_many(void **state)
{
	tare_model *m = new_model();
	char key[20];
	uint64_t u;
	uint32_t i;

	for (i = 0; i < 500; i++) {
		snprintf(key, sizeof key, "key.%u", i);
		assert_int_equal(tare_model_set_u32(m, key, i, NULL), TARE_OK);
	}
	for (i = 0; i < 500; i += 2) {
		snprintf(key, sizeof key, "key.%u", i);
		assert_true(tare_model_remove(m, key));
	}
	assert_int_equal(m->n_meta, 250);
	for (i = 0; i < 500; i++) {
		snprintf(key, sizeof key, "key.%u", i);
		assert_int_equal(tare_model_find_u64(m, key, &u), i & 1);
		assert_true(!(i & 1) || (u == i && m->meta[i / 2].value.as.u == i));
	}
	tare_close(m);
}

/* All at once, exactly those, and in no time that grows with their square. */
static void test_remove_all(void **state)
{
	enum { N = 100000 };
	tare_model *m = new_model();
	tare_str *keys = calloc(N + 3, sizeof *keys);
	bool *gone = calloc(N + 3, sizeof *gone);
	size_t i, n = 0;
	char key[20];
	uint64_t u;

	assert_true(keys && gone);
	assert_int_equal(tare_model_set_u32(m, "key", 7, NULL), TARE_OK);
	for (i = 0; i < N; i++) {
		snprintf(key, sizeof key, "key.%zu", i);
		assert_int_equal(tare_model_set_u32(m, key, (uint32_t)i, NULL), TARE_OK);
		if (i % 10)
			keys[n++] = m->meta[i + 1].key;
	}
	keys[n++] = (tare_str){ "key\0x", 5 }; /* not "key" */
	keys[n++] = keys[0];
	keys[n++] = tare_str_of("none");
	tare_model_remove_all(m, keys, n, gone);
	assert_int_equal(m->n_meta, 1 + N / 10);
	for (i = 0; i < n; i++)
		assert_int_equal(gone[i], i < n - 3);
	for (i = 0; i < N / 10; i++)
		assert_int_equal(m->meta[i + 1].value.as.u, 10 * i);
	assert_true(tare_model_find_u64(m, "key", &u) && u == 7);
	assert_true(tare_model_find_u64(m, "key.50", &u) && u == 50);
	assert_false(tare_model_find_u64(m, "key.51", &u));
	tare_model_remove_all(m, keys, n, NULL);
	assert_int_equal(m->n_meta, 1 + N / 10);
	free(keys);
	free(gone);
	tare_close(m);
}

static void test_key_twice(void **state)
{
	tare_model *m = new_model();
	tare_error err = TARE_ERROR_INIT;
	const tare_value v = { .kind = TARE_U8 };

	assert_int_equal(tare_model_add_metadata(m, tare_str_of("k"), &v, 5, &err), TARE_OK);
	assert_int_equal(tare_model_add_metadata(m, tare_str_of("k"), &v, 9, &err), TARE_E_DATA);
	assert_int_equal(err.offset, 9);
	assert_int_equal(m->n_meta, 1);
	tare_close(m);
}

/* ---- tensors ---- */

static void test_measure(void **state)
{
	static const uint64_t scalar_rows[] = { 3, 256 }, odd[] = { 3, 100 }, empty[] = { UINT64_MAX, 0, 256 }, huge[] = { 1ull << 33, 1ull << 33 };
	tare_tensor t = { .type = tare_type_find("q4_K"), .dim = scalar_rows, .n_dims = 2 };

	assert_true(tare_tensor_measure(&t));
	assert_int_equal(t.count, 768);
	assert_int_equal(t.size, 3 * 144);
	assert_int_equal(tare_tensor_cols(&t), 256);
	assert_int_equal(tare_tensor_rows(&t), 3);
	t.dim = odd;
	assert_false(tare_tensor_measure(&t));
	t.dim = empty;
	t.n_dims = 3;
	assert_true(tare_tensor_measure(&t) && !t.count && !t.size);
	t.dim = huge;
	t.n_dims = 2;
	assert_false(tare_tensor_measure(&t));
	t = (tare_tensor){ .type = tare_type_find("f32") };
	assert_true(tare_tensor_measure(&t) && t.count == 1 && t.size == 4);
	assert_int_equal(tare_tensor_cols(&t), 1);
	assert_int_equal(tare_tensor_rows(&t), 1);
	t = (tare_tensor){ .dim = scalar_rows, .n_dims = 2, .size = 77 };
	assert_true(tare_tensor_measure(&t) && t.count == 768 && t.size == 77);
}

static tare_model *model_over(const void *bytes, size_t size)
{
	tare_model *m = new_model();
	tare_source *s;

	assert_int_equal(tare_source_memory(&s, bytes, size, &m->limits, NULL), TARE_OK);
	assert_int_equal(tare_model_add_file(m, NULL, s, NULL), TARE_OK);
	return m;
}

static const uint8_t payload[64];
static const uint64_t eight[] = { 8 };

static void test_seal(void **state)
{
	tare_model *m = model_over(payload, sizeof payload);
	tare_error err = TARE_ERROR_INIT;
	tare_tensor t = make("a", "f32", eight, 1, 32);

	assert_int_equal(tare_model_add_tensor(m, &t, 0, NULL), TARE_OK);
	assert_int_equal(tare_model_seal(m, &err), TARE_OK);
	m->tensors[0].offset = 33;
	assert_int_equal(tare_model_seal(m, &err), TARE_E_DATA);
	assert_non_null(strstr(err.message, "end at byte 65, but the file ends at 64"));
	tare_error_clear(&err);
	m->tensors[0].offset = UINT64_MAX - 3;
	assert_int_equal(tare_model_seal(m, &err), TARE_E_DATA);
	tare_error_clear(&err);
	m->tensors[0].offset = 0;
	m->tensors[0].size = 31;
	assert_int_equal(tare_model_seal(m, &err), TARE_E_DATA);
	assert_non_null(strstr(err.message, "31 bytes are stored, its shape and type ask for 32"));
	tare_error_clear(&err);
	m->tensors[0].size = 32;
	m->tensors[0].file = 1;
	assert_int_equal(tare_model_seal(m, &err), TARE_E_DATA);
	tare_close(m);
}

static void test_absorb(void **state)
{
	tare_model *m = model_over(payload, sizeof payload), *more = model_over(payload, sizeof payload);
	tare_model *third = model_over(payload, sizeof payload);
	tare_error err = TARE_ERROR_INIT;
	tare_tensor t = make("a", "f32", eight, 1, 0);

	assert_int_equal(tare_model_add_tensor(m, &t, 0, NULL), TARE_OK);
	t.name = tare_str_of("b");
	assert_int_equal(tare_model_add_tensor(more, &t, 0, NULL), TARE_OK);
	tare_model_warn(more, "careful: %d", 7);
	assert_int_equal(tare_model_absorb(m, more, &err), TARE_OK);
	assert_int_equal(m->n_files, 2);
	assert_int_equal(m->tensors[1].file, 1);
	assert_int_equal(tare_model_tensor_index(m, tare_str_of("b")), 1);
	assert_int_equal(tare_model_tensor_index(m, tare_str_of("c")), SIZE_MAX);
	assert_string_equal(tare_model_warning(m, 0), "careful: 7");
	assert_null(tare_model_warning(m, 1));
	assert_int_equal(tare_model_add_tensor(third, &t, 0, NULL), TARE_OK);
	assert_int_equal(tare_model_absorb(m, third, &err), TARE_E_DATA);
	assert_non_null(strstr(err.message, "tensor 'b' is there twice"));
	tare_close(m);
}

static void test_limits(void **state)
{
	tare_limits lim;
	tare_open_options opt = { .limits = &lim };
	tare_error err = TARE_ERROR_INIT;
	tare_tensor t = make("a", "f32", eight, 1, 0);
	const tare_value v = { .kind = TARE_U8 };
	tare_model *m;

	tare_limits_init(&lim);
	assert_int_equal(tare_limits_set(&lim, "tensors=1", NULL), TARE_OK);
	assert_int_equal(tare_limits_set(&lim, "metadata=1", NULL), TARE_OK);
	assert_int_equal(tare_model_new(&m, &opt, NULL), TARE_OK);
	assert_int_equal(tare_model_add_tensor(m, &t, 0, NULL), TARE_OK);
	t.name = tare_str_of("b");
	assert_int_equal(tare_model_add_tensor(m, &t, 0, &err), TARE_E_LIMIT);
	assert_non_null(strstr(err.message, "--limit tensors=N"));
	assert_int_equal(tare_model_add_metadata(m, tare_str_of("k"), &v, 0, NULL), TARE_OK);
	assert_int_equal(tare_model_add_metadata(m, tare_str_of("l"), &v, 0, NULL), TARE_E_LIMIT);
	tare_close(m);
}

/* Hostile files can be odd in millions of ways; what is told of them has an end. */
static void test_many_warnings(void **state)
{
	tare_model *m = new_model();
	int i;

	for (i = 0; i < 10 * TARE_WARNINGS; i++)
		tare_model_warn(m, "number %d", i);
	assert_string_equal(tare_model_warning(m, TARE_WARNINGS - 2), "number 498");
	assert_string_equal(tare_model_warning(m, TARE_WARNINGS - 1), "more could be said, but this is enough");
	assert_null(tare_model_warning(m, TARE_WARNINGS));
	tare_close(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kinds), cmocka_unit_test(test_arrays), cmocka_unit_test(test_array_wrong_kind), cmocka_unit_test(test_nested),
		cmocka_unit_test(test_array_short), cmocka_unit_test(test_metadata), cmocka_unit_test(test_remove_many), cmocka_unit_test(test_remove_all),
		cmocka_unit_test(test_key_twice), cmocka_unit_test(test_measure), cmocka_unit_test(test_seal), cmocka_unit_test(test_absorb),
		cmocka_unit_test(test_limits), cmocka_unit_test(test_many_warnings),
	};

	return cmocka_run_group_tests_name("model", tests, NULL, NULL);
}
