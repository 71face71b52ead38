/* The pipeline: plans made by hand over small models, carried out in every way that must not show in the result. */
#include "unit/small_plan.h"

#include <math.h>

static void every_number_of_threads_gives_the_same(void **state)
{
	static const unsigned threads[] = { 2, 3, 7, 64 };
	const options o = { .type = &tare_type_q4_K };
	tare_buffer source = make(small, N, false, 0, 0), file;
	tare_model *in = open_bytes(&source);
	const char *path = in_scratch("out.gguf");
	char *json;
	size_t i;

	reference(&source, &o, &file, &json);
	for (i = 0; i < sizeof threads / sizeof *threads; i++) {
		tare_report *report;
		char *other;

		run_well(in, path, &o, threads[i], &report);
		assert_file_is(path, &file);
		other = tare_report_json(report);
		assert_string_equal(other, json);
		free(other);
		tare_report_free(report);
	}
	tare_close(in);
	free(json);
	free(file.bytes);
	free(source.bytes);
}

static void the_result_is_what_the_types_encode(void **state)
{
	const options o = { .type = &tare_type_q5_1 };
	tare_buffer source = make(small, N, false, 0, 0), file;
	tare_model *in = open_bytes(&source), *out;
	float *x = malloc(300 * 512 * sizeof *x), *y = malloc(300 * 512 * sizeof *y);
	uint8_t *blocks = malloc(300 * 512);
	tare_loss_sum sum = { 0 };
	tare_report *report;
	tare_loss loss;
	const char *path = in_scratch("out.gguf");

	run_well(in, path, &o, 2, &report);
	file = slurp(path);
	out = open_bytes(&file);
	assert_ptr_equal(out->tensors[0].type, &tare_type_q5_1);
	tare_type_f16.decode(x, source.bytes + in->tensors[0].offset, 300 * 512);
	tare_type_q5_1.encode(blocks, x, 300, 512, NULL);
	assert_memory_equal(file.bytes + out->tensors[0].offset, blocks, out->tensors[0].size);
	tare_type_q5_1.decode(y, blocks, 300 * 512 / 32);
	tare_loss_add(&sum, x, y, 300 * 512, 32);
	tare_loss_finish(&sum, &loss);
	assert_true(fabs(tare_report_tensor(report, 0)->sqnr_db - loss.sqnr_db) < 1e-9);
	assert_true(tare_report_tensor(report, 0)->max_error == loss.max_error);
	assert_int_equal(tare_report_tensor(report, 0)->blocks, 300 * 512 / 32);
	assert_null(tare_report_tensor(report, 2));
	assert_null(tare_report_tensor(report, 4));
	assert_null(tare_report_tensor(report, N));
	assert_int_equal(tare_report_total(report)->count, 300 * 512 + 2 * 5 * 256 + 2 * 3 * 64 + 40 * 4096);
	assert_int_equal(tare_report_bytes_in(report), source.size);
	assert_int_equal(tare_report_bytes_out(report), file.size);
	assert_memory_equal(file.bytes + out->tensors[2].offset, source.bytes + in->tensors[2].offset, 33 * 4);
	tare_report_free(report);
	tare_close(out);
	tare_close(in);
	free(x), free(y), free(blocks), free(file.bytes), free(source.bytes);
}

static void an_unchanged_model_is_copied(void **state)
{
	const options o = { 0 };
	tare_buffer source = make(small, N, false, 0, 0);
	tare_model *in = open_bytes(&source);
	const char *path = in_scratch("out.gguf");
	tare_report *report;

	run_well(in, path, &o, 2, &report);
	assert_file_is(path, &source);
	assert_int_equal(tare_report_total(report)->count, 0);
	assert_true(isinf(tare_report_total(report)->sqnr_db));
	tare_report_free(report);
	tare_close(in);
	free(source.bytes);
}

