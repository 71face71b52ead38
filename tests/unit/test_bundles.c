/* tare_open(): files, folders and sets, and what it says of everything else. */
#include "unit/rewrite.h"
#include "unit/scratch.h"

#include "bundles/bundle.h"

static void put_text(const char *name, const char *text)
{
	assert_true(put_file(in_scratch(name), text, strlen(text)));
}

/* A safetensors file with one-byte tensors of these names. */
static void put_st(const char *name, const char *const *tensors)
{
	tare_buffer b = { 0 };
	tare_sink s = { .put = tare_buffer_put, .ctx = &b };
	char header[1024] = "{";
	size_t i, n = 1;

	for (i = 0; tensors[i]; i++)
		n += (size_t)snprintf(header + n, sizeof header - n, "%s\"%s\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[%zu,%zu]}", i ? "," : "",
				      tensors[i], i, i + 1);
	header[n++] = '}';
	assert_int_equal(tare_sink_u64(&s, n, NULL), TARE_OK);
	assert_int_equal(tare_sink_put(&s, header, n, NULL), TARE_OK);
	assert_int_equal(tare_sink_put(&s, header, i, NULL), TARE_OK);
	assert_true(put_file(in_scratch(name), b.bytes, b.size));
	free(b.bytes);
}

#define PUT_ST(name, ...) put_st(name, (const char *const[]){ __VA_ARGS__, NULL })

static void put_gguf(const char *name)
{
	tare_buffer b = make(small, 3, false, 0, 0);

	assert_true(put_file(in_scratch(name), b.bytes, b.size));
	free(b.bytes);
}

static void opens(const char *name, const char *format, size_t files, size_t tensors, const char *warning)
{
	tare_error err = TARE_ERROR_INIT;
	char text[1200];
	tare_model *m;

	if (tare_open(&m, in_scratch(name), NULL, &err) != TARE_OK)
		fail_msg("%s: %s", name, tare_error_text(&err, text, sizeof text));
	assert_string_equal(tare_model_format(m), format);
	assert_int_equal(tare_model_file_count(m), files);
	assert_int_equal(tare_model_tensor_count(m), tensors);
	if (!warning)
		assert_null(tare_model_warning(m, 0));
	else if (!tare_model_warning(m, 0) || !strstr(tare_model_warning(m, 0), warning))
		fail_msg("%s: warning '%s'", name, tare_model_warning(m, 0) ? tare_model_warning(m, 0) : "");
	tare_close(m);
}

static void refused(const char *name, tare_status status, const char *message)
{
	tare_error err = TARE_ERROR_INIT;
	tare_model *m = (tare_model *)&err;
	char text[1200];

	assert_int_equal(tare_open(&m, in_scratch(name), NULL, &err), status);
	assert_null(m);
	assert_int_equal(err.status, status);
	assert_non_null(strstr(err.file, scratch));
	if (!strstr(err.message, message))
		fail_msg("%s, expected: %s", tare_error_text(&err, text, sizeof text), message);
}

/* ---- one file ---- */

static void test_files(void **state)
{
	PUT_ST("any name", "a", "b");
	opens("any name", "safetensors", 1, 2, NULL);
	put_gguf("x");
	opens("x", "gguf", 1, 3, NULL);
}

static void test_arguments(void **state)
{
	tare_error err = TARE_ERROR_INIT;
	tare_model *m;

	assert_int_equal(tare_open(&m, "", NULL, &err), TARE_E_ARG);
	tare_error_clear(&err);
	assert_int_equal(tare_open(&m, NULL, NULL, &err), TARE_E_ARG);
	refused("not there", TARE_E_IO, "No such file");
	PUT_ST("a.st", "a");
	tare_error_clear(&err);
	assert_int_equal(tare_open(&m, in_scratch("a.st"), &(tare_open_options){ .from = "nothing" }, &err), TARE_E_ARG);
	tare_error_clear(&err);
	assert_int_equal(tare_open(&m, in_scratch("a.st"), &(tare_open_options){ .from = "gguf" }, &err), TARE_E_FORMAT);
}

static void alike(const char *bytes, size_t size, const char *message)
{
	assert_true(put_file(in_scratch("f"), bytes, size));
	refused("f", TARE_E_FORMAT, message);
}

#define ALIKE(bytes, message) alike(bytes, sizeof bytes - 1, message)

