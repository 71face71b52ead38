/* Names of temporary files that a signal handler must remove. */
#ifndef TARE_IO_CLEANUP_H
#define TARE_IO_CLEANUP_H

#include "base/error.h"

typedef struct tare_cleanup tare_cleanup; /* a place in the list; never freed, but used again */

/* A place for a name of at most 255 bytes in the folder dirfd, which must stay open until tare_cleanup_drop(). NULL when memory is
 * short. */
tare_cleanup *tare_cleanup_new(int dirfd, const char *name);
/* From now on (before the file comes into being) until tare_cleanup_drop() a signal removes it. */
void tare_cleanup_arm(tare_cleanup *c);
/* NULL is fine. */
void tare_cleanup_drop(tare_cleanup *c);

#endif