static void byte_order_there_and_back(void **state)
{
	const options there = { .big = true }, back = { 0 };
	tare_buffer source = make(small, N, false, 0, 0), big = make(small, N, true, 0, 0);
	tare_model *in = open_bytes(&source);
	const char *path = in_scratch("big.gguf"), *again = in_scratch("again.gguf");
	tare_model *mid;

	run_well(in, path, &there, 2, NULL);
	assert_file_is(path, &big);
	mid = open_file(path);
	assert_true(mid->big_endian);
	run_well(mid, again, &back, 3, NULL);
	assert_file_is(again, &source);
	tare_close(mid);
	tare_close(in);
	free(source.bytes), free(big.bytes);
}

static void recoding_from_and_to_the_other_byte_order(void **state)
{
	options o = { .type = &tare_type_q6_K };
	tare_buffer source = make(small, N, false, 0, 0), big = make(small, N, true, 0, 0), a, b;
	const char *path = in_scratch("big.gguf"), *again = in_scratch("again.gguf");
	char *json_a, *json_b;
	tare_model *m;

	reference(&source, &o, &a, &json_a);
	reference(&big, &o, &b, &json_b);
	assert_same(&a, &b);
	assert_string_equal(json_a, json_b);
	o.big = true;
	m = open_bytes(&source);
	run_well(m, path, &o, 2, NULL);
	tare_close(m);
	m = open_file(path);
	run_well(m, again, &(options){ 0 }, 2, NULL);
	assert_file_is(again, &a);
	tare_close(m);
	free(json_a), free(json_b), free(a.bytes), free(b.bytes), free(source.bytes), free(big.bytes);
}

static void a_stream_gives_the_same(void **state)
{
	tare_buffer source = make(small, N, false, 0, 0), z = packed(&source), file;
	const char *path = in_scratch("out.gguf");
	char *json;
	int reverse;

	for (reverse = 0; reverse < 2; reverse++) {
		const options o = { .type = &tare_type_q4_0, .reverse = reverse };
		tare_model *in;
		unsigned threads;

		reference(&source, &o, &file, &json);
		for (threads = 1; threads < 4; threads += 2) {
			tare_report *report;
			char *other;

			in = open_bytes(&z);
			assert_true(tare_source_is_stream(in->files[0].source));
			run_well(in, path, &o, threads, &report);
			/* Only what is wanted in another order is spooled. */
			assert_int_equal(tare_source_is_stream(in->files[0].source), !reverse);
			assert_file_is(path, &file);
			other = tare_report_json(report);
			assert_string_equal(other, json);
			free(other);
			tare_report_free(report);
			tare_close(in);
		}
		free(json), free(file.bytes);
	}
	free(z.bytes), free(source.bytes);
}

static void what_is_packed_unpacks_to_the_same(void **state)
{
	const options o = { .type = &tare_type_q5_0 };
	tare_buffer source = make(small, N, false, 0, 0), file, z;
	tare_model *in = open_bytes(&source);
	const char *path = in_scratch("out.gguf.zst");
	const uint8_t *bytes;
	tare_source *s;
	char *json;

	reference(&source, &o, &file, &json);
	run_well(in, path, &o, 2, NULL);
	z = slurp(path);
	assert_true(z.size < file.size && !memcmp(z.bytes, "\x28\xb5\x2f\xfd", 4));
	assert_int_equal(tare_source_open(&s, path, NULL, NULL), TARE_OK);
	assert_int_equal(tare_source_random(s, NULL), TARE_OK);
	assert_int_equal(tare_source_size(s), file.size);
	bytes = tare_source_at(s, 0, file.size);
	assert_memory_equal(bytes, file.bytes, file.size);
	tare_source_close(s);
	tare_close(in);
	free(json), free(z.bytes), free(file.bytes), free(source.bytes);
}

