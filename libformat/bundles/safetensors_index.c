/* A safetensors model in several files: NAME.safetensors.index.json says which tensor is in which. The index itself names the set, and so
 * does each of its files. What the index says and what the files hold must agree. */
#include "bundles/bundle.h"

#include "base/escape.h"
#include "base/json.h"
#include "formats/safetensors.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

typedef struct mapped {
	tare_str name, file;
	size_t at;              /* in the index */
	bool found;
} mapped;

typedef struct set {
	const char *path;       /* of the index */
	const tare_open_options *opt;
	tare_limits limits;
	tare_source *source;    /* the index: what its strings point into */
	tare_arena arena;
	tare_json json;
	mapped *map;
	size_t n_map, cap_map;
	tare_strmap by_name;    /* map */
	tare_str *files;        /* sorted, each once */
	size_t n_files, cap_files;
	bool has_map, has_total;
	tare_json_number total;
	tare_model *model;
	tare_error *err;
} set;

/* ---- the index ---- */

/* Only files beside the index: it may come from anywhere. */
static tare_status check_file_name(set *s, tare_str name, tare_str file, size_t at)
{
	size_t i;

	for (i = 0; i < file.len; i++)
		if (file.ptr[i] == '/' || file.ptr[i] == '\\' || (uint8_t)file.ptr[i] < 0x20)
			break;
	if (i == file.len && i && i < 256 && !tare_str_eq(file, tare_str_of(".")) && !tare_str_eq(file, tare_str_of("..")))
		return TARE_OK;
	return tare_json_fail(&s->json, at, "tensor '%s' is mapped to '%s': expected the name of a file beside the index", TARE_SHOW(name),
			      TARE_SHOW(file));
}

static tare_status read_map(set *s)
{
	tare_json *j = &s->json;
	size_t existing;
	bool more;

	if (s->has_map)
		return tare_json_fail(j, j->key_at, "weight_map is there twice");
	s->has_map = true;
	TARE_TRY(tare_json_open(j, TARE_JSON_OBJECT));
	for (;;) {
		mapped m = { .found = false };

		TARE_TRY(tare_json_key(j, &more, &m.name));
		if (!more)
			return TARE_OK;
		m.at = j->key_at;
		TARE_TRY(tare_json_string(j, &m.file));
		TARE_TRY(check_file_name(s, m.name, m.file, m.at));
		TARE_TRY(tare_limit_check(&s->limits, TARE_LIMIT_tensors, s->n_map + 1, m.at, "tensors of an index", s->err));
		if (!tare_grow(&s->map, &s->cap_map, s->n_map, sizeof m) ||
		    !tare_strmap_add(&s->by_name, m.name, s->n_map, &existing))
			return tare_fail_nomem(s->err);
		if (existing != SIZE_MAX)
			return tare_json_fail(j, m.at, "tensor '%s' is mapped twice", TARE_SHOW(m.name));
		s->map[s->n_map++] = m;
	}
}

static tare_status read_totals(set *s)
{
	tare_json *j = &s->json;
	tare_json_kind kind;
	tare_str key;
	bool more;

	TARE_TRY(tare_json_peek(j, &kind));
	if (kind != TARE_JSON_OBJECT)
		return tare_json_skip(j);
	TARE_TRY(tare_json_open(j, TARE_JSON_OBJECT));
	for (;;) {
		TARE_TRY(tare_json_key(j, &more, &key));
		if (!more)
			return TARE_OK;
		TARE_TRY(tare_json_peek(j, &kind));
		if (kind == TARE_JSON_NUMBER && tare_str_eq(key, tare_str_of("total_size"))) {
			TARE_TRY(tare_json_number_read(j, &s->total));
			s->has_total = true;
		} else {
			TARE_TRY(tare_json_skip(j));
		}
	}
}

static tare_status read_index(set *s)
{
	tare_json *j = &s->json;
	tare_str key;
	bool more;

	TARE_TRY(tare_json_open(j, TARE_JSON_OBJECT));
	for (;;) {
		TARE_TRY(tare_json_key(j, &more, &key));
		if (!more)
			break;
		if (tare_str_eq(key, tare_str_of("weight_map")))
			TARE_TRY(read_map(s));
		else if (tare_str_eq(key, tare_str_of("metadata")))
			TARE_TRY(read_totals(s));
		else
			TARE_TRY(tare_json_skip(j));
	}
	TARE_TRY(tare_json_end(j));
	if (!s->has_map)
		return tare_json_fail(j, 0, "no weight_map: this is not the index of a sharded model");
	return s->n_map ? TARE_OK : tare_json_fail(j, 0, "weight_map is empty: expected the file of every tensor");
}

static int compare(const void *a, const void *b)
{
	return tare_str_cmp(*(const tare_str *)a, *(const tare_str *)b);
}

