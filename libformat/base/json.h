/* JSON from outside, read value by value in one pass. There is no tree: memory does not grow with the text, every value has its byte for
 * messages, a key that occurs twice is seen, and numbers keep all 64 bits. RFC 8259, no extensions. That is why it is here and not a
 * library's tree (jansson's costs gigabytes for a hostile header, forgets where a value stood and ends at 2^63); the tests hold its
 * verdicts equal to jansson's.
 *
 *	tare_json_open(j, TARE_JSON_OBJECT);
 *	while ((st = tare_json_key(j, &more, &key)) == TARE_OK && more)
 *		... read or skip exactly one value ...
 */
#ifndef TARE_BASE_JSON_H
#define TARE_BASE_JSON_H

#include "base/arena.h"
#include "base/limits.h"
#include "base/sink.h"

typedef struct tare_json {
	const uint8_t *text;
	size_t size, at;
	size_t key_at;          /* of the key read last */
	uint64_t origin;        /* of text in its file; TARE_NOWHERE: messages name no byte */
	uint64_t depth, max_depth;
	bool fresh;             /* just behind an opening bracket */
	const char *what;       /* "header", for messages */
	tare_arena *arena;      /* for strings with escapes */
	tare_error *err;
} tare_json;

typedef enum tare_json_kind {
	TARE_JSON_OBJECT, TARE_JSON_ARRAY, TARE_JSON_STRING, TARE_JSON_NUMBER, TARE_JSON_TRUE, TARE_JSON_FALSE, TARE_JSON_NULL
} tare_json_kind;

typedef struct tare_json_number {
	tare_str text;
	bool whole;             /* neither fraction nor exponent */
	bool negative;          /* has a minus sign, "-0" too */
	bool fits;              /* whole, and magnitude holds it */
	uint64_t magnitude;
} tare_json_number;

/* Checks that text is UTF-8. text and arena must outlive the strings read; a string without escapes points into text. */
tare_status tare_json_start(tare_json *j, const void *text, size_t size, uint64_t origin, const char *what, const tare_limits *lim,
			    tare_arena *arena, tare_error *err);
/* Fails at the walker's place; at: an index into text, SIZE_MAX for the place of the last byte looked at. */
tare_status tare_json_fail(tare_json *j, size_t at, const char *fmt, ...) TARE_PRINTF(3, 4);
/* Offset in the file of an index into text. */
uint64_t tare_json_place(const tare_json *j, size_t at);

/* What the next value is; white space before it is passed, so j->at is its first byte. */
tare_status tare_json_peek(tare_json *j, tare_json_kind *kind);
/* Enters an object or array; anything else there is an error. */
tare_status tare_json_open(tare_json *j, tare_json_kind kind);
/* In an array: is there another value? If not, the array has been left. */
tare_status tare_json_next(tare_json *j, bool *more);
/* In an object: the next key with its colon. *more false: the object has been left. */
tare_status tare_json_key(tare_json *j, bool *more, tare_str *key);
/* A string, unescaped; may hold NUL. */
tare_status tare_json_string(tare_json *j, tare_str *out);
tare_status tare_json_number_read(tare_json *j, tare_json_number *out);
/* A number without sign, fraction and exponent below 2^64. */
tare_status tare_json_u64(tare_json *j, uint64_t *out);
/* true or false. */
tare_status tare_json_bool(tare_json *j, bool *out);
/* Passes one value of any kind, checked. */
tare_status tare_json_skip(tare_json *j);
/* Nothing but white space may follow. */
tare_status tare_json_end(tare_json *j);
const char *tare_json_kind_name(tare_json_kind kind); /* "an object" */

/* The number's value, rounded once to nearest, whatever the locale. False if too large for the type. */
bool tare_json_f64(const tare_json_number *n, double *out);
bool tare_json_f32(const tare_json_number *n, float *out);

/* Writing. Strings must be UTF-8; only what JSON demands is escaped, as serde_json does it. */
tare_status tare_json_put_string(tare_sink *s, tare_str text, tare_error *err);
tare_status tare_json_put_escaped(tare_sink *s, tare_str text, tare_error *err); /* without quotes */
tare_status tare_json_put_text(tare_sink *s, const char *raw, tare_error *err); /* as it stands */
tare_status tare_json_put_u64(tare_sink *s, uint64_t v, tare_error *err);
tare_status tare_json_put_i64(tare_sink *s, int64_t v, tare_error *err);
/* The shortest text that reads back as the same number; always with a point or an exponent. Not for NaN and infinities. */
tare_status tare_json_put_f32(tare_sink *s, float v, tare_error *err);
tare_status tare_json_put_f64(tare_sink *s, double v, tare_error *err);
/* Bytes as {"hex":"00ff"}. */
tare_status tare_json_put_hex(tare_sink *s, tare_str bytes, tare_error *err);

#endif
