#include "io/source_private.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static tare_status named(const tare_source *s, tare_status st, tare_error *err)
{
	if (st)
		tare_error_in_file(err, s->name);
	return st;
}

/* What is packed becomes a stream of what is in it. */
static tare_status unpack(tare_source *s, tare_error *err)
{
	const uint8_t *head = s->bytes;
	size_t n = 4;

	if (s->addressable)
		n = s->size < 4 ? (size_t)s->size : 4;
	else
		TARE_TRY(tare_reader_peek(s->reader, &head, &n, err));
	if (!tare_zstd_magic(head, n))
		return TARE_OK;
	if (s->addressable)
		TARE_TRY(tare_reader_memory(&s->reader, s->bytes, (size_t)s->size, err));
	s->addressable = false;
	s->size = TARE_NOWHERE;
	return tare_reader_zstd(&s->reader, s->reader, &s->limits, err);
}

static tare_source *new_source(const tare_limits *lim)
{
	tare_source *s = calloc(1, sizeof *s);

	if (!s)
		return NULL;
	if (lim)
		s->limits = *lim;
	else
		tare_limits_init(&s->limits);
	s->size = TARE_NOWHERE;
	tare_error_clear(&s->trouble);
	return s;
}

tare_status tare_source_open(tare_source **out, const char *path, const tare_limits *lim, tare_error *err)
{
	tare_source *s = new_source(lim);
	tare_status st;

	*out = NULL;
	if (!s)
		return tare_fail_nomem(err);
	s->name = strdup(strcmp(path, "-") ? path : "standard input");
	st = s->name ? tare_file_open(s, path, err) : tare_fail_nomem(err);
	if (!st)
		st = unpack(s, err);
	if (st) {
		named(s, st, err);
		tare_source_close(s);
		return st;
	}
	*out = s;
	return TARE_OK;
}

tare_status tare_source_open_plain(tare_source **out, const char *path, const tare_limits *lim, tare_error *err)
{
	tare_source *s = new_source(lim);
	tare_status st;

	*out = NULL;
	if (!s)
		return tare_fail_nomem(err);
	s->name = strdup(path);
	st = s->name ? tare_file_open(s, path, err) : tare_fail_nomem(err);
	if (!st && !s->addressable)
		st = tare_fail(err, TARE_E_ARG, TARE_NOWHERE, "is not a plain file");
	if (st) {
		named(s, st, err);
		tare_source_close(s);
		return st;
	}
	*out = s;
	return TARE_OK;
}

tare_status tare_source_memory(tare_source **out, const void *bytes, size_t size, const tare_limits *lim, tare_error *err)
{
	tare_source *s = new_source(lim);
	tare_status st;

	*out = NULL;
	if (!s)
		return tare_fail_nomem(err);
	s->addressable = true;
	s->bytes = size ? bytes : (const uint8_t *)"";
	s->size = size;
	st = unpack(s, err);
	if (st) {
		tare_source_close(s);
		return st;
	}
	*out = s;
	return TARE_OK;
}

tare_status tare_source_made(tare_source **out, const tare_limits *lim, tare_error *err)
{
	*out = new_source(lim);
	if (!*out)
		return tare_fail_nomem(err);
	(*out)->addressable = true;
	(*out)->size = 0;
	return TARE_OK;
}

void tare_source_close(tare_source *s)
{
	if (!s)
		return;
	tare_stream_free(s);
	tare_unmap(&s->spool);
	tare_unmap(&s->map);
	free(s->name);
	free(s->owned);
	free(s);
}

uint64_t tare_source_size(const tare_source *s)
{
	return s->size;
}

bool tare_source_is_stream(const tare_source *s)
{
	return !s->addressable;
}

