/* safetensors: what is written, byte by byte, and that everything a model has comes back. The verdicts on damaged files are fixtures. */
#include "unit/rewrite.h"
#include "unit/scratch.h"

#include "formats/safetensors.h"
#include "model/value_json.h"
#include "unit/json_values.h"

/* A file in memory: the header's length, the header filled up with spaces, n bytes counting up. */
static tare_buffer file_of(const char *header, size_t n)
{
	tare_buffer b = { 0 };
	tare_sink s = { .put = tare_buffer_put, .ctx = &b };
	size_t i;

	assert_int_equal(tare_sink_u64(&s, (strlen(header) + 7) / 8 * 8, NULL), TARE_OK);
	assert_int_equal(tare_sink_put(&s, header, strlen(header), NULL), TARE_OK);
	assert_int_equal(tare_sink_align(&s, 8, ' ', NULL), TARE_OK);
	for (i = 0; i < n; i++)
		assert_int_equal(tare_sink_u8(&s, (uint8_t)i, NULL), TARE_OK);
	return b;
}

static void header_is(const tare_buffer *file, const char *header)
{
	tare_buffer expected = file_of(header, 0);

	assert_true(file->size >= expected.size);
	if (memcmp(file->bytes, expected.bytes, expected.size) != 0)
		fail_msg("%.*s", (int)tare_get64(file->bytes, false), file->bytes + 8);
	free(expected.bytes);
}

static void comes_back(const char *header, size_t n)
{
	tare_buffer b = file_of(header, n);
	tare_model *m = must_open_memory(&b);
	rewritten r = rewrite(m, &tare_format_safetensors, &(tare_layout_options){ 0 });

	assert_same_bytes(&r.files[0], &b);
	free_rewritten(&r);
	tare_close(m);
	free(b.bytes);
}

/* ---- canonical files ---- */

static void test_canonical_comes_back(void **state)
{
	comes_back("{}", 0);
	comes_back("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", 8);
	comes_back("{\"__metadata__\":{\"format\":\"pt\"}}", 0);
	comes_back("{\"__metadata__\":{\"z\":\"\",\"a\":\"\\n\\\"\\\\/\xc3\xa9\\u0000\"},"
		   "\"s\":{\"dtype\":\"F64\",\"shape\":[],\"data_offsets\":[0,8]},"
		   "\"e\":{\"dtype\":\"F16\",\"shape\":[0,3],\"data_offsets\":[8,8]},"
		   "\"\":{\"dtype\":\"U8\",\"shape\":[1,2],\"data_offsets\":[8,10]},"
		   "\"../b\":{\"dtype\":\"F4\",\"shape\":[4],\"data_offsets\":[10,12]}}", 12);
}

/* Order of dtypes as in the reference's enum, last first; within one, by name. */
static void test_order(void **state)
{
	static const char header[] =
		"{\"b\":{\"dtype\":\"BOOL\",\"shape\":[1],\"data_offsets\":[0,1]},\"Z\":{\"dtype\":\"U64\",\"shape\":[1],\"data_offsets\":[1,9]},"
		"\"c\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[9,13]},\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[13,17]},"
		"\"B\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[17,21]},\"h\":{\"dtype\":\"BF16\",\"shape\":[1],\"data_offsets\":[21,23]}}";
	static const uint8_t payload[] = { 1, 2, 3, 4, 5, 6, 7, 8, 17, 18, 19, 20, 13, 14, 15, 16, 9, 10, 11, 12, 21, 22, 0 };
	tare_buffer b = file_of(header, 23);
	tare_model *m = must_open_memory(&b);
	rewritten r = rewrite(m, &tare_format_safetensors, &(tare_layout_options){ 0 });

	header_is(&r.files[0], "{\"Z\":{\"dtype\":\"U64\",\"shape\":[1],\"data_offsets\":[0,8]},\"B\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[8,12]},"
			       "\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[12,16]},\"c\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[16,20]},"
			       "\"h\":{\"dtype\":\"BF16\",\"shape\":[1],\"data_offsets\":[20,22]},"
			       "\"b\":{\"dtype\":\"BOOL\",\"shape\":[1],\"data_offsets\":[22,23]}}");
	assert_memory_equal(r.files[0].bytes + r.out->files[0].data_offset, payload, sizeof payload);
	free_rewritten(&r);
	tare_close(m);
	free(b.bytes);
}

