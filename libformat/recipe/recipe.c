/* Loading a recipe and changing it key by key. */
#include "recipe/recipe.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char *tare_reading_place(tare_reading *r, const tare_yaml *n)
{
	return r->origin ? r->origin : tare_arena_printf(r->arena, "line %u", n->line);
}

/* Text that came from a key's origin has no file to count lines in. */
static void blame(const char *origin, const char *file, tare_error *err)
{
	tare_error_in_file(err, origin ? origin : file);
	if (err && origin)
		err->line = err->column = 0;
}

/* All keys of root into s. A failure says which file, or whose origin, the text came from. */
static tare_status read_all(tare_recipe *r, const tare_yaml *root, const char **origins, tare_settings *s, tare_error *err)
{
	tare_reading reading = { &r->arena, NULL, s };
	tare_status st;
	size_t i;

	for (i = 0; i < root->count; i++) {
		reading.origin = origins[i];
		st = tare_recipe_read(&reading, root->keys[i]->text.ptr, root->items[i], err);
		if (st != TARE_OK) {
			blame(origins[i], r->file, err);
			return st;
		}
	}
	return TARE_OK;
}

void tare_recipe_blame(const tare_recipe *r, const char *key, tare_error *err)
{
	const tare_yaml *n = tare_yaml_get(r->root, key);
	size_t i;

	for (i = 0; i < r->root->count; i++)
		if (r->root->items[i] == n)
			blame(r->origins[i], r->file, err);
}

static tare_status check_place(const tare_recipe *r, const char *key, tare_error *err, const char *text)
{
	const tare_yaml *n = tare_yaml_get(r->root, key);
	tare_status st = tare_yaml_fail(n, err, "%s: %s", key, text);

	tare_recipe_blame(r, key, err);
	return st;
}

tare_status tare_recipe_check(const tare_recipe *r, tare_error *err)
{
	bool quantizes = r->is.mix || r->is.type || r->is.fit || r->is.spread;

	if (r->is.pure && (!r->is.mix || !r->is.mix->type))
		return check_place(r, "pure", err, "only a mix in base can be pure");
	if (r->is.leave_output && !quantizes)
		return check_place(r, "leave_output", err, "without base nothing would change it");
	if (r->is.overrides && !r->is.type && !(r->is.mix && r->is.mix->type && tare_type_is_quantized(r->is.mix->type)))
		return check_place(r, "tensor_types", err, "wants a mix that quantizes, or a type in base");
	if (r->is.output_type && !quantizes)
		return check_place(r, "output_type", err, "wants a mix or a type in base");
	if (r->is.token_embedding_type && !quantizes)
		return check_place(r, "token_embedding_type", err, "wants a mix or a type in base");
	if (r->is.include_weights && r->is.exclude_weights)
		return check_place(r, "exclude_weights", err, "include_weights names those that are used already: only one of the two");
	if (r->is.include_weights && !r->is.imatrix)
		return check_place(r, "include_weights", err, "wants an imatrix");
	if (r->is.exclude_weights && !r->is.imatrix)
		return check_place(r, "exclude_weights", err, "wants an imatrix");
	return TARE_OK;
}

static tare_status parse_into(tare_recipe *r, const char *text, size_t size, tare_error *err)
{
	tare_limits lim;
	tare_yaml *root;

	tare_limits_init(&lim);
	TARE_TRY(tare_yaml_parse(&root, &r->arena, text, size, &lim, err));
	TARE_TRY(tare_yaml_only(root, tare_recipe_keys, err));
	if (!tare_yaml_get(root, "tare"))
		return tare_yaml_fail(root, err, "a recipe begins with tare: 1, the version of its language");
	r->root = root;
	r->origins = tare_arena_array(&r->arena, root->count, sizeof *r->origins);
	if (!r->origins)
		return tare_fail_nomem(err);
	TARE_TRY(read_all(r, root, r->origins, &r->is, err));
	return tare_recipe_check(r, err);
}

tare_status tare_recipe_parse(tare_recipe **out, const char *yaml, size_t size, const char *file, tare_error *err)
{
	tare_recipe *r = calloc(1, sizeof *r);
	tare_status st = TARE_OK;

	*out = NULL;
	if (!r)
		return tare_fail_nomem(err);
	if (file) {
		r->file = tare_arena_text(&r->arena, file);
		st = r->file ? TARE_OK : tare_fail_nomem(err);
	}
	if (st == TARE_OK)
		st = parse_into(r, yaml, size, err);
	if (st != TARE_OK) {
		tare_error_in_file(err, file);
		tare_recipe_free(r);
		return st;
	}
	*out = r;
	return TARE_OK;
}

enum { MAX_FILE = 16 << 20 };

