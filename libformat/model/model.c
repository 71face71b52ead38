#include "model/model.h"

#include "base/checked.h"
#include "base/escape.h"
#include "model/graph.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

tare_status tare_model_new(tare_model **out, const tare_open_options *opt, tare_error *err)
{
	tare_model *m = calloc(1, sizeof *m);

	*out = NULL;
	if (!m)
		return tare_fail_nomem(err);
	if (opt && opt->limits)
		m->limits = *opt->limits;
	else
		tare_limits_init(&m->limits);
	m->strict = opt && opt->strict;
	m->alignment = 1;
	*out = m;
	return TARE_OK;
}

static void free_one(tare_model *m)
{
	size_t i;

	for (i = 0; i < m->n_files; i++) {
		tare_source_close(m->files[i].source);
		free(m->files[i].path);
	}
	tare_strmap_free(&m->by_name);
	tare_strmap_free(&m->by_key);
	if (m->graphs && m->graphs->arena == &m->arena)
		tare_graphs_free(m->graphs);
	tare_arena_free(&m->arena);
	free(m->files);
	free(m->tensors);
	free(m->meta);
	free(m->warnings);
	free(m->path);
	free(m);
}

void tare_close(tare_model *m)
{
	while (m) {
		tare_model *next = m->absorbed;

		free_one(m);
		m = next;
	}
}

tare_status tare_model_add_file(tare_model *m, const char *path, tare_source *source, tare_error *err)
{
	tare_file f = { .source = source, .size = source ? tare_source_size(source) : 0 };

	if (tare_limit_check(&m->limits, TARE_LIMIT_shards, m->n_files + 1, TARE_NOWHERE, "files of a set", err) != TARE_OK) {
		tare_source_close(source);
		return TARE_E_LIMIT;
	}
	if (path)
		f.path = strdup(path);
	if ((path && !f.path) || !tare_grow(&m->files, &m->cap_files, m->n_files, sizeof f)) {
		free(f.path);
		tare_source_close(source);
		return tare_fail_nomem(err);
	}
	m->files[m->n_files++] = f;
	return TARE_OK;
}

tare_status tare_model_add_tensor(tare_model *m, const tare_tensor *t, uint64_t at, tare_error *err)
{
	size_t existing;

	TARE_TRY(tare_limit_check(&m->limits, TARE_LIMIT_tensors, m->n_tensors + 1, at, "tensors", err));
	TARE_TRY(tare_limit_check(&m->limits, TARE_LIMIT_dims, t->n_dims, at, "dimensions of a tensor", err));
	if (!tare_grow(&m->tensors, &m->cap_tensors, m->n_tensors, sizeof *t) ||
	    !tare_strmap_add(&m->by_name, t->name, m->n_tensors, &existing))
		return tare_fail_nomem(err);
	if (existing != SIZE_MAX)
		return tare_fail(err, TARE_E_DATA, at, "tensor '%s' is there twice, as number %zu and number %zu; names must be unique",
				 TARE_SHOW(t->name), existing, m->n_tensors);
	m->tensors[m->n_tensors++] = *t;
	return TARE_OK;
}

size_t tare_model_tensor_index(const tare_model *m, tare_str name)
{
	return tare_strmap_find(&m->by_name, name);
}

/* The first tensor of file `file` or a later one. */
static size_t first_of_file(const tare_model *m, uint32_t file)
{
	size_t from = 0, to = m->n_tensors;

	while (from < to) {
		size_t mid = from + (to - from) / 2;

		if (m->tensors[mid].file < file)
			from = mid + 1;
		else
			to = mid;
	}
	return from;
}

size_t tare_model_tensors_of_file(const tare_model *m, uint32_t file, size_t *first)
{
	*first = first_of_file(m, file);
	return (file < UINT32_MAX ? first_of_file(m, file + 1) : m->n_tensors) - *first;
}

/* A model of a million tensors that are all odd gets no million lines. */
void tare_model_warn(tare_model *m, const char *fmt, ...)
{
	char text[512] = "more could be said, but this is enough";
	va_list ap;
	char *copy;

	if (m->n_warnings >= TARE_WARNINGS)
		return;
	va_start(ap, fmt);
	if (m->n_warnings + 1 < TARE_WARNINGS)
		vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	copy = tare_arena_text(&m->arena, text);
	if (copy && tare_grow(&m->warnings, &m->cap_warnings, m->n_warnings, sizeof copy))
		m->warnings[m->n_warnings++] = copy;
}

/* Puts other, and whatever it absorbed before, behind m in the chain that tare_close() walks. */
static void take_over(tare_model *m, tare_model *other)
{
	tare_model *tail = other;

	while (tail->absorbed)
		tail = tail->absorbed;
	tail->absorbed = m->absorbed;
	m->absorbed = other;
}

/* Each file has one owner at every moment, so a failure half way frees nothing twice. */
static tare_status move_files(tare_model *m, tare_model *other, tare_error *err)
{
	size_t i, n = other->n_files;

	TARE_TRY(tare_limit_check(&m->limits, TARE_LIMIT_shards, m->n_files + n, TARE_NOWHERE, "files of a set", err));
	for (i = 0; i < n; i++) {
		if (!tare_grow(&m->files, &m->cap_files, m->n_files, sizeof *m->files))
			return tare_fail_nomem(err);
		m->files[m->n_files++] = other->files[i];
		other->files[i] = (tare_file){ 0 };
	}
	other->n_files = 0;
	return TARE_OK;
}