/* A type that is not known is copied as it is, and cannot change its byte order. */
static void unknown_types_are_copied(void **state)
{
	tare_buffer source = make(small, N, false, 0, 0), file;
	tare_model *in = open_bytes(&source);
	tare_error err = TARE_ERROR_INIT;
	const char *path = in_scratch("out.gguf");
	tare_plan *p = make_plan(in, path, &(options){ 0 });

	in->tensors[4].type = p->out->tensors[4].type = NULL;
	assert_int_equal(tare_plan_write(p, NULL, NULL, &err), TARE_OK);
	file = slurp(path);
	assert_memory_equal(file.bytes + in->tensors[4].offset, source.bytes + in->tensors[4].offset, in->tensors[4].size);
	p->out->big_endian = true;
	assert_int_equal(tare_plan_write(p, NULL, NULL, &err), TARE_E_UNSUPPORTED);
	assert_non_null(strstr(err.message, "tensor 'ids': type 26 is not known, so its byte order cannot be changed"));
	free_plan(p);
	tare_close(in);
	free(file.bytes), free(source.bytes);
}

/* Steps that no sound plan has are told, not carried out. */
static void impossible_steps_are_refused(void **state)
{
	static const struct {
		size_t tensor;
		const tare_type *from, *to;
		bool copies;
		tare_status expected;
	} cases[] = {
		{ 0, &tare_type_f16, &tare_type_f16, false, TARE_OK },
		{ 0, &tare_type_f16, &tare_type_bf16, true, TARE_E_ARG },
		{ 0, &tare_type_f16, &tare_type_iq2_xxs, false, TARE_E_REFUSED },
		{ 0, NULL, &tare_type_f16, false, TARE_E_UNSUPPORTED },
		{ 0, &tare_type_f16, &tare_type_q8_K, false, TARE_E_UNSUPPORTED },
		{ 0, &tare_type_f16, NULL, false, TARE_E_UNSUPPORTED },
	};
	tare_buffer source = make(small, N, false, 0, 0);
	size_t i;

	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		tare_model *in = open_bytes(&source);
		tare_plan *p = make_plan(in, in_scratch("out.gguf"), &(options){ 0 });
		tare_error err = TARE_ERROR_INIT;

		in->tensors[cases[i].tensor].type = cases[i].from;
		p->out->tensors[cases[i].tensor].type = cases[i].to;
		p->steps[cases[i].tensor].copies = cases[i].copies;
		assert_int_equal(tare_plan_write(p, NULL, NULL, &err), cases[i].expected);
		assert_int_equal(scratch_count(), cases[i].expected == TARE_OK);
		scratch_empty(NULL);
		free_plan(p);
		tare_close(in);
	}
	free(source.bytes);
}

/* The last thing in a packed stream is its checksum: nothing is shown before that was seen. */
static void damage_behind_the_last_tensor_is_found(void **state)
{
	const options o = { .type = &tare_type_q8_0 };
	tare_buffer source = make(small, N, false, 0, 0), z = { .size = ZSTD_compressBound(source.size) };
	ZSTD_CCtx *ctx = ZSTD_createCCtx();
	tare_error err = TARE_ERROR_INIT;
	tare_model *in;

	z.bytes = malloc(z.size);
	assert_true(ctx && z.bytes && !ZSTD_isError(ZSTD_CCtx_setParameter(ctx, ZSTD_c_checksumFlag, 1)));
	z.size = ZSTD_compress2(ctx, z.bytes, z.size, source.bytes, source.size);
	assert_false(ZSTD_isError(z.size));
	in = open_bytes(&z);
	assert_int_equal(run(in, in_scratch("out.gguf"), &o, 2, NULL, &err), TARE_OK);
	tare_close(in);
	scratch_empty(NULL);
	z.bytes[z.size - 1] ^= 1;
	in = open_bytes(&z);
	assert_int_equal(run(in, in_scratch("out.gguf"), &o, 2, NULL, &err), TARE_E_DATA);
	assert_int_equal(scratch_count(), 0);
	tare_close(in);
	ZSTD_freeCCtx(ctx);
	free(z.bytes), free(source.bytes);
}

