/* Bytes that are made first and then read as a source: in memory while they are few, else in a temporary file without a name, in
 * $TMPDIR. */
#ifndef TARE_IO_SPOOL_H
#define TARE_IO_SPOOL_H

#include "base/sink.h"
#include "io/source.h"

/* A file without a name, which is gone with its last user. */
tare_status tare_spool_open(int *fd, tare_error *err);
tare_status tare_spool_failed(tare_error *err, int sys_errno);

typedef struct tare_spool {
	const tare_limits *lim;
	tare_buffer buffer;
	int fd;                  /* 0: none yet */
	uint64_t size;           /* in all */
} tare_spool;

/* A tare_sink's put; spool: a tare_spool with lim set and the rest zero. */
tare_status tare_spool_put(void *spool, const void *bytes, size_t size, tare_error *err);
/* What was put as a source, which owns it. */
tare_status tare_spool_source(tare_spool *s, tare_source **out, tare_error *err);
/* Always right, also after tare_spool_source(). */
void tare_spool_free(tare_spool *s);

#endif
