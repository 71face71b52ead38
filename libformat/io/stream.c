#include "base/checked.h"
#include "base/escape.h"
#include "io/fd.h"
#include "io/source_private.h"
#include "io/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
	CHUNK = 64 << 10,        /* read at once while the prefix grows */
	STEP = 1 << 20,          /* memory added to the prefix at once */
	BLOCK = 1 << 20,         /* read and written at once while spooling or passing over */
	LEAST_RESERVE = 1 << 20,
};

/* Addresses for the longest prefix allowed, so that it never moves; memory comes with use. Where addresses are scarce, fewer. */
static tare_status reserve(tare_source *s, tare_error *err)
{
	uint64_t size = s->limits.value[TARE_LIMIT_header];

	if (s->prefix)
		return TARE_OK;
	if (!tare_align_up(size, STEP, &size) || size > SIZE_MAX / 2)
		size = SIZE_MAX / 2 + 1;
	size = size ? size : STEP;
	for (; size >= LEAST_RESERVE; size = size / 2 & ~(uint64_t)(STEP - 1)) {
		void *p = mmap(NULL, (size_t)size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

		if (p != MAP_FAILED) {
			s->prefix = p;
			s->reserved = (size_t)size;
			return TARE_OK;
		}
	}
	return tare_fail_nomem(err);
}

/* Memory for the first size bytes of the prefix. */
static tare_status make_usable(tare_source *s, size_t size, tare_error *err)
{
	size_t to = s->usable;

	if (size <= s->usable)
		return TARE_OK;
	while (to < size)
		to += STEP;
	if (mprotect(s->prefix + s->usable, to - s->usable, PROT_READ | PROT_WRITE))
		return tare_fail_nomem(err);
	s->usable = to;
	return TARE_OK;
}

/* Up to size bytes from the reader, or 0 at the end. */
static tare_status take(tare_source *s, void *buf, size_t size, size_t *got, tare_error *err)
{
	*got = 0;
	if (s->ended || !size)
		return TARE_OK;
	TARE_TRY(tare_reader_read(s->reader, buf, size, got, err));
	s->taken += *got;
	if (!*got) {
		s->ended = true;
		s->size = s->taken;
	}
	return TARE_OK;
}

static tare_status grow_prefix(tare_source *s, uint64_t want, tare_error *err)
{
	uint64_t need = want - s->have < CHUNK ? CHUNK : want - s->have;
	size_t room = s->reserved - (size_t)s->have;
	size_t n = need < BLOCK ? (size_t)need : BLOCK;
	size_t got;

	n = n < room ? n : room;
	TARE_TRY(make_usable(s, (size_t)s->have + n, err));
	TARE_TRY(take(s, s->prefix + s->have, n, &got, err));
	s->have += got;
	return TARE_OK;
}

/* After spooling, a longer prefix is copied from the mapped file; the old addresses stay good. */
static tare_status copy_prefix(tare_source *s, uint64_t want, tare_error *err)
{
	uint64_t to = want < s->size ? want : s->size;

	if (to <= s->have)
		return TARE_OK;
	TARE_TRY(make_usable(s, (size_t)to, err));
	memcpy(s->prefix + s->have, s->bytes + s->have, (size_t)(to - s->have));
	s->have = to;
	return TARE_OK;
}

/* want is over what may be kept. That is trouble only if there is so much: a stream that ends before is merely short. */
static tare_status too_long(tare_source *s, uint64_t want, tare_error *err)
{
	uint64_t limit = s->limits.value[TARE_LIMIT_header];

	if (want > limit)
		return tare_limit_check(&s->limits, TARE_LIMIT_header, want, TARE_NOWHERE, "header read from a stream, in bytes", err);
	return tare_fail(err, TARE_E_NOMEM, TARE_NOWHERE, "no addresses for a header of %llu bytes: name a file instead of a pipe",
			 (unsigned long long)want);
}

tare_status tare_stream_prefix(tare_source *s, uint64_t want, tare_error *err)
{
	uint64_t most, reach;

	TARE_TRY(reserve(s, err));
	most = s->limits.value[TARE_LIMIT_header];
	most = most < s->reserved ? most : s->reserved;
	reach = want < most ? want : most;
	if (s->addressable)
		TARE_TRY(copy_prefix(s, reach, err));
	else if (s->taken > s->have && s->have < reach)
		return tare_fail(err, TARE_E_ARG, TARE_NOWHERE, "the start of a stream was asked for after it had gone by");
	while (!s->addressable && s->have < reach && !s->ended)
		TARE_TRY(grow_prefix(s, reach, err));
	if (want <= s->have || (s->size != TARE_NOWHERE && s->have >= s->size))
		return TARE_OK;
	return too_long(s, want, err);
}

/* Reads on until n bytes of the stream have been taken, throwing them away. */
static tare_status pass_over(tare_source *s, uint64_t n, void *scratch, tare_error *err)
{
	size_t got;

	while (s->taken < n && !s->ended) {
		uint64_t left = n - s->taken;

		TARE_TRY(take(s, scratch, left < BLOCK ? (size_t)left : BLOCK, &got, err));
	}
	return TARE_OK;
}

static tare_status skip_to(tare_source *s, uint64_t offset, tare_error *err)
{
	void *scratch;
	tare_status st;

	if (s->taken >= offset || s->ended)
		return TARE_OK;
	scratch = malloc(BLOCK);
	if (!scratch)
		return tare_fail_nomem(err);
	st = pass_over(s, offset, scratch, err);
	free(scratch);
	return st;
}

tare_status tare_stream_next(tare_source *s, uint64_t offset, void *buf, size_t size, tare_error *err)
{
	uint64_t end;
	uint8_t *p = buf;
	size_t got;

	if (!tare_add(offset, size, &end))
		return tare_fail(err, TARE_E_ARG, TARE_NOWHERE, "a place beyond the end of every stream was asked for");
	if (offset < s->have) {
		got = (size_t)(s->have - offset) < size ? (size_t)(s->have - offset) : size;
		memcpy(p, s->prefix + offset, got);
		p += got;
		offset += got;
	}
	if (offset == end)
		return TARE_OK;
	TARE_TRY(skip_to(s, offset, err));
	if (s->taken != offset && !s->ended)
		return tare_fail(err, TARE_E_ARG, TARE_NOWHERE, "byte %llu of a stream was asked for after it had gone by",
				 (unsigned long long)offset);
	while (offset < end && !s->ended) {
		TARE_TRY(take(s, p, (size_t)(end - offset), &got, err));
		p += got;
		offset += got;
	}
	if (offset < end)
		return tare_fail(err, TARE_E_DATA, s->size, "ends before byte %llu", (unsigned long long)end);
	return TARE_OK;
}

tare_status tare_stream_drain(tare_source *s, tare_error *err)
{
	return skip_to(s, UINT64_MAX, err);
}

/* ---- spooling ---- */

static tare_status copy_rest(tare_source *s, int fd, void *block, tare_error *err)
{
	size_t got;

	if (!tare_fd_write(fd, s->prefix, (size_t)s->have))
		return tare_spool_failed(err, errno);
	while (!s->ended) {
		TARE_TRY(take(s, block, BLOCK, &got, err));
		TARE_TRY(tare_limit_check(&s->limits, TARE_LIMIT_spool, s->taken, TARE_NOWHERE, "stream kept in a temporary file, in bytes", err));
		if (!tare_fd_write(fd, block, got))
			return tare_spool_failed(err, errno);
	}
	return TARE_OK;
}

static tare_status spool_to(tare_source *s, int fd, tare_error *err)
{
	void *block = malloc(BLOCK);
	tare_status st = block ? copy_rest(s, fd, block, err) : tare_fail_nomem(err);

	free(block);
	if (st)
		return st;
	TARE_TRY(tare_map_fd(&s->spool, fd, s->size, err));
	s->bytes = s->spool.addr;
	s->addressable = true;
	return TARE_OK;
}

tare_status tare_stream_spool(tare_source *s, tare_error *err)
{
	tare_status st;
	int fd;

	if (s->taken > s->have)
		return tare_fail(err, TARE_E_ARG, TARE_NOWHERE, "the whole of a stream was asked for after its start had gone by");
	/* What fits into the prefix at its smallest needs no file. */
	TARE_TRY(reserve(s, err));
	while (!s->ended && s->have < LEAST_RESERVE && s->have < s->reserved)
		TARE_TRY(grow_prefix(s, LEAST_RESERVE, err));
	if (s->ended) {
		s->bytes = s->prefix;
		s->addressable = true;
		return TARE_OK;
	}
	TARE_TRY(tare_spool_open(&fd, err));
	st = spool_to(s, fd, err);
	close(fd);
	return st;
}

void tare_stream_free(tare_source *s)
{
	tare_reader_close(s->reader);
	s->reader = NULL;
	if (s->prefix)
		munmap(s->prefix, s->reserved);
	s->prefix = NULL;
}
