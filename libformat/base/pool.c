#include "base/pool.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

/* Slots form a ring in feed order: slot number n sits at place n % n_slots, and drained <= taken <= fed <= drained + n_slots. */
typedef struct pool {
	const tare_pool_ops *ops;
	void *ctx;
	unsigned char *slots;
	size_t n_slots, slot_size;
	pthread_mutex_t lock;
	pthread_cond_t fed_more;   /* workers wait here */
	pthread_cond_t done_more;  /* the calling thread waits here */
	uint64_t drained, taken, fed;
	bool *done;                /* per place */
	bool quit;
	uint64_t failed_at;        /* number of the earliest slot whose work failed; UINT64_MAX: none */
	tare_status failed;
	tare_error error;
	unsigned next_worker, last_worker; /* the last is the calling thread */
} pool;

static void *place(const pool *p, uint64_t number)
{
	return p->slots + number % p->n_slots * p->slot_size;
}

static tare_status run_inline(const tare_pool_ops *ops, void *ctx, void *slot, tare_error *err)
{
	for (;;) {
		bool more = true;

		TARE_TRY(ops->feed(ctx, slot, &more, err));
		if (!more)
			return TARE_OK;
		TARE_TRY(ops->work(ctx, slot, 0, err));
		TARE_TRY(ops->drain(ctx, slot, err));
	}
}

/* Called with the lock held, and lets go of it while at work. Slots behind a failure are not worth working on. */
static void work_one(pool *p, uint64_t number, unsigned worker)
{
	tare_error error = TARE_ERROR_INIT;
	tare_status st = TARE_OK;

	if (number < p->failed_at) {
		pthread_mutex_unlock(&p->lock);
		st = p->ops->work(p->ctx, place(p, number), worker, &error);
		pthread_mutex_lock(&p->lock);
	}
	if (st && number < p->failed_at) {
		p->failed_at = number;
		p->failed = st;
		p->error = error;
	}
	p->done[number % p->n_slots] = true;
	if (number == p->drained)
		pthread_cond_signal(&p->done_more);
}

