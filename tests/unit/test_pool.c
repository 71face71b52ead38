#include "base/pool.h"

#include "base/cores.h"
#include "unit/scratch.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

typedef struct job {
	unsigned count;             /* slots to feed */
	unsigned fed, drained;      /* calling thread */
	unsigned fail_feed, fail_work, fail_work2, fail_drain; /* slot number, UINT_MAX: none */
	unsigned most_between;
	_Atomic unsigned most_worker;
	uint64_t sum;
	bool in_order;
	pthread_t caller;
	bool elsewhere;             /* feed or drain ran on another thread */
	_Atomic unsigned worked;
} job;

typedef struct slot {
	unsigned number;
	uint64_t result;
} slot;

static tare_status feed(void *ctx, void *s, bool *more, tare_error *err)
{
	job *j = ctx;

	j->elsewhere |= !pthread_equal(pthread_self(), j->caller);
	if (j->fed == j->fail_feed)
		return tare_fail(err, TARE_E_IO, j->fed, "feed");
	if (j->fed == j->count) {
		*more = false;
		return TARE_OK;
	}
	((slot *)s)->number = j->fed++;
	if (j->fed - j->drained > j->most_between)
		j->most_between = j->fed - j->drained;
	return TARE_OK;
}

static tare_status work(void *ctx, void *s, unsigned worker, tare_error *err)
{
	job *j = ctx;
	slot *t = s;
	uint64_t x = t->number;
	int i;

	if (worker > j->most_worker)
		j->most_worker = worker;
	if (t->number == j->fail_work || t->number == j->fail_work2)
		return tare_fail(err, TARE_E_DATA, t->number, "work");
	/* Uneven work, so that slots are done out of order. */
	for (i = 0; i < (int)(t->number * 7919 % 13) * 1000; i++)
		x = x * 6364136223846793005u + 1442695040888963407u;
	t->result = x;
	j->worked++;
	return TARE_OK;
}

static tare_status drain(void *ctx, void *s, tare_error *err)
{
	job *j = ctx;
	const slot *t = s;

	j->elsewhere |= !pthread_equal(pthread_self(), j->caller);
	j->in_order &= t->number == j->drained;
	if (t->number == j->fail_drain)
		return tare_fail(err, TARE_E_REFUSED, t->number, "drain");
	j->drained++;
	j->sum = j->sum * 31 + t->result;
	return TARE_OK;
}

static const tare_pool_ops ops = { feed, work, drain };

static job fresh(unsigned count)
{
	return (job){ .count = count, .fail_feed = UINT_MAX, .fail_work = UINT_MAX, .fail_work2 = UINT_MAX, .fail_drain = UINT_MAX,
		      .in_order = true, .caller = pthread_self() };
}

static tare_status run(job *j, unsigned threads, size_t n_slots, tare_error *err)
{
	slot slots[16];

	return tare_pool_run(&ops, j, threads, slots, n_slots, sizeof *slots, err);
}

static void same_for_any_threads(void **state)
{
	static const unsigned threads[] = { 1, 2, 3, 8 };
	static const size_t slots[] = { 1, 2, 5, 16 };
	uint64_t sum = 0;
	size_t t, s;

	for (t = 0; t < 4; t++) {
		for (s = 0; s < 4; s++) {
			job j = fresh(500);

			assert_int_equal(run(&j, threads[t], slots[s], NULL), TARE_OK);
			assert_int_equal(j.drained, 500);
			assert_true(j.in_order);
			assert_false(j.elsewhere);
			assert_true(j.most_between <= slots[s]);
			assert_true(j.most_worker < threads[t]);
			if (sum)
				assert_int_equal(j.sum, sum);
			sum = j.sum;
		}
	}
}

static void empty(void **state)
{
	job j = fresh(0);

	assert_int_equal(run(&j, 4, 8, NULL), TARE_OK);
	assert_int_equal(j.drained, 0);
	assert_int_equal(run(&j, 4, 0, NULL), TARE_E_ARG);
}

