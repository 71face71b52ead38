/* Work on a sequence of slots by several threads, with results taken in order.
 *
 *   feed   fills a slot; called in order, on the calling thread; sets *more to false when there is nothing left (the slot is then unused)
 *   work   does the slot's work, on any thread; worker is 0 .. threads-1, for scratch memory
 *   drain  takes the slot's result; called in feed order, on the calling thread
 *
 * At most n_slots slots are between feed and drain, so memory is bounded however slow the drain. The calling thread is one of the threads:
 * it works too while there is nothing to feed or to drain. The first failure in feed order is reported and stops the rest; drain is never
 * called after a failure. */
#ifndef TARE_BASE_POOL_H
#define TARE_BASE_POOL_H

#include "base/error.h"

typedef struct tare_pool_ops {
	tare_status (*feed)(void *ctx, void *slot, bool *more, tare_error *err);
	tare_status (*work)(void *ctx, void *slot, unsigned worker, tare_error *err);
	tare_status (*drain)(void *ctx, void *slot, tare_error *err);
} tare_pool_ops;

/* slots: n_slots places of slot_size bytes, owned by the caller. threads: at least 1. */
tare_status tare_pool_run(const tare_pool_ops *ops, void *ctx, unsigned threads, void *slots, size_t n_slots, size_t slot_size,
			  tare_error *err);
/* Cores this process may use: affinity, cgroup quota (v1 and v2), at least 1. */
unsigned tare_pool_cores(void);

#endif