static tare_status list_files(set *s)
{
	tare_strmap seen = { 0 };
	size_t i, existing;
	bool ok = true;

	for (i = 0; ok && i < s->n_map; i++) {
		ok = tare_strmap_add(&seen, s->map[i].file, i, &existing);
		if (!ok || existing != SIZE_MAX)
			continue;
		ok = tare_grow(&s->files, &s->cap_files, s->n_files, sizeof *s->files);
		if (ok)
			s->files[s->n_files++] = s->map[i].file;
	}
	tare_strmap_free(&seen);
	if (!ok)
		return tare_fail_nomem(s->err);
	qsort(s->files, s->n_files, sizeof *s->files, compare);
	return tare_limit_check(&s->limits, TARE_LIMIT_shards, s->n_files, TARE_NOWHERE, "files of a set", s->err);
}

/* ---- the files ---- */

static char *beside(const char *path, tare_str name)
{
	size_t folder = (size_t)(tare_st_base_name(path).ptr - path);
	char *out = malloc(folder + name.len + 1);

	if (out) {
		memcpy(out, path, folder);
		memcpy(out + folder, name.ptr, name.len);
		out[folder + name.len] = '\0';
	}
	return out;
}

/* Everything in the file is mapped, and to this file. */
static tare_status check_tensors(set *s, const tare_model *m, tare_str file)
{
	size_t i, at;

	for (i = 0; i < m->n_tensors; i++) {
		tare_str name = tare_st_stored_name(&s->arena, m->tensors[i].name);

		if (!name.ptr)
			return tare_fail_nomem(s->err);
		at = tare_strmap_find(&s->by_name, name);
		if (at == SIZE_MAX)
			return tare_fail(s->err, TARE_E_DATA, TARE_NOWHERE, "tensor '%s' is in '%s', but the index does not name it",
					 TARE_SHOW(name), TARE_SHOW(file));
		if (!tare_str_eq(s->map[at].file, file))
			return tare_json_fail(&s->json, s->map[at].at, "tensor '%s' is in '%s', but is mapped to '%s'", TARE_SHOW(name),
					      TARE_SHOW(file), TARE_SHOW(s->map[at].file));
		s->map[at].found = true;
	}
	return TARE_OK;
}

static tare_status open_shard(set *s, tare_str file, const char *path, tare_model **out)
{
	tare_source *source;
	struct stat st;
	tare_status status;

	if (stat(path, &st) && (errno == ENOENT || errno == ENOTDIR))
		return tare_fail(s->err, TARE_E_DATA, TARE_NOWHERE,
				 "the index names '%s', which is not there: fetch it, or open a file alone with --single", TARE_SHOW(file));
	TARE_TRY(tare_source_open(&source, path, &s->limits, s->err));
	status = tare_format_open(out, path, source, s->opt, s->err);
	if (status == TARE_OK && (*out)->format != &tare_format_safetensors)
		status = tare_fail(s->err, TARE_E_DATA, TARE_NOWHERE, "the index names '%s', which is %s and not safetensors", TARE_SHOW(file),
				   (*out)->format->name);
	return status;
}

static tare_status add_shard(set *s, tare_str file)
{
	char *path = beside(s->path, file);
	tare_model *m = NULL;
	tare_status st;

	if (!path)
		return tare_fail_nomem(s->err);
	st = open_shard(s, file, path, &m);
	free(path);
	if (st == TARE_OK)
		st = check_tensors(s, m, file);
	if (st == TARE_OK && s->model) {
		st = tare_model_absorb(s->model, m, s->err);
		m = NULL;
	} else if (st == TARE_OK) {
		s->model = m;
		m = NULL;
	}
	tare_close(m);
	return st;
}

static void check_total(set *s)
{
	uint64_t total = 0;
	size_t i;

	for (i = 0; i < s->model->n_tensors; i++)
		total += s->model->tensors[i].size;
	if (s->has_total && !(s->total.fits && s->total.magnitude == total))
		tare_model_warn(s->model, "the index says total_size %s, but the tensors have %llu bytes", TARE_SHOW(s->total.text),
				(unsigned long long)total);
}

static tare_status finish(set *s, const char *path)
{
	tare_str note;
	bool used;
	char *name;
	size_t i;

	for (i = 0; i < s->n_map; i++)
		if (!s->map[i].found)
			return tare_json_fail(&s->json, s->map[i].at, "tensor '%s' is not in '%s', to which it is mapped",
					      TARE_SHOW(s->map[i].name), TARE_SHOW(s->map[i].file));
	check_total(s);
	TARE_TRY(tare_st_find_note(s->model, 0, &s->arena, &note, s->err));
	if (note.len && s->n_files > 1)
		TARE_TRY(tare_st_apply_note(s->model, note, false, &used, s->err));
	name = strdup(path);
	if (!name)
		return tare_fail_nomem(s->err);
	free(s->model->path);
	s->model->path = name;
	return tare_model_seal(s->model, s->err);
}

static tare_status load_index(set *s)
{
	const uint8_t *text;
	uint64_t have, most = s->limits.value[TARE_LIMIT_json];

	TARE_TRY(tare_source_open(&s->source, s->path, &s->limits, s->err));
	TARE_TRY(tare_source_prefix(s->source, most < UINT64_MAX ? most + 1 : most, &text, &have, s->err));
	TARE_TRY(tare_limit_check(&s->limits, TARE_LIMIT_json, have, 0, "bytes of an index", s->err));
	TARE_TRY(tare_json_start(&s->json, text, (size_t)have, 0, "index", &s->limits, &s->arena, s->err));
	TARE_TRY(read_index(s));
	return list_files(s);
}