static void source_and_target_may_be_one_file(void **state)
{
	const options o = { .type = &tare_type_q8_0 };
	tare_buffer source = make(small, N, false, 0, 0), file;
	const char *path = in_scratch("model.gguf");
	char *json;
	tare_model *in;

	reference(&source, &o, &file, &json);
	assert_true(put_file(path, source.bytes, source.size));
	in = open_file(path);
	run_well(in, path, &o, 2, NULL);
	tare_close(in);
	assert_file_is(path, &file);
	assert_int_equal(scratch_count(), 1);
	free(json), free(file.bytes), free(source.bytes);
}

static void shards_hold_the_same(void **state)
{
	options o = { .type = &tare_type_q4_K };
	tare_buffer source = make(small, N, false, 0, 0), file;
	tare_model *in = open_bytes(&source), *whole, *shard;
	const char *path = in_scratch("m.gguf");
	char *json, name[64];
	size_t i, seen = 0;

	reference(&source, &o, &file, &json);
	whole = open_bytes(&file);
	o.split_count = 3;
	run_well(in, path, &o, 3, NULL);
	assert_int_equal(scratch_count(), 3);
	for (i = 1; i <= 3; i++) {
		const char *one;
		tare_buffer b;
		size_t k;

		sprintf(name, "m-%05zu-of-00003.gguf", i);
		one = in_scratch(name);
		b = slurp(one);
		shard = open_bytes(&b);
		for (k = 0; k < shard->n_tensors; k++, seen++) {
			const tare_tensor *t = &shard->tensors[k], *w = &whole->tensors[seen];

			assert_true(tare_str_eq(t->name, w->name) && t->type == w->type && t->size == w->size);
			assert_memory_equal(b.bytes + t->offset, file.bytes + w->offset, t->size);
		}
		tare_close(shard);
		free(b.bytes);
	}
	assert_int_equal(seen, N);
	tare_close(whole);
	tare_close(in);
	free(json), free(file.bytes), free(source.bytes);
}

static void damage_and_refusals_leave_nothing(void **state)
{
	char *refusals[] = { (char *)(uintptr_t)"tensor 'w': because" };
	tare_buffer source = make(small, N, false, 0, 0), z = packed(&source);
	tare_error err = TARE_ERROR_INIT;
	const char *path = in_scratch("m.gguf");
	tare_model *in = open_bytes(&source);
	tare_plan *p;

	p = make_plan(in, path, &(options){ .type = &tare_type_q4_K });
	p->refusals = refusals;
	p->n_refusals = 1;
	assert_int_equal(tare_plan_write(p, NULL, NULL, &err), TARE_E_REFUSED);
	assert_string_equal(err.message, refusals[0]);
	free_plan(p);
	tare_close(in);

	/* A stream that ends early, as a pipe does whose other end died. */
	z.size -= z.size / 3;
	in = open_bytes(&z);
	tare_error_clear(&err);
	assert_int_not_equal(run(in, path, &(options){ .type = &tare_type_q4_K }, 3, NULL, &err), TARE_OK);
	assert_true(err.message[0]);
	tare_close(in);
	assert_int_equal(scratch_count(), 0);
	free(z.bytes), free(source.bytes);
}

typedef struct watch {
	uint64_t last, total, stop_at;
	bool fell;
} watch;

static bool look(void *user, uint64_t done, uint64_t total)
{
	watch *w = user;

	w->fell = w->fell || done < w->last;
	w->last = done;
	w->total = total;
	return done < w->stop_at;
}

static void progress_rises_and_can_stop(void **state)
{
	tare_buffer source = make(small, N, false, 0, 0);
	tare_model *in = open_bytes(&source);
	const char *path = in_scratch("m.gguf");
	watch w = { .stop_at = UINT64_MAX };
	tare_write_options opt = { .run = { .threads = 3, .progress = look, .user = &w } };
	tare_error err = TARE_ERROR_INIT;
	tare_plan *p = make_plan(in, path, &(options){ .type = &tare_type_q8_0 });

	assert_int_equal(tare_plan_write(p, &opt, NULL, &err), TARE_OK);
	assert_true(w.last == w.total && !w.fell && w.total > 300000);
	scratch_empty(NULL);
	w = (watch){ .stop_at = w.total / 2 };
	assert_int_equal(tare_plan_write(p, &opt, NULL, &err), TARE_E_CANCELLED);
	assert_int_equal(scratch_count(), 0);
	free_plan(p);
	tare_close(in);
	free(source.bytes);
}

