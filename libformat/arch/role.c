#include "arch/role.h"

#include "base/escape.h"

#include <stdlib.h>
#include <string.h>

typedef struct row {
	const char *name, *role;
} row;

static const char *const roles[] = {
#define ROLE(role, text) role,
#include "arch/roles.def"
};

static const row towers[] = {
#define TOWER(component, role) { component, role },
#include "arch/roles.def"
};

static const row in_layer[] = {
#define LAYER(name, role) { name, role },
#include "arch/roles.def"
};

static const row in_model[] = {
#define MODEL(name, role) { name, role },
#include "arch/roles.def"
};

#define COUNT(a) (sizeof(a) / sizeof *(a))

enum { MAX_PARTS = 24, MAX_KEY = 128 };

const char *tare_role_at(size_t i)
{
	return i < COUNT(roles) ? roles[i] : NULL;
}

static int by_name(const void *key, const void *r)
{
	return strcmp(key, ((const row *)r)->name);
}

static const char *find(const row *rows, size_t n, const char *key)
{
	const row *r = bsearch(key, rows, n, sizeof *rows, by_name);

	return r ? r->role : NULL;
}

/* The components of a name; 0 if there are too many to be a name we know. */
static size_t split(tare_str name, tare_str parts[MAX_PARTS])
{
	const char *p = name.ptr, *end = p + name.len, *dot;
	size_t n = 0;

	for (; n < MAX_PARTS && p; n++) {
		dot = p < end ? memchr(p, '.', (size_t)(end - p)) : NULL;
		parts[n] = (tare_str){ p, (size_t)((dot ? dot : end) - p) };
		p = dot ? dot + 1 : NULL;
	}
	return p ? 0 : n;
}

/* -1 unless all digits, and few enough for an int. */
static int number(tare_str s)
{
	size_t i;
	int v = 0;

	if (!s.len || s.len > 9)
		return -1;
	for (i = 0; i < s.len; i++) {
		if (s.ptr[i] < '0' || s.ptr[i] > '9')
			return -1;
		v = v * 10 + (s.ptr[i] - '0');
	}
	return v;
}

/* Index of the component that numbers the layer, 0 if none (the first component never does). */
static size_t layer_part(const tare_str *parts, size_t n)
{
	static const char *const before[] = { "blk", "layers", "layer", "h", "block", "blocks" };
	size_t i, k;

	for (i = 1; i < n; i++)
		for (k = 0; number(parts[i]) >= 0 && k < COUNT(before); k++)
			if (tare_str_eq(parts[i - 1], tare_str_of(before[k])))
				return i;
	return 0;
}

int tare_layer_of(tare_str name)
{
	tare_str parts[MAX_PARTS];
	size_t i = layer_part(parts, split(name, parts));

	return i ? number(parts[i]) : -1;
}

bool tare_layer_place(tare_str name, size_t *at, size_t *len)
{
	tare_str parts[MAX_PARTS];
	size_t i = layer_part(parts, split(name, parts));

	if (!i)
		return false;
	*at = (size_t)(parts[i].ptr - name.ptr);
	*len = parts[i].len;
	return true;
}

/* The first two components, as "a.blk" or "v.patch_*" have them. */
static bool is_front(const tare_str *parts, size_t n, const char *tower)
{
	size_t len = strlen(tower), have;

	if (n < 2)
		return false;
	have = (size_t)(parts[1].ptr - parts[0].ptr) + parts[1].len;
	if (tower[len - 1] == '*')
		have = have < --len ? have : len;
	return have == len && !memcmp(parts[0].ptr, tower, len);
}

static const char *tower_of(const tare_str *parts, size_t n)
{
	size_t i, k;

	for (k = 0; k < COUNT(towers); k++) {
		if (strchr(towers[k].name, '.') && is_front(parts, n, towers[k].name))
			return towers[k].role;
		/* "mm", also of projector files, counts in front only. */
		for (i = 0; i < n && (!i || strlen(towers[k].name) > 2); i++)
			if (tare_str_eq(parts[i], tare_str_of(towers[k].name)))
				return towers[k].role;
	}
	return NULL;
}

static bool is_final(tare_str s)
{
	return tare_str_eq(s, tare_str_of("weight")) || tare_str_eq(s, tare_str_of("bias"));
}

/* parts[from..n) joined with dots, numbers as "*"; false if it does not fit. */
static bool join(const tare_str *parts, size_t from, size_t n, char key[MAX_KEY])
{
	size_t at = 0;

	for (; from < n; from++) {
		tare_str p = number(parts[from]) < 0 ? parts[from] : tare_str_of("*");

		if (at + p.len + 2 > MAX_KEY || memchr(p.ptr, 0, p.len))
			return false;
		if (at)
			key[at++] = '.';
		memcpy(key + at, p.ptr, p.len);
		at += p.len;
	}
	key[at] = '\0';
	return true;
}

const char *tare_role_of(tare_str name)
{
	tare_str parts[MAX_PARTS];
	char key[MAX_KEY];
	size_t n = split(name, parts), layer = layer_part(parts, n), from;
	const char *role = tower_of(parts, n);

	if (n > 1 && is_final(parts[n - 1]))
		n--;
	/* A single component means something right behind the layer number only: elsewhere "proj" or "gate" can be anything's. */
	for (from = layer ? layer + 1 : 0; !role && from < n; from++) {
		if (!join(parts, from, n, key))
			return NULL;
		if (!layer)
			role = find(in_model, COUNT(in_model), key);
		else if (from == layer + 1 || from + 1 < n)
			role = find(in_layer, COUNT(in_layer), key);
	}
	return role;
}

const char *tare_tensor_role(const tare_model *m, const tare_tensor *t)
{
	(void)m;
	return tare_role_of(t->name);
}

int tare_tensor_layer(const tare_model *m, const tare_tensor *t)
{
	(void)m;
	return tare_layer_of(t->name);
}
