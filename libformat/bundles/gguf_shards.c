/* A GGUF model in several files, "PREFIX-00002-of-00003.gguf": any of them names the whole. The first has the metadata; all say which
 * one they are (split.no), how many there are (split.count) and how many tensors in all (split.tensors.count). llama.cpp checks the
 * first and the last of these; here all three must agree, and with the names. */
#include "bundles/bundle.h"

#include "base/escape.h"
#include "formats/gguf.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

typedef struct set {
	const char *path;            /* as named by the user */
	tare_gguf_name name;
	const tare_open_options *opt;
	tare_limits limits;
	tare_model *first;
	tare_model *named;           /* opened already; NULL once it has its place */
	uint64_t tensors;            /* in all, TARE_NOWHERE if not said */
} set;

/* Only a file may be opened twice, and a suffix alone proves nothing: the contents decide. */
static tare_status open_gguf(tare_model **out, const char *path, const set *s, tare_error *err)
{
	tare_source *source;
	const uint8_t *head;
	struct stat st;
	uint64_t have;
	tare_status status;

	*out = NULL;
	if (stat(path, &st))
		return tare_fail_errno(err, errno, "cannot open");
	if (!S_ISREG(st.st_mode))
		return TARE_OK;
	status = tare_source_open(&source, path, &s->limits, err);
	if (status != TARE_OK)
		return status;
	status = tare_source_prefix(source, 4, &head, &have, err);
	if (status == TARE_OK && have >= 4 && !memcmp(head, "GGUF", 4))
		return tare_format_open(out, path, source, s->opt, err);
	tare_source_close(source);
	return status;
}

/* A key of the split, whatever integer it is; strict: of the kind that llama.cpp reads. */
static tare_status split_key(const tare_model *m, const char *key, tare_kind kind, uint64_t *out, tare_error *err)
{
	tare_value v;

	if (!tare_model_find(m, key, &v))
		return TARE_OK;
	if (!tare_model_find_u64(m, key, out) || (m->strict && v.kind != kind))
		return tare_fail(err, TARE_E_DATA, TARE_NOWHERE, "%s is of kind %s or negative, expected %s", key, tare_kind_name(v.kind),
				 tare_kind_name(kind));
	return TARE_OK;
}

/* What a later shard says of the set, against the name and the first one. number counts from 1. */
static tare_status check_shard(const set *s, const tare_model *m, uint32_t number, tare_error *err)
{
	uint64_t no = TARE_NOWHERE, count = 0, tensors = s->tensors;

	TARE_TRY(split_key(m, TARE_GGUF_KEY_SPLIT_NO, TARE_U16, &no, err));
	TARE_TRY(split_key(m, TARE_GGUF_KEY_SPLIT_COUNT, TARE_U16, &count, err));
	TARE_TRY(split_key(m, TARE_GGUF_KEY_SPLIT_TENSORS, TARE_I32, &tensors, err));
	if (no == TARE_NOWHERE)
		return tare_fail(err, TARE_E_DATA, TARE_NOWHERE, "split.no is missing: this is not shard %u of a set", number);
	if (no != number - 1)
		return tare_fail(err, TARE_E_DATA, TARE_NOWHERE, "split.no is %llu, but the name says shard %u, which counts as %u; "
				 "was the file renamed?", (unsigned long long)no, number, number - 1);
	if (count != s->name.count)
		return tare_fail(err, TARE_E_DATA, TARE_NOWHERE, "split.count is %llu, but the name says %u; the file is of another set",
				 (unsigned long long)count, s->name.count);
	if (tensors != s->tensors && number > 1)
		return tare_fail(err, TARE_E_DATA, TARE_NOWHERE, "split.tensors.count differs from the first shard's; the file is of "
				 "another set");
	if (s->first && m->big_endian != s->first->big_endian)
		return tare_fail(err, TARE_E_DATA, TARE_NOWHERE, "the byte order differs from the first shard's; the file is of another set");
	return TARE_OK;
}

static bool is_split_key(tare_str key)
{
	return key.len > 6 && !memcmp(key.ptr, "split.", 6);
}

static bool same_value(const tare_value *a, const tare_value *b)
{
	if (a->kind != b->kind)
		return false;
	if (a->kind == TARE_STRING)
		return tare_str_eq(a->as.string, b->as.string);
	return a->kind != TARE_ARRAY && a->as.u == b->as.u;
}

/* Metadata of a later shard is not read by llama.cpp and stays behind: said, unless the first shard has the same. */
static void tell_left_behind(const set *s, const tare_model *m, uint32_t number)
{
	size_t i, at, n = 0;
	tare_str example = { 0 };

	for (i = 0; i < m->n_meta; i++) {
		const tare_entry *e = &m->meta[i];

		if (is_split_key(e->key) || tare_str_eq(e->key, tare_str_of(TARE_GGUF_KEY_ALIGNMENT)))
			continue;
		at = tare_strmap_find(&s->first->by_key, e->key);
		if ((at == SIZE_MAX || !same_value(&e->value, &s->first->meta[at].value)) && !n++)
			example = e->key;
	}
	if (n)
		tare_model_warn(s->first, "shard %u has metadata of its own, which is left behind: '%s'%s", number, TARE_SHOW(example),
				n > 1 ? " and more" : "");
}