static void *worker_main(void *arg)
{
	pool *p = arg;
	unsigned worker;

	pthread_mutex_lock(&p->lock);
	worker = p->next_worker++;
	while (!p->quit) {
		if (p->taken < p->fed)
			work_one(p, p->taken++, worker);
		else
			pthread_cond_wait(&p->fed_more, &p->lock);
	}
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

/* Hands the oldest slot to drain once its work is done. */
static tare_status drain_oldest(pool *p, tare_error *err)
{
	uint64_t number = p->drained;
	tare_status st;

	pthread_mutex_lock(&p->lock);
	while (!p->done[number % p->n_slots])
		pthread_cond_wait(&p->done_more, &p->lock);
	st = number == p->failed_at ? p->failed : TARE_OK;
	if (st && err && !err->status)
		*err = p->error;
	pthread_mutex_unlock(&p->lock);
	if (!st)
		st = p->ops->drain(p->ctx, place(p, number), err);
	pthread_mutex_lock(&p->lock);
	p->done[number % p->n_slots] = false;
	p->drained++;
	pthread_mutex_unlock(&p->lock);
	return st;
}

static bool oldest_is_done(pool *p)
{
	bool done;

	pthread_mutex_lock(&p->lock);
	done = p->drained < p->fed && p->done[p->drained % p->n_slots];
	pthread_mutex_unlock(&p->lock);
	return done;
}

static tare_status feed_one(pool *p, bool *more, tare_error *err)
{
	TARE_TRY(p->ops->feed(p->ctx, place(p, p->fed), more, err));
	if (!*more)
		return TARE_OK;
	pthread_mutex_lock(&p->lock);
	p->fed++;
	pthread_cond_signal(&p->fed_more);
	pthread_mutex_unlock(&p->lock);
	return TARE_OK;
}

/* The calling thread takes a slot itself when it would only wait, and leaves the others enough to go on with meanwhile: a thread more than
 * cores, woken for every slot, costs a tenth of the time. */
static bool help(pool *p, bool more)
{
	uint64_t left;
	bool helps;

	pthread_mutex_lock(&p->lock);
	left = p->fed - p->taken;
	helps = left && !p->done[p->drained % p->n_slots] && (!more || left > p->last_worker);
	if (helps)
		work_one(p, p->taken++, p->last_worker);
	pthread_mutex_unlock(&p->lock);
	return helps;
}

/* The calling thread's part. What was fed before a failing feed comes first, as it would with one thread. */
static tare_status conduct(pool *p, tare_error *err)
{
	tare_error feed_error = TARE_ERROR_INIT;
	tare_status feed_failed = TARE_OK;
	bool more = true;

	while (more || p->drained < p->fed) {
		if (more && p->fed - p->drained < p->n_slots && !oldest_is_done(p)) {
			feed_failed = feed_one(p, &more, &feed_error);
			if (feed_failed)
				more = false;
		} else if (!help(p, more)) {
			TARE_TRY(drain_oldest(p, err));
		}
	}
	if (feed_failed && err && !err->status)
		*err = feed_error;
	return feed_failed;
}

/* Signals are the calling thread's business, except those that a thread brings upon itself: their handlers must run.
 * Returns how many threads came to life. */
static unsigned start_workers(pool *p, pthread_t *threads, unsigned n)
{
	static const int own[] = { SIGBUS, SIGSEGV, SIGILL, SIGFPE, SIGTRAP, SIGABRT };
	sigset_t all, old;
	unsigned i;

	sigfillset(&all);
	for (i = 0; i < sizeof own / sizeof own[0]; i++)
		sigdelset(&all, own[i]);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	for (i = 0; i < n; i++)
		if (pthread_create(&threads[i], NULL, worker_main, p))
			break;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return i;
}

static void stop_workers(pool *p, const pthread_t *threads, unsigned n)
{
	unsigned i;

	pthread_mutex_lock(&p->lock);
	p->quit = true;
	pthread_cond_broadcast(&p->fed_more);
	pthread_mutex_unlock(&p->lock);
	for (i = 0; i < n; i++)
		pthread_join(threads[i], NULL);
}

static tare_status run_threads(pool *p, unsigned n, tare_error *err)
{
	pthread_t *threads = calloc(n, sizeof *threads);
	tare_status st;
	unsigned started;

	p->done = calloc(p->n_slots, sizeof *p->done);
	p->last_worker = n - 1;
	started = threads && p->done ? start_workers(p, threads, n - 1) : 0;
	if (!threads || !p->done)
		st = tare_fail_nomem(err);
	else if (!started)
		st = run_inline(p->ops, p->ctx, p->slots, err);
	else
		st = conduct(p, err);
	if (started)
		stop_workers(p, threads, started);
	free(p->done);
	free(threads);
	return st;
}

tare_status tare_pool_run(const tare_pool_ops *ops, void *ctx, unsigned threads, void *slots, size_t n_slots, size_t slot_size,
			  tare_error *err)
{
	pool p = {
		.ops = ops, .ctx = ctx, .slots = slots, .n_slots = n_slots, .slot_size = slot_size, .failed_at = UINT64_MAX,
		.lock = PTHREAD_MUTEX_INITIALIZER, .fed_more = PTHREAD_COND_INITIALIZER, .done_more = PTHREAD_COND_INITIALIZER,
	};
	tare_status st;

	if (!n_slots)
		return tare_fail(err, TARE_E_ARG, TARE_NOWHERE, "a pool needs at least one slot");
	if (threads > n_slots)
		threads = (unsigned)n_slots;
	if (threads < 2)
		return run_inline(ops, ctx, slots, err);
	st = run_threads(&p, threads, err);
	pthread_cond_destroy(&p.done_more);
	pthread_cond_destroy(&p.fed_more);
	pthread_mutex_destroy(&p.lock);
	return st;
}
