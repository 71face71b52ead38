/* A folder stands for the one model in it: the index of a sharded model, one GGUF set, or one model file. Anything else is for the user to
 * decide, and the message lists what there is. */
#include "bundles/bundle.h"

#include "base/escape.h"
#include "formats/gguf.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

typedef struct listing {
	const char *path;
	char **models;          /* names that end like a model file's, sorted */
	size_t n_models, cap_models;
	char **indexes;         /* NAME.safetensors.index.json */
	size_t n_indexes, cap_indexes;
	size_t others;
	tare_error *err;
} listing;

static void free_names(char **names, size_t n)
{
	while (n)
		free(names[--n]);
	free(names);
}

static tare_status keep(listing *l, char ***names, size_t *n, size_t *cap, const char *name)
{
	char *copy = strdup(name);

	if (copy && tare_grow(names, cap, *n, sizeof copy)) {
		(*names)[(*n)++] = copy;
		return TARE_OK;
	}
	free(copy);
	return tare_fail_nomem(l->err);
}

static tare_status list_one(listing *l, int dir, const char *name)
{
	struct stat st;

	if (name[0] == '.' || fstatat(dir, name, &st, 0) || !S_ISREG(st.st_mode))
		return TARE_OK;
	if (tare_strip_ending(name, strlen(name), ".safetensors.index.json") < strlen(name))
		return keep(l, &l->indexes, &l->n_indexes, &l->cap_indexes, name);
	if (tare_format_of_suffix(name))
		return keep(l, &l->models, &l->n_models, &l->cap_models, name);
	l->others++;
	return TARE_OK;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static tare_status list(listing *l)
{
	DIR *dir = opendir(l->path);
	struct dirent *entry;
	tare_status st = TARE_OK;

	if (!dir)
		return tare_fail_errno(l->err, errno, "cannot read the folder");
	while (st == TARE_OK && (entry = readdir(dir)))
		st = list_one(l, dirfd(dir), entry->d_name);
	closedir(dir);
	if (l->n_models)
		qsort(l->models, l->n_models, sizeof *l->models, by_name);
	if (l->n_indexes)
		qsort(l->indexes, l->n_indexes, sizeof *l->indexes, by_name);
	return st;
}

/* All models are shards of one GGUF set. */
static bool one_gguf_set(const listing *l)
{
	tare_gguf_name first, other;
	size_t i;

	if (!tare_gguf_name_parse(l->models[0], &first))
		return false;
	for (i = 1; i < l->n_models; i++)
		if (!tare_gguf_name_parse(l->models[i], &other) || other.prefix != first.prefix || other.count != first.count ||
		    memcmp(l->models[i], l->models[0], first.prefix) != 0)
			return false;
	return true;
}

/* An index speaks for the safetensors files beside it, for no others. */
static bool only_safetensors(const listing *l)
{
	size_t i;

	for (i = 0; i < l->n_models; i++)
		if (tare_format_of_suffix(l->models[i]) != &tare_format_safetensors)
			return false;
	return true;
}

/* The name that stands for the folder, NULL if there is not exactly one. */
static const char *choose(const listing *l)
{
	if (l->n_indexes)
		return l->n_indexes == 1 && only_safetensors(l) ? l->indexes[0] : NULL;
	return l->n_models == 1 || (l->n_models && one_gguf_set(l)) ? l->models[0] : NULL;
}

static tare_status refuse(const listing *l)
{
	char names[300] = "";
	size_t i, n = l->n_indexes + l->n_models, used = 0;

	if (!n)
		return tare_fail(l->err, TARE_E_FORMAT, TARE_NOWHERE,
				 "no model in this folder: expected a file *.gguf or *.safetensors among its %zu files", l->others);
	for (i = 0; i < n && i < 8 && used < sizeof names - 64; i++) {
		const char *name = i < l->n_indexes ? l->indexes[i] : l->models[i - l->n_indexes];
		tare_shown shown;

		used += (size_t)snprintf(names + used, sizeof names - used, "%s%.60s", i ? ", " : "",
					 tare_escape(tare_str_of(name), 56, shown.text, sizeof shown.text));
	}
	return tare_fail(l->err, TARE_E_FORMAT, TARE_NOWHERE, "the folder holds %zu model files and not one model; name one of: %s%s", n, names,
			 i < n ? ", ..." : "");
}

static tare_status open_chosen(tare_model **out, const listing *l, const char *name, const tare_open_options *opt)
{
	size_t len = strlen(l->path) + strlen(name) + 2;
	char *path = malloc(len);
	tare_status st;

	if (!path)
		return tare_fail_nomem(l->err);
	snprintf(path, len, "%s%s%s", l->path, l->path[strlen(l->path) - 1] == '/' ? "" : "/", name);
	st = tare_open(out, path, opt, l->err);
	free(path);
	return st;
}

static tare_status open_folder(tare_model **out, const char *path, const tare_open_options *opt, tare_error *err)
{
	listing l = { .path = path, .err = err };
	const char *name;
	tare_status status;
	struct stat st;

	*out = NULL;
	if (stat(path, &st))
		return tare_fail_errno(err, errno, "cannot open");
	if (!S_ISDIR(st.st_mode))
		return TARE_OK;
	status = list(&l);
	if (status == TARE_OK) {
		name = choose(&l);
		status = name ? open_chosen(out, &l, name, opt) : refuse(&l);
	}
	free_names(l.models, l.n_models);
	free_names(l.indexes, l.n_indexes);
	return status;
}

const tare_bundle tare_bundle_folder = { .name = "folder", .open = open_folder };
