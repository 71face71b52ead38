/* For programs: schemas/diff-1.schema.json. */
#include "common/json.h"
#include "common/message.h"
#include "common/progress.h"
#include "common/value.h"
#include "diff/diff.h"

#include <stdlib.h>
#include <string.h>

enum { CONTEXT = 3 };

/* With --hash. */
typedef struct hashes {
	tare_scan_result *of;    /* per tensor; NULL: not asked for */
	uint8_t digest[32];
} hashes;

static bool hash(const diff_view *v, tare_model *m, hashes *h, int *status)
{
	const tare_run_options run = { .threads = v->o->shared.threads, .progress = tool_progress };
	tare_error err = TARE_ERROR_INIT;

	*h = (hashes){ .of = NULL };
	if (!v->o->hash)
		return true;
	h->of = tool_alloc(tare_model_tensor_count(m), sizeof *h->of);
	tool_progress_start("hashing", v->o->shared.progress);
	if (tare_scan(m, TARE_SCAN_HASH, &run, h->of, &err) == TARE_OK)
		tare_content_digest(m, h->of, h->digest, &err);
	tool_progress_end();
	if (!err.status)
		return true;
	tool_error(&err);
	*status = tool_status(&err);
	return false;
}

static void put_side(tool_json *j, const char *key, const tare_model *m, const char *path, uint64_t bytes, const hashes *h)
{
	tool_sum sum = tool_sum_of(m);
	tare_value arch;

	tool_json_object(j, key);
	tool_json_text(j, "path", path);
	tool_json_text(j, "format", tare_model_format(m));
	tool_json_uint(j, "version", tare_model_version(m));
	if (tare_model_find(m, "general.architecture", &arch) && arch.kind == TARE_STRING)
		tool_json_str(j, "architecture", arch.as.string);
	tool_json_uint(j, "files", tare_model_file_count(m));
	tool_json_uint(j, "tensors", tare_model_tensor_count(m));
	tool_json_uint(j, "weights", sum.weights);
	tool_json_uint(j, "bytes", bytes);
	tool_json_real(j, "bits_per_weight", sum.weights ? 8.0 * (double)sum.bytes / (double)sum.weights : 0);
	if (h->of)
		tool_json_hex(j, "sha256_content", h->digest, 32);
	tool_json_end_object(j);
}

/* ---- metadata ---- */

static void put_elements(tool_json *j, const tare_key_difference *d)
{
	size_t i;

	tool_json_object(j, "elements");
	tool_json_uint(j, "added", d->gained);
	tool_json_uint(j, "removed", d->lost);
	tool_json_uint(j, "moved", d->moved);
	tool_json_array(j, "some");
	for (i = 0; i < d->n_elements; i++) {
		tool_json_object(j, NULL);
		tool_json_str(j, "text", d->elements[i].text);
		if (d->elements[i].a != TARE_NOWHERE)
			tool_json_uint(j, "a", d->elements[i].a);
		if (d->elements[i].b != TARE_NOWHERE)
			tool_json_uint(j, "b", d->elements[i].b);
		tool_json_end_object(j);
	}
	tool_json_end_array(j);
	tool_json_end_object(j);
}

static void put_ranges(tool_json *j, const tare_key_difference *d)
{
	size_t i;

	tool_json_uint(j, "differ", d->differ);
	tool_json_array(j, "ranges");
	for (i = 0; i < d->n_spans; i++) {
		tool_json_array(j, NULL);
		tool_json_uint(j, NULL, d->spans[i].first);
		tool_json_uint(j, NULL, d->spans[i].last);
		tool_json_end_array(j);
	}
	tool_json_end_array(j);
	if (d->has_elements)
		put_elements(j, d);
}