static void test_look_alikes(void **state)
{
	ALIKE("", "the file is empty");
	ALIKE("\0\0\0\0\0\0\0\0\0\0\0\0", "nothing but zeros");
	ALIKE("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 12\n", "a Git LFS pointer, not the file itself; fetch it");
	ALIKE(" \n<!DOCTYPE html><html>", "a web page, not the model");
	ALIKE("<HTML lang=en>", "a web page, not the model");
	ALIKE("PK\3\4\x14\0\0\0", "a zip archive");
	ALIKE("\x80\2}q\0X\1\0\0\0", "a Python pickle, which may run code");
	ALIKE("cposix\nsystem\n", "a Python pickle, which may run code");
	ALIKE("{\"a\": 1}", "JSON text");
	ALIKE("{\"test\":{\"dtype\"", "JSON text");
	ALIKE("\x89HDF\r\n\x1a\n", "HDF5");
	ALIKE("\x1f\x8b\x08\0\0\0", "packed by gzip");
	ALIKE("hello, world", "not a format that is known here (gguf, safetensors, onnx, imatrix-dat)");
}

/* A name lends a hand only where the contents say nothing: so that the message can say what is wrong with them. */
static void test_name_for_the_message(void **state)
{
	assert_true(put_file(in_scratch("m.safetensors"), "abc", 3));
	refused("m.safetensors", TARE_E_DATA, "the file has 3 bytes: expected at least 8");
	put_text("m.gguf", "hello, world");
	refused("m.gguf", TARE_E_FORMAT, "");
	put_text("lfs.gguf", "version https://git-lfs.github.com/spec/v1\n");
	refused("lfs.gguf", TARE_E_FORMAT, "Git LFS pointer");
}

/* ---- folders ---- */

static void test_folder(void **state)
{
	refused("", TARE_E_FORMAT, "no model in this folder");
	put_text("config.json", "{}");
	put_text(".hidden.gguf", "x");
	refused("", TARE_E_FORMAT, "no model in this folder: expected a file *.gguf or *.safetensors among its 1 files");
	PUT_ST("model.safetensors", "a");
	opens("", "safetensors", 1, 1, NULL);
	put_gguf("b.gguf");
	refused("", TARE_E_FORMAT, "the folder holds 2 model files and not one model; name one of: b.gguf, model.safetensors");
	assert_int_equal(unlink(in_scratch("model.safetensors")), 0);
	opens("", "gguf", 1, 3, NULL);
	opens("/", "gguf", 1, 3, NULL);
}

static void put_gguf_set(void)
{
	tare_buffer b = make(small, 3, false, 0, 0);
	tare_model *m = open_bytes(&b);
	rewritten r = rewrite(m, &tare_format_gguf, &(tare_layout_options){ .path = in_scratch("s.gguf"), .split_count = 1 });
	size_t i;

	assert_int_equal(r.out->n_files, 3);
	for (i = 0; i < r.out->n_files; i++)
		assert_true(put_file(r.out->files[i].path, r.files[i].bytes, r.out->files[i].size));
	free_rewritten(&r);
	tare_close(m);
	free(b.bytes);
}

static void test_folder_of_gguf_shards(void **state)
{
	put_gguf_set();
	opens("", "gguf", 3, 3, NULL);
	put_gguf("t-00001-of-00002.gguf");
	refused("", TARE_E_FORMAT, "the folder holds 4 model files");
}

/* ---- sharded safetensors ---- */

#define INDEX "model.safetensors.index.json"
#define ONE "model-00001-of-00002.safetensors"
#define TWO "model-00002-of-00002.safetensors"
#define MAP(entries) "{\"weight_map\":{" entries "}}"
#define A1 "\"a\":\"" ONE "\""
#define B1 "\"b\":\"" ONE "\""
#define C2 "\"c\":\"" TWO "\""

static void put_set(const char *index)
{
	PUT_ST(ONE, "a", "b");
	PUT_ST(TWO, "c");
	put_text(INDEX, index);
}

static void test_index(void **state)
{
	put_set("{\"metadata\":{\"total_size\":3},\"weight_map\":{" C2 "," A1 "," B1 "}}");
	opens(INDEX, "safetensors", 2, 3, NULL);
	opens(ONE, "safetensors", 2, 3, NULL);
	opens(TWO, "safetensors", 2, 3, NULL);
	opens("", "safetensors", 2, 3, NULL);
	put_text(INDEX, MAP(C2 "," A1 "," B1));
	opens("", "safetensors", 2, 3, NULL);
	put_text(INDEX, "{\"metadata\":{\"total_size\":4,\"x\":[]},\"weight_map\":{" C2 "," A1 "," B1 "},\"y\":1}");
	opens("", "safetensors", 2, 3, "the index says total_size 4, but the tensors have 3 bytes");
	put_gguf("other.gguf");
	refused("", TARE_E_FORMAT, "the folder holds 4 model files and not one model; name one of: " INDEX);
}

static void test_single(void **state)
{
	tare_error err = TARE_ERROR_INIT;
	tare_model *m;

	put_set(MAP(C2 "," A1 "," B1));
	assert_int_equal(tare_open(&m, in_scratch(ONE), &(tare_open_options){ .single = true }, &err), TARE_OK);
	assert_int_equal(tare_model_tensor_count(m), 2);
	assert_null(tare_model_warning(m, 0));
	tare_close(m);
	assert_int_equal(unlink(in_scratch(INDEX)), 0);
	opens(ONE, "safetensors", 1, 2, "this is one file of a set, whose index " INDEX " is not there");
	refused("", TARE_E_FORMAT, "the folder holds 2 model files");
}

