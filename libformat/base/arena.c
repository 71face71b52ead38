#include "base/arena.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK = 16 << 10 };

struct tare_arena_chunk {
	struct tare_arena_chunk *next;
	size_t used, size;
	_Alignas(16) unsigned char bytes[];
};

static struct tare_arena_chunk *add_chunk(tare_arena *a, size_t size)
{
	struct tare_arena_chunk *c;

	if (size > SIZE_MAX - sizeof *c)
		return NULL;
	c = calloc(1, sizeof *c + size);
	if (!c)
		return NULL;
	c->size = size;
	c->next = a->head;
	a->head = c;
	return c;
}

void *tare_arena_alloc(tare_arena *a, size_t size)
{
	struct tare_arena_chunk *c = a->head;
	void *p;

	if (size > SIZE_MAX - 15)
		return NULL;
	size = (size + 15) & ~(size_t)15;
	if (!c || size > c->size - c->used)
		c = add_chunk(a, size > CHUNK ? size : CHUNK);
	if (!c)
		return NULL;
	p = c->bytes + c->used;
	c->used += size;
	return p;
}

void *tare_arena_array(tare_arena *a, size_t count, size_t size)
{
	size_t n;

	return __builtin_mul_overflow(count, size, &n) ? NULL : tare_arena_alloc(a, n);
}

tare_str tare_arena_copy(tare_arena *a, const void *bytes, size_t len)
{
	char *p = len < SIZE_MAX ? tare_arena_alloc(a, len + 1) : NULL;

	if (p && len)
		memcpy(p, bytes, len);
	return (tare_str){ p, p ? len : 0 };
}

char *tare_arena_text(tare_arena *a, const char *text)
{
	return (char *)(uintptr_t)tare_arena_copy(a, text, strlen(text)).ptr;
}

char *tare_arena_printf(tare_arena *a, const char *fmt, ...)
{
	va_list ap;
	int n;
	char *p;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	p = n < 0 ? NULL : tare_arena_alloc(a, (size_t)n + 1);
	if (!p)
		return NULL;
	va_start(ap, fmt);
	vsnprintf(p, (size_t)n + 1, fmt, ap);
	va_end(ap);
	return p;
}

void tare_arena_free(tare_arena *a)
{
	while (a->head) {
		struct tare_arena_chunk *next = a->head->next;

		free(a->head);
		a->head = next;
	}
}

bool tare_grow(void *items, size_t *cap, size_t count, size_t item_size)
{
	size_t want = *cap ? *cap * 2 : 16;
	size_t bytes;
	void *p;

	if (count < *cap)
		return true;
	if (want < *cap || __builtin_mul_overflow(want, item_size, &bytes))
		return false;
	/* The caller's pointer is of another type than ours, so only its bytes may be touched. */
	memcpy(&p, items, sizeof p);
	p = realloc(p, bytes);
	if (!p)
		return false;
	memcpy(items, &p, sizeof p);
	*cap = want;
	return true;
}
