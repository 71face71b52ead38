/* A deed again and again: its first call of a class fails, then its second, every single one, until a run has no such call. Include
 * fault/inject.c first, and cmocka. */
#ifndef TARE_TESTS_EACH_CALL_H
#define TARE_TESTS_EACH_CALL_H

#include "base/error.h"

typedef tare_status fault_deed(tare_error *err);

struct fault_trial {
	fault_deed *deed;
	/* Before and after every run, while nothing fails; NULL: nothing. after: hit if a call has failed. */
	void (*before)(void);
	void (*after)(tare_status st, const tare_error *err, bool hit);
};

/* on: all calls after the n-th fail too. Returns how many runs had a failing call. Each fails for want of memory or
 * of the system, with a message. */
static long each_call(const struct fault_trial *t, enum fault_class what, bool on)
{
	bool hit = true;
	long n;

	for (n = 0; hit; n++) {
		tare_error err = TARE_ERROR_INIT;
		tare_status st;

		if (t->before)
			t->before();
		fault_arm(what, n + 1, on);
		st = t->deed(&err);
		hit = fault_disarm();
		if (st != err.status || (st != TARE_OK && (!hit || !err.message[0] || (st != TARE_E_NOMEM && st != TARE_E_IO))))
			fail_msg("class %d, call %ld%s: status %d, in the error %d: '%s'", (int)what, n + 1, hit ? "" : ", which is not there",
				 (int)st, (int)err.status, err.message);
		if (t->after)
			t->after(st, &err, hit);
	}
	return n - 1;
}

/* Every class, one failing call and then all that follow too. least: so many calls of a class are known to be there. */
static inline void each_call_of_each_class(const struct fault_trial *t, const long least[FAULT_CLASSES])
{
	int c;

	for (c = FAULT_ALLOC; c < FAULT_SHRINK; c++) {
		long n = each_call(t, (enum fault_class)c, false);

		if (n < least[c])
			fail_msg("class %d: %ld calls failed, expected %ld", c, n, least[c]);
		each_call(t, (enum fault_class)c, true);
	}
}

/* For deeds that need each of their allocations. */
static inline void noticed(tare_status st, const tare_error *err, bool hit)
{
	if (hit && st != TARE_E_NOMEM)
		fail_msg("an allocation failed: status %d, '%s'", (int)st, err->message);
}

#endif
