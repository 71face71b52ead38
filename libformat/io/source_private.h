/* The inside of a source. It has one of two shapes: addressable (bytes and size; a file, memory, or a stream that was spooled), or a
 * stream (reader, and the prefix kept of it). A stream that becomes addressable keeps its prefix where it is. */
#ifndef TARE_IO_SOURCE_PRIVATE_H
#define TARE_IO_SOURCE_PRIVATE_H

#include "io/reader.h"
#include "io/source.h"

#include <sys/stat.h>

typedef struct tare_map {
	void *addr;              /* NULL: nothing mapped */
	size_t size;
} tare_map;

struct tare_source {
	char *name;              /* for messages: the path, "standard input", NULL for memory */
	tare_limits limits;
	bool addressable;
	const uint8_t *bytes;    /* of an addressable source */
	uint64_t size;           /* of an addressable source, or of a stream that has ended */
	tare_map map;            /* the file, packed or not */
	tare_map spool;
	void *owned;             /* memory that goes with the source; malloc'ed */
	bool has_stat;
	struct stat stat;        /* of the file when it was opened */

	tare_reader *reader;     /* of a stream */
	uint8_t *prefix;         /* reserved addresses, NULL until the first byte is wanted */
	size_t reserved, usable; /* usable: with memory behind them */
	uint64_t have;           /* bytes of the prefix */
	uint64_t taken;          /* bytes taken from reader, the prefix among them */
	bool ended;              /* reader has no more */
	tare_error trouble;
};

/* Opens path ("-": standard input) as a mapping (s->map, s->bytes, s->size) or, if it cannot be mapped, as a reader; fills s->stat. */
tare_status tare_file_open(tare_source *s, const char *path, tare_error *err);
/* An addressable source that has nothing yet. */
tare_status tare_source_made(tare_source **out, const tare_limits *lim, tare_error *err);
tare_status tare_map_fd(tare_map *map, int fd, uint64_t size, tare_error *err);
void tare_unmap(tare_map *map);

tare_status tare_stream_prefix(tare_source *s, uint64_t want, tare_error *err);
tare_status tare_stream_next(tare_source *s, uint64_t offset, void *buf, size_t size, tare_error *err);
/* Reads to the end. */
tare_status tare_stream_drain(tare_source *s, tare_error *err);
/* Reads the rest of a stream into an unlinked temporary file and maps it. */
tare_status tare_stream_spool(tare_source *s, tare_error *err);
void tare_stream_free(tare_source *s);

#endif
