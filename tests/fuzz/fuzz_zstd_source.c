/* Packed bytes from memory, unpacked in three ways: as a prefix, made random, and in one pass by pieces. All must agree, on the bytes as on
 * the verdict. */
#include "io/source.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MOST = 2 << 20 };

static tare_limits limits(void)
{
	tare_limits lim;

	tare_limits_init(&lim);
	lim.value[TARE_LIMIT_header] = MOST;
	lim.value[TARE_LIMIT_spool] = MOST;
	lim.value[TARE_LIMIT_window] = 8 << 20;
	return lim;
}

static void check(bool right)
{
	if (!right)
		abort();
}

/* A failure says what, and not beyond the input. */
static void check_error(tare_status st, const tare_error *err, size_t size)
{
	check(st == err->status);
	check(!st || err->message[0]);
	check(!st || err->offset == TARE_NOWHERE || err->offset <= size);
}

/* The whole by pieces of n bytes, up to MOST; returns how much came before the end or a failure. */
static size_t in_pieces(tare_source *s, uint8_t *buf, size_t n, tare_error *err)
{
	size_t at = 0;

	while (at + n <= MOST && !tare_source_next(s, at, buf + at, n, err))
		at += n;
	return at;
}

/* s has been read as a prefix and made random; the pieces that came from its twin are its first bytes, and end where it ends. */
static void compare(const tare_source *s, tare_status random, const uint8_t *pieces, size_t came, size_t piece, const tare_error *err)
{
	uint64_t size = random ? 0 : tare_source_size(s);
	const uint8_t *p = random ? NULL : tare_source_at(s, 0, size);

	if (random) {
		check(err->status || came + piece > MOST);
		return;
	}
	check(p && came <= size && !memcmp(pieces, p, came));
	check(came + piece > size || came + piece > MOST);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const tare_limits lim = limits();
	size_t piece = size ? (size_t)data[size - 1] * 37 + 1 : 1, came;
	uint8_t *buf = malloc(MOST);
	tare_error err = TARE_ERROR_INIT, prefix_err = TARE_ERROR_INIT, piece_err = TARE_ERROR_INIT;
	tare_source *s, *t;
	const uint8_t *base;
	uint64_t have;
	tare_status st;

	if (!buf || tare_source_memory(&s, data, size, &lim, NULL) || tare_source_memory(&t, data, size, &lim, NULL))
		abort();
	st = tare_source_prefix(s, 5000, &base, &have, &prefix_err);
	check_error(st, &prefix_err, size);
	came = in_pieces(t, buf, piece, &piece_err);
	if (!st)
		check(!memcmp(buf, base, came < have ? came : have));
	st = tare_source_random(s, &err);
	check_error(st, &err, size);
	check(!prefix_err.status || st);
	compare(s, st, buf, came, piece, &piece_err);
	tare_source_close(s);
	tare_source_close(t);
	free(buf);
	return 0;
}
