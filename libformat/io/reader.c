#include "io/reader.h"

#include "io/fd.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void tare_reader_close(tare_reader *r)
{
	if (r)
		r->close(r);
}

tare_status tare_reader_read(tare_reader *r, void *buf, size_t size, size_t *got, tare_error *err)
{
	size_t n = r->head_size - r->head_at;

	if (!n)
		return r->read(r, buf, size, got, err);
	n = n < size ? n : size;
	memcpy(buf, r->head + r->head_at, n);
	r->head_at += n;
	*got = n;
	return TARE_OK;
}

tare_status tare_reader_peek(tare_reader *r, const uint8_t **head, size_t *size, tare_error *err)
{
	size_t got;

	while (r->head_size < sizeof r->head) {
		TARE_TRY(r->read(r, r->head + r->head_size, sizeof r->head - r->head_size, &got, err));
		if (!got)
			break;
		r->head_size += got;
	}
	*head = r->head;
	*size = r->head_size;
	return TARE_OK;
}

typedef struct fd_reader {
	tare_reader base;
	int fd;
	bool owned;
} fd_reader;

static tare_status fd_read(tare_reader *r, void *buf, size_t size, size_t *got, tare_error *err)
{
	ssize_t n = tare_fd_read(((fd_reader *)r)->fd, buf, size);

	*got = n > 0 ? (size_t)n : 0;
	return n < 0 ? tare_fail_errno(err, errno, "cannot read") : TARE_OK;
}

static void fd_close(tare_reader *r)
{
	fd_reader *f = (fd_reader *)r;

	if (f->owned)
		close(f->fd);
	free(f);
}

tare_status tare_reader_fd(tare_reader **out, int fd, bool owned, tare_error *err)
{
	fd_reader *f = calloc(1, sizeof *f);

	*out = NULL;
	if (!f) {
		if (owned)
			close(fd);
		return tare_fail_nomem(err);
	}
	f->base.read = fd_read;
	f->base.close = fd_close;
	f->fd = fd;
	f->owned = owned;
	*out = &f->base;
	return TARE_OK;
}

typedef struct memory_reader {
	tare_reader base;
	const uint8_t *at;
	size_t left;
} memory_reader;

static tare_status memory_read(tare_reader *r, void *buf, size_t size, size_t *got, tare_error *err)
{
	memory_reader *m = (memory_reader *)r;

	*got = size < m->left ? size : m->left;
	if (*got)
		memcpy(buf, m->at, *got);
	m->at += *got;
	m->left -= *got;
	return TARE_OK;
}

static void memory_close(tare_reader *r)
{
	free(r);
}

tare_status tare_reader_memory(tare_reader **out, const void *bytes, size_t size, tare_error *err)
{
	memory_reader *m = calloc(1, sizeof *m);

	*out = NULL;
	if (!m)
		return tare_fail_nomem(err);
	m->base.read = memory_read;
	m->base.close = memory_close;
	m->at = bytes;
	m->left = size;
	*out = &m->base;
	return TARE_OK;
}