static void test_every_dtype(void **state)
{
	static const char *const names[] = { "bool", "f4", "f6_e2m3", "f6_e3m2", "u8", "i8", "f8_e5m2", "f8_e4m3", "f8_e8m0", "f8_e4m3fnuz",
		"f8_e5m2fnuz", "i16", "u16", "f16", "bf16", "i32", "u32", "f32", "c64", "f64", "i64", "u64" };
	size_t i;

	for (i = 0; i < sizeof names / sizeof *names; i++) {
		const tare_type *t = tare_type_find(names[i]);
		const tare_st_dtype *d = tare_st_dtype_of(t);

		assert_non_null(d);
		assert_ptr_equal(tare_st_dtype_find(tare_str_of(d->name)), d);
		assert_int_equal((uint64_t)t->block_size * 8, (uint64_t)d->bits * t->block_len);
	}
	assert_null(tare_st_dtype_of(&tare_type_q4_0));
	assert_null(tare_st_dtype_of(NULL));
}

static tare_buffer fixture(const char *name)
{
	const char *build = getenv("BUILD");
	char path[512];

	snprintf(path, sizeof path, "%s/fixtures/safetensors/%s.bin", build ? build : "build", name);
	return slurp(path);
}

static void test_fixtures_come_back(void **state)
{
	static const char *const names[] = { "good-dtypes", "good-two", "good-empty" };
	size_t i;

	for (i = 0; i < sizeof names / sizeof *names; i++) {
		tare_buffer b = fixture(names[i]);
		tare_model *m = must_open_memory(&b);
		rewritten r = rewrite(m, &tare_format_safetensors, &(tare_layout_options){ 0 });

		assert_same_bytes(&r.files[0], &b);
		free_rewritten(&r);
		tare_close(m);
		free(b.bytes);
	}
}

/* ---- GGUF there and back ---- */

static void add_value(tare_model *m, const char *key, const char *kind, const char *json)
{
	tare_value v;

	assert_int_equal(value_from_json(m, kind, json, &v, NULL), TARE_OK);
	assert_int_equal(tare_model_set(m, key, &v, NULL), TARE_OK);
}

/* Every kind of value, in an order that no sorting gives. */
static void add_metadata(tare_model *m)
{
	add_value(m, "z.first", "u32", "7");
	add_value(m, "general.architecture", "str", "\"llama\"");
	add_value(m, "general.alignment", "u32", "64");
	add_value(m, "u8", "u8", "255");
	add_value(m, "i8", "i8", "-128");
	add_value(m, "u16", "u16", "65535");
	add_value(m, "i16", "i16", "-5");
	add_value(m, "i32", "i32", "-6");
	add_value(m, "f32", "f32", "{\"hex\":\"7fc00001\"}");
	add_value(m, "bool", "bool", "true");
	add_value(m, "u64", "u64", "18446744073709551615");
	add_value(m, "i64", "i64", "-9223372036854775808");
	add_value(m, "f64", "f64", "0.1");
	add_value(m, "str.nul", "str", "\"a\\u0000b\"");
	add_value(m, "str.bad", "str", "{\"hex\":\"ff00fe\"}");
	add_value(m, "key.\xff", "str", "\"a key that is not UTF-8\"");
	add_value(m, "tare", "str", "\"somebody's own key of this name\"");
	add_value(m, "tokens", "arr:str", "[\"<s>\",\"\xe2\x96\x81" "a\",{\"hex\":\"c3\"},\"\"]");
	add_value(m, "scores", "arr:f32", "[-1.5,\"inf\",0.1,1e-40]");
	add_value(m, "empty", "arr:i64", "[]");
	add_value(m, "nested", "arr:arr:u16", "[[1,2],[],[65535]]");
}

