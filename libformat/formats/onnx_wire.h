/* Protobuf as it lies in a file. tare_wire_check() goes over everything once, bounded in depth and count; after that fields are walked
 * without errors. Nothing is copied: values are numbers or extents of the file. The descriptors that protoc-c makes of onnx.proto say which
 * fields are messages and how a field may be stored.
 *
 * The rules of the format, as Google's own parsers have them: of a singular field stored several times the last counts; a repeated number
 * is packed or not, or both; a field with a number not known, or stored as its type cannot be, is unknown and kept. A singular message
 * stored several times would be merged: no writer does that, and it is refused here. */
#ifndef TARE_FORMATS_ONNX_WIRE_H
#define TARE_FORMATS_ONNX_WIRE_H

#include "base/limits.h"

#include <protobuf-c/protobuf-c.h>

typedef ProtobufCMessageDescriptor tare_wire_message;

typedef enum tare_wire_type {
	TARE_WIRE_VARINT, TARE_WIRE_64, TARE_WIRE_BYTES, TARE_WIRE_GROUP, TARE_WIRE_GROUP_END, TARE_WIRE_32
} tare_wire_type;

typedef struct tare_wire_field {
	uint32_t id;             /* field number; 0 of an unknown field */
	uint32_t number;         /* the same, of every field */
	tare_wire_type type;
	uint64_t value;          /* of a varint or fixed field */
	tare_str bytes;          /* contents of a BYTES field */
	tare_str raw;            /* the whole, tag and all */
	const tare_wire_message *message; /* what bytes is, if that is a message */
} tare_wire_field;

typedef struct tare_wire {
	const uint8_t *at, *end;
	const tare_wire_message *message;
} tare_wire;

/* Is `file` one message of this kind through and through? Failures name the byte. */
tare_status tare_wire_check(tare_str file, const tare_wire_message *message, const tare_limits *lim, tare_error *err);
/* The first few bytes of a file: could they be the start of such a message? 0 no .. number of known fields seen. */
int tare_wire_probe(const uint8_t *head, size_t size, const tare_wire_message *message);

static inline tare_wire tare_wire_of(tare_str bytes, const tare_wire_message *message)
{
	return (tare_wire){ (const uint8_t *)bytes.ptr, (const uint8_t *)bytes.ptr + bytes.len, message };
}

/* The next field of a checked message; false at the end. */
bool tare_wire_next(tare_wire *w, tare_wire_field *f);
/* One varint; false if it is cut or too long. */
bool tare_wire_varint(const uint8_t **at, const uint8_t *end, uint64_t *out);
/* Bytes of a tag or number as a varint, at most 10, into buf. Returns their count. */
size_t tare_wire_put(uint8_t *buf, uint64_t v);

#endif
