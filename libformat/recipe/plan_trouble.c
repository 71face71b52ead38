/* Refusals and notes: one line for a reason, not one for a tensor. */
#include "recipe/planner.h"

#include "base/escape.h"

#include <stdarg.h>
#include <string.h>

__attribute__((format(printf, 5, 0))) static tare_status add_line(tare_plan *p, char ***lines, size_t *n, size_t *cap,
								  const char *fmt, va_list ap, tare_error *err)
{
	char text[512], *copy;

	vsnprintf(text, sizeof text, fmt, ap);
	copy = tare_arena_text(&p->out->arena, text);
	if (!copy || !tare_grow(lines, cap, *n, sizeof *lines))
		return tare_fail_nomem(err);
	(*lines)[(*n)++] = copy;
	return TARE_OK;
}

tare_status tare_plan_note_add(tare_plan *p, tare_error *err, const char *fmt, ...)
{
	tare_status st;
	va_list ap;

	va_start(ap, fmt);
	st = add_line(p, &p->notes, &p->n_notes, &p->cap_notes, fmt, ap, err);
	va_end(ap);
	return st;
}

tare_status tare_plan_refuse(tare_plan *p, tare_error *err, const char *fmt, ...)
{
	tare_status st;
	va_list ap;

	va_start(ap, fmt);
	st = add_line(p, &p->refusals, &p->n_refusals, &p->cap_refusals, fmt, ap, err);
	va_end(ap);
	return st;
}

tare_status tare_plan_fails_gate(tare_plan *p, tare_error *err, const char *fmt, ...)
{
	tare_status st;
	va_list ap;

	va_start(ap, fmt);
	st = add_line(p, &p->unmet, &p->n_unmet, &p->cap_unmet, fmt, ap, err);
	va_end(ap);
	return st;
}

/* {from}, {to}: types; {cols}: of a row; {block}: elements of one of to; {have}, {want}: values of the matrix; {mix}: the base.
 * what is true of each tensor and stands beside it, advice is given once. */
static const struct words {
	const char *what, *advice;
} words[TARE_TROUBLE_KINDS] = {
	[TARE_TROUBLE_REQUANTIZE] = { "quantized already ({from}) and would become {to}",
				      "allow_requantize: true (--allow-requantize) accepts the added loss" },
	[TARE_TROUBLE_UNEVEN] = { "a row of {cols} does not divide into {to} (blocks of {block})",
				  "fallback: adjust (--fallback adjust) chooses a type that fits" },
	[TARE_TROUBLE_LAYER] = { "mix {mix} must tell the layer of a model with experts from the name, and cannot", NULL },
	[TARE_TROUBLE_IMATRIX] = { "type {to} needs an importance matrix", "imatrix: FILE (--imatrix) names one" },
	[TARE_TROUBLE_ENTRY] = { "type {to} needs importances, and the matrix has no entry for it",
				 "choose another type, or make the matrix anew" },
	[TARE_TROUBLE_LENGTH] = { "the importance matrix has {have} values for it, expected {want}; it is of another model", NULL },
	[TARE_TROUBLE_UNKNOWN] = { "of a type this version does not know", "it can be kept or dropped, not made {to}" },
	[TARE_TROUBLE_DECODE] = { "type {from} cannot be decoded by this version", "it can be kept or dropped" },
	[TARE_TROUBLE_SCHEME] = { "{why}", "a rule can keep it" },
	[TARE_TROUBLE_GRAPH] = { "{why}", NULL },
	[TARE_TROUBLE_ENCODE] = { "type {to} cannot be written by this version", NULL },
	[TARE_TROUBLE_ADJUSTED] = { "a row of {cols} does not divide into {from}", "{to} instead" },
	[TARE_TROUBLE_FLAT] = { "fewer than two dimensions", "{from} stays, not {to}" },
	[TARE_TROUBLE_NO_ENTRY] = { "no entry in the importance matrix", "{to} without it" },
	[TARE_TROUBLE_OTHER_LENGTH] = { "the importance matrix has {have} values for it, not {want}", "{to} without it" },
};

enum { FIELDS = 8 };

typedef struct field {
	const char *name;
	char value[160];
} field;