static void add_tensor(tare_model *m, tare_str name, const tare_type *type, uint32_t n_dims, const uint64_t *dim)
{
	add(m, name, type, dim, n_dims);
}

static void add_tensors(tare_model *m)
{
	static const uint64_t dims[][4] = { { 4, 256 }, { 3 }, { 2, 3, 32 }, { 0, 32 }, { 1 }, { 2, 2, 2, 5 }, { 7 } };

	add_tensor(m, tare_str_of("zz.weight"), &tare_type_q4_K, 2, dims[0]);
	add_tensor(m, tare_str_of("a.bias"), &tare_type_f32, 1, dims[1]);
	add_tensor(m, tare_str_of("exps"), &tare_type_q8_0, 3, dims[2]);
	add_tensor(m, tare_str_of("nothing"), &tare_type_q4_0, 2, dims[3]);
	add_tensor(m, tare_str_of("scalar"), &tare_type_f16, 0, dims[4]);
	add_tensor(m, tare_str_of("four"), &tare_type_i32, 4, dims[5]);
	add_tensor(m, tare_str_of("bad \xff name"), &tare_type_i8, 1, dims[6]);
	add_tensor(m, tare_str_of("bad quantized \xfe"), &tare_type_q4_K, 2, dims[0]);
	add_tensor(m, tare_str_of("__metadata__"), &tare_type_f64, 1, dims[1]);
}

static tare_buffer make_gguf(bool big)
{
	static const spec none[1];
	tare_buffer nothing = make(none, 0, false, 0, 0), b = { 0 };
	tare_model *m = outline(big), *empty = open_bytes(&nothing);
	tare_sink sink = { .put = tare_buffer_put, .ctx = &b };
	size_t i;
	char *grown;

	tare_model_remove(m, "general.architecture");
	add_metadata(m);
	add_tensors(m);
	assert_int_equal(tare_format_gguf.layout(m, &(tare_layout_options){ 0 }, NULL), TARE_OK);
	sink.big = big;
	assert_int_equal(tare_format_gguf.header(m, 0, &sink, NULL), TARE_OK);
	grown = realloc(b.bytes, m->files[0].size);
	assert_non_null(grown);
	memset(grown + b.size, 0, m->files[0].size - b.size);
	b.bytes = grown;
	b.size = m->files[0].size;
	for (i = 0; i < m->n_tensors; i++)
		memset(b.bytes + m->tensors[i].offset, (int)i + 1, m->tensors[i].size);
	tare_close(m);
	tare_close(empty);
	free(nothing.bytes);
	return b;
}

static void test_gguf_comes_back(void **state)
{
	tare_buffer gguf = make_gguf(false);
	tare_model *m = must_open_memory(&gguf), *st;
	rewritten there = rewrite(m, &tare_format_safetensors, &(tare_layout_options){ 0 }), again, back;

	st = must_open_memory(&there.files[0]);
	assert_int_equal(st->n_warnings, 0);
	assert_ptr_equal(st->tensors[0].type, &tare_type_q4_K);
	assert_int_equal(st->tensors[0].dim[1], 256);
	again = rewrite(st, &tare_format_safetensors, &(tare_layout_options){ 0 });
	assert_same_bytes(&again.files[0], &there.files[0]);
	back = rewrite(st, &tare_format_gguf, &(tare_layout_options){ 0 });
	assert_same_bytes(&back.files[0], &gguf);
	free_rewritten(&back);
	free_rewritten(&again);
	free_rewritten(&there);
	tare_close(st);
	tare_close(m);
	free(gguf.bytes);
}

/* The real model: the whole file. */
static void test_stories_come_back(void **state)
{
	tare_buffer gguf = slurp("fixtures/models/stories260K.gguf");
	tare_model *m = must_open_memory(&gguf), *st;
	rewritten there = rewrite(m, &tare_format_safetensors, &(tare_layout_options){ 0 }), back;

	st = must_open_memory(&there.files[0]);
	back = rewrite(st, &tare_format_gguf, &(tare_layout_options){ 0 });
	assert_same_bytes(&back.files[0], &gguf);
	free_rewritten(&back);
	free_rewritten(&there);
	tare_close(st);
	tare_close(m);
	free(gguf.bytes);
}

