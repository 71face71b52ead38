#include "recipe/output.h"

#include <stdlib.h>

tare_status tare_output_open(tare_output *o, const tare_model *model, const char *path, const tare_target_options *opt, tare_error *err)
{
	tare_target_options options = *opt;
	size_t i;

	*o = (tare_output){ .model = model, .targets = calloc(model->n_files + 1, sizeof *o->targets) };
	if (!o->targets)
		return tare_fail_nomem(err);
	for (i = 0; i < model->n_files; i++) {
		options.size = model->files[i].size;
		options.compress = opt->compress && !model->files[i].plain;
		TARE_TRY(tare_target_open(&o->targets[i], path ? path : model->files[i].path, &options, err));
	}
	return TARE_OK;
}

static tare_status put_between(tare_output *o, uint64_t until, tare_error *err)
{
	tare_sink sink = tare_target_sink(o->targets[o->file]);
	uint64_t from = o->at;

	if (until < o->at)
		return tare_fail(err, TARE_E_ARG, TARE_NOWHERE, "bytes at %llu of file %zu come after those at %llu",
				 (unsigned long long)until, o->file + 1, (unsigned long long)o->at);
	o->at = until;
	return tare_format_between(o->model, (uint32_t)o->file, from, until, &sink, err);
}

static tare_status begin(tare_output *o, tare_error *err)
{
	tare_sink sink = tare_target_sink(o->targets[o->file]);

	sink.count = 0;
	TARE_TRY(o->model->format->header(o->model, (uint32_t)o->file, &sink, err));
	o->at = sink.count;
	o->begun = true;
	return TARE_OK;
}

static tare_status end(tare_output *o, tare_error *err)
{
	if (!o->begun)
		TARE_TRY(begin(o, err));
	TARE_TRY(put_between(o, o->model->files[o->file].size, err));
	TARE_TRY(tare_target_finish(o->targets[o->file], err));
	o->file++;
	o->begun = false;
	return TARE_OK;
}

tare_status tare_output_put(tare_output *o, uint32_t file, uint64_t offset, const void *bytes, size_t size, tare_error *err)
{
	while (o->file < file)
		TARE_TRY(end(o, err));
	if (!o->begun)
		TARE_TRY(begin(o, err));
	TARE_TRY(put_between(o, offset, err));
	TARE_TRY(tare_target_write(o->targets[file], bytes, size, err));
	o->at += size;
	return TARE_OK;
}

tare_status tare_output_finish(tare_output *o, tare_error *err)
{
	while (o->file < o->model->n_files)
		TARE_TRY(end(o, err));
	return TARE_OK;
}

tare_status tare_output_commit(tare_output *o, tare_error *err)
{
	return tare_target_commit_all(o->targets, o->model->n_files, err);
}

void tare_output_close(tare_output *o)
{
	size_t i;

	for (i = 0; o->targets && i < o->model->n_files; i++)
		tare_target_free(o->targets[i]);
	free(o->targets);
	o->targets = NULL;
}
