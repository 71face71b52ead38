/* Bytes one after another: a file descriptor, memory, or zstd over another reader. */
#ifndef TARE_IO_READER_H
#define TARE_IO_READER_H

#include "base/limits.h"

typedef struct tare_reader tare_reader;

struct tare_reader {
	/* Up to size bytes (size > 0) into buf; *got is 0 at the end only. */
	tare_status (*read)(tare_reader *r, void *buf, size_t size, size_t *got, tare_error *err);
	void (*close)(tare_reader *r);
	uint8_t head[4];       /* bytes looked at and not yet taken */
	size_t head_at, head_size;
};

/* Readers are freed by tare_reader_close(); NULL is fine. */
void tare_reader_close(tare_reader *r);
tare_status tare_reader_read(tare_reader *r, void *buf, size_t size, size_t *got, tare_error *err);
/* Looks at the first 4 bytes without taking them; *size is less only if that is all there is. Before the first read only. */
tare_status tare_reader_peek(tare_reader *r, const uint8_t **head, size_t *size, tare_error *err);

/* owned: fd is closed with the reader. fd is taken over also on failure. */
tare_status tare_reader_fd(tare_reader **out, int fd, bool owned, tare_error *err);
/* bytes must outlive the reader. */
tare_status tare_reader_memory(tare_reader **out, const void *bytes, size_t size, tare_error *err);
/* Unpacks what in has (RFC 8878: frames and skippable frames, one after another). Takes in over, also on failure. Failures name the byte
 * of the packed input. */
tare_status tare_reader_zstd(tare_reader **out, tare_reader *in, const tare_limits *lim, tare_error *err);
/* True if a zstd frame or a skippable frame starts here. */
bool tare_zstd_magic(const uint8_t *head, size_t size);

#endif