static void bad_index(const char *index, const char *message)
{
	put_set(index);
	refused(INDEX, TARE_E_DATA, message);
	refused(TWO, TARE_E_DATA, message);
}

static void test_bad_index(void **state)
{
	bad_index(MAP(A1 "," B1) "{", "more follows");
	bad_index("{\"weight_map\":{" A1, "the JSON text ends where");
	bad_index("{\"weight_map\":[]}", "found an array where an object was expected");
	bad_index(MAP(""), "weight_map is empty");
	bad_index(MAP("\"a\":1"), "found a number where a string was expected");
	bad_index("{\"weight_map\":{},\"weight_map\":{}}", "weight_map is there twice");
	bad_index(MAP(A1 "," A1), "tensor 'a' is mapped twice");
	bad_index(MAP("\"a\":\"gone.safetensors\""), "the index names 'gone.safetensors', which is not there");
	bad_index(MAP(A1 "," C2), "tensor 'b' is in '" ONE "', but the index does not name it");
	bad_index(MAP(A1 ",\"b\":\"" TWO "\"," C2), "tensor 'b' is in '" ONE "', but is mapped to '" TWO "'");
	bad_index(MAP(A1 "," B1 "," C2 ",\"d\":\"" TWO "\""), "tensor 'd' is not in '" TWO "', to which it is mapped");
}

static void test_names_that_lead_away(void **state)
{
	static const char message[] = "': expected the name of a file beside the index";

	bad_index(MAP("\"a\":\"../" ONE "\""), "tensor 'a' is mapped to '../" ONE "': expected the name of a file beside the index");
	bad_index(MAP("\"a\":\"/etc/passwd\""), message);
	bad_index(MAP("\"a\":\"..\""), message);
	bad_index(MAP("\"a\":\".\""), message);
	bad_index(MAP("\"a\":\"\""), message);
	bad_index(MAP("\"a\":\"x\\\\y\""), message);
	bad_index(MAP("\"a\":\"x\\u0000y\""), message);
}

static void test_tensor_in_two_shards(void **state)
{
	put_set(MAP(A1 "," B1 "," C2));
	PUT_ST(TWO, "c", "a");
	refused(INDEX, TARE_E_DATA, "tensor 'a' is in '" TWO "', but is mapped to '" ONE "'");
}

static void test_shard_of_another_kind(void **state)
{
	put_set(MAP(A1 "," B1 "," C2));
	put_gguf(TWO);
	refused(INDEX, TARE_E_DATA, "the index names '" TWO "', which is gguf and not safetensors");
	put_text(TWO, "version https://git-lfs.github.com/spec/v1\n");
	refused(INDEX, TARE_E_FORMAT, "Git LFS pointer");
	assert_true(put_file(in_scratch(TWO), "\5\0\0", 3));
	refused(INDEX, TARE_E_DATA, "the file has 3 bytes");
}

/* JSON that is no index is not taken for one, whatever its name. */
static void test_other_json(void **state)
{
	put_text("config.json", "{\"architectures\": []}");
	refused("config.json", TARE_E_FORMAT, "JSON text");
	put_text(INDEX, "{}");
	refused(INDEX, TARE_E_FORMAT, "JSON text");
	put_text(INDEX, "weight_map");
	refused(INDEX, TARE_E_FORMAT, "not a format that is known");
}

static void over(enum tare_limit which, uint64_t n)
{
	tare_error err = TARE_ERROR_INIT;
	tare_limits lim;
	tare_model *m;

	tare_limits_init(&lim);
	lim.value[which] = n;
	assert_int_equal(tare_open(&m, in_scratch(INDEX), &(tare_open_options){ .limits = &lim }, &err), TARE_E_LIMIT);
	assert_null(m);
}

static void test_limits(void **state)
{
	put_set(MAP(C2 "," A1 "," B1));
	over(TARE_LIMIT_shards, 1);
	over(TARE_LIMIT_json, 20);
	over(TARE_LIMIT_tensors, 2);
}

#define TEST(f) cmocka_unit_test_setup(f, scratch_empty)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_files),
		TEST(test_arguments),
		TEST(test_look_alikes),
		TEST(test_name_for_the_message),
		TEST(test_folder),
		TEST(test_folder_of_gguf_shards),
		TEST(test_index),
		TEST(test_single),
		TEST(test_bad_index),
		TEST(test_names_that_lead_away),
		TEST(test_tensor_in_two_shards),
		TEST(test_shard_of_another_kind),
		TEST(test_other_json),
		TEST(test_limits),
	};

	return cmocka_run_group_tests_name("bundles", tests, scratch_make, scratch_remove);
}