tare_status tare_source_prefix(tare_source *s, uint64_t want, const uint8_t **base, uint64_t *have, tare_error *err)
{
	tare_status st = TARE_OK;

	*base = NULL;
	*have = 0;
	if (s->addressable && !s->prefix) {
		*base = s->bytes;
		*have = s->size;
		return TARE_OK;
	}
	st = tare_stream_prefix(s, want, err);
	if (st)
		return named(s, st, err);
	*base = s->prefix;
	*have = s->have;
	return TARE_OK;
}

static uint64_t fetch_more(void *ctx, uint64_t want)
{
	tare_source *s = ctx;

	if (!s->trouble.status)
		(void)named(s, tare_stream_prefix(s, want, &s->trouble), &s->trouble);
	return s->have;
}

tare_cursor tare_source_cursor(tare_source *s)
{
	if (s->addressable && !s->prefix)
		return (tare_cursor){ .base = s->bytes, .size = s->size };
	if (!s->trouble.status)
		(void)named(s, tare_stream_prefix(s, 0, &s->trouble), &s->trouble);
	return (tare_cursor){ .base = s->prefix, .size = s->have, .more = fetch_more, .ctx = s };
}

tare_status tare_source_trouble(tare_source *s, tare_error *err)
{
	tare_status st = s->trouble.status;

	if (st && err && !err->status)
		*err = s->trouble;
	tare_error_clear(&s->trouble);
	return st;
}

tare_status tare_source_random(tare_source *s, tare_error *err)
{
	return s->addressable ? TARE_OK : named(s, tare_stream_spool(s, err), err);
}

const uint8_t *tare_source_at(const tare_source *s, uint64_t offset, uint64_t size)
{
	const uint8_t *bytes = s->addressable ? s->bytes : s->prefix;
	uint64_t have = s->addressable ? s->size : s->have;

	return bytes && offset <= have && size <= have - offset ? bytes + offset : NULL;
}

tare_status tare_source_next(tare_source *s, uint64_t offset, void *buf, size_t size, tare_error *err)
{
	const uint8_t *p = tare_source_at(s, offset, size);

	if (p && size)
		memcpy(buf, p, size);
	if (p || !size)
		return TARE_OK;
	if (s->addressable)
		return named(s, tare_fail(err, TARE_E_DATA, s->size, "ends before byte %llu", (unsigned long long)offset + size), err);
	return named(s, tare_stream_next(s, offset, buf, size, err), err);
}

tare_status tare_source_drain(tare_source *s, tare_error *err)
{
	return s->addressable ? TARE_OK : named(s, tare_stream_drain(s, err), err);
}

/* Whole pages inside the range leave this process; the system keeps them as long as it has no better use. */
void tare_source_release(tare_source *s, uint64_t offset, uint64_t size)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t from, to;
	bool is_mapped_file = s->spool.addr || (s->map.addr && !s->prefix);

	if (!s->addressable || !is_mapped_file || offset > s->size)
		return;
	if (size > s->size - offset)
		size = s->size - offset;
	from = ((uintptr_t)s->bytes + offset + page - 1) & ~(page - 1);
	to = ((uintptr_t)s->bytes + offset + size) & ~(page - 1);
	if (from < to)
		(void)madvise((void *)from, to - from, MADV_DONTNEED);
}

tare_status tare_source_unchanged(const tare_source *s, tare_error *err)
{
	struct stat st;
	bool same;

	if (!s->has_stat || !s->map.addr)
		return TARE_OK;
	if (strcmp(s->name, "standard input") ? stat(s->name, &st) : fstat(0, &st))
		return TARE_OK;
	if (st.st_dev != s->stat.st_dev || st.st_ino != s->stat.st_ino)
		return TARE_OK;
	same = st.st_size == s->stat.st_size && st.st_mtim.tv_sec == s->stat.st_mtim.tv_sec &&
	       st.st_mtim.tv_nsec == s->stat.st_mtim.tv_nsec;
	return same ? TARE_OK : named(s, tare_fail(err, TARE_E_IO, TARE_NOWHERE, "was changed by somebody while it was being read"), err);
}
