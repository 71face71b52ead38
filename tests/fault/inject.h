/* Calls that fail on purpose: the n-th of a class, or every one from the n-th on.
 *
 * Two ways to have it: build/tests/fault/inject.so by LD_PRELOAD, told what to do by TARE_FAULT="CLASS:N" (or "CLASS:N+"), which makes the
 * file named by TARE_FAULT_HIT when a call has failed; or a unit test that includes fault/inject.c and calls the functions here. */
#ifndef TARE_TESTS_FAULT_INJECT_H
#define TARE_TESTS_FAULT_INJECT_H

#include <stdbool.h>

/* alloc: malloc and its kin (ENOMEM); open: (EACCES); read: read, pread (EIO); write: write, pwrite (ENOSPC); sync: (EIO); rename: (EIO);
 * link: linkat (EIO); map: mmap, mprotect (ENOMEM); truncate: ftruncate (EIO); reserve: fallocate (ENOSPC); stat: (EACCES);
 * thread: pthread_create (EAGAIN); nameless: opening with O_TMPFILE (EOPNOTSUPP); shrink: mmap does its work, and then somebody cuts the
 * file to nothing. */
enum fault_class {
	FAULT_NONE, FAULT_ALLOC, FAULT_OPEN, FAULT_READ, FAULT_WRITE, FAULT_SYNC, FAULT_RENAME, FAULT_LINK, FAULT_MAP, FAULT_TRUNCATE,
	FAULT_RESERVE, FAULT_STAT, FAULT_THREAD, FAULT_NAMELESS, FAULT_SHRINK,
	FAULT_CLASSES
};

/* The n-th call (from 1) of a class fails, and with `on` all that follow. */
void fault_arm(enum fault_class what, long n, bool on);
/* Allocations made by a shared library whose name begins so ("libzstd") are not counted; NULL: all are. Also TARE_FAULT_SPARE. */
void fault_spare(const char *library);
/* True if a call has failed since fault_arm(); nothing fails from now on. */
bool fault_disarm(void);

#endif