tare_status tare_model_absorb(tare_model *m, tare_model *other, tare_error *err)
{
	uint32_t first = (uint32_t)m->n_files;
	size_t i;

	take_over(m, other);
	TARE_TRY(move_files(m, other, err));
	for (i = 0; i < other->n_tensors; i++) {
		tare_tensor t = other->tensors[i];

		t.file += first;
		TARE_TRY(tare_model_add_tensor(m, &t, TARE_NOWHERE, err));
	}
	for (i = 0; i < other->n_warnings; i++)
		tare_model_warn(m, "%s", other->warnings[i]);
	return TARE_OK;
}

static tare_status check_graft(const tare_model *m, const tare_tensor *from, const tare_tensor *to, tare_error *err)
{
	if (!to)
		return tare_fail(err, TARE_E_DATA, TARE_NOWHERE, "tensor '%s' is not in the graph: take it out first (tare-convert --exclude)",
				 TARE_SHOW(from->name));
	if (from->type != to->type || (!to->type && from->type_id != to->type_id))
		return tare_fail(err, TARE_E_DATA, TARE_NOWHERE, "tensor '%s' is %s, and the graph takes it as %s", TARE_SHOW(from->name),
				 from->type ? from->type->name : "of an unknown type", to->type ? to->type->name : "text");
	if (from->n_dims != to->n_dims || (to->n_dims && memcmp(from->dim, to->dim, to->n_dims * sizeof *to->dim)) || from->size != to->size)
		return tare_fail(err, TARE_E_DATA, TARE_NOWHERE, "tensor '%s' has another shape than in the graph", TARE_SHOW(from->name));
	if (m->big_endian)
		return tare_fail(err, TARE_E_UNSUPPORTED, TARE_NOWHERE, "the weights are big-endian: turn them first (--endian little)");
	return TARE_OK;
}

/* Bytes that m has put together itself stay if they are the same: then they also stay written as they were. */
static bool stays(const tare_model *m, const tare_model *other, const tare_tensor *from, const tare_tensor *to)
{
	const uint8_t *a, *b;

	if (!to->type)
		return true;
	if (!m->files[to->file].made || !to->size)
		return false;
	a = tare_source_at(m->files[to->file].source, to->offset, to->size);
	b = tare_source_at(other->files[from->file].source, from->offset, from->size);
	return a && b && !memcmp(a, b, to->size);
}

tare_status tare_model_graft(tare_model *m, tare_model *other, tare_error *err)
{
	uint32_t first = (uint32_t)m->n_files;
	tare_status st = TARE_OK;
	size_t i, k;

	for (i = 0; i < other->n_tensors && st == TARE_OK; i++) {
		const tare_tensor *from = &other->tensors[i];

		k = tare_model_tensor_index(m, from->name);
		st = check_graft(other, from, k == SIZE_MAX ? NULL : &m->tensors[k], err);
		if (st != TARE_OK || stays(m, other, from, &m->tensors[k]))
			continue;
		m->tensors[k].file = first + from->file;
		m->tensors[k].offset = from->offset;
	}
	take_over(m, other);
	TARE_TRY(st);
	if (other->n_tensors < m->n_tensors)
		tare_model_warn(m, "%zu of %zu tensors are not among the weights: they stay as they are in the graph's own file",
				m->n_tensors - other->n_tensors, m->n_tensors);
	for (i = 0; i < other->n_warnings; i++)
		tare_model_warn(m, "%s", other->warnings[i]);
	return move_files(m, other, err);
}

static tare_status check_extent(const tare_model *m, const tare_tensor *t, tare_error *err)
{
	const tare_file *f;
	uint64_t end;

	if (t->file >= m->n_files)
		return tare_fail(err, TARE_E_DATA, TARE_NOWHERE, "tensor '%s' is in file %u of %zu", TARE_SHOW(t->name), t->file + 1,
				 m->n_files);
	f = &m->files[t->file];
	if (!tare_add(t->offset, t->size, &end))
		return tare_fail(err, TARE_E_DATA, t->offset, "tensor '%s': offset and size (%llu bytes) overflow", TARE_SHOW(t->name),
				 (unsigned long long)t->size);
	if (f->size != TARE_NOWHERE && end > f->size)
		return tare_fail(err, TARE_E_DATA, t->offset,
				 "tensor '%s': its %llu bytes end at byte %llu, but the file ends at %llu; it is cut short or damaged",
				 TARE_SHOW(t->name), (unsigned long long)t->size, (unsigned long long)end, (unsigned long long)f->size);
	return TARE_OK;
}

tare_status tare_model_seal(tare_model *m, tare_error *err)
{
	size_t i;

	for (i = 0; i < m->n_files; i++)
		if (m->files[i].source)
			m->files[i].size = tare_source_size(m->files[i].source);
	for (i = 0; i < m->n_tensors; i++) {
		const tare_tensor *t = &m->tensors[i];
		tare_tensor right = *t;

		if (!tare_tensor_measure(&right))
			return tare_fail(err, TARE_E_DATA, t->offset, "tensor '%s': its shape does not fit type %s, or is too large",
					 TARE_SHOW(t->name), t->type ? t->type->name : "unknown");
		if (right.size != t->size || right.count != t->count)
			return tare_fail(err, TARE_E_DATA, t->offset, "tensor '%s': %llu bytes are stored, its shape and type ask for %llu",
					 TARE_SHOW(t->name), (unsigned long long)t->size, (unsigned long long)right.size);
		TARE_TRY(check_extent(m, t, err));
	}
	return TARE_OK;
}
