/* Weights that a scheme spreads over several tensors of a graph: plan, pipeline, what operators read afterwards. */
#include "onnx_bytes.h"
#include "scratch.h"

#include "base/escape.h"
#include "model/graph.h"
#include "recipe/plan.h"

enum { K = 70, N = 12000 }; /* several tiles, a last block that is cut short */

static float weight[K * N];

static void fill(void)
{
	uint32_t seed = 7, i;

	for (i = 0; i < K * N; i++) {
		seed = seed * 1664525 + 1013904223;
		weight[i] = (float)(int32_t)seed / 0x1p31f;
	}
}

static void write_model(const char *name, bool also_gathered)
{
	tare_buffer g = { 0 }, m;

	pb_node(&g, "MatMul", "mm", "x", "w", "y");
	if (also_gathered)
		pb_node(&g, "Gather", "ga", "w", "i", "z");
	pb_matrix(&g, "w", K, N, weight);
	m = pb_model(&g);
	assert_true(put_file(in_scratch(name), m.bytes, m.size));
	free(m.bytes);
}

static tare_model *open_model(const char *name)
{
	tare_error err = TARE_ERROR_INIT;
	tare_model *m;

	if (tare_open(&m, in_scratch(name), NULL, &err) != TARE_OK)
		fail_msg("%s", err.message);
	return m;
}

static tare_plan *plan_of(tare_model *m, const char *recipe, const char *out)
{
	const tare_plan_options opt = { .path = out ? in_scratch(out) : NULL };
	tare_error err = TARE_ERROR_INIT;
	tare_recipe *r;
	tare_plan *p;

	assert_int_equal(tare_recipe_parse(&r, recipe, strlen(recipe), NULL, NULL), TARE_OK);
	if (tare_plan_new(&p, m, r, &opt, &err) != TARE_OK)
		fail_msg("%s", err.message);
	tare_recipe_free(r);
	return p;
}

static void requantize(const char *in, const char *recipe, const char *out, unsigned threads)
{
	const tare_write_options opt = { .run = { .threads = threads }, .measure = true };
	tare_error err = TARE_ERROR_INIT;
	tare_model *m = open_model(in);
	tare_plan *p = plan_of(m, recipe, out);
	tare_report *r;

	assert_null(tare_plan_refusal(p, 0));
	if (tare_plan_write(p, &opt, &r, &err) != TARE_OK)
		fail_msg("%s", err.message);
	assert_int_equal(tare_report_total(r)->count, K * N);
	assert_true(tare_report_total(r)->sqnr_db > 20);
	assert_non_null(tare_report_tensor(r, 0));
	assert_null(tare_report_tensor(r, 1));
	tare_report_free(r);
	tare_plan_free(p);
	tare_close(m);
}

/* The parts that the scheme makes of the whole weight at once. */
static void same_parts(tare_model *m, tare_algorithm algorithm, bool symmetric)
{
	const tare_scheme_options opt = { .algorithm = algorithm, .block = 32, .bits = 4, .symmetric = symmetric, .scale = &tare_type_f32 };
	const tare_values v = { &tare_type_f32, weight, N };
	const uint64_t dim[] = { K, N };
	tare_scheme_layout l;
	tare_scheme_tile t;
	uint8_t *made[TARE_PARTS] = { NULL };
	const uint8_t *stored;
	uint32_t i;

	assert_int_equal(tare_scheme_lay(&l, tare_scheme_find("matmulnbits"), &opt, 2, dim, SIZE_MAX / 2, NULL), TARE_OK);
	assert_int_equal(l.n_tiles, 1);
	assert_int_equal(tare_model_tensor_count(m), l.n_parts);
	tare_scheme_tile_at(&l, 0, &t);
	for (i = 0; i < l.n_parts; i++)
		made[i] = malloc(l.part[i].size);
	tare_scheme_encode(&l, &t, &v, NULL, NULL, made);
	for (i = 0; i < l.n_parts; i++) {
		const tare_tensor *s = tare_model_tensor(m, i);

		assert_int_equal(s->size, l.part[i].size);
		stored = tare_source_at(m->files[s->file].source, s->offset, s->size);
		assert_non_null(stored);
		assert_memory_equal(stored, made[i], s->size);
		free(made[i]);
	}
}

static void check_node(const tare_model *m, const char *codes, uint32_t inputs)
{
	const tare_node *n = tare_node_first(m->graphs->main);

	assert_true(tare_node_is(n, "com.microsoft", "MatMulNBits"));
	assert_null(tare_node_next(n));
	assert_int_equal(n->n_inputs, inputs);
	assert_true(tare_str_eq(n->name, tare_str_of("mm_Q4")));
	assert_true(tare_str_eq(n->input[1], tare_str_of(codes)));
	assert_true(tare_str_eq(n->output[0], tare_str_of("y")));
	assert_int_equal(tare_node_int(n, "K", 0), K);
	assert_int_equal(tare_node_int(n, "N", 0), N);
	assert_int_equal(tare_node_int(n, "bits", 0), 4);
	assert_int_equal(tare_node_int(n, "block_size", 0), 32);
	assert_int_equal(tare_graphs_opset(m->graphs, "com.microsoft"), 1);
}