/* Whatever the threads do, what is reported and what was drained is what one thread would have done. */
static void first_failure_in_order(void **state)
{
	static const struct {
		unsigned feed, work, work2, drain;
		tare_status status;
		unsigned at;
	} cases[] = {
		{ UINT_MAX, 100, UINT_MAX, UINT_MAX, TARE_E_DATA, 100 },
		{ UINT_MAX, 103, 100, UINT_MAX, TARE_E_DATA, 100 },
		{ 100, UINT_MAX, UINT_MAX, UINT_MAX, TARE_E_IO, 100 },
		{ 100, 97, UINT_MAX, UINT_MAX, TARE_E_DATA, 97 },
		{ 100, UINT_MAX, UINT_MAX, 96, TARE_E_REFUSED, 96 },
		{ UINT_MAX, 100, UINT_MAX, 99, TARE_E_REFUSED, 99 },
		{ 0, UINT_MAX, UINT_MAX, UINT_MAX, TARE_E_IO, 0 },
		{ UINT_MAX, 0, UINT_MAX, UINT_MAX, TARE_E_DATA, 0 },
		{ UINT_MAX, 299, UINT_MAX, UINT_MAX, TARE_E_DATA, 299 },
	};
	size_t i;
	unsigned threads;

	for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		for (threads = 1; threads <= 4; threads++) {
			job j = fresh(300);
			tare_error err = TARE_ERROR_INIT;

			j.fail_feed = cases[i].feed;
			j.fail_work = cases[i].work;
			j.fail_work2 = cases[i].work2;
			j.fail_drain = cases[i].drain;
			assert_int_equal(run(&j, threads, 12, &err), cases[i].status);
			assert_int_equal(err.offset, cases[i].at);
			assert_int_equal(err.status, cases[i].status);
			assert_int_equal(j.drained, cases[i].at);
			assert_true(j.in_order);
		}
	}
}

static void earlier_error_stays(void **state)
{
	job j = fresh(10);
	tare_error err = TARE_ERROR_INIT;

	(void)tare_fail(&err, TARE_E_ARG, 7, "before");
	j.fail_work = 3;
	assert_int_equal(run(&j, 3, 4, &err), TARE_E_DATA);
	assert_string_equal(err.message, "before");
	assert_int_equal(j.drained, 3);
}

static void put_text(const char *dir, const char *name, const char *text)
{
	char path[PATH_MAX];
	char *p;

	snprintf(path, sizeof path, "%s/%s/%s", scratch, dir, name);
	for (p = path + strlen(scratch) + 1; (p = strchr(p, '/')); *p++ = '/') {
		*p = '\0';
		mkdir(path, 0700);
	}
	assert_true(put_file(path, text, strlen(text)));
}

static void quotas(void **state)
{
	char root[PATH_MAX], command[PATH_MAX + 16];

	snprintf(root, sizeof root, "%s/v2", scratch);
	assert_int_equal(tare_cores_in_quota(root, 8), 8);
	put_text("v2/proc/self", "cgroup", "0::/a/b\n");
	assert_int_equal(tare_cores_in_quota(root, 8), 8);
	put_text("v2/sys/fs/cgroup/a/b", "cpu.max", "max 100000\n");
	assert_int_equal(tare_cores_in_quota(root, 8), 8);
	put_text("v2/sys/fs/cgroup/a", "cpu.max", "250000 100000\n");
	assert_int_equal(tare_cores_in_quota(root, 8), 3);
	assert_int_equal(tare_cores_in_quota(root, 2), 2);
	put_text("v2/sys/fs/cgroup/a/b", "cpu.max", "1000 100000\n");
	assert_int_equal(tare_cores_in_quota(root, 8), 1);

	/* In a container the group's path is the host's; what is mounted is the group itself. */
	snprintf(root, sizeof root, "%s/inside", scratch);
	put_text("inside/proc/self", "cgroup", "0::/host/path\n");
	put_text("inside/sys/fs/cgroup", "cpu.max", "400000 100000\n");
	assert_int_equal(tare_cores_in_quota(root, 8), 4);

	snprintf(root, sizeof root, "%s/v1", scratch);
	put_text("v1/proc/self", "cgroup", "5:cpuset:/x\n4:cpu,cpuacct:/g\n1:memory:/x\nrubbish\n:\n::\n");
	put_text("v1/sys/fs/cgroup/cpu/g", "cpu.cfs_quota_us", "-1\n");
	put_text("v1/sys/fs/cgroup/cpu/g", "cpu.cfs_period_us", "100000\n");
	assert_int_equal(tare_cores_in_quota(root, 8), 8);
	put_text("v1/sys/fs/cgroup/cpu/g", "cpu.cfs_quota_us", "150000\n");
	assert_int_equal(tare_cores_in_quota(root, 8), 2);
	put_text("v1/sys/fs/cgroup/cpu/g", "cpu.cfs_period_us", "0\n");
	assert_int_equal(tare_cores_in_quota(root, 8), 8);

	snprintf(command, sizeof command, "rm -rf '%s'/*", scratch);
	assert_int_equal(system(command), 0);
	assert_int_equal(tare_cores_in_quota(root, 0), 1);
	assert_true(tare_pool_cores() >= 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(same_for_any_threads),
		cmocka_unit_test(empty),
		cmocka_unit_test(first_failure_in_order),
		cmocka_unit_test(earlier_error_stays),
		cmocka_unit_test(quotas),
	};

	return cmocka_run_group_tests_name("pool", tests, scratch_make, scratch_remove);
}
