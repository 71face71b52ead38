#include "formats/onnx_wire.h"

#include "base/escape.h"
#include "onnx.pb-c.h"

#include <string.h>

enum { GROUPS = 32, DEEPEST = 1000 };

bool tare_wire_varint(const uint8_t **at, const uint8_t *end, uint64_t *out)
{
	const uint8_t *p = *at;
	uint64_t v = 0;
	unsigned shift;

	for (shift = 0; shift < 64 && p < end; shift += 7) {
		uint8_t b = *p++;

		if (shift == 63 && b > 1)
			return false;
		v |= (uint64_t)(b & 0x7f) << shift;
		if (b < 0x80) {
			*at = p;
			*out = v;
			return true;
		}
	}
	return false;
}

size_t tare_wire_put(uint8_t *buf, uint64_t v)
{
	size_t n = 0;

	for (; v > 0x7f; v >>= 7)
		buf[n++] = (uint8_t)(v | 0x80);
	buf[n++] = (uint8_t)v;
	return n;
}

/* ---- one field as it stands ---- */

static const char *take_tag(const uint8_t **at, const uint8_t *end, tare_wire_field *f)
{
	uint64_t tag;

	if (!tare_wire_varint(at, end, &tag) || tag > UINT32_MAX)
		return "a field's tag is cut short or too long";
	f->number = (uint32_t)tag >> 3;
	f->type = (tare_wire_type)(tag & 7);
	if (!f->number)
		return "a field has the number 0";
	return f->type > TARE_WIRE_32 ? "a field is stored in a way that does not exist" : NULL;
}

static const char *take_fixed(const uint8_t **at, const uint8_t *end, size_t width, uint64_t *value)
{
	size_t i;

	if ((size_t)(end - *at) < width)
		return "a number is cut short";
	*value = 0;
	for (i = 0; i < width; i++)
		*value |= (uint64_t)(*at)[i] << 8 * i;
	*at += width;
	return NULL;
}

/* Everything but groups. */
static const char *take_plain(const uint8_t **at, const uint8_t *end, tare_wire_field *f)
{
	if (f->type == TARE_WIRE_64 || f->type == TARE_WIRE_32)
		return take_fixed(at, end, f->type == TARE_WIRE_64 ? 8 : 4, &f->value);
	if (!tare_wire_varint(at, end, &f->value))
		return "a number is cut short or too long";
	if (f->type == TARE_WIRE_VARINT)
		return NULL;
	if (f->value > (uint64_t)(end - *at))
		return "a field is longer than what it is in";
	f->bytes = (tare_str){ (const char *)*at, (size_t)f->value };
	*at += f->value;
	return NULL;
}

/* Groups are of no use to ONNX: all that counts is where the outermost ends. */
static const char *pass_group(const uint8_t **at, const uint8_t *end, uint32_t number)
{
	uint32_t open[GROUPS] = { number };
	unsigned depth = 1;

	while (depth) {
		tare_wire_field f = { 0 };
		const char *wrong = take_tag(at, end, &f);

		if (wrong)
			return wrong;
		if (f.type == TARE_WIRE_GROUP) {
			if (depth == GROUPS)
				return "groups are nested too deep";
			open[depth++] = f.number;
		} else if (f.type == TARE_WIRE_GROUP_END) {
			if (f.number != open[--depth])
				return "a group ends that was not begun";
		} else if ((wrong = take_plain(at, end, &f))) {
			return wrong;
		}
	}
	return NULL;
}

/* NULL, or what is wrong at *at. */
static const char *take_field(const uint8_t **at, const uint8_t *end, tare_wire_field *f)
{
	const uint8_t *start = *at;
	const char *wrong;

	*f = (tare_wire_field){ 0 };
	wrong = take_tag(at, end, f);
	if (!wrong && f->type == TARE_WIRE_GROUP_END)
		wrong = "a group ends that was not begun";
	if (!wrong)
		wrong = f->type == TARE_WIRE_GROUP ? pass_group(at, end, f->number) : take_plain(at, end, f);
	f->raw = (tare_str){ (const char *)start, (size_t)(*at - start) };
	return wrong;
}

/* ---- what the field is ---- */

static tare_wire_type wire_of(ProtobufCType t)
{
	switch (t) {
	case PROTOBUF_C_TYPE_FLOAT:
		return TARE_WIRE_32;
	case PROTOBUF_C_TYPE_DOUBLE:
		return TARE_WIRE_64;
	case PROTOBUF_C_TYPE_BYTES:
	case PROTOBUF_C_TYPE_MESSAGE:
		return TARE_WIRE_BYTES;
	default:
		return TARE_WIRE_VARINT;
	}
}

static const ProtobufCFieldDescriptor *know(const tare_wire_message *m, tare_wire_field *f)
{
	const ProtobufCFieldDescriptor *d = protobuf_c_message_descriptor_get_field(m, f->number);
	tare_wire_type own;

	if (!d)
		return NULL;
	own = wire_of(d->type);
	if (f->type != own && (f->type != TARE_WIRE_BYTES || d->label != PROTOBUF_C_LABEL_REPEATED))
		return NULL;
	f->id = f->number;
	if (d->type == PROTOBUF_C_TYPE_MESSAGE)
		f->message = d->descriptor;
	return d;
}

bool tare_wire_next(tare_wire *w, tare_wire_field *f)
{
	if (w->at >= w->end || take_field(&w->at, w->end, f)) {
		w->at = w->end;
		return false;
	}
	(void)know(w->message, f);
	return true;
}

