/* The pipeline: plans made by hand over small models, carried out in every way that must not show in the result. */
#include "unit/small_model.h"

#include "base/bytes.h"
#include "recipe/plan.h"
#include "unit/scratch.h"

#include <math.h>

/* ---- making plans ---- */

typedef struct options {
	const tare_type *type;   /* of all weights with two dimensions and more; NULL: kept */
	uint64_t split_count;
	bool big, reverse;
	tare_nonfinite nonfinite;
	tare_gate gates[3];
	size_t n_gates;
} options;

static bool recodes(const tare_tensor *t, const options *o)
{
	return o->type && t->n_dims > 1 && t->type != o->type && tare_tensor_cols(t) % o->type->block_len == 0;
}

static tare_plan *make_plan(tare_model *in, const char *path, const options *o)
{
	tare_plan *p = calloc(1, sizeof *p);
	tare_error err = TARE_ERROR_INIT;
	size_t i;

	assert_non_null(p);
	p->in = in;
	p->out = outline(o->big);
	p->path = strdup(path);
	p->nonfinite = o->nonfinite;
	p->gates = calloc(3, sizeof *p->gates);
	assert_true(p->path && p->gates);
	memcpy(p->gates, o->gates, sizeof o->gates);
	p->n_gates = o->n_gates;
	p->steps = tare_arena_array(&p->out->arena, in->n_tensors, sizeof *p->steps);
	assert_non_null(p->steps);
	for (i = 0; i < in->n_tensors; i++) {
		size_t source = o->reverse ? in->n_tensors - 1 - i : i;
		const tare_tensor *t = &in->tensors[source];

		add(p->out, t->name, recodes(t, o) ? o->type : t->type, t->dim, t->n_dims);
		p->steps[i] = (tare_step){ .source = source, .copies = !recodes(t, o), .rule = "test" };
	}
	if (tare_format_gguf.layout(p->out, &(tare_layout_options){ .path = path, .split_count = o->split_count }, &err) != TARE_OK)
		fail_msg("%s", err.message);
	return p;
}

static void free_plan(tare_plan *p)
{
	tare_close(p->out);
	free(p->gates);
	free(p->path);
	free(p);
}

/* Writes in to path; *report may be NULL. */
static tare_status run(tare_model *in, const char *path, const options *o, unsigned threads, tare_report **report, tare_error *err)
{
	tare_plan *p = make_plan(in, path, o);
	tare_status st = tare_plan_write(p, &(tare_write_options){ .run.threads = threads, .measure = true }, report, err);

	free_plan(p);
	return st;
}

static void run_well(tare_model *in, const char *path, const options *o, unsigned threads, tare_report **report)
{
	tare_error err = TARE_ERROR_INIT;

	if (run(in, path, o, threads, report, &err) != TARE_OK)
		fail_msg("%s", err.message);
}

static void assert_same(const tare_buffer *a, const tare_buffer *b)
{
	assert_int_equal(a->size, b->size);
	assert_memory_equal(a->bytes, b->bytes, a->size);
}

static void assert_file_is(const char *path, const tare_buffer *expected)
{
	tare_buffer b = slurp(path);

	assert_same(&b, expected);
	free(b.bytes);
}

/* ---- tests ---- */

/* The file and the report that one thread gives. */
static void reference(const tare_buffer *source, const options *o, tare_buffer *file, char **json)
{
	tare_model *in = open_bytes(source);
	const char *path = in_scratch("reference.gguf");
	tare_report *report;

	run_well(in, path, o, 1, &report);
	*file = slurp(path);
	*json = tare_report_json(report);
	assert_non_null(*json);
	tare_report_free(report);
	tare_close(in);
	unlink(path);
}

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

static void what_is_not_finite_is_named(void **state)
{
	const options o = { .type = &tare_type_q4_0 };
	tare_buffer source = make(small, N, false, NAN, 200 * 512 + 17), old = { .bytes = (char *)(uintptr_t)"old", .size = 3 };
	tare_model *in = open_bytes(&source);
	const char *path = in_scratch("out.gguf");
	unsigned threads;

	assert_true(put_file(path, "old", 3));
	for (threads = 1; threads < 8; threads += 3) {
		tare_report *report = (tare_report *)&source;
		tare_error err = TARE_ERROR_INIT;

		assert_int_equal(run(in, path, &o, threads, &report, &err), TARE_E_REFUSED);
		assert_null(report);
		assert_non_null(strstr(err.message, "blk.0.ffn_up.weight"));
		assert_non_null(strstr(err.message, "NaN in row 200, column 17"));
		assert_file_is(path, &old);
		assert_int_equal(scratch_count(), 1);
	}
	tare_close(in);
	free(source.bytes);
}