/* Of two arrays only where they differ; all else whole. */
static void put_key(tool_json *j, const diff_view *v, const tare_key_difference *d, bool allowed)
{
	tare_value x, y;
	bool has_x = diff_key_a(v, d, &x), has_y = diff_key_b(v, d, &y);
	char *text;

	tool_json_object(j, NULL);
	tool_json_str(j, "key", d->key);
	tool_json_text(j, "change", diff_key_change(d));
	if (v->o->allow.n)
		tool_json_bool(j, "allowed", allowed);
	if (has_x)
		tool_json_text(j, "type_a", tool_kind_text(&x));
	if (has_y)
		tool_json_text(j, "type_b", tool_kind_text(&y));
	if (has_x && !d->differ)
		tool_json_value(j, "old", &x);
	if (has_y && !d->differ)
		tool_json_value(j, "new", &y);
	if (d->differ)
		put_ranges(j, d);
	if (has_x && has_y && diff_is_text(&x, &y)) {
		text = tare_text_diff(x.as.string, y.as.string, CONTEXT);
		tool_json_raw(j, "unified", text ? tare_value_json(&(tare_value){ .kind = TARE_STRING, .as.string = { text, strlen(text) } })
						 : NULL);
		free(text);
	}
	tool_json_end_object(j);
}

static void put_keys(tool_json *j, const diff_view *v)
{
	size_t i;

	tool_json_array(j, "metadata");
	for (i = 0; i < v->n_keys; i++)
		if (v->counts[i])
			put_key(j, v, tare_comparison_key(v->c, i), v->allowed[i]);
	tool_json_end_array(j);
}

/* ---- tensors ---- */

static void put_counts(tool_json *j, const diff_view *v)
{
	tool_json_object(j, "tensors");
	tool_json_uint(j, "equal", v->n_change[DIFF_EQUAL] + v->n_change[DIFF_RENAMED]);
	tool_json_uint(j, "tolerated", v->n_change[DIFF_TOLERATED]);
	tool_json_uint(j, "retyped", v->n_change[DIFF_RETYPED]);
	tool_json_uint(j, "changed", v->n_change[DIFF_VALUES] + v->n_change[DIFF_ENCODING]);
	tool_json_uint(j, "added", v->n_change[DIFF_ADDED]);
	tool_json_uint(j, "removed", v->n_change[DIFF_REMOVED]);
	tool_json_uint(j, "renamed", v->n_renamed);
	tool_json_uint(j, "reshaped", v->n_change[DIFF_RESHAPED]);
	tool_json_bool(j, "order_equal", tare_comparison_same_order(v->c));
	tool_json_end_object(j);
}

static void put_tensor(tool_json *j, const char *key, const tare_tensor *t, const uint8_t *sha256)
{
	uint32_t i;

	if (!t)
		return;
	tool_json_object(j, key);
	tool_json_str(j, "name", t->name);
	tool_json_array(j, "shape");
	for (i = 0; i < t->n_dims; i++)
		tool_json_uint(j, NULL, t->dim[i]);
	tool_json_end_array(j);
	tool_json_text(j, "type", tool_type(t));
	tool_json_uint(j, "bytes", t->size);
	if (sha256)
		tool_json_hex(j, "sha256", sha256, 32);
	tool_json_end_object(j);
}

static void put_first(tool_json *j, const diff_view *v, const tare_pair *p)
{
	const tare_tensor *b = diff_b(v, p);

	tool_json_object(j, "first_difference");
	tool_json_uint(j, "element", p->first);
	tool_json_uint(j, "block", p->first / tare_type_block_len(b->type));
	tool_json_real(j, "a", p->first_a);
	tool_json_real(j, "b", p->first_b);
	if (p->first_byte != TARE_NOWHERE)
		tool_json_uint(j, "byte", p->first_byte);
	tool_json_end_object(j);
}

static void put_loss(tool_json *j, const diff_view *v, const tare_pair *p)
{
	tool_json_uint(j, "differ", p->differ);
	tool_json_real(j, "rel_error", p->rel_error);
	tool_json_real(j, "rmse", p->loss.rmse);
	tool_json_real(j, "max_abs", p->loss.max_error);
	tool_json_real(j, "mean_abs", p->mean_error);
	tool_json_real(j, "sqnr_db", p->loss.sqnr_db);
	tool_json_real(j, "cosine", p->loss.cosine);
	tool_json_uint(j, "nonfinite_a", p->nonfinite_a);
	tool_json_uint(j, "nonfinite_b", p->nonfinite_b);
	put_first(j, v, p);
}