/* ---- the check ---- */

typedef struct check {
	const uint8_t *base;
	const tare_limits *lim;
	uint64_t fields, nodes;
	uint64_t deepest;
	tare_error *err;
} check;

static tare_status wrong_at(const check *c, const uint8_t *at, const tare_wire_message *m, const char *what)
{
	return tare_fail(c->err, TARE_E_DATA, (uint64_t)(at - c->base), "%s: %s", m->short_name, what);
}

static tare_status count(check *c, uint64_t n, const uint8_t *at)
{
	c->fields += n;
	return tare_limit_check(c->lim, TARE_LIMIT_fields, c->fields, (uint64_t)(at - c->base), "fields of a graph", c->err);
}

/* Elements of a tensor are judged when they are wanted: there may be gigabytes of them. */
static bool is_payload(const tare_wire_message *m, const ProtobufCFieldDescriptor *d)
{
	return m == &tare_onnx__tensor_proto__descriptor && d->flags & PROTOBUF_C_FIELD_FLAG_PACKED;
}

static tare_status check_packed(check *c, const tare_wire_message *m, const ProtobufCFieldDescriptor *d, const tare_wire_field *f)
{
	const uint8_t *at = (const uint8_t *)f->bytes.ptr, *end = at + f->bytes.len;
	tare_wire_type own = wire_of(d->type);
	uint64_t n = 0, v;

	if (own == TARE_WIRE_32 || own == TARE_WIRE_64) {
		n = f->bytes.len / (own == TARE_WIRE_32 ? 4 : 8);
		if (f->bytes.len % (own == TARE_WIRE_32 ? 4 : 8))
			return wrong_at(c, at, m, "packed numbers are cut short");
		return is_payload(m, d) ? TARE_OK : count(c, n, at);
	}
	if (is_payload(m, d))
		return TARE_OK;
	for (; at < end; n++)
		if (!tare_wire_varint(&at, end, &v))
			return wrong_at(c, at, m, "packed numbers are cut short");
	return count(c, n, at);
}

static tare_status check_message(check *c, tare_str bytes, const tare_wire_message *m, unsigned depth);

static tare_status check_inner(check *c, const tare_wire_message *m, const ProtobufCFieldDescriptor *d, const tare_wire_field *f,
			       uint64_t *seen, unsigned depth)
{
	uint64_t bit = 1ull << ((size_t)(d - m->fields) & 63);
	const uint8_t *at = (const uint8_t *)f->raw.ptr;

	if (d->label != PROTOBUF_C_LABEL_REPEATED && *seen & bit)
		return tare_fail(c->err, TARE_E_UNSUPPORTED, (uint64_t)(at - c->base),
				 "%s: '%s' is stored in several pieces, which would have to be merged: no writer does that", m->short_name, d->name);
	*seen |= bit;
	if (f->message == &tare_onnx__node_proto__descriptor)
		TARE_TRY(tare_limit_check(c->lim, TARE_LIMIT_nodes, ++c->nodes, (uint64_t)(at - c->base), "nodes of a graph", c->err));
	return check_message(c, f->bytes, f->message, depth + 1);
}

static tare_status check_message(check *c, tare_str bytes, const tare_wire_message *m, unsigned depth)
{
	const uint8_t *at = (const uint8_t *)bytes.ptr, *end = at + bytes.len;
	uint64_t seen = 0;

	if (depth > c->deepest)
		return tare_fail(c->err, TARE_E_LIMIT, (uint64_t)(at - c->base),
				 "messages are nested deeper than %u (--limit depth=N raises it, up to %u)", (unsigned)c->deepest, DEEPEST);
	while (at < end) {
		const ProtobufCFieldDescriptor *d;
		tare_wire_field f;
		const uint8_t *start = at;
		const char *wrong = take_field(&at, end, &f);

		if (wrong)
			return wrong_at(c, start, m, wrong);
		d = know(m, &f);
		/* Elements that are not packed are payload too. */
		if (!d || !is_payload(m, d))
			TARE_TRY(count(c, 1, start));
		if (f.message)
			TARE_TRY(check_inner(c, m, d, &f, &seen, depth));
		else if (d && f.type == TARE_WIRE_BYTES && d->type != PROTOBUF_C_TYPE_BYTES)
			TARE_TRY(check_packed(c, m, d, &f));
	}
	return TARE_OK;
}

tare_status tare_wire_check(tare_str file, const tare_wire_message *message, const tare_limits *lim, tare_error *err)
{
	check c = { .base = (const uint8_t *)file.ptr, .lim = lim, .err = err };

	c.deepest = lim->value[TARE_LIMIT_depth];
	if (c.deepest > DEEPEST)
		c.deepest = DEEPEST;
	return check_message(&c, file, message, 0);
}

int tare_wire_probe(const uint8_t *head, size_t size, const tare_wire_message *message)
{
	const uint8_t *at = head, *end = head + size;
	int known = 0;

	while (at < end) {
		tare_wire_field f;
		const uint8_t *start = at;

		if (take_field(&at, end, &f)) {
			/* What is cut by the end of the prefix was at least begun rightly. */
			f = (tare_wire_field){ 0 };
			at = start;
			return !take_tag(&at, end, &f) && f.type == TARE_WIRE_BYTES && know(message, &f) ? known + 1 : 0;
		}
		if (know(message, &f))
			known++;
		else if (f.number > 1000)
			return 0;
	}
	return known;
}
