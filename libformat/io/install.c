#include "io/install.h"

#include "io/swap.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

static size_t size_of(size_t n)
{
	return sizeof(tare_install) + n * sizeof(tare_install_file);
}

tare_install *tare_install_new(size_t n)
{
	tare_install *s = mmap(NULL, size_of(n), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (s == MAP_FAILED)
		return NULL;
	s->n = n;
	return s;
}

void tare_install_free(tare_install *s)
{
	if (s)
		munmap(s, size_of(s->n));
}

/* Where a file system knows no second names there is no going back for what is replaced. */
static int stage(tare_install_file *f)
{
	int rc = f->named ? 0 : tare_link_free(f->fd, f->dirfd, f->temp);

	if (rc)
		return rc;
	f->linked = !f->named;
	f->has_backup = !linkat(f->dirfd, f->name, f->dirfd, f->backup, 0);
	f->had_old = f->has_backup || errno != ENOENT;
	return 0;
}

static int show(tare_install_file *f)
{
	if (renameat(f->dirfd, f->temp, f->dirfd, f->name))
		return errno;
	f->in_place = true;
	f->linked = false;
	return 0;
}

static void take_back(tare_install_file *f)
{
	if (f->has_backup ? renameat(f->dirfd, f->backup, f->dirfd, f->name) : f->had_old || unlinkat(f->dirfd, f->name, 0))
		return;
	f->in_place = f->has_backup = false;
}

static void roll_back(tare_install *s)
{
	size_t i;

	for (i = s->n; i-- > 0;) {
		tare_install_file *f = &s->file[i];

		if (f->in_place)
			take_back(f);
		if (f->has_backup && !f->in_place)
			(void)unlinkat(f->dirfd, f->backup, 0);
		if (f->linked)
			(void)unlinkat(f->dirfd, f->temp, 0);
		f->linked = false;
		f->has_backup = f->has_backup && f->in_place;
	}
}

static int each(tare_install *s, int (*step)(tare_install_file *f))
{
	for (s->at = 0; !s->error && s->at < s->n; s->at += !s->error)
		s->error = step(&s->file[s->at]);
	return s->error;
}

static int drop_backup(tare_install_file *f)
{
	if (f->has_backup)
		(void)unlinkat(f->dirfd, f->backup, 0);
	f->has_backup = false;
	return 0;
}

static int install(void *set)
{
	tare_install *s = set;

	if (each(s, stage) || each(s, show))
		roll_back(s);
	else
		each(s, drop_backup);
	s->done = true;
	return 0;
}

void tare_install_go(tare_install *s)
{
	s->error = 0;
	s->done = false;
	tare_in_child(install, s);
	if (s->done)
		return;
	/* Somebody ended the child by itself. */
	s->error = EINTR;
	roll_back(s);
}