static void put_changes(tool_json *j, const diff_view *v, const hashes *a, const hashes *b)
{
	static const char *const relations[] = { "same bytes", "same values", "other values", "other bytes", "only in a", "only in b" };
	static const char *const paired[] = { "name", "content", "role" };
	size_t i;

	tool_json_array(j, "changes");
	for (i = 0; i < v->n_pairs; i++) {
		const tare_pair *p = tare_comparison_pair(v->c, i);

		if (v->change[i] == DIFF_EQUAL && !v->o->all)
			continue;
		tool_json_object(j, NULL);
		tool_json_text(j, "change", diff_change_name(v->change[i]));
		tool_json_text(j, "relation", relations[p->relation]);
		if (p->a != SIZE_MAX && p->b != SIZE_MAX)
			tool_json_text(j, "paired_by", paired[p->paired]);
		put_tensor(j, "a", diff_a(v, p), a->of && p->a != SIZE_MAX ? a->of[p->a].sha256 : NULL);
		put_tensor(j, "b", diff_b(v, p), b->of && p->b != SIZE_MAX ? b->of[p->b].sha256 : NULL);
		if (diff_is_measured(p))
			put_loss(j, v, p);
		tool_json_end_object(j);
	}
	tool_json_end_array(j);
}

/* ---- the rest ---- */

static void put_outside(tool_json *j, const diff_view *v)
{
	const char *text;
	size_t i;

	tool_json_array(j, "outside");
	for (i = 0; (text = tare_comparison_outside(v->c, i)); i++)
		tool_json_text(j, NULL, text);
	tool_json_end_array(j);
}

static void put_gates(tool_json *j, const diff_view *v)
{
	size_t i;

	tool_json_array(j, "gates");
	for (i = 0; i < v->n_gates; i++) {
		const diff_gate *g = &v->gates[i];

		tool_json_object(j, NULL);
		tool_json_text(j, "name", g->name);
		tool_json_real(j, "limit", g->limit);
		tool_json_real(j, "value", g->value);
		tool_json_bool(j, "passed", g->passed);
		if (g->why)
			tool_json_text(j, "why", g->why);
		tool_json_end_object(j);
	}
	tool_json_end_array(j);
}

static void put_total(tool_json *j, const diff_view *v)
{
	tool_json_object(j, "total");
	tool_json_uint(j, "measured", v->total.tensors);
	if (v->total.tensors) {
		tool_json_real(j, "rel_error", diff_sum_error(&v->total));
		tool_json_real(j, "sqnr_db", tare_sqnr_db(v->total.signal, v->total.noise));
	}
	if (v->bytes_a)
		tool_json_real(j, "bytes_ratio", (double)v->bytes_b / (double)v->bytes_a);
	tool_json_end_object(j);
}

static void put_cuts(tool_json *j, const diff_view *v)
{
	size_t i;

	tool_json_array(j, "limits_hit");
	for (i = 0; i < v->n_keys; i++) {
		const tare_key_difference *d = tare_comparison_key(v->c, i);

		if (v->counts[i] && (d->more_spans || d->gained + d->lost + d->moved > d->n_elements))
			tool_json_str(j, NULL, d->key);
	}
	tool_json_end_array(j);
}

static void put(const diff_view *v, const hashes *a, const hashes *b)
{
	tool_json j = { .out = stdout };

	tool_json_object(&j, NULL);
	tool_json_text(&j, "schema", "diff-1");
	tool_json_bool(&j, "equal", v->equal);
	put_side(&j, "a", v->a, v->path_a, v->bytes_a, a);
	put_side(&j, "b", v->b, v->path_b, v->bytes_b, b);
	tool_json_uint(&j, "metadata_equal", tare_comparison_equal_keys(v->c));
	put_keys(&j, v);
	put_counts(&j, v);
	put_changes(&j, v, a, b);
	put_outside(&j, v);
	put_gates(&j, v);
	put_total(&j, v);
	put_cuts(&j, v);
	tool_json_end_object(&j);
	tool_json_newline(&j);
}

int diff_json(const diff_view *v)
{
	hashes a = { .of = NULL }, b = { .of = NULL };
	int status = TOOL_YES;

	if (hash(v, v->a, &a, &status) && hash(v, v->b, &b, &status))
		put(v, &a, &b);
	free(a.of);
	free(b.of);
	return status;
}