/* What the pipeline relies upon when it cuts tiles. */
static void blocks_stand_alone_without_importances(void **state)
{
	enum { ROWS = 6, COLS = 768, ALL = ROWS * COLS };
	float *x = malloc(ALL * sizeof *x);
	uint8_t *rows = malloc(ALL * 8), *one = malloc(ALL * 8);
	const tare_type *t;
	size_t i, k, n;

	fill(x, ALL, 99);
	for (i = 0; (t = tare_type_at(i)); i++) {
		if (!t->encode || t->flags & TARE_TYPE_NEEDS_WEIGHTS)
			continue;
		n = ALL / t->block_len;
		t->encode(rows, x, ROWS, COLS, NULL);
		tare_type_encode(t)(one, x, 1, ALL, NULL);
		assert_memory_equal(rows, one, n * t->block_size);
		for (k = 0; k < n; k++)
			tare_type_encode(t)(one + k * t->block_size, x + k * t->block_len, 1, t->block_len, NULL);
		assert_memory_equal(rows, one, n * t->block_size);
	}
	free(x), free(rows), free(one);
}

/* Three experts with importances of their own, in rows wider than a strip; tiles do not end where experts do. One expert was seen twice,
 * one three times, one never, and then all of its columns matter the same. */
static void importances_go_with_their_slices(void **state)
{
	enum { EXPERTS = 3, ROWS = 11, COLS = 4608, ALL = EXPERTS * ROWS * COLS };
	static const spec experts[] = { { "exps", &tare_type_f32, 3, { EXPERTS, ROWS, COLS } } };
	static const spec matrix[] = {
		{ "exps.in_sum2", &tare_type_f32, 2, { EXPERTS, COLS } }, { "exps.counts", &tare_type_f32, 2, { EXPERTS, 1 } },
	};
	static const float counts[EXPERTS] = { 2, 0, 3 };
	tare_buffer source = make(experts, 1, false, 0, 0), sums = make(matrix, 2, false, 0, 0), file;
	tare_model *in = open_bytes(&source), *out, *im = open_bytes(&sums);
	float *x = malloc(ALL * sizeof *x), *weights = malloc(EXPERTS * COLS * sizeof *weights);
	const tare_importance exps = {
		.name = tare_str_of("exps"), .m = im, .sums = &im->tensors[0], .counts = &im->tensors[1], .values = EXPERTS * COLS,
		.slices = EXPERTS,
	};
	const tare_importance *per_step[] = { &exps };
	uint8_t *expected = malloc(ALL);
	const char *path = in_scratch("out.gguf");
	size_t i, slice = ROWS * COLS / 256 * tare_type_q4_K.block_size;
	tare_error err = TARE_ERROR_INIT;
	tare_plan *p = make_plan(in, path, &(options){ .type = &tare_type_q4_K });

	fill(weights, EXPERTS * COLS, 5);
	for (i = 0; i < EXPERTS * COLS; i++)
		weights[i] = fabsf(weights[i]) + 1e-6f;
	memcpy(sums.bytes + im->tensors[0].offset, weights, EXPERTS * COLS * sizeof *weights);
	memcpy(sums.bytes + im->tensors[1].offset, counts, sizeof counts);
	for (i = 0; i < EXPERTS * COLS; i++)
		weights[i] = counts[i / COLS] > 0 ? weights[i] / counts[i / COLS] : 1;
	p->weights = per_step;
	assert_int_equal(tare_plan_write(p, &(tare_write_options){ .run.threads = 3 }, NULL, &err), TARE_OK);
	assert_int_equal(tare_read_f32(in, &in->tensors[0], x, NULL), TARE_OK);
	for (i = 0; i < EXPERTS; i++)
		tare_type_q4_K.encode(expected + i * slice, x + i * ROWS * COLS, ROWS, COLS, weights + i * COLS);
	file = slurp(path);
	out = open_bytes(&file);
	assert_memory_equal(file.bytes + out->tensors[0].offset, expected, EXPERTS * slice);
	tare_close(out);
	free_plan(p);
	tare_close(in);
	tare_close(im);
	free(x), free(weights), free(expected), free(file.bytes), free(source.bytes), free(sums.bytes);
}