static tare_status read_fd(int fd, tare_buffer *b, tare_error *err)
{
	char part[16384];
	ssize_t n;

	while ((n = read(fd, part, sizeof part)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return tare_fail_errno(err, errno, "cannot read the recipe");
		if (b->size + (size_t)n > MAX_FILE)
			return tare_fail(err, TARE_E_LIMIT, TARE_NOWHERE, "larger than the %d MiB a recipe may have", MAX_FILE >> 20);
		TARE_TRY(tare_buffer_put(b, part, (size_t)n, err));
	}
	return TARE_OK;
}

tare_status tare_recipe_load(tare_recipe **out, const char *path, tare_error *err)
{
	bool standard = !strcmp(path, "-");
	const char *name = standard ? "standard input" : path;
	int fd = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
	tare_buffer b = { 0 };
	tare_status st;

	*out = NULL;
	st = fd < 0 ? tare_fail_errno(err, errno, "cannot open the recipe") : read_fd(fd, &b, err);
	if (fd >= 0 && !standard)
		close(fd);
	if (st == TARE_OK)
		st = tare_recipe_parse(out, b.bytes ? b.bytes : "", b.size, name, err);
	free(b.bytes);
	tare_error_in_file(err, name);
	return st;
}

/* A copy of r's map, with key set to value. */
static tare_status with_key(tare_recipe *r, const char *key, tare_yaml *value, const char *origin, tare_yaml **root, const char ***origins,
			    tare_error *err)
{
	size_t n = r->root->count, at = 0;
	tare_yaml *copy = tare_arena_alloc(&r->arena, sizeof *copy), *name = tare_arena_alloc(&r->arena, sizeof *name);
	char *text = tare_arena_text(&r->arena, key);

	if (!copy || !name || !text)
		return tare_fail_nomem(err);
	*copy = *r->root;
	*name = (tare_yaml){ .kind = TARE_YAML_SCALAR, .line = 1, .column = 1, .text = tare_str_of(text) };
	copy->keys = tare_arena_array(&r->arena, n + 1, sizeof *copy->keys);
	copy->items = tare_arena_array(&r->arena, n + 1, sizeof *copy->items);
	*origins = tare_arena_array(&r->arena, n + 1, sizeof **origins);
	if (!copy->keys || !copy->items || !*origins)
		return tare_fail_nomem(err);
	memcpy(copy->keys, r->root->keys, n * sizeof *copy->keys);
	memcpy(copy->items, r->root->items, n * sizeof *copy->items);
	memcpy(*origins, r->origins, n * sizeof **origins);
	while (at < n && !tare_str_eq(copy->keys[at]->text, name->text))
		at++;
	copy->count = at < n ? n : n + 1;
	copy->keys[at] = name;
	copy->items[at] = value;
	(*origins)[at] = origin;
	*root = copy;
	return TARE_OK;
}

static tare_status set_key(tare_recipe *r, const char *key, const char *yaml, const char *origin, tare_error *err)
{
	tare_settings s = { 0 };
	tare_yaml *value, *root = NULL;
	const char **origins = NULL;
	tare_limits lim;

	tare_limits_init(&lim);
	TARE_TRY(tare_yaml_parse(&value, &r->arena, yaml, strlen(yaml), &lim, err));
	TARE_TRY(with_key(r, key, value, origin, &root, &origins, err));
	TARE_TRY(read_all(r, root, origins, &s, err));
	r->root = root;
	r->origins = origins;
	r->is = s;
	return TARE_OK;
}

tare_status tare_recipe_set(tare_recipe *r, const char *key, const char *yaml, const char *origin, tare_error *err)
{
	const char *copy = tare_arena_text(&r->arena, origin ? origin : key), *near;
	tare_status st;
	size_t i;

	if (!copy)
		return tare_fail_nomem(err);
	for (i = 0; tare_recipe_keys[i]; i++)
		if (!strcmp(tare_recipe_keys[i], key))
			break;
	if (!tare_recipe_keys[i]) {
		near = tare_nearest(key, tare_recipe_keys);
		return tare_fail(err, TARE_E_ARG, TARE_NOWHERE, "a recipe has no key '%s'%s%s", TARE_SHOW(tare_str_of(key)),
				 near ? ": did you mean " : "", near ? near : "");
	}
	st = set_key(r, key, yaml, copy, err);
	if (st != TARE_OK)
		blame(copy, NULL, err);
	return st;
}

bool tare_recipe_has_fit(const tare_recipe *r)
{
	return r->is.fit;
}

void tare_recipe_free(tare_recipe *r)
{
	if (!r)
		return;
	tare_arena_free(&r->arena);
	free(r);
}