static void set_fields(const tare_planner *pl, const tare_trouble *t, field f[FIELDS])
{
	const struct {
		const char *name, *text;
		uint64_t number;
	} all[FIELDS] = {
		{ "{from}", t->from ? t->from->name : "", 0 },  { "{to}", t->to ? t->to->name : "", 0 },
		{ "{mix}", pl->is->mix ? pl->is->mix->name : "", 0 }, { "{cols}", NULL, t->cols },
		{ "{block}", NULL, t->to ? t->to->block_len : 0 }, { "{have}", NULL, t->have },
		{ "{want}", NULL, t->want }, { "{why}", t->why ? t->why : "", 0 },
	};
	size_t i;

	for (i = 0; i < FIELDS; i++) {
		f[i].name = all[i].name;
		if (all[i].text)
			snprintf(f[i].value, sizeof f[i].value, "%s", all[i].text);
		else
			snprintf(f[i].value, sizeof f[i].value, "%llu", (unsigned long long)all[i].number);
	}
}

/* form with its fields filled in. */
static void fill_in(const tare_planner *pl, const tare_trouble *t, const char *form, char *buf, size_t size)
{
	size_t n = 0, i, len;
	field f[FIELDS];

	set_fields(pl, t, f);
	while (*form && n + 1 < size) {
		for (i = 0; i < FIELDS && strncmp(form, f[i].name, strlen(f[i].name)); i++)
			;
		len = i < FIELDS ? strlen(f[i].value) : 1;
		len = len < size - 1 - n ? len : size - 1 - n;
		memcpy(buf + n, i < FIELDS ? f[i].value : form, len);
		n += len;
		form += i < FIELDS ? strlen(f[i].name) : 1;
	}
	buf[n] = '\0';
}

/* A tensor may be refused for several reasons. */
static tare_status mark(tare_planner *pl, const tare_trouble *t, tare_item *item, tare_error *err)
{
	char text[256];

	if (t->kind >= TARE_TROUBLE_ADJUSTED)
		return TARE_OK;
	fill_in(pl, t, words[t->kind].what, text, sizeof text);
	item->refused = item->refused ? tare_arena_printf(&pl->p->out->arena, "%s; %s", item->refused, text) :
					tare_arena_text(&pl->p->out->arena, text);
	return item->refused ? TARE_OK : tare_fail_nomem(err);
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

tare_status tare_plan_trouble(tare_planner *pl, tare_trouble_kind kind, tare_item *item, const tare_type *from, const tare_type *to,
			      tare_error *err)
{
	const tare_tensor *t = &pl->in->tensors[item->source];
	const tare_trouble trouble = {
		.kind = kind, .from = from, .to = to, .first = item->name, .cols = tare_tensor_cols(t), .count = 1,
		.why = kind == TARE_TROUBLE_SCHEME || kind == TARE_TROUBLE_GRAPH ? item->against : NULL,
		.have = item->importance ? item->importance->values : 0, .want = tare_imatrix_values_for(t),
	};
	size_t i;

	TARE_TRY(mark(pl, &trouble, item, err));
	for (i = 0; i < pl->n_troubles; i++) {
		tare_trouble *same = &pl->troubles[i];

		if (same->kind == kind && same->from == from && same->to == to && same_text(same->why, trouble.why)) {
			same->count++;
			return TARE_OK;
		}
	}
	if (!tare_grow(&pl->troubles, &pl->cap_troubles, pl->n_troubles, sizeof *pl->troubles))
		return tare_fail_nomem(err);
	pl->troubles[pl->n_troubles++] = trouble;
	return TARE_OK;
}

static tare_status tell(tare_planner *pl, const tare_trouble *t, tare_error *err)
{
	char more[48] = "", what[256], advice[160] = "";
	const struct words *w = &words[t->kind];

	if (t->count > 1)
		snprintf(more, sizeof more, " and %zu more", t->count - 1);
	fill_in(pl, t, w->what, what, sizeof what);
	if (w->advice)
		fill_in(pl, t, w->advice, advice, sizeof advice);
	return (t->kind >= TARE_TROUBLE_ADJUSTED ? tare_plan_note_add : tare_plan_refuse)(
		pl->p, err, "tensor %s%s: %s%s%s", TARE_SHOW(t->first), more, what, w->advice ? ": " : "", advice);
}

tare_status tare_plan_tell(tare_planner *pl, tare_error *err)
{
	int kind;
	size_t i;

	for (kind = 0; kind < TARE_TROUBLE_KINDS; kind++)
		for (i = 0; i < pl->n_troubles; i++)
			if (pl->troubles[i].kind == (tare_trouble_kind)kind)
				TARE_TRY(tell(pl, &pl->troubles[i], err));
	return TARE_OK;
}