/* The order of a GGUF's tensors comes back even where nothing else asks for a note. */
static void test_order_comes_back(void **state)
{
	tare_buffer gguf = make(small + 1, 2, false, 0, 0);
	tare_model *m = must_open_memory(&gguf), *st;
	rewritten there = rewrite(m, &tare_format_safetensors, &(tare_layout_options){ 0 }), back;

	header_is(&there.files[0],
		  "{\"__metadata__\":{\"general.architecture\":\"llama\",\"tare\":\"{\\\"version\\\":1,\\\"metadata\\\":[[\\\"general.architecture\\\","
		  "\\\"str\\\"]],\\\"tensors\\\":[\\\"blk.0.ffn_down.weight\\\",\\\"blk.0.attn_norm.bias\\\"]}\"},"
		  "\"blk.0.attn_norm.bias\":{\"dtype\":\"F32\",\"shape\":[33],\"data_offsets\":[0,132]},"
		  "\"blk.0.ffn_down.weight\":{\"dtype\":\"F32\",\"shape\":[2,5,256],\"data_offsets\":[132,10372]}}");
	st = must_open_memory(&there.files[0]);
	back = rewrite(st, &tare_format_gguf, &(tare_layout_options){ 0 });
	assert_same_bytes(&back.files[0], &gguf);
	free_rewritten(&back);
	free_rewritten(&there);
	tare_close(st);
	tare_close(m);
	free(gguf.bytes);
}

/* safetensors is little-endian whatever the source was, and knows what it was. */
static void test_big_endian(void **state)
{
	tare_buffer gguf = make_gguf(true);
	tare_model *m = must_open_memory(&gguf), *st;
	rewritten there = rewrite(m, &tare_format_safetensors, &(tare_layout_options){ 0 }), back;

	st = must_open_memory(&there.files[0]);
	assert_false(st->big_endian);
	back = rewrite(st, &tare_format_gguf, &(tare_layout_options){ 0 });
	assert_same_bytes(&back.files[0], &gguf);
	free_rewritten(&back);
	free_rewritten(&there);
	tare_close(st);
	tare_close(m);
	free(gguf.bytes);
}

/* A canonical file comes back through GGUF too, without a note. */
static void test_plain_through_gguf(void **state)
{
	tare_buffer b = file_of("{\"__metadata__\":{\"format\":\"pt\",\"a\":\"\"},\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
				"\"c\":{\"dtype\":\"F32\",\"shape\":[1,2],\"data_offsets\":[4,12]},\"a\":{\"dtype\":\"F16\",\"shape\":[],\"data_offsets\":[12,14]}}", 14);
	tare_model *m = must_open_memory(&b), *gguf;
	rewritten there = rewrite(m, &tare_format_gguf, &(tare_layout_options){ 0 }), back;

	gguf = must_open_memory(&there.files[0]);
	back = rewrite(gguf, &tare_format_safetensors, &(tare_layout_options){ 0 });
	assert_same_bytes(&back.files[0], &b);
	free_rewritten(&back);
	free_rewritten(&there);
	tare_close(gguf);
	tare_close(m);
	free(b.bytes);
}

/* Names that the header cannot hold are sorted as they are stored. */
static void test_order_of_hex_names(void **state)
{
	static const uint64_t dim[] = { 1 };
	tare_tensor t[] = { { .name = { "\xff", 1 } }, { .name = { "\xfe", 1 } }, { .name = { "hex", 3 } }, { .name = { "hex:fe", 6 } },
			    { .name = { "i", 1 } }, { .name = { "__metadata__", 12 } } };
	size_t i;

	for (i = 0; i < sizeof t / sizeof *t; i++) {
		t[i].type = &tare_type_u8;
		t[i].dim = dim;
		assert_int_equal(tare_st_compare(&t[i], &t[i]), 0);
	}
	assert_true(tare_st_compare(&t[1], &t[0]) < 0 && tare_st_compare(&t[0], &t[1]) > 0);
	assert_true(tare_st_compare(&t[2], &t[1]) < 0 && tare_st_compare(&t[1], &t[2]) > 0);
	assert_int_equal(tare_st_compare(&t[3], &t[1]), 0);
	assert_true(tare_st_compare(&t[0], &t[4]) < 0);
	assert_true(tare_st_compare(&t[5], &t[4]) < 0 && tare_st_compare(&t[5], &t[2]) > 0);
}

