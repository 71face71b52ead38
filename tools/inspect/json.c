/* For programs: schemas/inspect-1.schema.json. */
#include "common/json.h"
#include "common/value.h"
#include "inspect/inspect.h"

static void put_files(tool_json *j, const inspect_view *v)
{
	uint64_t size;
	size_t i;

	tool_json_array(j, "files");
	for (i = 0; i < tare_model_file_count(v->m); i++) {
		tool_json_object(j, NULL);
		tool_json_text(j, "path", tare_model_file_path(v->m, i));
		size = tare_model_file_size(v->m, i);
		if (size != TARE_NOWHERE)
			tool_json_uint(j, "nbytes", size);
		tool_json_end_object(j);
	}
	tool_json_end_array(j);
}

static void put_warnings(tool_json *j, const inspect_view *v)
{
	const char *text;
	size_t i;

	tool_json_array(j, "warnings");
	for (i = 0; (text = tare_model_warning(v->m, i)); i++)
		tool_json_text(j, NULL, text);
	tool_json_end_array(j);
}

static void put_metadata(tool_json *j, const inspect_view *v)
{
	tare_value value;
	tare_str key;
	size_t i;

	tool_json_array(j, "metadata");
	for (i = 0; tare_model_metadata(v->m, i, &key, &value); i++) {
		tool_json_object(j, NULL);
		tool_json_str(j, "key", key);
		tool_json_text(j, "type", tool_kind_text(&value));
		tool_json_value(j, "value", &value);
		tool_json_end_object(j);
	}
	tool_json_end_array(j);
}

static void put_stats(tool_json *j, const tare_stats *s)
{
	size_t i;

	tool_json_object(j, "stats");
	tool_json_uint(j, "count", s->count);
	tool_json_uint(j, "zeros", s->zeros);
	tool_json_uint(j, "nans", s->nans);
	tool_json_uint(j, "infs", s->infs);
	tool_json_real(j, "min", s->min);
	tool_json_real(j, "max", s->max);
	tool_json_real(j, "mean", s->mean);
	tool_json_real(j, "rms", s->rms);
	if (s->first_nonfinite != TARE_NOWHERE)
		tool_json_uint(j, "first_nonfinite", s->first_nonfinite);
	tool_json_array(j, "histogram");
	for (i = 0; i < TARE_HISTOGRAM; i++)
		tool_json_uint(j, NULL, s->histogram[i]);
	tool_json_end_array(j);
	tool_json_end_object(j);
}

static void put_tensor(tool_json *j, const inspect_view *v, const tare_tensor *t, const tare_scan_result *r)
{
	const char *role = tare_tensor_role(v->m, t);
	uint32_t i;

	tool_json_object(j, NULL);
	tool_json_str(j, "name", t->name);
	tool_json_array(j, "shape");
	for (i = 0; i < t->n_dims; i++)
		tool_json_uint(j, NULL, t->dim[i]);
	tool_json_end_array(j);
	tool_json_text(j, "type", tool_type(t));
	if (!t->type)
		tool_json_uint(j, "type_id", t->type_id);
	tool_json_uint(j, "nbytes", t->size);
	if (t->file < tare_model_file_count(v->m))
		tool_json_uint(j, "offset", t->offset);
	if (tare_model_file_count(v->m) > 1 && t->file < tare_model_file_count(v->m))
		tool_json_uint(j, "file", t->file);
	if (role)
		tool_json_text(j, "role", role);
	if (tare_tensor_layer(v->m, t) >= 0)
		tool_json_int(j, "layer", tare_tensor_layer(v->m, t));
	if (r && v->opt->hash)
		tool_json_hex(j, "sha256", r->sha256, 32);
	if (r && v->opt->stats && r->has_stats)
		put_stats(j, &r->stats);
	tool_json_end_object(j);
}

static void put_tensors(tool_json *j, const inspect_view *v)
{
	const tare_tensor *t;
	size_t i;

	tool_json_array(j, "tensors");
	for (i = 0; (t = tare_model_tensor(v->m, i)); i++)
		if (v->selected[i])
			put_tensor(j, v, t, v->scan ? &v->scan[i] : NULL);
	tool_json_end_array(j);
}

void inspect_json(const inspect_view *v)
{
	inspect_total sum = inspect_totals(v);
	tool_json j = { .out = stdout };

	tool_json_object(&j, NULL);
	tool_json_text(&j, "schema", "inspect-1");
	tool_json_text(&j, "file", v->path);
	tool_json_text(&j, "format", tare_model_format(v->m));
	tool_json_uint(&j, "version", tare_model_version(v->m));
	tool_json_bool(&j, "big_endian", tare_model_big_endian(v->m));
	tool_json_uint(&j, "alignment", tare_model_alignment(v->m));
	put_files(&j, v);
	put_warnings(&j, v);
	tool_json_uint(&j, "weights", sum.weights);
	tool_json_uint(&j, "nbytes", sum.bytes);
	if (v->opt->hash)
		tool_json_hex(&j, "content_sha256", v->digest, 32);
	put_metadata(&j, v);
	put_tensors(&j, v);
	inspect_graph_json(&j, v);
	if (v->matrix)
		inspect_matrix_json(&j, v);
	tool_json_end_object(&j);
	tool_json_newline(&j);
}
