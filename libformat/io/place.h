/* Where a target's name leads. */
#ifndef TARE_IO_PLACE_H
#define TARE_IO_PLACE_H

#include "base/error.h"

#include <sys/stat.h>

/* What is at path, links followed. A folder, a device, a socket and a read-only file fail with what to do instead. *exists is false for a
 * name that is free (or a link to one). FIFOs and /dev/null pass: the caller streams to them. */
tare_status tare_place_look(const char *path, struct stat *st, bool *exists, tare_error *err);
/* The folder and the last part of path after following links, malloc'ed. */
tare_status tare_place_resolve(const char *path, char **dir, char **name, tare_error *err);
/* Opens the folder, in which files can be made. */
tare_status tare_place_open(const char *dir, int *dirfd, tare_error *err);

#endif
