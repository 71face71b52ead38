/* What of all that was found counts, and what does not. */
#include "common/message.h"
#include "diff/diff.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const tare_tensor *diff_a(const diff_view *v, const tare_pair *p)
{
	return p->a == SIZE_MAX ? NULL : tare_model_tensor(v->a, p->a);
}

const tare_tensor *diff_b(const diff_view *v, const tare_pair *p)
{
	return p->b == SIZE_MAX ? NULL : tare_model_tensor(v->b, p->b);
}

bool diff_is_measured(const tare_pair *p)
{
	return p->relation == TARE_OTHER_VALUES;
}

const char *diff_change_name(diff_change c)
{
	static const char *const names[DIFF_CHANGES] = {
		"equal", "tolerated", "removed", "added", "reshaped", "retyped", "values", "encoding", "renamed"
	};

	return names[c];
}

/* ---- tensors ---- */

static bool is_tolerated(const diff_view *v, const tare_pair *p)
{
	const diff_number *most = &v->o->tolerance;

	if (!most->given || p->reshaped)
		return false;
	return p->relation == TARE_SAME_VALUES || (diff_is_measured(p) && !p->nonfinite_differ && p->rel_error <= most->value);
}

/* Formats name their tensors by conventions of their own; within one, another name is a difference. */
bool diff_is_renamed(const diff_view *v, const tare_pair *p)
{
	bool two_formats = strcmp(tare_model_format(v->a), tare_model_format(v->b)) != 0;

	return p->renamed && !(two_formats && p->paired == TARE_PAIRED_BY_ROLE);
}

static diff_change change_of(const diff_view *v, const tare_pair *p)
{
	if (p->relation == TARE_ONLY_IN_A)
		return DIFF_REMOVED;
	if (p->relation == TARE_ONLY_IN_B)
		return DIFF_ADDED;
	if (p->reshaped)
		return DIFF_RESHAPED;
	if (p->relation != TARE_SAME_BYTES && !is_tolerated(v, p))
		return p->retyped ? DIFF_RETYPED : p->relation == TARE_SAME_VALUES ? DIFF_ENCODING : DIFF_VALUES;
	if (diff_is_renamed(v, p))
		return DIFF_RENAMED;
	return p->relation == TARE_SAME_BYTES ? DIFF_EQUAL : DIFF_TOLERATED;
}

void diff_sum_add(diff_sum *s, const diff_view *v, const tare_pair *p)
{
	const tare_tensor *a = diff_a(v, p), *b = diff_b(v, p);

	s->tensors++;
	s->weights += a ? a->count : b->count;
	s->bytes_a += a ? a->size : 0;
	s->bytes_b += b ? b->size : 0;
	if (p->relation == TARE_OTHER_BYTES)
		s->unmeasured = true;
	if (!diff_is_measured(p))
		return;
	s->signal += p->signal;
	s->noise += p->noise;
	if (!(p->rel_error <= s->worst))
		s->worst = p->rel_error;
}

double diff_sum_error(const diff_sum *s)
{
	return s->noise == 0 ? 0 : s->signal > 0 && isfinite(s->noise) ? sqrt(s->noise / s->signal) : INFINITY;
}

static void judge_pairs(diff_view *v)
{
	const tare_pair *p;
	size_t i;

	while (tare_comparison_pair(v->c, v->n_pairs))
		v->n_pairs++;
	v->change = tool_alloc(v->n_pairs, sizeof *v->change);
	v->renamed = tool_alloc(v->n_pairs, sizeof *v->renamed);
	for (i = 0; (p = tare_comparison_pair(v->c, i)); i++) {
		v->change[i] = change_of(v, p);
		v->renamed[i] = diff_is_renamed(v, p);
		v->n_change[v->change[i]]++;
		v->n_renamed += v->renamed[i];
		v->n_by_role += p->renamed && !v->renamed[i];
		if (diff_is_measured(p))
			diff_sum_add(&v->total, v, p);
	}
}

/* ---- metadata ---- */

static bool value_at(const tare_model *m, size_t i, tare_value *out)
{
	tare_str key;

	return i != SIZE_MAX && tare_model_metadata(m, i, &key, out);
}

