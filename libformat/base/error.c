#include "base/error.h"

#include <stdarg.h>
#include <string.h>

void tare_error_clear(tare_error *err)
{
	if (err)
		*err = (tare_error)TARE_ERROR_INIT;
}

static TARE_PRINTF(4, 0) tare_status record(tare_error *err, tare_status st, uint64_t offset, const char *fmt, va_list ap)
{
	if (!err || err->status)
		return st;
	tare_error_clear(err);
	err->status = st;
	err->offset = offset;
	vsnprintf(err->message, sizeof err->message, fmt, ap);
	return st;
}

tare_status tare_fail(tare_error *err, tare_status st, uint64_t offset, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	record(err, st, offset, fmt, ap);
	va_end(ap);
	return st;
}

tare_status tare_fail_errno(tare_error *err, int sys_errno, const char *fmt, ...)
{
	va_list ap;
	size_t n;

	if (err && err->status)
		return TARE_E_IO;
	va_start(ap, fmt);
	record(err, TARE_E_IO, TARE_NOWHERE, fmt, ap);
	va_end(ap);
	if (err) {
		err->sys_errno = sys_errno;
		n = strlen(err->message);
		snprintf(err->message + n, sizeof err->message - n, ": %s", strerror(sys_errno));
	}
	return TARE_E_IO;
}

tare_status tare_fail_at(tare_error *err, tare_status st, uint32_t line, uint32_t column, const char *fmt, ...)
{
	va_list ap;

	if (err && err->status)
		return st;
	va_start(ap, fmt);
	record(err, st, TARE_NOWHERE, fmt, ap);
	va_end(ap);
	if (err) {
		err->line = line;
		err->column = column;
	}
	return st;
}

tare_status tare_fail_nomem(tare_error *err)
{
	return tare_fail(err, TARE_E_NOMEM, TARE_NOWHERE, "out of memory");
}

tare_status tare_error_in_file(tare_error *err, const char *path)
{
	if (!err)
		return TARE_OK;
	if (err->status && !err->file[0] && path)
		tare_escape((tare_str){ path, strlen(path) }, 0, err->file, sizeof err->file);
	return err->status;
}

const char *tare_error_text(const tare_error *err, char *buf, size_t size)
{
	const char *sep = err->file[0] ? ": " : "";

	if (err->line)
		snprintf(buf, size, "%s%s%u:%u: %s", err->file, err->file[0] ? ":" : "", err->line, err->column, err->message);
	else if (err->offset != TARE_NOWHERE)
		snprintf(buf, size, "%s%s%s (byte %llu)", err->file, sep, err->message, (unsigned long long)err->offset);
	else
		snprintf(buf, size, "%s%s%s", err->file, sep, err->message);
	return buf;
}
