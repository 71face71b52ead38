/* What a run reports and refuses: values that are not finite, gates, loss, and the report as JSON. */
#include "unit/small_plan.h"

#include "base/bytes.h"

#include <jansson.h>
#include <math.h>

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

/* obj has just the keys that schema requires, and schema knows no others. */
static void assert_keys(const json_t *obj, const json_t *schema)
{
	const json_t *required = json_object_get(schema, "required"), *key;
	size_t i;

	assert_true(json_is_object(obj) && json_is_array(required));
	assert_true(json_is_false(json_object_get(schema, "additionalProperties")));
	assert_int_equal(json_object_size(obj), json_array_size(required));
	assert_int_equal(json_object_size(json_object_get(schema, "properties")), json_array_size(required));
	json_array_foreach(required, i, key) {
		assert_non_null(json_object_get(obj, json_string_value(key)));
		assert_non_null(json_object_get(json_object_get(schema, "properties"), json_string_value(key)));
	}
}

static const json_t *items_of(const json_t *schema, const char *array)
{
	return json_object_get(json_object_get(json_object_get(schema, "properties"), array), "items");
}

static void the_report_is_as_its_schema_says(void **state)
{
	json_t *schema = json_load_file("schemas/report-1.schema.json", 0, NULL), *report;
	const json_t *loss = json_object_get(json_object_get(schema, "$defs"), "loss"), *row;
	options o = { .type = &tare_type_q8_0, .n_gates = 1, .gates = { { TARE_GATE_ERROR_MAX, "g", 1, NULL } } };
	tare_buffer source = make(small, N, false, 0, 0), file;
	char *json;
	size_t i;

	assert_non_null(schema);
	reference(&source, &o, &file, &json);
	report = json_loads(json, 0, NULL);
	assert_non_null(report);
	assert_keys(report, schema);
	assert_string_equal(json_string_value(json_object_get(report, "schema")), "report-1");
	assert_int_equal(strncmp(json, "{\"schema\":", 10), 0);
	loss = json_array_get(json_object_get(loss, "anyOf"), 1);
	assert_keys(json_object_get(report, "total"), loss);
	json_array_foreach(json_object_get(report, "tensors"), i, row) {
		assert_keys(row, items_of(schema, "tensors"));
		if (!json_is_null(json_object_get(row, "loss")))
			assert_keys(json_object_get(row, "loss"), loss);
	}
	assert_int_equal(i, N);
	assert_keys(json_array_get(json_object_get(report, "gates"), 0), items_of(schema, "gates"));
	json_decref(schema);
	json_decref(report);
	free(json), free(file.bytes), free(source.bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(what_is_not_finite_is_named, scratch_empty),
		cmocka_unit_test_setup(what_is_not_finite_can_be_kept_or_zeroed, scratch_empty),
		cmocka_unit_test_setup(values_beyond_the_type_are_told, scratch_empty),
		cmocka_unit_test_setup(gates_let_through_or_leave_nothing, scratch_empty),
		cmocka_unit_test_setup(loss_is_measured_when_asked, scratch_empty),
		cmocka_unit_test_setup(the_report_is_as_its_schema_says, scratch_empty),
	};

	return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
