/* A plan for programs: schemas/plan-1.schema.json. */
#include "common/job.h"
#include "common/json.h"

static void put_step(tool_json *j, const tare_plan *p, const tare_model *in, size_t i)
{
	const tare_tensor *t = tare_model_tensor(tare_plan_model(p), i);
	const tare_step *step = tare_plan_step(p, i);
	const tare_tensor *from = tare_model_tensor(in, step->source);
	uint32_t d;

	tool_json_object(j, NULL);
	tool_json_str(j, "name", t->name);
	tool_json_array(j, "shape");
	for (d = 0; d < t->n_dims; d++)
		tool_json_uint(j, NULL, t->dim[d]);
	tool_json_end_array(j);
	tool_json_text(j, "type", tool_type(t));
	tool_json_uint(j, "nbytes", t->size);
	tool_json_uint(j, "file", t->file);
	tool_json_uint(j, "offset", t->offset);
	tool_json_str(j, "source", from->name);
	tool_json_text(j, "source_type", tool_type(from));
	tool_json_uint(j, "source_nbytes", from->size);
	tool_json_bool(j, "copies", step->copies);
	if (step->rule)
		tool_json_text(j, "rule", step->rule);
	if (step->note)
		tool_json_text(j, "note", step->note);
	if (step->refused)
		tool_json_text(j, "refused", step->refused);
	tool_json_end_object(j);
}

static void put_lines(tool_json *j, const char *key, const tare_plan *p, const char *(*line)(const tare_plan *p, size_t i))
{
	const char *text;
	size_t i;

	tool_json_array(j, key);
	for (i = 0; (text = line(p, i)); i++)
		tool_json_text(j, NULL, text);
	tool_json_end_array(j);
}

static void put_files(tool_json *j, const tare_model *out)
{
	const char *path;
	size_t i;

	tool_json_array(j, "files");
	for (i = 0; i < tare_model_file_count(out); i++) {
		path = tare_model_file_path(out, i);
		tool_json_object(j, NULL);
		if (path)
			tool_json_text(j, "path", path);
		tool_json_uint(j, "nbytes", tare_model_file_size(out, i));
		tool_json_end_object(j);
	}
	tool_json_end_array(j);
}

static void put_point(tool_json *j, const char *key, const tare_fit_point *point)
{
	tool_json_object(j, key);
	tool_json_uint(j, "nbytes", point->bytes);
	tool_json_real(j, "loss", point->loss);
	tool_json_real(j, "sqnr_db", point->sqnr_db);
	tool_json_end_object(j);
}

static void put_fit(tool_json *j, const tare_fit *fit)
{
	const tare_fit_point *point;
	size_t i;

	tool_json_object(j, "fit");
	put_point(j, "chosen", tare_fit_chosen(fit));
	tool_json_array(j, "curve");
	for (i = 0; (point = tare_fit_point_at(fit, i)); i++)
		put_point(j, NULL, point);
	tool_json_end_array(j);
	tool_json_end_object(j);
}

void tool_plan_json(const tare_plan *p, const tare_model *in, const char *output, const tare_fit *fit)
{
	const tare_model *out = tare_plan_model(p);
	tool_sum from = tool_sum_of(in), to = tool_sum_of(out);
	tool_json j = { .out = stdout };
	size_t i;

	tool_json_object(&j, NULL);
	tool_json_text(&j, "schema", "plan-1");
	tool_json_text(&j, "file", tare_model_path(in));
	tool_json_text(&j, "output", output);
	tool_json_text(&j, "format", tare_model_format(out));
	put_files(&j, out);
	tool_json_uint(&j, "weights", to.weights);
	tool_json_uint(&j, "nbytes", to.bytes);
	tool_json_uint(&j, "source_nbytes", from.bytes);
	tool_json_real(&j, "bits_per_weight", to.weights ? 8.0 * (double)to.bytes / (double)to.weights : 0);
	tool_json_uint(&j, "refused_tensors", tool_plan_refused(p));
	put_lines(&j, "refusals", p, tare_plan_refusal);
	put_lines(&j, "notes", p, tare_plan_note);
	if (fit)
		put_fit(&j, fit);
	tool_json_array(&j, "tensors");
	for (i = 0; i < tare_model_tensor_count(out); i++)
		put_step(&j, p, in, i);
	tool_json_end_array(&j);
	tool_json_end_object(&j);
	tool_json_newline(&j);
}
