/* Bytes in. A source is a mapped file, memory, or a stream (a pipe, or zstd over anything).
 *
 * A reader first looks at a prefix (the header), which works on all three. Then it says how it will go on: tare_source_random() makes
 * every byte addressable (a stream is then spooled to an unlinked temporary file in $TMPDIR and mapped), or tare_source_next() takes a
 * stream in one pass, forwards only, with nothing kept.
 *
 * A mapped file that somebody shortens while it is read raises SIGBUS; no library can prevent that without taking over the process's
 * signals. A program handles it: tare_emergency_cleanup(), a message, _exit(). Nothing half-written is left. A file that changes without
 * becoming shorter is found by tare_source_unchanged().
 */
#ifndef TARE_IO_SOURCE_H
#define TARE_IO_SOURCE_H

#include "base/cursor.h"
#include "base/limits.h"

typedef struct tare_source tare_source;

/* path: a file, or "-" for standard input (mapped if it is a regular file, from where it stands). zstd content is recognised by its magic
 * and unpacked; such a source is a stream. A folder, a socket (unless it is standard input), a terminal or a device is an error that says
 * so; /dev/null is empty. Errors name the file. lim: NULL for the defaults. */
tare_status tare_source_open(tare_source **out, const char *path, const tare_limits *lim, tare_error *err);
/* A regular file as it stands, whatever it begins with: payload that another file refers to. */
tare_status tare_source_open_plain(tare_source **out, const char *path, const tare_limits *lim, tare_error *err);
/* bytes stay the caller's and must outlive the source. zstd content is unpacked here too. */
tare_status tare_source_memory(tare_source **out, const void *bytes, size_t size, const tare_limits *lim, tare_error *err);
void tare_source_close(tare_source *s); /* NULL is fine */

/* Bytes in all, TARE_NOWHERE for a stream that has not ended yet. */
uint64_t tare_source_size(const tare_source *s);
bool tare_source_is_stream(const tare_source *s);
/* Makes at least want bytes from the start visible (fewer only at the end) at *base, which never moves while the source is open.
 * *have: how many there are. Failure: reading, unpacking, or the header limit (of a stream only). */
tare_status tare_source_prefix(tare_source *s, uint64_t want, const uint8_t **base, uint64_t *have, tare_error *err);
/* A cursor over the prefix, which grows on demand. Trouble in fetching ends the data; ask tare_source_trouble() after a bad read. */
tare_cursor tare_source_cursor(tare_source *s);
/* The failure that ended the prefix early, if any, moved to err. */
tare_status tare_source_trouble(tare_source *s, tare_error *err);

/* Every byte addressable from now on. Does nothing for files and memory. Streams: before the first tare_source_next() only. */
tare_status tare_source_random(tare_source *s, tare_error *err);
/* size bytes at offset: a pointer into a file, memory or spooled stream, or into the prefix of a stream; NULL (no error set) if they are
 * not all there. Any thread may ask. */
const uint8_t *tare_source_at(const tare_source *s, uint64_t offset, uint64_t size);
/* size bytes at offset into buf. In a stream that was not made random, offset may not be before the end of the last call's bytes,
 * except within the prefix; bytes between are passed over. TARE_E_DATA if the source ends before. */
tare_status tare_source_next(tare_source *s, uint64_t offset, void *buf, size_t size, tare_error *err);
/* Reads what is left of a stream and throws it away: whoever writes into a pipe is not cut off, and what is packed shows its damage to the
 * last byte. Does nothing for files, memory and spooled streams. */
tare_status tare_source_drain(tare_source *s, tare_error *err);
/* These bytes will not be wanted again: lets the page cache go. */
void tare_source_release(tare_source *s, uint64_t offset, uint64_t size);
/* Fails if the file was changed in place since it was opened (what was made of it is then worth nothing). To be asked before the result is
 * shown. A file that was replaced or removed is no trouble: the old one stays mapped. */
tare_status tare_source_unchanged(const tare_source *s, tare_error *err);

#endif