/* A plain model gets no note, whatever the order of its tensors was. */
static void test_no_note_without_need(void **state)
{
	tare_buffer b = file_of("{\"__metadata__\":{\"format\":\"pt\"},\"b\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]},"
				"\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[1,5]}}", 5);
	tare_model *m = must_open_memory(&b);
	rewritten r = rewrite(m, &tare_format_safetensors, &(tare_layout_options){ 0 });

	header_is(&r.files[0], "{\"__metadata__\":{\"format\":\"pt\"},\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
			       "\"b\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[4,5]}}");
	free_rewritten(&r);
	tare_close(m);
	free(b.bytes);
}

/* ---- sets ---- */

static void write_set(const rewritten *r)
{
	size_t i;

	for (i = 0; i < r->out->n_files; i++)
		assert_true(put_file(r->out->files[i].path, r->files[i].bytes, r->out->files[i].size));
}

static tare_model *must_open(const char *path)
{
	tare_error err = TARE_ERROR_INIT;
	char text[1200];
	tare_model *m;

	if (tare_open(&m, path, NULL, &err) != TARE_OK)
		fail_msg("%s", tare_error_text(&err, text, sizeof text));
	return m;
}

/* A note that is no JSON, or names a type with a NUL in it, is left alone: its text stays a string under its key. */
static void test_bad_notes(void **state)
{
	static const char *const notes[] = {
		"{\\\"version\\\":1,\\\"metadata\\\":[[]\\\"a\\\",\\\"str\\\"]]}",
		"{\\\"version\\\":1,\\\"tensors\\\":[[]\\\"t\\\"]]}",
		"{\\\"version\\\":1,\\\"tensors\\\":[[\\\"t\\\",\\\"u8\\\\u0000\\\",[1]]]}",
	};
	char header[400];
	tare_value v;
	size_t i;

	for (i = 0; i < sizeof notes / sizeof *notes; i++) {
		tare_buffer b;
		tare_model *m;

		snprintf(header, sizeof header, "{\"__metadata__\":{\"a\":\"\",\"tare\":\"%s\"},"
			 "\"t\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}", notes[i]);
		b = file_of(header, 1);
		m = must_open_memory(&b);
		assert_int_equal(m->n_warnings, 1);
		assert_true(tare_model_find(m, "tare", &v));
		tare_close(m);
		free(b.bytes);
	}
}

static void test_set(void **state)
{
	static const char *const names[] = { "m.safetensors.index.json", "m-00001-of-00005.safetensors", "m-00003-of-00005.safetensors", "" };
	tare_buffer gguf = make_gguf(false);
	tare_model *m = must_open_memory(&gguf), *st;
	rewritten there = rewrite(m, &tare_format_safetensors, &(tare_layout_options){ .path = in_scratch("m.safetensors"), .split_count = 2 });
	rewritten back;
	size_t i;

	assert_int_equal(there.out->n_files, 6);
	write_set(&there);
	for (i = 0; i < sizeof names / sizeof *names; i++) {
		st = must_open(in_scratch(names[i]));
		assert_int_equal(st->n_warnings, 0);
		assert_int_equal(st->n_files, 5);
		back = rewrite(st, &tare_format_gguf, &(tare_layout_options){ 0 });
		assert_same_bytes(&back.files[0], &gguf);
		free_rewritten(&back);
		tare_close(st);
	}
	free_rewritten(&there);
	tare_close(m);
	free(gguf.bytes);
}

