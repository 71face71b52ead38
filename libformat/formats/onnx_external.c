/* Data files. A location is a path below the model's folder, wherever links lead in the end: what it names must lie in the folder of the
 * model as it was named, or in the one where the model really is (a hub's cache has links to both the model and its data). Strict is the
 * rule of ONNX's checker: no "..", no links, no further names of the file. */
#include "formats/onnx.h"

#include "base/escape.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

static tare_status refuse(const tare_model *m, tare_str location, const char *why, tare_error *err)
{
	return tare_fail(err, TARE_E_DATA, tare_onnx_place(m, location.ptr), "external data in '%s': %s", TARE_SHOW(location), why);
}

/* A part of the path that is "..". */
static bool goes_up(tare_str path)
{
	size_t i;

	for (i = 0; i + 1 < path.len; i++)
		if (path.ptr[i] == '.' && path.ptr[i + 1] == '.' && (!i || path.ptr[i - 1] == '/') &&
		    (i + 2 == path.len || path.ptr[i + 2] == '/'))
			return true;
	return false;
}

/* The folder part of path, malloc'ed. */
static char *folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return !slash ? strdup(".") : strndup(path, slash == path ? 1 : (size_t)(slash - path));
}

/* Is `path`, which is free of links, below `folder`, free of links too? */
static bool below(const char *path, const char *folder)
{
	size_t n = strlen(folder);

	if (n == 1 && *folder == '/')
		return true;
	return !strncmp(path, folder, n) && path[n] == '/';
}

/* Below the folder in which the model (or the link to it) lies, or below the folder of the file that it really is. */
static tare_status contained(const char *real, const char *model, bool *yes, tare_error *err)
{
	char *folder = folder_of(model), *named = folder ? realpath(folder, NULL) : NULL;
	char *file = realpath(model, NULL), *home = file ? folder_of(file) : NULL;

	*yes = (named && below(real, named)) || (home && below(real, home));
	free(folder);
	free(named);
	free(file);
	free(home);
	return !*yes && errno == ENOMEM ? tare_fail_nomem(err) : TARE_OK;
}

/* Every part of path below the model's folder, which has prefix bytes, is a folder or file itself and no link. */
static bool has_links(char *path, size_t prefix)
{
	struct stat st;
	char *p;

	for (p = path + prefix; p; p = strchr(p + 1, '/')) {
		char *end = strchr(p + 1, '/');
		bool link;

		if (end)
			*end = '\0';
		link = !lstat(path, &st) && S_ISLNK(st.st_mode);
		if (end)
			*end = '/';
		if (link)
			return true;
	}
	return false;
}

static tare_status check_strict(const tare_model *m, tare_str location, char *path, size_t prefix, const struct stat *st, tare_error *err)
{
	if (goes_up(location))
		return refuse(m, location, "the strict rule allows no '..'", err);
	if (has_links(path, prefix))
		return refuse(m, location, "the strict rule allows no symbolic link", err);
	if (st->st_nlink > 1)
		return refuse(m, location, "the strict rule allows no file that has several names (hard links)", err);
	return TARE_OK;
}

/* *real: what path is in the end. */
static tare_status resolve(const tare_model *m, tare_str location, char *path, size_t prefix, char **real, tare_error *err)
{
	struct stat st;
	bool inside;

	*real = realpath(path, NULL);
	if (!*real && errno == ENOMEM)
		return tare_fail_nomem(err);
	if (!*real || stat(*real, &st))
		return tare_fail(err, TARE_E_DATA, tare_onnx_place(m, location.ptr), "external data in '%s': %s: it belongs beside the model",
				 TARE_SHOW(location), strerror(errno));
	TARE_TRY(contained(*real, m->files[0].path, &inside, err));
	if (!inside)
		return refuse(m, location, "it leads out of the model's folder", err);
	if (!S_ISREG(st.st_mode))
		return refuse(m, location, "it is not a file", err);
	return m->strict ? check_strict(m, location, path, prefix, &st, err) : TARE_OK;
}

static tare_status open_at(tare_model *m, tare_str location, char *path, size_t prefix, tare_error *err)
{
	tare_source *source = NULL;
	char *real = NULL;
	tare_status st = resolve(m, location, path, prefix, &real, err);

	if (st == TARE_OK)
		st = tare_source_open_plain(&source, real, &m->limits, err);
	free(real);
	return st == TARE_OK ? tare_model_add_file(m, path, source, err) : st;
}

tare_status tare_onnx_external(tare_model *m, tare_str location, uint32_t *file, tare_error *err)
{
	const char *model = m->files[0].path;
	char *folder, *path = NULL;
	tare_status st;

	if (!location.len)
		return refuse(m, location, "no location is given", err);
	if (memchr(location.ptr, '\0', location.len))
		return refuse(m, location, "the location holds a NUL", err);
	if (*location.ptr == '/')
		return refuse(m, location, "a location must be relative to the model's folder", err);
	if (!model || !strcmp(model, "-"))
		return tare_fail(err, TARE_E_UNSUPPORTED, tare_onnx_place(m, location.ptr),
				 "its weights are in '%s' beside it, which is out of reach: name the model's file", TARE_SHOW(location));
	folder = folder_of(model);
	if (!folder || asprintf(&path, "%s/%.*s", folder, (int)location.len, location.ptr) < 0)
		path = NULL;
	st = path ? open_at(m, location, path, strlen(folder), err) : tare_fail_nomem(err);
	*file = (uint32_t)m->n_files - 1;
	free(folder);
	free(path);
	return st;
}
