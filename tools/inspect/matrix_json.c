/* An importance matrix for programs: the member "imatrix" of schemas/inspect-1.schema.json. */
#include "inspect/inspect.h"

static void put_entry(tool_json *j, const tare_imatrix_entry *e)
{
	tool_json_object(j, NULL);
	tool_json_str(j, "name", e->name);
	tool_json_uint(j, "values", e->values);
	tool_json_uint(j, "slices", e->slices);
	tool_json_uint(j, "empty", e->empty);
	tool_json_uint(j, "count", e->count);
	tool_json_real(j, "min", e->min);
	tool_json_real(j, "max", e->max);
	tool_json_real(j, "mean", e->mean);
	tool_json_uint(j, "zeros", e->zeros);
	tool_json_uint(j, "outliers", e->outliers);
	tool_json_uint(j, "peak", e->peak);
	tool_json_real(j, "evenness", e->evenness);
	tool_json_end_object(j);
}

static void put_fit(tool_json *j, const inspect_view *v)
{
	const inspect_fit *fit = v->fit;
	size_t n = tare_imatrix_count(v->matrix), i;

	tool_json_object(j, "for");
	tool_json_text(j, "file", tare_model_path(v->of));
	tool_json_uint(j, "weights", fit->weights);
	tool_json_uint(j, "covered", fit->covered);
	tool_json_array(j, "without");
	for (i = 0; i < fit->n_bare; i++)
		tool_json_str(j, NULL, fit->bare[i]->name);
	tool_json_end_array(j);
	tool_json_array(j, "unknown");
	for (i = 0; i < n; i++)
		if (!fit->known[i])
			tool_json_str(j, NULL, v->entries[i].name);
	tool_json_end_array(j);
	tool_json_array(j, "misfits");
	for (i = 0; i < n; i++) {
		if (!fit->odd[i])
			continue;
		tool_json_object(j, NULL);
		tool_json_str(j, "name", v->entries[i].name);
		tool_json_uint(j, "values", v->entries[i].values);
		tool_json_uint(j, "expected", tare_imatrix_values_for(fit->odd[i]));
		tool_json_end_object(j);
	}
	tool_json_end_array(j);
	tool_json_end_object(j);
}

void inspect_matrix_json(tool_json *j, const inspect_view *v)
{
	size_t i;

	tool_json_object(j, "imatrix");
	tool_json_array(j, "entries");
	for (i = 0; i < tare_imatrix_count(v->matrix); i++)
		if (v->shown[i])
			put_entry(j, &v->entries[i]);
	tool_json_end_array(j);
	if (v->fit)
		put_fit(j, v);
	tool_json_end_object(j);
}