static void what_is_not_finite_can_be_kept_or_zeroed(void **state)
{
	options o = { .type = &tare_type_bf16 };
	tare_buffer source = make(small, N, false, -INFINITY, 77), file;
	tare_model *in = open_bytes(&source), *out;
	const char *path = in_scratch("out.gguf");
	char *json;
	tare_report *report;
	int zero;

	for (zero = 0; zero < 2; zero++) {
		o.nonfinite = zero ? TARE_NONFINITE_ZERO : TARE_NONFINITE_KEEP;
		run_well(in, path, &o, 2, &report);
		json = tare_report_json(report);
		assert_non_null(strstr(json, "\"nan\":0,\"infinite\":1,"));
		assert_non_null(strstr(json, zero ? "1 infinite values set to zero" : "1 infinite values kept"));
		assert_true(tare_report_total(report)->sqnr_db > 40);
		assert_int_equal(tare_report_tensor(report, 0)->count, 300 * 512 - !zero);
		file = slurp(path);
		out = open_bytes(&file);
		assert_int_equal(tare_get16(file.bytes + out->tensors[0].offset + 77 * 2, false), zero ? 0 : 0xff80);
		tare_close(out);
		tare_report_free(report);
		free(json), free(file.bytes);
	}
	tare_close(in);
	free(source.bytes);
}

static void values_beyond_the_type_are_told(void **state)
{
	static const spec one[] = { { "w", &tare_type_f32, 2, { 2, 32 } } };
	const options o = { .type = &tare_type_f16 };
	tare_buffer source = make(one, 1, false, 1e6f, 3);
	tare_model *in = open_bytes(&source);
	const char *path = in_scratch("out.gguf");
	char *json;
	tare_report *report;

	run_well(in, path, &o, 1, &report);
	json = tare_report_json(report);
	assert_non_null(strstr(json, "finite values of f32 are beyond the range of f16"));
	assert_non_null(strstr(json, "\"sqnr_db\":\"-inf\""));
	assert_non_null(strstr(json, "\"max_error\":\"inf\""));
	tare_report_free(report);
	tare_close(in);
	free(json), free(source.bytes);
}