/* This program run again under another TARE_CPU writes file and report where it is told. */
static int write_for_another(const char *path)
{
	const options o = { .type = &tare_type_q4_K };
	tare_buffer source = make(small, N, false, 0, 0);
	tare_model *in = open_bytes(&source);
	tare_report *report;
	char *json, name[4096];

	run_well(in, path, &o, 2, &report);
	json = tare_report_json(report);
	snprintf(name, sizeof name, "%s.json", path);
	assert_true(put_file(name, json, strlen(json)));
	tare_report_free(report);
	tare_close(in);
	free(json), free(source.bytes);
	return 0;
}

static const char *self;

static void every_instruction_set_gives_the_same(void **state)
{
	static const char *const sets[] = { "none", "avx2", "avx512", "neon", "all" };
	const options o = { .type = &tare_type_q4_K };
	tare_buffer source = make(small, N, false, 0, 0), file, report;
	const char *path = in_scratch("out.gguf"), *json_path = in_scratch("out.gguf.json");
	char *json, command[4096];
	size_t i;

	reference(&source, &o, &file, &json);
	report = (tare_buffer){ .bytes = json, .size = strlen(json) };
	for (i = 0; i < sizeof sets / sizeof *sets; i++) {
		snprintf(command, sizeof command, "TARE_CPU=%s '%s' --write '%s'", sets[i], self, path);
		assert_int_equal(system(command), 0);
		assert_file_is(path, &file);
		assert_file_is(json_path, &report);
	}
	free(json), free(file.bytes), free(source.bytes);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(every_number_of_threads_gives_the_same, scratch_empty),
		cmocka_unit_test_setup(the_result_is_what_the_types_encode, scratch_empty),
		cmocka_unit_test_setup(an_unchanged_model_is_copied, scratch_empty),
		cmocka_unit_test_setup(byte_order_there_and_back, scratch_empty),
		cmocka_unit_test_setup(recoding_from_and_to_the_other_byte_order, scratch_empty),
		cmocka_unit_test_setup(a_stream_gives_the_same, scratch_empty),
		cmocka_unit_test_setup(what_is_packed_unpacks_to_the_same, scratch_empty),
		cmocka_unit_test_setup(unknown_types_are_copied, scratch_empty),
		cmocka_unit_test_setup(impossible_steps_are_refused, scratch_empty),
		cmocka_unit_test_setup(damage_behind_the_last_tensor_is_found, scratch_empty),
		cmocka_unit_test_setup(source_and_target_may_be_one_file, scratch_empty),
		cmocka_unit_test_setup(shards_hold_the_same, scratch_empty),
		cmocka_unit_test_setup(damage_and_refusals_leave_nothing, scratch_empty),
		cmocka_unit_test_setup(progress_rises_and_can_stop, scratch_empty),
		cmocka_unit_test_setup(blocks_stand_alone_without_importances, scratch_empty),
		cmocka_unit_test_setup(importances_go_with_their_slices, scratch_empty),
		cmocka_unit_test_setup(every_instruction_set_gives_the_same, scratch_empty),
	};

	self = argv[0];
	if (argc == 3 && !strcmp(argv[1], "--write"))
		return write_for_another(argv[2]);
	return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