static void test_base(void **state)
{
	tare_model *m;

	(void)state;
	write_model("m.onnx", false);
	requantize("m.onnx", "tare: 1\nbase: int4\n", "q.onnx", 1);
	m = open_model("q.onnx");
	same_parts(m, TARE_ALGORITHM_DEFAULT, true);
	check_node(m, "w_Q4", 3);
	assert_int_equal(tare_node_int(tare_node_first(m->graphs->main), "accuracy_level", 0), 4);
	tare_close(m);
}

static void test_rule(void **state)
{
	tare_model *m;

	(void)state;
	write_model("m.onnx", false);
	requantize("m.onnx", "tare: 1\nrules:\n- match: w\n  type: {scheme: matmulnbits, symmetric: false, algorithm: k_quant}\n", "q.onnx", 3);
	m = open_model("q.onnx");
	same_parts(m, TARE_ALGORITHM_K_QUANT, false);
	check_node(m, "w_Q4G32", 4);
	tare_close(m);
}

/* Threads show in nothing, and the result is what the plan makes. */
static void test_threads_and_verify(void **state)
{
	tare_differences *d;
	tare_model *m, *of;
	tare_plan *p;

	(void)state;
	write_model("m.onnx", false);
	requantize("m.onnx", "tare: 1\nbase: int4\n", "1.onnx", 1);
	requantize("m.onnx", "tare: 1\nbase: int4\n", "4.onnx", 4);
	m = open_model("1.onnx");
	of = open_model("4.onnx");
	assert_int_equal(m->files[0].size, of->files[0].size);
	assert_memory_equal(tare_source_at(m->files[0].source, 0, m->files[0].size), tare_source_at(of->files[0].source, 0, of->files[0].size),
			    m->files[0].size);
	tare_close(m);
	m = open_model("m.onnx");
	p = plan_of(m, "tare: 1\nbase: int4\n", "x.onnx");
	assert_int_equal(tare_plan_verify(p, of, NULL, &d, NULL), TARE_OK);
	assert_null(tare_difference_at(d, 0));
	tare_differences_free(d);
	tare_plan_free(p);
	tare_close(of);
	tare_close(m);
}

/* A base leaves what cannot be, and says why; a rule is refused. */
static void test_other_reader(void **state)
{
	tare_model *m;
	tare_plan *p;

	(void)state;
	write_model("m.onnx", true);
	m = open_model("m.onnx");
	p = plan_of(m, "tare: 1\nbase: int4\n", NULL);
	assert_true(tare_plan_step(p, 0)->copies);
	assert_string_equal(tare_plan_step(p, 0)->rule, "Gather reads it as its input 0");
	assert_null(tare_plan_refusal(p, 0));
	tare_plan_free(p);
	p = plan_of(m, "tare: 1\nrules:\n- match: w\n  type: {scheme: matmulnbits}\n", NULL);
	assert_non_null(strstr(tare_plan_refusal(p, 0), "Gather reads it as its input 0"));
	tare_plan_free(p);
	tare_close(m);
}

static void test_nonfinite(void **state)
{
	const tare_write_options opt = { .run = { .threads = 2 } };
	tare_error err = TARE_ERROR_INIT;
	tare_model *m;
	tare_plan *p;
	float was = weight[3 * N + 5];

	(void)state;
	weight[3 * N + 5] = 1e38f * 1e38f;
	write_model("m.onnx", false);
	weight[3 * N + 5] = was;
	m = open_model("m.onnx");
	p = plan_of(m, "tare: 1\nbase: int4\n", "n.onnx");
	assert_int_equal(tare_plan_write(p, &opt, NULL, &err), TARE_E_REFUSED);
	assert_non_null(strstr(err.message, "infinity in row 3, column 5"));
	tare_plan_free(p);
	p = plan_of(m, "tare: 1\nbase: int4\nnonfinite: zero\n", "n.onnx");
	assert_int_equal(tare_plan_write(p, &opt, NULL, NULL), TARE_OK);
	tare_plan_free(p);
	tare_close(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_base),         cmocka_unit_test(test_rule),      cmocka_unit_test(test_threads_and_verify),
		cmocka_unit_test(test_other_reader), cmocka_unit_test(test_nonfinite),
	};

	fill();
	return cmocka_run_group_tests_name("spread", tests, scratch_make, scratch_remove);
}
