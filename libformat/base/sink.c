#include "base/sink.h"

#include "base/bytes.h"

#include <stdarg.h>
#include <stdlib.h>

tare_status tare_sink_put(tare_sink *s, const void *bytes, size_t size, tare_error *err)
{
	s->count += size;
	return s->put && size ? s->put(s->ctx, bytes, size, err) : TARE_OK;
}

tare_status tare_sink_u8(tare_sink *s, uint8_t v, tare_error *err)
{
	return tare_sink_put(s, &v, 1, err);
}

tare_status tare_sink_u16(tare_sink *s, uint16_t v, tare_error *err)
{
	uint8_t b[2];

	tare_put16(b, v, s->big);
	return tare_sink_put(s, b, sizeof b, err);
}

tare_status tare_sink_u32(tare_sink *s, uint32_t v, tare_error *err)
{
	uint8_t b[4];

	tare_put32(b, v, s->big);
	return tare_sink_put(s, b, sizeof b, err);
}

tare_status tare_sink_u64(tare_sink *s, uint64_t v, tare_error *err)
{
	uint8_t b[8];

	tare_put64(b, v, s->big);
	return tare_sink_put(s, b, sizeof b, err);
}

tare_status tare_sink_align(tare_sink *s, uint64_t alignment, uint8_t byte, tare_error *err)
{
	uint8_t fill[256];
	uint64_t n = (alignment - (s->count & (alignment - 1))) & (alignment - 1);

	memset(fill, byte, sizeof fill);
	while (n) {
		size_t k = n < sizeof fill ? (size_t)n : sizeof fill;

		TARE_TRY(tare_sink_put(s, fill, k, err));
		n -= k;
	}
	return TARE_OK;
}

tare_status tare_buffer_put(void *buffer, const void *bytes, size_t size, tare_error *err)
{
	tare_buffer *b = buffer;
	size_t cap = b->cap ? b->cap : 256;
	char *p;

	if (size > SIZE_MAX / 2 - b->size)
		return tare_fail_nomem(err);
	while (cap < b->size + size + 1)
		cap *= 2;
	if (cap != b->cap) {
		p = realloc(b->bytes, cap);
		if (!p)
			return tare_fail_nomem(err);
		b->bytes = p;
		b->cap = cap;
	}
	if (size)
		memcpy(b->bytes + b->size, bytes, size);
	b->size += size;
	b->bytes[b->size] = '\0';
	return TARE_OK;
}

tare_status tare_buffer_printf(tare_buffer *b, tare_error *err, const char *fmt, ...)
{
	char text[512];
	char *big = NULL;
	va_list ap;
	tare_status st;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	if (n >= (int)sizeof text) {
		big = malloc((size_t)n + 1);
		if (!big)
			return tare_fail_nomem(err);
		va_start(ap, fmt);
		vsnprintf(big, (size_t)n + 1, fmt, ap);
		va_end(ap);
	}
	st = n < 0 ? tare_fail(err, TARE_E_ARG, TARE_NOWHERE, "bad format") : tare_buffer_put(b, big ? big : text, (size_t)n, err);
	free(big);
	return st;
}
