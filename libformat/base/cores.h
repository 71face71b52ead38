/* How many cores this process may use, read from the system's files under a root folder ("" outside tests). */
#ifndef TARE_BASE_CORES_H
#define TARE_BASE_CORES_H

/* The smallest of cores and the CPU quotas (v1 and v2) of the cgroups this process is in, rounded up; at least 1. */
unsigned tare_cores_in_quota(const char *root, unsigned cores);

#endif
