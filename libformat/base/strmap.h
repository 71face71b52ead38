/* Finds strings: a hash index over strings that somebody else owns. Hostile keys cannot make it slow (seeded XXH3). */
#ifndef TARE_BASE_STRMAP_H
#define TARE_BASE_STRMAP_H

#include "tare.h"

typedef struct tare_strmap_slot {
	tare_str key;
	size_t value;
} tare_strmap_slot;

typedef struct tare_strmap {
	tare_strmap_slot *slots;
	size_t cap, count;
} tare_strmap;

/* Adds key; *existing gets the value that was there (then nothing changes) or SIZE_MAX. False when memory is short. */
bool tare_strmap_add(tare_strmap *m, tare_str key, size_t value, size_t *existing);
/* SIZE_MAX if absent. */
size_t tare_strmap_find(const tare_strmap *m, tare_str key);
void tare_strmap_free(tare_strmap *m);

#endif
