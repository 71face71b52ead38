/* Refusals and notes: one line for a reason, not one for a tensor. */
#include "recipe/planner.h"

#include "base/escape.h"

#include <stdarg.h>

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

tare_status tare_plan_trouble(tare_planner *pl, tare_trouble_kind kind, const tare_item *item, const tare_type *from, const tare_type *to,
			      tare_error *err)
{
	const tare_tensor *t = &pl->in->tensors[item->source];
	size_t i;

	for (i = 0; i < pl->n_troubles; i++) {
		tare_trouble *same = &pl->troubles[i];

		if (same->kind == kind && same->from == from && same->to == to) {
			same->count++;
			return TARE_OK;
		}
	}
	if (!tare_grow(&pl->troubles, &pl->cap_troubles, pl->n_troubles, sizeof *pl->troubles))
		return tare_fail_nomem(err);
	pl->troubles[pl->n_troubles++] = (tare_trouble){
		.kind = kind, .from = from, .to = to, .first = item->name, .cols = tare_tensor_cols(t), .count = 1,
		.have = item->importance ? item->importance->values : 0, .want = tare_imatrix_values_for(t),
	};
	return TARE_OK;
}

static void explain(const tare_trouble *t, const char *mix, char *buf, size_t size)
{
	const char *from = t->from ? t->from->name : "", *to = t->to ? t->to->name : "";
	unsigned long long cols = t->cols, block = t->to ? t->to->block_len : 0, have = t->have, want = t->want;

	switch (t->kind) {
	case TARE_TROUBLE_REQUANTIZE:
		snprintf(buf, size, "quantized already (%s) and would become %s: allow_requantize: true (--allow-requantize) accepts the "
			 "added loss", from, to);
		break;
	case TARE_TROUBLE_UNEVEN:
		snprintf(buf, size, "a row of %llu does not divide into %s (blocks of %llu): fallback: adjust (--fallback adjust) chooses a "
			 "type that fits", cols, to, block);
		break;
	case TARE_TROUBLE_LAYER:
		snprintf(buf, size, "mix %s must tell the layer of a model with experts from the name, and cannot", mix);
		break;
	case TARE_TROUBLE_UNKNOWN:
		snprintf(buf, size, "of a type this version does not know: it can be kept or dropped, not made %s", to);
		break;
	case TARE_TROUBLE_DECODE:
		snprintf(buf, size, "type %s cannot be decoded by this version: it can be kept or dropped", from);
		break;
	case TARE_TROUBLE_ENCODE:
		snprintf(buf, size, "type %s cannot be written by this version", to);
		break;
	case TARE_TROUBLE_IMATRIX:
		snprintf(buf, size, "type %s needs an importance matrix (imatrix: FILE, or --imatrix)", to);
		break;
	case TARE_TROUBLE_ENTRY:
		snprintf(buf, size, "type %s needs importances, and the matrix has no entry for it: choose another type, or make the matrix anew",
			 to);
		break;
	case TARE_TROUBLE_LENGTH:
		snprintf(buf, size, "the importance matrix has %llu values for it, expected %llu; it is of another model", have, want);
		break;
	case TARE_TROUBLE_NO_ENTRY:
		snprintf(buf, size, "no entry in the importance matrix: %s without it", to);
		break;
	case TARE_TROUBLE_OTHER_LENGTH:
		snprintf(buf, size, "the importance matrix has %llu values for it, not %llu: %s without it", have, want, to);
		break;
	case TARE_TROUBLE_ADJUSTED:
		snprintf(buf, size, "a row of %llu does not divide into %s: %s instead", cols, from, to);
		break;
	case TARE_TROUBLE_FLAT:
		snprintf(buf, size, "fewer than two dimensions: %s stays, not %s", from, to);
		break;
	case TARE_TROUBLE_KINDS:
		break;
	}
}

static tare_status tell(tare_planner *pl, const tare_trouble *t, tare_error *err)
{
	char more[48] = "", text[256] = "";

	if (t->count > 1)
		snprintf(more, sizeof more, " and %zu more", t->count - 1);
	explain(t, pl->is->mix ? pl->is->mix->name : "", text, sizeof text);
	if (t->kind >= TARE_TROUBLE_ADJUSTED)
		return tare_plan_note_add(pl->p, err, "tensor %s%s: %s", TARE_SHOW(t->first), more, text);
	return tare_plan_refuse(pl->p, err, "tensor %s%s: %s", TARE_SHOW(t->first), more, text);
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