bool diff_key_a(const diff_view *v, const tare_key_difference *d, tare_value *out)
{
	return value_at(v->a, d->a, out);
}

bool diff_key_b(const diff_view *v, const tare_key_difference *d, tare_value *out)
{
	return value_at(v->b, d->b, out);
}

const char *diff_key_change(const tare_key_difference *d)
{
	return d->a == SIZE_MAX ? "added" : d->b == SIZE_MAX ? "removed" : "changed";
}

static bool begins(tare_str key, const char *with)
{
	return key.len >= strlen(with) && !memcmp(key.ptr, with, strlen(with));
}

static bool is_asked_for(const diff_options *o, tare_str key)
{
	bool template = begins(key, "tokenizer.chat_template");

	return o->metadata || (o->template && template) || (o->tokenizer && !template && begins(key, "tokenizer."));
}

/* Which entries of m --allow-metadata lets differ. */
static bool *hits_of(const diff_view *v, const tare_model *m)
{
	bool *hits = tool_alloc(tare_model_metadata_count(m), sizeof *hits);
	tare_error err = TARE_ERROR_INIT;

	if (tare_model_match_keys(m, v->o->allow.item, v->o->allow.n, hits, &err))
		tool_usage("--allow-metadata: %s", err.message);
	return hits;
}

static void judge_keys(diff_view *v)
{
	bool *in_a = hits_of(v, v->a), *in_b = hits_of(v, v->b);
	const tare_key_difference *d;
	size_t i;

	while (tare_comparison_key(v->c, v->n_keys))
		v->n_keys++;
	v->counts = tool_alloc(v->n_keys, sizeof *v->counts);
	v->allowed = tool_alloc(v->n_keys, sizeof *v->allowed);
	for (i = 0; (d = tare_comparison_key(v->c, i)); i++) {
		v->counts[i] = is_asked_for(v->o, d->key);
		v->allowed[i] = d->a == SIZE_MAX ? in_b[d->b] : in_a[d->a];
		if (!v->counts[i])
			continue;
		v->keys_allowed += v->allowed[i];
		v->keys_added += d->a == SIZE_MAX;
		v->keys_removed += d->b == SIZE_MAX;
		v->keys_changed += d->a != SIZE_MAX && d->b != SIZE_MAX;
	}
	free(in_a);
	free(in_b);
}

/* ---- gates ---- */

/* What has no measure cannot pass a gate on it. */
static const char *unmeasurable(const tare_pair *p, diff_change c)
{
	if (c == DIFF_REMOVED || c == DIFF_ADDED)
		return c == DIFF_REMOVED ? "a tensor is missing" : "a tensor is new";
	if (p->relation == TARE_OTHER_BYTES)
		return "a tensor cannot be compared";
	return p->nonfinite_differ ? "values are not finite" : NULL;
}

static diff_gate *new_gate(diff_view *v, const char *name, double limit)
{
	diff_gate *g = &v->gates[v->n_gates++];

	*g = (diff_gate){ .name = name, .limit = limit, .passed = true, .pair = SIZE_MAX };
	return g;
}

static void find_unmeasurable(const diff_view *v, diff_gate *g)
{
	size_t i;

	for (i = 0; i < v->n_pairs && !g->why; i++) {
		g->why = unmeasurable(tare_comparison_pair(v->c, i), v->change[i]);
		if (g->why)
			g->pair = i;
	}
	g->passed = g->passed && !g->why;
}

static void judge_error(diff_view *v)
{
	diff_gate *g = new_gate(v, "max-rel-error", v->o->error.value);
	size_t i;

	for (i = 0; i < v->n_pairs; i++) {
		const tare_pair *p = tare_comparison_pair(v->c, i);

		if (!diff_is_measured(p) || p->rel_error <= g->value)
			continue;
		g->value = p->rel_error;
		g->pair = i;
	}
	g->passed = g->value <= g->limit;
	find_unmeasurable(v, g);
}

