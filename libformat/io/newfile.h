/* A file that comes into being at once. Until tare_newfile_commit() it has no name (O_TMPFILE), or, where the file system cannot do that, a
 * name of its own beside its place: ".NAME.tare-" and eight letters. Such a name disappears on failure and on signals that are caught; what
 * a killed process or a lost machine leaves is removed by the next one that writes the same NAME (it is not locked then). */
#ifndef TARE_IO_NEWFILE_H
#define TARE_IO_NEWFILE_H

#include "io/cleanup.h"

#include <sys/stat.h>

typedef struct tare_newfile {
	int fd;                  /* to be written to; -1 when there is none */
	int dirfd;
	char *dir, *name;        /* its place, symbolic links followed: a link stays and its file is replaced */
	bool replaces;
	struct stat old;         /* of the file replaced */
	bool has_temp;           /* temp exists */
	char temp[256];
	tare_cleanup *cleanup;
} tare_newfile;

/* Fills f also on failure; tare_newfile_close() is always right. */
tare_status tare_newfile_open(tare_newfile *f, const char *path, tare_error *err);
/* fd is written and synced. */
tare_status tare_newfile_commit(tare_newfile *f, tare_error *err);
/* Several, all or none (io/install.h). *at: the one that failed. */
tare_status tare_newfile_commit_all(tare_newfile *const *f, size_t n, size_t *at, tare_error *err);
void tare_newfile_close(tare_newfile *f);
/* fsync with EINTR; true also where syncing has no meaning. */
bool tare_newfile_sync(int fd);

#endif
