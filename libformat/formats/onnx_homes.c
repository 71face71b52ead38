/* Which tensors go beside the model, in which data file and where. */
#include "formats/onnx.h"

#include "base/checked.h"
#include "base/escape.h"

#include <stdlib.h>

enum { LEAST = 1024 };

static bool may_go(const tare_onnx_writer *w, size_t i)
{
	return w->out->tensors[i].type && w->out->tensors[i].size;
}

/* Shapes, axes and the like are wanted when a model is loaded: the runtime reads them inside only. */
static bool may_leave(const tare_onnx_writer *w, size_t i, uint64_t least)
{
	const tare_tensor *t = &w->out->tensors[i];

	return may_go(w, i) && t->size >= least && !(t->n_dims < 2 && (t->type == &tare_type_i64 || t->type == &tare_type_i32));
}

/* By default a tensor stays where it was, and a new one goes where the others of its size are. */
static tare_status choose(tare_onnx_writer *w, bool force)
{
	const tare_graphs *all = w->out->graphs;
	uint64_t least = w->opt->external_least ? w->opt->external_least : LEAST;
	bool *described = calloc(w->out->n_tensors + 1, sizeof *described), any = false;
	tare_external how = force ? TARE_EXTERNAL_BESIDE : w->opt->external;
	size_t i, k;

	if (!described)
		return tare_fail_nomem(w->err);
	for (k = 0; k < all->n_stored; k++) {
		const tare_stored *s = &all->stored[k];

		i = tare_model_tensor_index(w->out, s->tensor);
		any = any || s->beside;
		if (i == SIZE_MAX)
			continue;
		described[i] = true;
		w->homes[i].was = s->beside ? s : NULL;
		if (how == TARE_EXTERNAL_KEEP)
			w->homes[i].beside = s->beside && may_go(w, i);
		else if (how == TARE_EXTERNAL_BESIDE)
			w->homes[i].beside = s->beside ? may_go(w, i) : s->initializer && may_leave(w, i, least);
	}
	for (i = 0; i < w->out->n_tensors; i++)
		if (!described[i] && (how == TARE_EXTERNAL_BESIDE || (how == TARE_EXTERNAL_KEEP && any)))
			w->homes[i].beside = may_leave(w, i, least);
	free(described);
	return TARE_OK;
}

/* ---- order ---- */

static const tare_tensor *origin(const tare_model *out, size_t i)
{
	return out->taken ? out->taken[i] : NULL;
}

/* As they lie in the graph's own data files; the others follow in their own order. */
static int by_place(const void *a, const void *b, void *homes)
{
	const tare_onnx_home *home = homes;
	size_t i = *(const size_t *)a, j = *(const size_t *)b;
	const tare_stored *s = home[i].was, *t = home[j].was;

	if (!s != !t)
		return s ? -1 : 1;
	if (s && s->file != t->file)
		return s->file < t->file ? -1 : 1;
	if (s && s->offset != t->offset)
		return s->offset < t->offset ? -1 : 1;
	return i < j ? -1 : i > j;
}

/* Tensors that go beside, in order, malloc'ed. */
static size_t *in_order(const tare_onnx_writer *w, size_t *n)
{
	size_t *order = malloc((w->out->n_tensors + 1) * sizeof *order), i;

	*n = 0;
	for (i = 0; order && i < w->out->n_tensors; i++)
		if (w->homes[i].beside)
			order[(*n)++] = i;
	if (order && *n)
		qsort_r(order, *n, sizeof *order, by_place, w->homes);
	return order;
}

/* ---- files and places ---- */

static bool same_place(const tare_model *out, size_t i, size_t j)
{
	const tare_tensor *s = origin(out, i), *t = origin(out, j);

	return s && t && s->file == t->file && s->offset == t->offset && s->size == t->size;
}

static const char *base_of(const tare_onnx_writer *w)
{
	return w->opt->path ? w->opt->path : "model.onnx";
}

