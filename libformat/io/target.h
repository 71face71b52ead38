/* Bytes out, all or nothing: what is written is seen under the target's name only after tare_target_commit(), and until then the old
 * file, if any, is untouched. Standard output ("-") streams. Names ending in .zst (or compress) are packed. */
#ifndef TARE_IO_TARGET_H
#define TARE_IO_TARGET_H

#include "base/error.h"
#include "base/sink.h"

typedef struct tare_target tare_target;

typedef struct tare_target_options {
	uint64_t size;         /* bytes to come, exactly, so that a full disk fails at once; 0: unknown */
	bool compress;         /* zstd whatever the name says */
	int zstd_level;        /* 0: 3 */
	unsigned zstd_threads;
	bool zstd_long;
} tare_target_options;

/* A folder, a device, a read-only file (without any write permission, even for root) or a missing parent is an error that says so and what
 * to do. /dev/stdout is "-"; a FIFO (a shell's >(command)) and /dev/null are streamed to, as standard output is: what went there is gone.
 * Whether standard output may be a terminal is for the program to say. A symbolic link stays and the file it names is replaced. A new file
 * has the permissions of any new file, a replaced one keeps its own. opt: NULL for the defaults. Errors name the file. */
tare_status tare_target_open(tare_target **out, const char *path, const tare_target_options *opt, tare_error *err);
tare_status tare_target_write(tare_target *t, const void *bytes, size_t size, tare_error *err);
/* A sink that writes to t. */
tare_sink tare_target_sink(tare_target *t);
/* Fails also if not exactly the size announced came. Flushes and syncs everything, but does not show it yet. Several
 * targets of a set are all finished before the first is committed. */
tare_status tare_target_finish(tare_target *t, tare_error *err);
/* Finishes if needed, puts the file under its name, syncs the folder (a failure of that very last step says that the file is in place).
 * The target is then done; free it. */
tare_status tare_target_commit(tare_target *t, tare_error *err);
/* Several, all or none: finishes them all, and puts the files into place back to back. A failure says which of them are in place, if
 * any. */
tare_status tare_target_commit_all(tare_target *const *t, size_t n, tare_error *err);
/* Frees; what was not committed disappears. NULL is fine. */
void tare_target_free(tare_target *t);

#endif
