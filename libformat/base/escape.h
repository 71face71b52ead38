/* Text from outside, made fit to print or checked. */
#ifndef TARE_BASE_ESCAPE_H
#define TARE_BASE_ESCAPE_H

#include "tare.h"

/* Length of the valid UTF-8 sequence at p (at most n bytes left), 0 if invalid (overlong, surrogate, above U+10FFFF, cut). */
size_t tare_utf8_len(const uint8_t *p, size_t n);
bool tare_utf8_valid(const void *p, size_t n);

static inline bool tare_str_eq(tare_str a, tare_str b)
{
	return a.len == b.len && (!a.len || !__builtin_memcmp(a.ptr, b.ptr, a.len));
}

/* What follows the first n bytes. */
static inline tare_str tare_str_from(tare_str s, size_t n)
{
	return (tare_str){ s.ptr + n, s.len - n };
}

static inline tare_str tare_str_of(const char *text)
{
	return (tare_str){ text, __builtin_strlen(text) };
}

/* Bytewise order, as memcmp, shorter first. */
int tare_str_cmp(tare_str a, tare_str b);

/* Length of a name (its first len bytes) without the ending, which may be in any case of letters, whatever the locale; len if the name does
 * not end so, or is nothing else. */
size_t tare_strip_ending(const char *name, size_t len, const char *ending);

/* For use inside one message: an escaped, shortened name in a buffer of its own. tare_fail(err, st, at, "tensor '%s'", TARE_SHOW(name)) */
typedef struct tare_shown {
	char text[160];
} tare_shown;
const char *tare_show(tare_str s, tare_shown *buf);
#define TARE_SHOW(s) tare_show((s), &(tare_shown){ { 0 } })

#endif
