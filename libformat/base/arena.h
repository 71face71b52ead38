/* Memory that lives as long as one object and is freed at once. */
#ifndef TARE_BASE_ARENA_H
#define TARE_BASE_ARENA_H

#include "tare.h"

struct tare_arena_chunk;

typedef struct tare_arena {
	struct tare_arena_chunk *head;
} tare_arena;

/* size bytes aligned for any type, zeroed; NULL when memory is short. */
void *tare_arena_alloc(tare_arena *a, size_t size);
/* count * size bytes; NULL also on overflow. */
void *tare_arena_array(tare_arena *a, size_t count, size_t size);
/* A copy with a NUL after it (not counted in len). ptr is NULL when memory is short. */
tare_str tare_arena_copy(tare_arena *a, const void *bytes, size_t len);
/* NUL-terminated copy; NULL when memory is short. */
char *tare_arena_text(tare_arena *a, const char *text);
char *tare_arena_printf(tare_arena *a, const char *fmt, ...) TARE_PRINTF(2, 3);
void tare_arena_free(tare_arena *a);

/* Room for one more in a malloc'ed array that doubles. items: the address of the pointer to it, of whatever type, which has *cap items of
 * item_size bytes; count of them are used. False when memory is short: the array is then as it was. */
bool tare_grow(void *items, size_t *cap, size_t count, size_t item_size);

#endif
