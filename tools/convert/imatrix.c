/* Importance matrices: added up, and from one form to the other. */
#include "common/inputs.h"
#include "common/message.h"
#include "common/number.h"
#include "common/outfile.h"
#include "common/progress.h"
#include "convert/convert.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool is_older_form(const tare_model *m)
{
	tare_value calls;

	return tare_model_find(m, "imatrix.calls", &calls);
}

/* The format asked for, NULL if neither --to nor the name says one. */
static const char *target_of(const tool_shared *s)
{
	return s->to ? s->to : s->output ? tare_format_name_of_path(s->output) : NULL;
}

bool convert_is_matrix_work(const convert_options *o, const tare_model *first, size_t n)
{
	const char *to = target_of(&o->shared);

	if (!tare_model_is_imatrix(first))
		return false;
	if (n > 1 || o->chunk_size)
		return true;
	return is_older_form(first) ? !to || strcasecmp(to, "safetensors") : to && !strcasecmp(to, "imatrix-dat");
}

/* What only a copy, tensor by tensor, can do. */
static void check(const convert_options *o)
{
	const tool_shared *s = &o->shared;
	const char *option = o->type		      ? "--type"
			     : o->endian	      ? "--endian"
			     : s->split_size	      ? "--split-size"
			     : s->split_count	      ? "--split-count"
			     : s->select.n	      ? "--select"
			     : s->exclude.n	      ? "--exclude"
			     : s->json ? "--json" : NULL;

	if (option)
		tool_usage("%s: not for importance matrices that are added up or change their form", option);
}

typedef struct parts {
	tare_model **models;
	tare_imatrix **matrices;
	size_t n;
} parts;

static int open_parts(const convert_options *o, const tool_list *inputs, parts *p)
{
	tare_error err = TARE_ERROR_INIT;
	int status = TOOL_YES;

	for (; p->n < inputs->n; p->n++) {
		if (p->n)
			p->models[p->n] = tool_open(&o->shared, inputs->item[p->n], &status);
		if (!p->models[p->n])
			return status;
		if (tare_imatrix_read(&p->matrices[p->n], p->models[p->n], &err)) {
			tool_error(&err);
			return tool_status(&err);
		}
	}
	return TOOL_YES;
}

static void tell(const tare_imatrix_written *w, const char *name)
{
	if (w->partial)
		tool_warning("%s: %s of %s entries have slices (experts) that were never seen; their columns count as equally important", name,
			     tool_count(w->partial), tool_count(w->entries));
	if (w->left_out)
		tool_warning("%s: %s entries without any data are left out: imatrix-dat has no place for them", name, tool_count(w->left_out));
	if (w->datasets > 1 && !strcmp(w->form, "imatrix-dat"))
		tool_warning("%s: of %s datasets the last alone is named: imatrix-dat has no place for more", name, tool_count(w->datasets));
	if (w->tensors_left + w->keys_left)
		tool_warning("%s: %s tensors and %s metadata keys that are no part of a matrix are left behind", name,
			     tool_count(w->tensors_left), tool_count(w->keys_left));
	if (w->chunk_sizes_differ)
		tool_warning("%s: chunks are of different sizes; they are counted as chunks of %s tokens (--chunk-size says another)", name,
			     tool_count(w->chunk_size));
}

/* Once the file is in place, nothing may fail for want of memory. */
static void summary(char *text, size_t size, const tare_imatrix_written *w)
{
	snprintf(text, size, "%s: %s entries, %s chunks of %s tokens, %s", w->form, tool_count(w->entries), tool_count(w->chunks),
		 tool_count(w->chunk_size), tool_bytes(w->bytes));
}

static int write_parts(const convert_options *o, const parts *p)
{
	const tool_shared *s = &o->shared;
	const char *output = s->output ? s->output : "-";
	const tare_imatrix_write_options opt = {
		.to = o->dry_run && s->output ? target_of(s) : s->to, .chunk_size = o->chunk_size, .compress = s->zstd,
		.zstd_level = (int)s->level, .zstd_threads = s->zstd_threads, .zstd_long = s->zstd_long,
	};
	tare_imatrix_written written = { 0 };
	tare_error err = TARE_ERROR_INIT;
	char text[200];

	if (!o->dry_run && !tool_may_replace(output, s->force))
		return TOOL_TROUBLE;
	if (tare_imatrix_write(p->matrices, p->n, o->dry_run ? NULL : output, &opt, &written, &err)) {
		tool_error(&err);
		return tool_status(&err);
	}
	tell(&written, tool_text(output));
	summary(text, sizeof text, &written);
	if (o->dry_run && !tool_quiet())
		puts(text);
	else
		tool_note("%s: %s", tool_text(output), text);
	return TOOL_YES;
}

int convert_matrices(const convert_options *o, const tool_list *inputs, tare_model *first)
{
	parts p = { tool_alloc(inputs->n, sizeof *p.models), tool_alloc(inputs->n, sizeof *p.matrices), 0 };
	int status;
	size_t i;

	check(o);
	p.models[0] = first;
	status = open_parts(o, inputs, &p);
	if (!status)
		status = write_parts(o, &p);
	for (i = 0; i < inputs->n; i++) {
		tare_imatrix_free(p.matrices[i]);
		tare_close(p.models[i]);
	}
	free(p.matrices);
	free(p.models);
	return status;
}