static tare_status open_shard(set *s, uint32_t number, const char *path, tare_model **out, tare_error *err)
{
	tare_source *source;
	struct stat st;

	*out = NULL;
	if (number == s->name.number) {
		*out = s->named;
		s->named = NULL;
		return TARE_OK;
	}
	if (stat(path, &st) && (errno == ENOENT || errno == ENOTDIR))
		return tare_fail_errno(err, errno, "shard %u of %u is missing; it belongs beside the others (--single opens one file alone)",
				       number, s->name.count);
	TARE_TRY(tare_source_open(&source, path, &s->limits, err));
	return tare_format_open(out, path, source, s->opt, err);
}

static tare_status add_shard(set *s, uint32_t number, tare_error *err)
{
	char *path = tare_gguf_name_make(s->path, &s->name, number);
	tare_model *m = NULL;
	tare_status st;

	if (!path)
		return tare_fail_nomem(err);
	st = open_shard(s, number, path, &m, err);
	if (st == TARE_OK && number == 1)
		st = split_key(m, TARE_GGUF_KEY_SPLIT_TENSORS, TARE_I32, &s->tensors, err);
	if (st == TARE_OK)
		st = check_shard(s, m, number, err);
	if (st == TARE_OK && number == 1) {
		s->first = m;
		m = NULL;
	} else if (st == TARE_OK) {
		tell_left_behind(s, m, number);
		st = tare_model_absorb(s->first, m, err);
		m = NULL;
	}
	tare_close(m);
	if (st != TARE_OK)
		tare_error_in_file(err, path);
	free(path);
	return st;
}

static tare_status finish(set *s, tare_error *err)
{
	tare_model *m = s->first;
	char *path;

	if (s->tensors != TARE_NOWHERE && s->tensors != m->n_tensors)
		return tare_fail(err, TARE_E_DATA, TARE_NOWHERE, "the %u shards hold %zu tensors, but split.tensors.count is %llu", s->name.count,
				 m->n_tensors, (unsigned long long)s->tensors);
	tare_model_remove(m, TARE_GGUF_KEY_SPLIT_NO);
	tare_model_remove(m, TARE_GGUF_KEY_SPLIT_COUNT);
	tare_model_remove(m, TARE_GGUF_KEY_SPLIT_TENSORS);
	path = strdup(s->path);
	if (!path)
		return tare_fail_nomem(err);
	free(m->path);
	m->path = path;
	return tare_model_seal(m, err);
}

static tare_status open_set(tare_model **out, set *s, tare_error *err)
{
	tare_status st = TARE_OK;
	uint32_t i;

	for (i = 1; i <= s->name.count && st == TARE_OK; i++)
		st = add_shard(s, i, err);
	if (st == TARE_OK)
		st = finish(s, err);
	if (st == TARE_OK) {
		*out = s->first;
		return st;
	}
	tare_error_in_file(err, s->path);
	tare_close(s->first);
	tare_close(s->named);
	return st;
}

static tare_status open_shards(tare_model **out, const char *path, const tare_open_options *opt, tare_error *err)
{
	set s = { .path = path, .opt = opt, .tensors = TARE_NOWHERE };
	uint64_t count = 0;
	tare_status st;
	bool named;

	*out = NULL;
	if (!strcmp(path, "-") || (opt && (opt->single || (opt->from && strcasecmp(opt->from, "gguf")))))
		return TARE_OK;
	if (opt && opt->limits)
		s.limits = *opt->limits;
	else
		tare_limits_init(&s.limits);
	TARE_TRY(open_gguf(&s.named, path, &s, err));
	if (!s.named)
		return TARE_OK;
	st = split_key(s.named, TARE_GGUF_KEY_SPLIT_COUNT, TARE_U16, &count, err);
	named = tare_gguf_name_parse(path, &s.name);
	if (st == TARE_OK && count > 1 && !named)
		st = tare_fail(err, TARE_E_DATA, TARE_NOWHERE, "one of %llu shards, but not named like one (NAME-00001-of-%05llu.gguf), so the "
			       "others cannot be found; rename it, or open it with --single", (unsigned long long)count, (unsigned long long)count);
	if (st == TARE_OK && count > 1 && s.name.count != count)
		st = tare_fail(err, TARE_E_DATA, TARE_NOWHERE, "split.count is %llu, but the name says %u; was the file renamed?",
			       (unsigned long long)count, s.name.count);
	if (st == TARE_OK && count > 1)
		return open_set(out, &s, err);
	if (st == TARE_OK) {
		*out = s.named;
		return TARE_OK;
	}
	tare_error_in_file(err, path);
	tare_close(s.named);
	return st;
}

const tare_bundle tare_bundle_gguf_shards = { .name = "gguf shards", .open = open_shards };
