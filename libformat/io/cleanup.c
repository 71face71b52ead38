#include "io/cleanup.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FREE, TAKEN, ARMED };

/* A list that only grows at its head, so that a handler can walk it at any moment. */
struct tare_cleanup {
	struct tare_cleanup *next;
	atomic_int state;
	int dirfd;
	char name[256];
};

static _Atomic(tare_cleanup *) places;

/* The handler may interrupt any of this, so the state is what says whether dirfd and name can be read. */
static tare_cleanup *take_place(void)
{
	tare_cleanup *c;

	for (c = places; c; c = c->next) {
		int was = FREE;

		if (atomic_compare_exchange_strong(&c->state, &was, TAKEN))
			return c;
	}
	c = calloc(1, sizeof *c);
	if (!c)
		return NULL;
	atomic_init(&c->state, TAKEN);
	c->next = places;
	while (!atomic_compare_exchange_weak(&places, &c->next, c))
		;
	return c;
}

tare_cleanup *tare_cleanup_new(int dirfd, const char *name)
{
	tare_cleanup *c = strlen(name) < sizeof c->name ? take_place() : NULL;

	if (!c)
		return NULL;
	c->dirfd = dirfd;
	memcpy(c->name, name, strlen(name) + 1);
	return c;
}

void tare_cleanup_arm(tare_cleanup *c)
{
	atomic_store(&c->state, ARMED);
}

void tare_cleanup_drop(tare_cleanup *c)
{
	if (c)
		atomic_store(&c->state, FREE);
}

void tare_emergency_cleanup(void)
{
	tare_cleanup *c;

	for (c = places; c; c = c->next)
		if (atomic_load(&c->state) == ARMED)
			(void)unlinkat(c->dirfd, c->name, 0);
}
