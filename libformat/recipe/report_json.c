/* A report as JSON: schemas/report-1.schema.json says what is in it. One line a tensor, keys always in this order. */
#include "base/escape.h"
#include "model/value_json.h"
#include "recipe/report.h"

#include <stdlib.h>

/* A failure sticks, so that the writing below reads straight. */
typedef struct out {
	tare_sink sink;
	tare_status st;
} out;

static void text(out *o, const char *raw)
{
	if (o->st == TARE_OK)
		o->st = tare_json_put_text(&o->sink, raw, NULL);
}

static void value(out *o, const tare_value *v)
{
	if (o->st == TARE_OK)
		o->st = tare_value_put_json(&o->sink, v, false, NULL);
}

/* before: what comes before the value, mostly a key: ",\"bytes\":". */
static void string(out *o, const char *before, tare_str s)
{
	text(o, before);
	value(o, &(tare_value){ TARE_STRING, { .string = s } });
}

static void number(out *o, const char *before, uint64_t n)
{
	text(o, before);
	value(o, &(tare_value){ TARE_U64, { .u = n } });
}

static void real(out *o, const char *before, double v)
{
	text(o, before);
	value(o, &(tare_value){ TARE_F64, { .f64 = v } });
}

static void loss(out *o, const tare_loss *l)
{
	if (!l) {
		text(o, "null");
		return;
	}
	number(o, "{\"count\":", l->count);
	number(o, ",\"blocks\":", l->blocks);
	number(o, ",\"zero_blocks\":", l->zero_blocks);
	real(o, ",\"zero_share\":", l->blocks ? (double)l->zero_blocks / (double)l->blocks : 0);
	real(o, ",\"rmse\":", l->rmse);
	real(o, ",\"max_error\":", l->max_error);
	real(o, ",\"sqnr_db\":", l->sqnr_db);
	real(o, ",\"cosine\":", l->cosine);
	text(o, "}");
}

static void tensor(out *o, const tare_report *r, size_t i)
{
	const tare_report_row *row = &r->rows[i];
	uint32_t k;

	string(o, i ? ",\n{\"name\":" : "\n{\"name\":", row->name);
	text(o, ",\"shape\":[");
	for (k = 0; k < row->n_dims; k++)
		number(o, k ? "," : "", row->dim[k]);
	string(o, "],\"source_type\":", tare_str_of(row->from));
	string(o, ",\"type\":", tare_str_of(row->to));
	string(o, ",\"rule\":", tare_str_of(row->rule));
	text(o, ",\"note\":");
	if (row->note)
		string(o, "", tare_str_of(row->note));
	else
		text(o, "null");
	text(o, row->copied ? ",\"copied\":true" : ",\"copied\":false");
	number(o, ",\"bytes_in\":", row->bytes_in);
	number(o, ",\"bytes_out\":", row->bytes_out);
	number(o, ",\"nan\":", row->nans);
	number(o, ",\"infinite\":", row->infs);
	text(o, ",\"loss\":");
	loss(o, tare_report_tensor(r, i));
	text(o, "}");
}

static void gate(out *o, const tare_report *r, size_t i)
{
	const tare_report_verdict *v = &r->verdicts[i];

	string(o, i ? ",\n{\"name\":" : "\n{\"name\":", tare_str_of(v->name));
	real(o, ",\"limit\":", v->limit);
	real(o, ",\"value\":", v->value);
	text(o, v->passed ? ",\"passed\":true}" : ",\"passed\":false}");
}

char *tare_report_json(const tare_report *r)
{
	tare_buffer b = { 0 };
	out o = { .sink = { .put = tare_buffer_put, .ctx = &b } };
	size_t i;

	text(&o, "{\"schema\":\"report-1\"");
	number(&o, ",\n\"bytes_in\":", r->bytes_in);
	number(&o, ",\n\"bytes_out\":", r->bytes_out);
	text(&o, ",\n\"total\":");
	loss(&o, tare_report_total(r));
	text(&o, ",\n\"tensors\":[");
	for (i = 0; i < r->n_rows; i++)
		tensor(&o, r, i);
	text(&o, "],\n\"gates\":[");
	for (i = 0; i < r->n_verdicts; i++)
		gate(&o, r, i);
	text(&o, "],\n\"notes\":[");
	for (i = 0; i < r->n_notes; i++)
		string(&o, i ? ",\n" : "\n", tare_str_of(r->notes[i]));
	text(&o, "]}\n");
	if (o.st == TARE_OK)
		return b.bytes;
	free(b.bytes);
	return NULL;
}
