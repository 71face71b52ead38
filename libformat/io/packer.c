#include "io/packer.h"

#include <stdlib.h>
#include <zstd.h>
#include <zstd_errors.h>

enum { OUTPUT = 1 << 20, LONG_WINDOW = 27, MOST_THREADS = 256 };

struct tare_packer {
	ZSTD_CCtx *ctx;
	tare_sink *sink;
	char output[OUTPUT];
};

static tare_status fail_zstd(size_t code, tare_error *err)
{
	if (ZSTD_getErrorCode(code) == ZSTD_error_memory_allocation)
		return tare_fail_nomem(err);
	return tare_fail(err, TARE_E_ARG, TARE_NOWHERE, "zstd cannot compress: %s", ZSTD_getErrorName(code));
}

static tare_status set(tare_packer *p, ZSTD_cParameter what, int value, tare_error *err)
{
	size_t rc = ZSTD_CCtx_setParameter(p->ctx, what, value);

	return ZSTD_isError(rc) ? fail_zstd(rc, err) : TARE_OK;
}

static unsigned threads_of(const tare_target_options *opt)
{
	return opt->zstd_threads < 1 ? 1 : opt->zstd_threads > MOST_THREADS ? MOST_THREADS : opt->zstd_threads;
}

/* One worker packs as many do, but differently from none: so there is always one, unless the library was built without. */
static tare_status set_up(tare_packer *p, const tare_target_options *opt, tare_error *err)
{
	int level = opt->zstd_level ? opt->zstd_level : 3;
	ZSTD_bounds threads = ZSTD_cParam_getBounds(ZSTD_c_nbWorkers);
	int n = (int)threads_of(opt);
	size_t rc;

	if (level > ZSTD_maxCLevel() || level < ZSTD_minCLevel())
		return tare_fail(err, TARE_E_ARG, TARE_NOWHERE, "zstd level %d: expected %d to %d", level, ZSTD_minCLevel(), ZSTD_maxCLevel());
	TARE_TRY(set(p, ZSTD_c_compressionLevel, level, err));
	TARE_TRY(set(p, ZSTD_c_checksumFlag, 1, err));
	if (!ZSTD_isError(threads.error) && threads.upperBound > 0)
		TARE_TRY(set(p, ZSTD_c_nbWorkers, n < threads.upperBound ? n : threads.upperBound, err));
	if (opt->zstd_long) {
		TARE_TRY(set(p, ZSTD_c_enableLongDistanceMatching, 1, err));
		TARE_TRY(set(p, ZSTD_c_windowLog, LONG_WINDOW, err));
	}
	rc = ZSTD_CCtx_setPledgedSrcSize(p->ctx, opt->size ? opt->size : ZSTD_CONTENTSIZE_UNKNOWN);
	return ZSTD_isError(rc) ? fail_zstd(rc, err) : TARE_OK;
}

/* libzstd (1.5.4, for one) follows a NULL pointer when memory runs out just while it makes its workers. So there must be room for them, and
 * the allocator keeps what it is given back. */
static bool room_for_workers(const tare_target_options *opt)
{
	void *volatile p = malloc((64 << 10) + (size_t)threads_of(opt) * 1024); /* volatile: or the compiler sees no use in it */
	bool ok = p != NULL;

	free(p);
	return ok;
}

tare_status tare_packer_new(tare_packer **out, const tare_target_options *opt, tare_sink *sink, tare_error *err)
{
	tare_packer *p = malloc(sizeof *p);
	tare_status st;

	*out = NULL;
	if (!p)
		return tare_fail_nomem(err);
	p->sink = sink;
	p->ctx = ZSTD_createCCtx();
	st = p->ctx && room_for_workers(opt) ? set_up(p, opt, err) : tare_fail_nomem(err);
	if (st) {
		tare_packer_free(p);
		return st;
	}
	*out = p;
	return TARE_OK;
}

tare_status tare_packer_put(tare_packer *p, const void *bytes, size_t size, bool last, tare_error *err)
{
	ZSTD_inBuffer in = { bytes, size, 0 };
	size_t left;

	do {
		ZSTD_outBuffer out = { p->output, OUTPUT, 0 };

		left = ZSTD_compressStream2(p->ctx, &out, &in, last ? ZSTD_e_end : ZSTD_e_continue);
		if (ZSTD_isError(left))
			return fail_zstd(left, err);
		TARE_TRY(tare_sink_put(p->sink, p->output, out.pos, err));
	} while (in.pos < in.size || (last && left));
	return TARE_OK;
}

void tare_packer_free(tare_packer *p)
{
	if (!p)
		return;
	ZSTD_freeCCtx(p->ctx);
	free(p);
}
