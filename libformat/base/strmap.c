#include "base/strmap.h"

#include "base/escape.h"

#include <stdlib.h>
#define XXH_INLINE_ALL
#include <xxhash.h>

/* The seed changes from table to table by address, so that a file cannot be made to collide; results never depend on it. */
static size_t place(const tare_strmap *m, tare_str key)
{
	size_t i = (size_t)XXH3_64bits_withSeed(key.ptr, key.len, (uintptr_t)m->slots) & (m->cap - 1);

	while (m->slots[i].key.ptr && !tare_str_eq(m->slots[i].key, key))
		i = (i + 1) & (m->cap - 1);
	return i;
}

static bool rehash(tare_strmap *m)
{
	tare_strmap old = *m;
	size_t i;

	m->cap = old.cap ? old.cap * 2 : 64;
	m->slots = calloc(m->cap, sizeof *m->slots);
	if (!m->slots) {
		*m = old;
		return false;
	}
	for (i = 0; i < old.cap; i++)
		if (old.slots[i].key.ptr)
			m->slots[place(m, old.slots[i].key)] = old.slots[i];
	free(old.slots);
	return true;
}

bool tare_strmap_add(tare_strmap *m, tare_str key, size_t value, size_t *existing)
{
	size_t i;

	*existing = SIZE_MAX;
	if (!key.ptr)
		key.ptr = "";
	if (m->count * 2 >= m->cap && !rehash(m))
		return false;
	i = place(m, key);
	if (m->slots[i].key.ptr) {
		*existing = m->slots[i].value;
		return true;
	}
	m->slots[i] = (tare_strmap_slot){ key, value };
	m->count++;
	return true;
}

size_t tare_strmap_find(const tare_strmap *m, tare_str key)
{
	size_t i;

	if (!m->cap)
		return SIZE_MAX;
	i = place(m, key);
	return m->slots[i].key.ptr ? m->slots[i].value : SIZE_MAX;
}

void tare_strmap_free(tare_strmap *m)
{
	free(m->slots);
	*m = (tare_strmap){ 0 };
}
