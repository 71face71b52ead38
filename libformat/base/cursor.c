#include "base/cursor.h"

bool tare_cursor_has(tare_cursor *c, uint64_t n)
{
	if (c->bad)
		return false;
	if (n <= c->size - c->at)
		return true;
	if (!c->more || n > UINT64_MAX - c->at)
		return false;
	c->size = c->more(c->ctx, c->at + n);
	return n <= c->size - c->at;
}

const uint8_t *tare_cursor_bytes(tare_cursor *c, uint64_t n)
{
	static const uint8_t nothing;
	const uint8_t *p;

	if (!tare_cursor_has(c, n)) {
		c->bad = true;
		return NULL;
	}
	p = c->base ? c->base + c->at : &nothing;
	c->at += n;
	return p;
}

uint8_t tare_cursor_u8(tare_cursor *c)
{
	const uint8_t *p = tare_cursor_bytes(c, 1);

	return p ? *p : 0;
}

uint16_t tare_cursor_u16(tare_cursor *c)
{
	const uint8_t *p = tare_cursor_bytes(c, 2);

	return p ? tare_get16(p, c->big) : 0;
}

uint32_t tare_cursor_u32(tare_cursor *c)
{
	const uint8_t *p = tare_cursor_bytes(c, 4);

	return p ? tare_get32(p, c->big) : 0;
}

uint64_t tare_cursor_u64(tare_cursor *c)
{
	const uint8_t *p = tare_cursor_bytes(c, 8);

	return p ? tare_get64(p, c->big) : 0;
}
