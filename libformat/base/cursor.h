/* A bounds-checked reader over bytes from outside. An error sticks: every later get returns 0 or NULL, so a record is read whole and
 * tested once (cursor.bad), and the message names where the record began. */
#ifndef TARE_BASE_CURSOR_H
#define TARE_BASE_CURSOR_H

#include "base/bytes.h"
#include "base/error.h"

/* base: bytes that are there already. more: fetches a longer prefix of a stream (base must not move); NULL if size is all there is. */
typedef struct tare_cursor {
	const uint8_t *base;
	uint64_t size;   /* bytes that can be looked at */
	uint64_t at;
	bool big;        /* byte order of numbers */
	bool bad;
	/* Makes at least want bytes visible and returns how many there are now. */
	uint64_t (*more)(void *ctx, uint64_t want);
	void *ctx;
} tare_cursor;

/* n bytes at the cursor, which moves past them; NULL (and bad) if they are not there. n == 0 gives a pointer that is not NULL. */
const uint8_t *tare_cursor_bytes(tare_cursor *c, uint64_t n);
uint8_t tare_cursor_u8(tare_cursor *c);
uint16_t tare_cursor_u16(tare_cursor *c);
uint32_t tare_cursor_u32(tare_cursor *c);
uint64_t tare_cursor_u64(tare_cursor *c);
/* True if n more bytes are there, without moving. */
bool tare_cursor_has(tare_cursor *c, uint64_t n);

#endif