static void test_plain_set(void **state)
{
	static const char index[] = "{\n  \"metadata\": {\n    \"total_size\": 13\n  },\n  \"weight_map\": {\n    \"a\": \"x-00002-of-00002.safetensors\",\n"
				    "    \"b\": \"x-00001-of-00002.safetensors\",\n    \"c\\n\": \"x-00001-of-00002.safetensors\"\n  }\n}\n";
	tare_buffer b = file_of("{\"__metadata__\":{\"format\":\"pt\"},\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},"
				"\"c\\n\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[8,9]},\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[9,13]}}", 13);
	tare_model *m = must_open_memory(&b);
	rewritten r = rewrite(m, &tare_format_safetensors, &(tare_layout_options){ .path = "x-00007-of-00009.safetensors", .split_size = 9 });

	assert_int_equal(r.out->n_files, 3);
	assert_string_equal(r.out->files[0].path, "x-00001-of-00002.safetensors");
	assert_string_equal(r.out->files[2].path, "x.safetensors.index.json");
	header_is(&r.files[0], "{\"__metadata__\":{\"format\":\"pt\"},\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},"
			       "\"c\\n\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[8,9]}}");
	header_is(&r.files[1], "{\"__metadata__\":{\"format\":\"pt\"},\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}");
	assert_int_equal(r.files[2].size, strlen(index));
	assert_memory_equal(r.files[2].bytes, index, strlen(index));
	free_rewritten(&r);
	tare_close(m);
	free(b.bytes);
}

static tare_status lay_out(const tare_layout_options *opt, tare_error *err, size_t *n_files)
{
	tare_buffer b = file_of("{\"a\":{\"dtype\":\"U8\",\"shape\":[5],\"data_offsets\":[0,5]},\"b\":{\"dtype\":\"U8\",\"shape\":[5],\"data_offsets\":[5,10]}}", 10);
	tare_model *m = must_open_memory(&b), *out = outline_of(m, &tare_format_safetensors);
	tare_status st = tare_format_safetensors.layout(out, opt, err);

	*n_files = out->n_files;
	tare_close(out);
	tare_close(m);
	free(b.bytes);
	return st;
}

static void test_splits(void **state)
{
	tare_error err = TARE_ERROR_INIT;
	size_t n;

	assert_int_equal(lay_out(&(tare_layout_options){ .path = "-" }, &err, &n), TARE_OK);
	assert_int_equal(n, 1);
	assert_int_equal(lay_out(&(tare_layout_options){ .path = "m.safetensors", .split_size = 10 }, &err, &n), TARE_OK);
	assert_int_equal(n, 1);
	assert_int_equal(lay_out(&(tare_layout_options){ .path = "m.safetensors", .split_size = 1 }, &err, &n), TARE_OK);
	assert_int_equal(n, 3);
	assert_int_equal(lay_out(&(tare_layout_options){ .path = "-", .split_count = 1 }, &err, &n), TARE_E_ARG);
}

/* ---- what cannot be written ---- */

static void test_unsupported(void **state)
{
	static const uint64_t dim[] = { 1 };
	tare_error err = TARE_ERROR_INIT;
	tare_model *m = outline(false);

	add(m, tare_str_of("\xff"), &tare_type_u8, dim, 1);
	add(m, tare_str_of("hex:ff"), &tare_type_u8, dim, 1);
	assert_int_equal(tare_format_safetensors.layout(m, &(tare_layout_options){ 0 }, &err), TARE_E_UNSUPPORTED);
	assert_non_null(strstr(err.message, "its name would be stored as 'hex:ff', which another tensor has"));
	tare_close(m);
}

