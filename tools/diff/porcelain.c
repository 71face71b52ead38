/* For awk: a line for each thing, fields separated by tabs, the first says what the line is about; "-" is a field that says nothing.
 * tare-diff(1) lists the fields; new ones come at the end of a line. */
#include "common/message.h"
#include "common/value.h"
#include "diff/diff.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void put_text(const char *text)
{
	printf("\t%s", text && *text ? text : "-");
}

static void put_name(tare_str s)
{
	char *shown = tool_shown(s, 0);

	put_text(shown);
	free(shown);
}

static void put_real(bool known, double v)
{
	if (!known)
		put_text("-");
	else if (!isfinite(v))
		put_text(isnan(v) ? "nan" : v > 0 ? "inf" : "-inf");
	else
		printf("\t%.9g", v);
}

/* ---- metadata ---- */

static void put_value(bool there, const tare_value *v)
{
	char *text;

	if (!there) {
		put_text("-");
		return;
	}
	text = v->kind == TARE_ARRAY ? tool_format("[%llu]", (unsigned long long)v->as.array.count) : tare_value_json(v);
	if (!text) {
		tool_trouble("out of memory");
		tool_end(TOOL_TROUBLE);
	}
	put_text(text);
	free(text);
}

static void print_key(const diff_view *v, const tare_key_difference *d, bool allowed)
{
	tare_value x, y;
	bool has_x = diff_key_a(v, d, &x), has_y = diff_key_b(v, d, &y);

	printf("key\t%s", diff_key_change(d));
	put_name(d->key);
	put_text(has_x ? tool_kind_text(&x) : NULL);
	put_text(has_y ? tool_kind_text(&y) : NULL);
	put_value(has_x, &x);
	put_value(has_y, &y);
	printf("\t%llu", (unsigned long long)d->differ);
	put_text(allowed ? "allowed" : NULL);
	putchar('\n');
}

/* ---- tensors ---- */

static void put_shape(const tare_tensor *t)
{
	uint32_t i;

	putchar('\t');
	if (!t || !t->n_dims)
		putchar('-');
	for (i = 0; t && i < t->n_dims; i++)
		printf("%s%llu", i ? "x" : "", (unsigned long long)t->dim[i]);
}

static void put_sides(const tare_tensor *a, const tare_tensor *b)
{
	const tare_tensor *side[] = { a, b };
	size_t i;

	for (i = 0; i < 2; i++)
		if (side[i])
			put_name(side[i]->name);
		else
			put_text("-");
	put_shape(a);
	put_shape(b);
	put_text(a ? tool_type(a) : NULL);
	put_text(b ? tool_type(b) : NULL);
	printf("\t%llu\t%llu", a ? (unsigned long long)a->size : 0, b ? (unsigned long long)b->size : 0);
}

static void print_tensor(const diff_view *v, size_t i)
{
	const tare_pair *p = tare_comparison_pair(v->c, i);
	bool known = diff_is_measured(p);

	printf("tensor\t%s", diff_change_name(v->change[i]));
	put_sides(diff_a(v, p), diff_b(v, p));
	put_real(known, p->rel_error);
	put_real(known, p->loss.rmse);
	put_real(known, p->loss.max_error);
	put_real(known, p->mean_error);
	put_real(known, p->loss.sqnr_db);
	put_real(known, p->loss.cosine);
	printf("\t%llu\n", (unsigned long long)p->differ);
}

/* ---- the rest ---- */

static void print_rest(const diff_view *v)
{
	bool known = v->total.tensors > 0;
	const char *text;
	size_t i;

	if (!tare_comparison_same_order(v->c))
		printf("order\tdiffers\n");
	for (i = 0; (text = tare_comparison_outside(v->c, i)); i++)
		printf("outside\t%s\n", text);
	for (i = 0; i < v->n_gates; i++) {
		printf("gate\t%s\t%s", v->gates[i].passed ? "passed" : "failed", v->gates[i].name);
		put_real(true, v->gates[i].limit);
		put_real(true, v->gates[i].value);
		put_text(v->gates[i].why);
		putchar('\n');
	}
	printf("total\t%s", v->equal ? "same" : "different");
	put_real(known, diff_sum_error(&v->total));
	put_real(known, tare_sqnr_db(v->total.signal, v->total.noise));
	printf("\t%llu\t%llu\n", (unsigned long long)v->bytes_a, (unsigned long long)v->bytes_b);
}

void diff_porcelain(const diff_view *v)
{
	size_t i;

	printf("models");
	put_text(v->name_a);
	put_text(v->name_b);
	putchar('\n');
	for (i = 0; i < v->n_keys; i++)
		if (v->counts[i])
			print_key(v, tare_comparison_key(v->c, i), v->allowed[i]);
	for (i = 0; i < v->n_pairs; i++)
		if (v->o->all || v->change[i] != DIFF_EQUAL)
			print_tensor(v, i);
	print_rest(v);
}
