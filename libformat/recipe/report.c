#include "recipe/report.h"

#include "base/escape.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>

static const char *type_name(tare_report *r, const tare_tensor *t)
{
	return t->type ? t->type->name : tare_arena_printf(&r->arena, "#%u", (unsigned)t->type_id);
}

static bool fill_row(tare_report *r, tare_report_row *row, const tare_plan *p, size_t i)
{
	const tare_step *step = &p->steps[i];
	const tare_tensor *from = &p->in->tensors[step->source], *to = &p->out->tensors[i];
	uint64_t *dim = tare_arena_array(&r->arena, to->n_dims, sizeof *dim);

	row->name = tare_arena_copy(&r->arena, to->name.ptr, to->name.len);
	row->rule = tare_arena_text(&r->arena, step->rule ? step->rule : "");
	row->note = step->note ? tare_arena_text(&r->arena, step->note) : NULL;
	row->from = type_name(r, from);
	row->to = type_name(r, to);
	if (!dim || !row->name.ptr || !row->rule || (step->note && !row->note) || !row->from || !row->to)
		return false;
	if (to->n_dims)
		memcpy(dim, to->dim, to->n_dims * sizeof *dim);
	row->dim = dim;
	row->n_dims = to->n_dims;
	row->copied = step->copies;
	row->part = step->part;
	row->scheme = step->scheme;
	row->bytes_in = step->part ? 0 : from->size;
	row->bytes_out = to->size;
	return true;
}

/* Of a stream the size is not known until its end: then it is where the last tensor ends. */
static uint64_t file_bytes(const tare_model *m, size_t file)
{
	uint64_t size = m->files[file].size, end;
	size_t i;

	if (size != TARE_NOWHERE)
		return size;
	size = m->files[file].data_offset;
	for (i = 0; i < m->n_tensors; i++) {
		end = m->tensors[i].offset + m->tensors[i].size;
		if (m->tensors[i].file == file && end > size)
			size = end;
	}
	return size;
}

static tare_status fill(tare_report *r, const tare_plan *p, tare_error *err)
{
	size_t i;

	r->rows = tare_arena_array(&r->arena, p->out->n_tensors, sizeof *r->rows);
	if (!r->rows)
		return tare_fail_nomem(err);
	r->n_rows = p->out->n_tensors;
	for (i = 0; i < r->n_rows; i++)
		if (!fill_row(r, &r->rows[i], p, i))
			return tare_fail_nomem(err);
	for (i = 0; i < p->in->n_files; i++)
		r->bytes_in += file_bytes(p->in, i);
	for (i = 0; i < p->out->n_files; i++)
		r->bytes_out += p->out->files[i].size;
	for (i = 0; i < p->n_notes; i++)
		TARE_TRY(tare_report_add_note(r, err, "%s", p->notes[i]));
	return TARE_OK;
}

tare_status tare_report_new(tare_report **out, const tare_plan *p, bool measured, tare_error *err)
{
	tare_report *r = calloc(1, sizeof *r);
	tare_status st;

	*out = NULL;
	if (!r)
		return tare_fail_nomem(err);
	r->measured = measured;
	st = fill(r, p, err);
	if (st != TARE_OK)
		tare_report_free(r);
	else
		*out = r;
	return st;
}

void tare_report_free(tare_report *r)
{
	if (!r)
		return;
	free(r->notes);
	tare_arena_free(&r->arena);
	free(r);
}

tare_status tare_report_add_note(tare_report *r, tare_error *err, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	if (!tare_grow(&r->notes, &r->cap_notes, r->n_notes, sizeof *r->notes))
		return tare_fail_nomem(err);
	r->notes[r->n_notes] = tare_arena_text(&r->arena, text);
	if (!r->notes[r->n_notes])
		return tare_fail_nomem(err);
	r->n_notes++;
	return TARE_OK;
}

/* What was not finite, or is no longer, deserves a line. */
static tare_status note_nonfinite(tare_report *r, const tare_report_row *row, tare_nonfinite policy, tare_error *err)
{
	if (row->nans || row->infs)
		TARE_TRY(tare_report_add_note(r, err, "tensor '%s': %llu NaN and %llu infinite values %s", TARE_SHOW(row->name),
					      (unsigned long long)row->nans, (unsigned long long)row->infs,
					      policy == TARE_NONFINITE_ZERO ? "set to zero" : "kept"));
	if (!isfinite(row->sum.noise))
		TARE_TRY(tare_report_add_note(r, err, "tensor '%s': finite values of %s are beyond the range of %s", TARE_SHOW(row->name),
					      row->from, row->to));
	return TARE_OK;
}

tare_status tare_report_close(tare_report *r, const tare_plan *p, tare_error *err)
{
	tare_loss_sum total = { 0 };
	size_t i;

	for (i = 0; i < r->n_rows; i++) {
		tare_report_row *row = &r->rows[i];

		tare_loss_finish(&row->sum, &row->loss);
		tare_loss_join(&total, &row->sum);
		TARE_TRY(note_nonfinite(r, row, p->nonfinite, err));
	}
	tare_loss_finish(&total, &r->total);
	return TARE_OK;
}

const tare_loss *tare_report_tensor(const tare_report *r, size_t i)
{
	return i < r->n_rows && r->measured && !r->rows[i].copied && !r->rows[i].part ? &r->rows[i].loss : NULL;
}

const tare_loss *tare_report_total(const tare_report *r)
{
	return r->measured ? &r->total : NULL;
}

uint64_t tare_report_bytes_in(const tare_report *r)
{
	return r->bytes_in;
}

uint64_t tare_report_bytes_out(const tare_report *r)
{
	return r->bytes_out;
}

bool tare_report_gate(const tare_report *r, size_t i, const char **name, double *limit, double *value, bool *passed)
{
	if (i >= r->n_verdicts)
		return false;
	*name = r->verdicts[i].name;
	*limit = r->verdicts[i].limit;
	*value = r->verdicts[i].value;
	*passed = r->verdicts[i].passed;
	return true;
}