static void gates_let_through_or_leave_nothing(void **state)
{
	static const bool covers[N] = { [1] = true };
	options o = { .type = &tare_type_q4_0, .split_count = 2, .n_gates = 3, .gates = {
		{ TARE_GATE_SQNR_MIN, "gates.sqnr_db.min (line 3)", 10, NULL },
		{ TARE_GATE_ERROR_MAX, "gates.max_error.max (line 4)", 0.5, covers },
		{ TARE_GATE_SIZE_MAX, "gates.size.max (line 5)", 1e9, NULL },
	} };
	tare_buffer source = make(small, N, false, 0, 0);
	tare_model *in = open_bytes(&source);
	tare_error err = TARE_ERROR_INIT;
	const char *path = in_scratch("m.gguf");
	tare_report *report;
	double limit, value;
	const char *name;
	bool passed;

	run_well(in, path, &o, 2, &report);
	assert_int_equal(scratch_count(), 4);
	assert_true(tare_report_gate(report, 0, &name, &limit, &value, &passed));
	assert_true(passed && limit == 10 && value == tare_report_total(report)->sqnr_db);
	assert_true(tare_report_gate(report, 1, &name, &limit, &value, &passed));
	assert_true(passed && value == tare_report_tensor(report, 1)->max_error);
	assert_true(tare_report_gate(report, 2, &name, &limit, &value, &passed));
	assert_true(passed && value == (double)tare_report_bytes_out(report));
	assert_false(tare_report_gate(report, 3, &name, &limit, &value, &passed));
	tare_report_free(report);
	scratch_empty(NULL);

	o.gates[0].limit = 99;
	assert_int_equal(run(in, path, &o, 2, &report, &err), TARE_E_REFUSED);
	assert_non_null(strstr(err.message, "gates.sqnr_db.min (line 3) is not met"));
	assert_int_equal(scratch_count(), 0);
	assert_true(tare_report_gate(report, 0, &name, &limit, &value, &passed) && !passed && value > 10);
	assert_true(tare_report_gate(report, 1, &name, &limit, &value, &passed) && passed);
	tare_report_free(report);

	/* A size that is too large is known before the work. */
	o.gates[2].limit = 1000;
	tare_error_clear(&err);
	assert_int_equal(run(in, path, &o, 2, &report, &err), TARE_E_REFUSED);
	assert_non_null(strstr(err.message, "gates.size.max (line 5) is not met"));
	assert_int_equal(scratch_count(), 0);
	assert_true(tare_report_gate(report, 0, &name, &limit, &value, &passed) && !passed && isnan(value));
	tare_report_free(report);
	tare_close(in);
	free(source.bytes);
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

/* Not measured: no loss is told, and that of gates is. */
static void loss_is_measured_when_asked(void **state)
{
	tare_buffer source = make(small, N, false, 0, 0);
	tare_model *in = open_bytes(&source);
	const char *path = in_scratch("m.gguf");
	char *json;
	tare_error err = TARE_ERROR_INIT;
	tare_report *report;
	tare_plan *p = make_plan(in, path, &(options){ .type = &tare_type_q8_0 });

	assert_int_equal(tare_plan_write(p, NULL, &report, &err), TARE_OK);
	assert_null(tare_report_total(report));
	assert_null(tare_report_tensor(report, 0));
	json = tare_report_json(report);
	assert_non_null(strstr(json, "\"total\":null"));
	free(json);
	tare_report_free(report);
	p->n_gates = 1;
	p->gates[0] = (tare_gate){ TARE_GATE_ERROR_MAX, "g", 1, NULL };
	assert_int_equal(tare_plan_write(p, NULL, &report, &err), TARE_OK);
	assert_non_null(tare_report_total(report));
	tare_report_free(report);
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

/* Three experts with importances of their own, in rows wider than a strip; tiles do not end where experts do. */
static void importances_go_with_their_slices(void **state)
{
	enum { EXPERTS = 3, ROWS = 11, COLS = 4608, ALL = EXPERTS * ROWS * COLS };
	static const spec experts[] = { { "exps", &tare_type_f32, 3, { EXPERTS, ROWS, COLS } } };
	tare_buffer source = make(experts, 1, false, 0, 0), file;
	tare_model *in = open_bytes(&source), *out;
	float *x = malloc(ALL * sizeof *x), *weights = malloc(EXPERTS * COLS * sizeof *weights);
	const float *per_step[] = { weights };
	uint8_t *expected = malloc(ALL);
	const char *path = in_scratch("out.gguf");
	size_t i, slice = ROWS * COLS / 256 * tare_type_q4_K.block_size;
	tare_error err = TARE_ERROR_INIT;
	tare_plan *p = make_plan(in, path, &(options){ .type = &tare_type_q4_K });

	fill(weights, EXPERTS * COLS, 5);
	for (i = 0; i < EXPERTS * COLS; i++)
		weights[i] = fabsf(weights[i]) + 1e-6f;
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
	free(x), free(weights), free(expected), free(file.bytes), free(source.bytes);
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
		cmocka_unit_test_setup(source_and_target_may_be_one_file, scratch_empty),
		cmocka_unit_test_setup(shards_hold_the_same, scratch_empty),
		cmocka_unit_test_setup(what_is_not_finite_is_named, scratch_empty),
		cmocka_unit_test_setup(what_is_not_finite_can_be_kept_or_zeroed, scratch_empty),
		cmocka_unit_test_setup(values_beyond_the_type_are_told, scratch_empty),
		cmocka_unit_test_setup(gates_let_through_or_leave_nothing, scratch_empty),
		cmocka_unit_test_setup(damage_and_refusals_leave_nothing, scratch_empty),
		cmocka_unit_test_setup(progress_rises_and_can_stop, scratch_empty),
		cmocka_unit_test_setup(loss_is_measured_when_asked, scratch_empty),
		cmocka_unit_test_setup(blocks_stand_alone_without_importances, scratch_empty),
		cmocka_unit_test_setup(importances_go_with_their_slices, scratch_empty),
		cmocka_unit_test_setup(every_instruction_set_gives_the_same, scratch_empty),
	};

	self = argv[0];
	if (argc == 3 && !strcmp(argv[1], "--write"))
		return write_for_another(argv[2]);
	return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