/* MODEL.onnx.data, or MODEL.onnx-00001-of-00003.data, beside the model. */
static tare_status add_file(tare_onnx_writer *w, uint32_t k, uint32_t n, tare_str *location)
{
	const char *path = base_of(w), *slash;
	size_t len = tare_strip_ending(path, strlen(path), ".zst");
	char *name = n == 1 ? tare_arena_printf(&w->out->arena, "%.*s.data", (int)len, path)
			    : tare_arena_printf(&w->out->arena, "%.*s-%05u-of-%05u.data", (int)len, path, k, n);

	if (!name)
		return tare_fail_nomem(w->err);
	TARE_TRY(tare_model_add_file(w->out, name, NULL, w->err));
	w->out->files[w->out->n_files - 1].plain = true;
	slash = strrchr(name, '/');
	*location = tare_str_of(slash ? slash + 1 : name);
	return TARE_OK;
}

/* Places within data files, counted from 1 in t->file. Returns the number of files in *n. */
static tare_status place(tare_onnx_writer *w, const size_t *order, size_t count, uint64_t align, uint32_t *n)
{
	uint64_t end = 0, in_file = 0;
	size_t k;

	*n = count > 0;
	for (k = 0; k < count; k++) {
		tare_tensor *t = &w->out->tensors[order[k]];
		uint64_t at, stop;

		if (k && same_place(w->out, order[k], order[k - 1])) {
			*t = (tare_tensor){ t->name, t->type, t->type_id, t->n_dims, t->dim, t->count, t->size, w->out->tensors[order[k - 1]].file,
					    w->out->tensors[order[k - 1]].offset };
			w->homes[order[k]].again = true;
			continue;
		}
		if (!tare_align_up(end, align, &at) || !tare_add(at, t->size, &stop) || stop > INT64_MAX)
			return tare_fail(w->err, TARE_E_UNSUPPORTED, TARE_NOWHERE, "tensor '%s' would end beyond 2^63 bytes", TARE_SHOW(t->name));
		if (in_file && ((w->opt->split_size && stop > w->opt->split_size) || (w->opt->split_count && in_file >= w->opt->split_count))) {
			++*n;
			at = in_file = 0;
			stop = t->size;
		}
		t->file = *n;
		t->offset = at;
		end = stop;
		in_file++;
	}
	return TARE_OK;
}

static tare_status name_files(tare_onnx_writer *w, const size_t *order, size_t count, uint32_t n)
{
	tare_str *location = calloc(n + 1, sizeof *location);
	tare_status st = location ? TARE_OK : tare_fail_nomem(w->err);
	uint32_t i;
	size_t k;

	for (i = 1; i <= n && st == TARE_OK; i++)
		st = add_file(w, i, n, &location[i]);
	for (k = 0; k < count && st == TARE_OK; k++) {
		const tare_tensor *t = &w->out->tensors[order[k]];
		tare_file *f = &w->out->files[t->file];

		w->homes[order[k]].location = location[t->file];
		f->size = f->size > t->offset + t->size ? f->size : t->offset + t->size;
		f->data_offset = 0;
	}
	free(location);
	return st;
}

tare_status tare_onnx_choose_homes(tare_onnx_writer *w, bool force, tare_error *err)
{
	uint64_t align = w->opt->align ? w->opt->align : w->out->alignment;
	size_t count, *order;
	tare_status st;
	uint32_t n = 0;

	if (!tare_is_power_of_two(align))
		align = 1;
	TARE_TRY(choose(w, force));
	order = in_order(w, &count);
	if (!order)
		return tare_fail_nomem(err);
	st = count && w->opt->path && !strcmp(w->opt->path, "-")
		     ? tare_fail(err, TARE_E_ARG, TARE_NOWHERE, "weights go into a file beside the model: standard output takes only one file")
		     : place(w, order, count, align, &n);
	if (st == TARE_OK)
		st = name_files(w, order, count, n);
	free(order);
	return st;
}
