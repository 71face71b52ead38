/* Where rendered bytes go: a counter, a growing buffer, a target. Layout counts, writing writes, and both run the same code. */
#ifndef TARE_BASE_SINK_H
#define TARE_BASE_SINK_H

#include "base/error.h"

typedef struct tare_sink {
	tare_status (*put)(void *ctx, const void *bytes, size_t size, tare_error *err); /* NULL: only count */
	void *ctx;
	uint64_t count;  /* bytes so far */
	bool big;        /* byte order of numbers */
} tare_sink;

tare_status tare_sink_put(tare_sink *s, const void *bytes, size_t size, tare_error *err);
tare_status tare_sink_u8(tare_sink *s, uint8_t v, tare_error *err);
tare_status tare_sink_u16(tare_sink *s, uint16_t v, tare_error *err);
tare_status tare_sink_u32(tare_sink *s, uint32_t v, tare_error *err);
tare_status tare_sink_u64(tare_sink *s, uint64_t v, tare_error *err);
/* byte repeated until count is a multiple of alignment (a power of two). */
tare_status tare_sink_align(tare_sink *s, uint64_t alignment, uint8_t byte, tare_error *err);

/* A malloc'ed buffer as a sink: set .put = tare_buffer_put, .ctx = &buffer. Freed with free(buffer.bytes). */
typedef struct tare_buffer {
	char *bytes;     /* always with a NUL behind it, once anything was put */
	size_t size, cap;
} tare_buffer;
tare_status tare_buffer_put(void *buffer, const void *bytes, size_t size, tare_error *err);
tare_status tare_buffer_printf(tare_buffer *b, tare_error *err, const char *fmt, ...) TARE_PRINTF(3, 4);

#endif
