/* Several new files into place at once, all or none: a set of shards of which some are old and some new is worse than either. */
#ifndef TARE_IO_INSTALL_H
#define TARE_IO_INSTALL_H

#include <stdbool.h>
#include <stddef.h>

typedef struct tare_install_file {
	int fd, dirfd;
	const char *name;        /* its place in the folder dirfd */
	char temp[256];          /* a free name beside it, or, of a named file, its own */
	char backup[256];        /* another free name */
	bool named;
	bool had_old, has_backup; /* something has the name; it has the name backup as well */
	bool linked;             /* temp is ours to remove */
	bool in_place;
} tare_install_file;

/* In memory that a child shares, whatever kind of child. */
typedef struct tare_install {
	bool done;
	int error;               /* errno of what failed, 0 if nothing did, */
	size_t at;               /* at this file; EEXIST: one of the free names is not */
	size_t n;
	tare_install_file file[];
} tare_install;

/* Zeros but for n; NULL when memory is short. */
tare_install *tare_install_new(size_t n);
void tare_install_free(tare_install *s);
/* All files get their temporary names (and what they replace a second one), then all are renamed, back to back. If that fails half way,
 * those in place are taken back, what they replaced is put back, and in_place says where even that failed (then the old file stays under
 * its backup name, if it has one). No signal and no death of this process comes between: a child does it. */
void tare_install_go(tare_install *s);

#endif