/* path: what the user named; index: malloc'ed, freed here. */
static tare_status open_set(tare_model **out, const char *path, char *index, const tare_open_options *opt, tare_error *err)
{
	set s = { .path = index, .opt = opt, .err = err };
	tare_status st;
	size_t i;

	if (opt && opt->limits)
		s.limits = *opt->limits;
	else
		tare_limits_init(&s.limits);
	st = load_index(&s);
	for (i = 0; st == TARE_OK && i < s.n_files; i++)
		st = add_shard(&s, s.files[i]);
	if (st == TARE_OK)
		st = finish(&s, path);
	if (st == TARE_OK)
		*out = s.model;
	else
		tare_close(s.model);
	if (st != TARE_OK)
		tare_error_in_file(err, index);
	tare_strmap_free(&s.by_name);
	tare_source_close(s.source);
	tare_arena_free(&s.arena);
	free(s.map);
	free(s.files);
	free(index);
	return st;
}

/* ---- which set is meant ---- */

/* Is it JSON with a weight_map? The name has said that it might be. */
static tare_status is_index(const char *path, const tare_open_options *opt, bool *out, tare_error *err)
{
	tare_limits limits;
	tare_source *source;
	const uint8_t *p;
	uint64_t have = 0;
	tare_status st;

	tare_limits_init(&limits);
	limits = opt && opt->limits ? *opt->limits : limits;
	*out = false;
	TARE_TRY(tare_source_open(&source, path, &limits, err));
	st = tare_source_prefix(source, limits.value[TARE_LIMIT_json], &p, &have, err);
	have = have < limits.value[TARE_LIMIT_json] ? have : limits.value[TARE_LIMIT_json];
	while (have && *p && strchr(" \t\r\n", *p))
		p++, have--;
	if (st == TARE_OK && have && *p == '{')
		*out = memmem(p, (size_t)have, "\"weight_map\"", 12);
	tare_source_close(source);
	return st;
}

/* "PREFIX-00001-of-00003.safetensors[.zst]" is one of the set "PREFIX.safetensors.index.json". malloc'ed. */
static tare_status index_of_shard(const char *path, char **out, tare_error *err)
{
	static const char suffix[] = ".safetensors.index.json";
	size_t prefix = tare_st_shard_prefix(path);
	char *name;

	*out = NULL;
	if (!prefix)
		return TARE_OK;
	name = malloc(prefix + sizeof suffix);
	if (!name)
		return tare_fail_nomem(err);
	memcpy(name, path, prefix);
	memcpy(name + prefix, suffix, sizeof suffix);
	*out = name;
	return TARE_OK;
}

/* A shard whose index is not there is opened alone, and said so. */
static tare_status open_lone_shard(tare_model **out, const char *path, const char *index, const tare_open_options *opt, tare_error *err)
{
	tare_limits limits;
	tare_source *source;

	tare_limits_init(&limits);
	TARE_TRY(tare_source_open(&source, path, opt && opt->limits ? opt->limits : &limits, err));
	TARE_TRY(tare_format_open(out, path, source, opt, err));
	tare_model_warn(*out, "this is one file of a set, whose index %s is not there: the others are not shown",
			TARE_SHOW(tare_st_base_name(index)));
	return TARE_OK;
}

static tare_status open_by_shard(tare_model **out, const char *path, const tare_open_options *opt, tare_error *err)
{
	struct stat st;
	tare_status status;
	char *index;
	bool there;

	TARE_TRY(index_of_shard(path, &index, err));
	if (!index)
		return TARE_OK;
	there = !stat(index, &st);
	if (there && S_ISREG(st.st_mode))
		return open_set(out, path, index, opt, err);
	if (there || errno == ENOENT)
		status = open_lone_shard(out, path, index, opt, err);
	else
		status = tare_fail_errno(err, errno, "cannot look for the index of the set");
	free(index);
	return status;
}

static tare_status open_index(tare_model **out, const char *path, const tare_open_options *opt, tare_error *err)
{
	struct stat st;
	bool yes;
	char *copy;

	*out = NULL;
	if (opt && (opt->single || (opt->from && strcasecmp(opt->from, "safetensors"))))
		return TARE_OK;
	if (stat(path, &st))
		return tare_fail_errno(err, errno, "cannot open");
	if (!S_ISREG(st.st_mode))
		return TARE_OK;
	if (tare_strip_ending(path, strlen(path), ".json") == strlen(path))
		return open_by_shard(out, path, opt, err);
	TARE_TRY(is_index(path, opt, &yes, err));
	if (!yes)
		return TARE_OK;
	copy = strdup(path);
	return copy ? open_set(out, path, copy, opt, err) : tare_fail_nomem(err);
}

const tare_bundle tare_bundle_safetensors_index = { .name = "safetensors index", .open = open_index };