static void test_header_too_long(void **state)
{
	tare_str text = { calloc(1, TARE_ST_HEADER_MAX), TARE_ST_HEADER_MAX };
	tare_error err = TARE_ERROR_INIT;
	tare_model *m = outline(false);
	tare_value v = { .kind = TARE_STRING };

	assert_non_null(text.ptr);
	memset((void *)(uintptr_t)text.ptr, 'a', text.len);
	v.as.string = text;
	assert_int_equal(tare_model_add_metadata(m, tare_str_of("long"), &v, TARE_NOWHERE, NULL), TARE_OK);
	assert_int_equal(tare_format_safetensors.layout(m, &(tare_layout_options){ 0 }, &err), TARE_E_UNSUPPORTED);
	assert_non_null(strstr(err.message, "safetensors allows 100000000"));
	tare_close(m);
	free((void *)(uintptr_t)text.ptr);
}

/* ---- streams ---- */

/* From a pipe only the header is read; where the payload ends is not known yet. */
static void test_stream(void **state)
{
	tare_buffer b = file_of("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", 8), z = packed(&b);
	tare_model *m = must_open_memory(&z);

	assert_int_equal(m->n_tensors, 1);
	assert_int_equal(m->tensors[0].offset, b.size - 8);
	tare_close(m);
	z.size -= 3;
	assert_int_not_equal(tare_open_memory(&m, z.bytes, 12, NULL, NULL), TARE_OK);
	free(z.bytes);
	free(b.bytes);
}

static void test_cut_anywhere(void **state)
{
	tare_buffer b = file_of("{\"__metadata__\":{\"k\":\"v\"},\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", 8);
	size_t n;

	for (n = 0; n < b.size; n++) {
		tare_error err = TARE_ERROR_INIT;
		tare_model *m;

		assert_int_not_equal(tare_open_memory(&m, b.bytes, n, &(tare_open_options){ .from = "safetensors" }, &err), TARE_OK);
		assert_null(m);
		assert_true(err.status == TARE_E_DATA && err.message[0]);
	}
	free(b.bytes);
}

/* ---- limits ---- */

static void limited(const char *limit, const char *header, const char *message)
{
	tare_buffer b = file_of(header, 1);
	tare_error err = TARE_ERROR_INIT;
	tare_limits lim;
	tare_model *m;

	tare_limits_init(&lim);
	assert_int_equal(tare_limits_set(&lim, limit, NULL), TARE_OK);
	assert_int_equal(tare_open_memory(&m, b.bytes, b.size, &(tare_open_options){ .limits = &lim }, &err), TARE_E_LIMIT);
	if (!strstr(err.message, message))
		fail_msg("%s", err.message);
	free(b.bytes);
}

static void test_limits(void **state)
{
	static const char two[] = "{\"__metadata__\":{\"k\":\"text\",\"l\":\"\"},\"a\":{\"dtype\":\"U8\",\"shape\":[1,1],\"data_offsets\":[0,1]},"
				  "\"b\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[1,1]}}";

	limited("json=64", two, "bytes of the header");
	limited("tensors=1", two, "tensors: 2 is over the limit of 1");
	limited("metadata=1", two, "metadata entries: 2 is over the limit of 1");
	limited("string=3", two, "bytes of a metadata string: 4 is over the limit of 3");
	limited("dims=1", two, "dimensions of a tensor: 2 is over the limit of 1");
	limited("depth=2", two, "JSON nested deeper than 2");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_canonical_comes_back),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_every_dtype),
		cmocka_unit_test(test_fixtures_come_back),
		cmocka_unit_test(test_gguf_comes_back),
		cmocka_unit_test(test_stories_come_back),
		cmocka_unit_test(test_order_comes_back),
		cmocka_unit_test(test_big_endian),
		cmocka_unit_test(test_plain_through_gguf),
		cmocka_unit_test(test_order_of_hex_names),
		cmocka_unit_test(test_no_note_without_need),
		cmocka_unit_test(test_bad_notes),
		cmocka_unit_test(test_set),
		cmocka_unit_test(test_plain_set),
		cmocka_unit_test(test_splits),
		cmocka_unit_test(test_unsupported),
		cmocka_unit_test(test_header_too_long),
		cmocka_unit_test(test_stream),
		cmocka_unit_test(test_cut_anywhere),
		cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests_name("safetensors", tests, scratch_make, scratch_remove);
}
