/* zstd as a filter over any reader. The format: RFC 8878; a file is a sequence of frames and skippable frames. */
#include "base/bytes.h"
#include "io/reader.h"

#include <stdlib.h>
#include <zstd.h>
#include <zstd_errors.h>

enum { INPUT = 128 << 10 };

#define FREE_EXPANSION (64ull << 20) /* bytes unpacked before the ratio limit counts */

typedef struct zstd_reader {
	tare_reader base;
	tare_reader *in;
	ZSTD_DCtx *ctx;
	tare_limits limits;
	uint64_t consumed;      /* packed bytes behind us, up to input[at] */
	uint64_t produced;
	uint64_t frame_start;   /* packed byte at which this frame starts */
	uint64_t frame;         /* number, from 1 */
	bool in_frame;
	bool in_ended;
	tare_status failed;     /* libzstd's state means nothing after a failure */
	size_t at, size;        /* of input */
	uint8_t input[INPUT];
} zstd_reader;

bool tare_zstd_magic(const uint8_t *head, size_t size)
{
	uint32_t magic = size >= 4 ? tare_get32(head, false) : 0;

	return magic == ZSTD_MAGICNUMBER || (magic & ZSTD_MAGIC_SKIPPABLE_MASK) == ZSTD_MAGIC_SKIPPABLE_START;
}

/* Fetches until want bytes (few) are there or the input has ended. */
static tare_status fill(zstd_reader *z, size_t want, tare_error *err)
{
	size_t got;

	if (z->at) {
		memmove(z->input, z->input + z->at, z->size - z->at);
		z->size -= z->at;
		z->at = 0;
	}
	while (z->size < want && !z->in_ended) {
		TARE_TRY(tare_reader_read(z->in, z->input + z->size, INPUT - z->size, &got, err));
		z->size += got;
		z->in_ended = !got;
	}
	return TARE_OK;
}

static tare_status fail_zstd(zstd_reader *z, size_t code, tare_error *err)
{
	unsigned long long frame = z->frame, start = z->frame_start;

	switch (ZSTD_getErrorCode(code)) {
	case ZSTD_error_memory_allocation:
		return tare_fail_nomem(err);
	case ZSTD_error_frameParameter_windowTooLarge:
		return tare_fail(err, TARE_E_LIMIT, start,
				 "zstd frame %llu asks for a window over the limit of %llu bytes (--limit window=N raises it, up to 2G)", frame,
				 (unsigned long long)z->limits.value[TARE_LIMIT_window]);
	case ZSTD_error_dictionary_wrong:
		return tare_fail(err, TARE_E_UNSUPPORTED, start, "zstd frame %llu needs a dictionary: unpack it with zstd -D first", frame);
	default:
		return tare_fail(err, TARE_E_DATA, z->consumed, "zstd frame %llu, which starts at byte %llu of the packed file, is damaged: %s",
				 frame, start, ZSTD_getErrorName(code));
	}
}

/* Between frames. *more is false at a proper end. */
static tare_status start_frame(zstd_reader *z, bool *more, tare_error *err)
{
	TARE_TRY(fill(z, 4, err));
	*more = z->size > 0;
	if (!*more)
		return TARE_OK;
	if (!tare_zstd_magic(z->input, z->size))
		return tare_fail(err, TARE_E_DATA, z->consumed,
				 "%llu zstd frames end here and something else follows: expected another frame or the end of the file",
				 (unsigned long long)z->frame);
	z->frame_start = z->consumed;
	z->frame++;
	z->in_frame = true;
	return TARE_OK;
}

static tare_status check_ratio(zstd_reader *z, tare_error *err)
{
	uint64_t ratio = z->limits.value[TARE_LIMIT_ratio];
	uint64_t beyond = z->produced > FREE_EXPANSION ? z->produced - FREE_EXPANSION : 0;
	uint64_t most;

	if (__builtin_mul_overflow(z->consumed, ratio, &most) || beyond <= most)
		return TARE_OK;
	return tare_fail(err, TARE_E_LIMIT, z->consumed,
			 "compressed data expands more than %llu times, as only a trap or an empty model does (--limit ratio=N allows it)",
			 (unsigned long long)ratio);
}

/* One step inside a frame: packed bytes are consumed, or some come out, or both. */
static tare_status step(zstd_reader *z, void *buf, size_t size, size_t *got, tare_error *err)
{
	ZSTD_inBuffer in;
	ZSTD_outBuffer out = { buf, size, 0 };
	size_t rc;

	if (z->at == z->size)
		TARE_TRY(fill(z, 1, err));
	in = (ZSTD_inBuffer){ z->input, z->size, z->at };
	rc = ZSTD_decompressStream(z->ctx, &out, &in);
	z->consumed += in.pos - z->at;
	z->produced += out.pos;
	if (ZSTD_isError(rc))
		return fail_zstd(z, rc, err);
	*got = out.pos;
	z->in_frame = rc != 0;
	if (z->in_frame && !out.pos && in.pos == z->at && z->in_ended)
		return tare_fail(err, TARE_E_DATA, z->consumed, "zstd frame %llu, which starts at byte %llu of the packed file, is cut short",
				 (unsigned long long)z->frame, (unsigned long long)z->frame_start);
	z->at = in.pos;
	return check_ratio(z, err);
}

static tare_status unpack(zstd_reader *z, void *buf, size_t size, size_t *got, tare_error *err)
{
	bool more = true;

	while (!*got) {
		if (!z->in_frame)
			TARE_TRY(start_frame(z, &more, err));
		if (!more)
			return TARE_OK;
		TARE_TRY(step(z, buf, size, got, err));
	}
	return TARE_OK;
}

static tare_status zstd_read(tare_reader *r, void *buf, size_t size, size_t *got, tare_error *err)
{
	zstd_reader *z = (zstd_reader *)r;

	*got = 0;
	if (z->failed)
		return tare_fail(err, z->failed, z->consumed, "compressed data could not be unpacked from here on");
	z->failed = unpack(z, buf, size, got, err);
	return z->failed;
}

static void zstd_close(tare_reader *r)
{
	zstd_reader *z = (zstd_reader *)r;

	ZSTD_freeDCtx(z->ctx);
	tare_reader_close(z->in);
	free(z);
}

/* The greatest power of two not over limit, as zstd counts windows. */
static int window_log(uint64_t limit)
{
	ZSTD_bounds b = ZSTD_dParam_getBounds(ZSTD_d_windowLogMax);
	int log = b.lowerBound;

	while (log < b.upperBound && 2ull << log <= limit)
		log++;
	return log;
}

tare_status tare_reader_zstd(tare_reader **out, tare_reader *in, const tare_limits *lim, tare_error *err)
{
	zstd_reader *z = calloc(1, sizeof *z);

	*out = NULL;
	if (!z) {
		tare_reader_close(in);
		return tare_fail_nomem(err);
	}
	z->base.read = zstd_read;
	z->base.close = zstd_close;
	z->in = in;
	z->limits = *lim;
	z->ctx = ZSTD_createDCtx();
	if (!z->ctx || ZSTD_isError(ZSTD_DCtx_setParameter(z->ctx, ZSTD_d_windowLogMax, window_log(lim->value[TARE_LIMIT_window])))) {
		zstd_close(&z->base);
		return tare_fail_nomem(err);
	}
	*out = &z->base;
	return TARE_OK;
}
