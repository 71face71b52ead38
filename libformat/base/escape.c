#include "base/escape.h"

#include <string.h>

size_t tare_utf8_len(const uint8_t *p, size_t n)
{
	size_t need, i;
	uint32_t c, least;

	if (!n)
		return 0;
	if (p[0] < 0x80)
		return 1;
	if (p[0] >= 0xc2 && p[0] < 0xe0)
		need = 2, c = p[0] & 0x1f, least = 0x80;
	else if (p[0] >= 0xe0 && p[0] < 0xf0)
		need = 3, c = p[0] & 0x0f, least = 0x800;
	else if (p[0] >= 0xf0 && p[0] < 0xf5)
		need = 4, c = p[0] & 0x07, least = 0x10000;
	else
		return 0;
	if (n < need)
		return 0;
	for (i = 1; i < need; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3f);
	}
	if (c < least || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		return 0;
	return need;
}

bool tare_utf8_valid(const void *bytes, size_t n)
{
	const uint8_t *p = bytes;

	while (n) {
		size_t k = tare_utf8_len(p, n);

		if (!k)
			return false;
		p += k;
		n -= k;
	}
	return true;
}

int tare_str_cmp(tare_str a, tare_str b)
{
	size_t n = a.len < b.len ? a.len : b.len;
	int c = n ? memcmp(a.ptr, b.ptr, n) : 0;

	return c ? c : (a.len > b.len) - (a.len < b.len);
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

size_t tare_strip_ending(const char *name, size_t len, const char *ending)
{
	size_t n = strlen(ending), i;

	if (len <= n)
		return len;
	for (i = 0; i < n; i++)
		if (lower(name[len - n + i]) != lower(ending[i]))
			return len;
	return len - n;
}

/* C1 controls and the bidirectional and invisible formatting characters can rewrite a line on a terminal. */
static bool is_deceptive(const uint8_t *p, size_t len)
{
	uint32_t c;

	if (len == 2)
		return (p[0] == 0xc2 && p[1] < 0xa0) || (p[0] == 0xd8 && p[1] == 0x9c);
	if (len != 3)
		return false;
	c = (uint32_t)(p[0] & 0x0f) << 12 | (uint32_t)(p[1] & 0x3f) << 6 | (p[2] & 0x3f);
	return (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff;
}

/* One character of s at p as printable text in out (at most 16 bytes); returns how many input bytes it took. */
static size_t escape_one(const uint8_t *p, size_t n, char *out)
{
	size_t len = tare_utf8_len(p, n);
	size_t i;

	if (*p == '\n' || *p == '\t' || *p == '\r' || *p == '\\') {
		snprintf(out, 16, "\\%c", *p == '\n' ? 'n' : *p == '\t' ? 't' : *p == '\r' ? 'r' : '\\');
		return 1;
	}
	if (len && *p >= 0x20 && *p != 0x7f && !is_deceptive(p, len)) {
		memcpy(out, p, len);
		out[len] = '\0';
		return len;
	}
	if (!len)
		len = 1;
	for (i = 0; i < len; i++)
		snprintf(out + 4 * i, 5, "\\x%02x", p[i]);
	return len;
}

/* Text is put down as long as it fits; where it does not, it goes back to the last place that leaves room for "...". */
const char *tare_escape(tare_str s, size_t max_columns, char *buf, size_t size)
{
	size_t most = max_columns ? max_columns : SIZE_MAX;
	size_t at = 0, columns = 0, used = 0, cut = SIZE_MAX;
	const uint8_t *p = (const uint8_t *)s.ptr;
	char one[17];

	if (!size)
		return buf;
	while (at < s.len) {
		size_t took = escape_one(p + at, s.len - at, one);
		size_t len = strlen(one);
		size_t width = (unsigned char)one[0] < 0x80 ? len : 1;

		if (used + 3 < size && columns + 3 <= most)
			cut = used;
		if (width > most - columns || len >= size - used)
			break;
		memcpy(buf + used, one, len);
		used += len;
		columns += width;
		at += took;
	}
	if (at < s.len && cut != SIZE_MAX) {
		memcpy(buf + cut, "...", 3);
		used = cut + 3;
	}
	buf[used] = '\0';
	return buf;
}

const char *tare_show(tare_str s, tare_shown *buf)
{
	return tare_escape(s, 80, buf->text, sizeof buf->text);
}
