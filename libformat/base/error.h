/* Failing in one statement: return tare_fail(err, TARE_E_DATA, at, "tensor %s is cut short", name). */
#ifndef TARE_BASE_ERROR_H
#define TARE_BASE_ERROR_H

#include "tare.h"

/* Records the first failure and returns st. offset: byte in the input, or TARE_NOWHERE. A NULL err is fine. */
tare_status tare_fail(tare_error *err, tare_status st, uint64_t offset, const char *fmt, ...) TARE_PRINTF(4, 5);
/* As tare_fail, with TARE_E_IO and errno's text appended: "cannot write: No space left on device". */
tare_status tare_fail_errno(tare_error *err, int sys_errno, const char *fmt, ...) TARE_PRINTF(3, 4);
/* As tare_fail for a text input, with TARE_E_RECIPE or another status; line and column count from 1. */
tare_status tare_fail_at(tare_error *err, tare_status st, uint32_t line, uint32_t column, const char *fmt, ...) TARE_PRINTF(5, 6);
tare_status tare_fail_nomem(tare_error *err);
/* Names the file of a recorded failure unless one is named already; path may hold any bytes. Returns err's status. */
tare_status tare_error_in_file(tare_error *err, const char *path);

#define TARE_TRY(expr)                         \
	do {                                   \
		tare_status try_st_ = (expr);  \
		if (try_st_ != TARE_OK)        \
			return try_st_;        \
	} while (0)

#endif
