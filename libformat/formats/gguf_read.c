/* What the parts of the reader share. */
#include "base/escape.h"
#include "formats/gguf.h"

void tare_gguf_odd(tare_gguf_reader *r, tare_gguf_oddity what, tare_str example)
{
	if (!r->odd[what].count++)
		r->odd[what].first = example;
}

uint64_t tare_gguf_left(const tare_gguf_reader *r)
{
	uint64_t size = tare_source_size(r->source);

	return size == TARE_NOWHERE ? TARE_NOWHERE : size - r->c.at;
}

tare_status tare_gguf_short(tare_gguf_reader *r, uint64_t at, const char *what, tare_str name, tare_error *err)
{
	TARE_TRY(tare_source_trouble(r->source, err));
	if (name.ptr)
		return tare_fail(err, TARE_E_DATA, at, "the file ends within %s '%s'", what, TARE_SHOW(name));
	return tare_fail(err, TARE_E_DATA, at, "the file ends within %s", what);
}

tare_status tare_gguf_string(tare_gguf_reader *r, const char *what, tare_str name, tare_str *out, tare_error *err)
{
	uint64_t at = r->c.at, n = tare_cursor_u64(&r->c);
	const uint8_t *p;

	if (r->c.bad)
		return tare_gguf_short(r, at, what, name, err);
	if (n > tare_gguf_left(r))
		return tare_fail(err, TARE_E_DATA, at, "%s%s%s%s: a length of %llu bytes is declared, but %llu are left in the file", what,
				 name.ptr ? " '" : "", name.ptr ? TARE_SHOW(name) : "", name.ptr ? "'" : "", (unsigned long long)n,
				 (unsigned long long)tare_gguf_left(r));
	TARE_TRY(tare_limit_check(&r->m->limits, TARE_LIMIT_string, n, at, "length of a string", err));
	p = tare_cursor_bytes(&r->c, n);
	if (!p)
		return tare_gguf_short(r, at, what, name, err);
	*out = (tare_str){ (const char *)p, (size_t)n };
	return TARE_OK;
}

bool tare_gguf_pad(uint64_t n, uint64_t alignment, uint64_t *out)
{
	uint64_t over = n % alignment;

	return !__builtin_add_overflow(n, over ? alignment - over : 0, out);
}
