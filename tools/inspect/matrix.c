/* An importance matrix, and against the model it is for. */
#include "common/inputs.h"
#include "common/message.h"
#include "inspect/inspect.h"

#include <stdlib.h>

static void fit_tensor(const inspect_view *v, inspect_fit *fit, const tare_tensor *t)
{
	size_t i = tare_imatrix_find(v->matrix, t->name);
	bool weight = tare_tensor_is_quantizable(t);

	fit->weights += weight;
	if (i == SIZE_MAX && weight)
		fit->bare[fit->n_bare++] = t;
	if (i == SIZE_MAX)
		return;
	fit->known[i] = true;
	if (v->entries[i].values == tare_imatrix_values_for(t)) {
		fit->covered += weight;
	} else {
		fit->odd[i] = t;
		fit->n_odd++;
	}
}

static void fit(inspect_view *v)
{
	size_t n = tare_imatrix_count(v->matrix), i;
	const tare_tensor *t;
	inspect_fit *fit = tool_alloc(1, sizeof *fit);

	fit->bare = tool_alloc(tare_model_tensor_count(v->of), sizeof *fit->bare);
	fit->known = tool_alloc(n, sizeof *fit->known);
	fit->odd = tool_alloc(n, sizeof *fit->odd);
	for (i = 0; (t = tare_model_tensor(v->of, i)); i++)
		fit_tensor(v, fit, t);
	for (i = 0; i < n; i++)
		fit->n_unknown += !fit->known[i];
	v->fit = fit;
}

/* Only where the matrix, not the file, is asked for. */
static bool is_wanted(const inspect_view *v)
{
	const inspect_options *o = v->opt;

	if (o->model || o->shared.json)
		return true;
	return !o->tensors && !o->metadata && !o->stats && !o->hash;
}

int inspect_matrix_open(inspect_view *v)
{
	tare_error err = TARE_ERROR_INIT;
	int status = TOOL_YES;
	size_t i;

	if (!tare_model_is_imatrix(v->m)) {
		if (v->opt->model)
			tool_trouble("%s: --for: it is no importance matrix", v->name);
		return v->opt->model ? TOOL_TROUBLE : TOOL_YES;
	}
	if (!is_wanted(v))
		return TOOL_YES;
	if (tare_imatrix_read(&v->matrix, v->m, &err)) {
		tool_error(&err);
		return tool_status(&err);
	}
	v->entries = tool_alloc(tare_imatrix_count(v->matrix), sizeof *v->entries);
	v->shown = tool_selected_entries(&v->opt->shared, v->matrix, &v->n_selected);
	for (i = 0; i < tare_imatrix_count(v->matrix); i++)
		tare_imatrix_entry_at(v->matrix, i, &v->entries[i]);
	if (!v->opt->model)
		return TOOL_YES;
	v->of = tool_open(&v->opt->shared, v->opt->model, &status);
	if (v->of)
		fit(v);
	return status;
}

int inspect_matrix_verdict(const inspect_view *v)
{
	return v->fit && v->fit->n_unknown + v->fit->n_odd ? TOOL_NO : TOOL_YES;
}

void inspect_matrix_close(inspect_view *v)
{
	if (v->fit) {
		free(v->fit->bare);
		free(v->fit->known);
		free(v->fit->odd);
		free(v->fit);
	}
	tare_close(v->of);
	tare_imatrix_free(v->matrix);
	free(v->entries);
	free(v->shown);
}