static void judge_gates(diff_view *v)
{
	const diff_options *o = v->o;
	diff_gate *g;

	if (o->growth.given) {
		g = new_gate(v, "max-size-growth", o->growth.value);
		g->value = v->bytes_a ? 100 * ((double)v->bytes_b / (double)v->bytes_a - 1) : v->bytes_b ? INFINITY : 0;
		g->passed = g->value <= g->limit;
	}
	if (o->error.given)
		judge_error(v);
	if (o->sqnr.given) {
		g = new_gate(v, "min-sqnr", o->sqnr.value);
		g->value = tare_sqnr_db(v->total.signal, v->total.noise);
		g->passed = g->value >= g->limit;
		find_unmeasurable(v, g);
	}
	/* Beside another gate, metadata is judged when it was spoken of. */
	if (v->n_gates && o->allow.n) {
		g = new_gate(v, "allow-metadata", 0);
		g->value = (double)(v->keys_added + v->keys_removed + v->keys_changed - v->keys_allowed);
		g->passed = g->value <= 0;
	}
}

/* ---- the whole ---- */

static uint64_t bytes_of(const tare_model *m)
{
	uint64_t n;

	return tool_file_bytes(m, &n) ? n : tool_sum_of(m).bytes;
}

void diff_judge(diff_view *v)
{
	size_t keys;

	judge_pairs(v);
	judge_keys(v);
	v->bytes_a = bytes_of(v->a);
	v->bytes_b = bytes_of(v->b);
	keys = v->keys_added + v->keys_removed + v->keys_changed - v->keys_allowed;
	v->equal = !keys && v->n_change[DIFF_EQUAL] + v->n_change[DIFF_TOLERATED] == v->n_pairs && !tare_comparison_outside(v->c, 0) &&
		   (!v->o->order || tare_comparison_same_order(v->c));
	judge_gates(v);
}

int diff_status(const diff_view *v)
{
	size_t i;

	if (!v->n_gates)
		return v->equal ? TOOL_YES : TOOL_NO;
	for (i = 0; i < v->n_gates; i++)
		if (!v->gates[i].passed)
			return TOOL_NO;
	return TOOL_YES;
}

void diff_judge_end(diff_view *v)
{
	free(v->change);
	free(v->renamed);
	free(v->counts);
	free(v->allowed);
}

/* ---- order ---- */

static double measure_of(const diff_view *v, const tare_pair *p)
{
	switch (v->o->sort) {
	case DIFF_BY_MAX:
		return diff_is_measured(p) ? p->loss.max_error : -1;
	case DIFF_BY_SIZE:
		return (double)diff_a(v, p)->size;
	default:
		return diff_is_measured(p) ? p->rel_error : -1;
	}
}

static int by_measure(const void *a, const void *b, void *view)
{
	const diff_view *v = view;
	const tare_pair *p = *(const tare_pair *const *)a, *q = *(const tare_pair *const *)b;
	double x = measure_of(v, p), y = measure_of(v, q);

	if (v->o->sort == DIFF_BY_NAME) {
		tare_str s = diff_a(v, p)->name, t = diff_a(v, q)->name;
		int d = memcmp(s.ptr, t.ptr, s.len < t.len ? s.len : t.len);

		return d ? d : (s.len > t.len) - (s.len < t.len);
	}
	/* Those that could not be measured are the worst of all. */
	if ((p->relation == TARE_OTHER_BYTES) != (q->relation == TARE_OTHER_BYTES))
		return p->relation == TARE_OTHER_BYTES ? -1 : 1;
	if (x != y)
		return x > y ? -1 : 1;
	return p < q ? -1 : 1;
}

const tare_pair **diff_sorted(const diff_view *v, size_t *n)
{
	const tare_pair **list = tool_alloc(v->n_pairs, sizeof *list);
	size_t i;

	for (*n = 0, i = 0; i < v->n_pairs; i++)
		if (v->change[i] >= DIFF_RESHAPED && v->change[i] <= DIFF_ENCODING)
			list[(*n)++] = tare_comparison_pair(v->c, i);
	qsort_r(list, *n, sizeof *list, by_measure, (void *)(uintptr_t)v);
	return list;
}
