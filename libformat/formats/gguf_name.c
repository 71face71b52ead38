/* Names of shards: PREFIX-00002-of-00003.gguf */
#include "formats/gguf.h"

#include "base/escape.h"

#include <stdlib.h>
#include <string.h>

/* Five digits or more before path[*len]; moves *len to where they begin. */
static bool take_number(const char *path, size_t *len, uint32_t *out)
{
	size_t end = *len, i;

	while (*len && path[*len - 1] >= '0' && path[*len - 1] <= '9' && end - *len < 9)
		(*len)--;
	if (end - *len < 5)
		return false;
	*out = 0;
	for (i = *len; i < end; i++)
		*out = *out * 10 + (uint32_t)(path[i] - '0');
	return true;
}

bool tare_gguf_name_parse(const char *path, tare_gguf_name *out)
{
	size_t len = strlen(path), bare = tare_strip_ending(path, len, ".zst"), at = tare_strip_ending(path, bare, ".gguf");

	*out = (tare_gguf_name){ .packed = bare != len };
	if (at == bare || !take_number(path, &at, &out->count) || at < 4 || memcmp(path + at - 4, "-of-", 4))
		return false;
	at -= 4;
	if (!take_number(path, &at, &out->number) || !at || path[at - 1] != '-')
		return false;
	out->prefix = at - 1;
	return out->number && out->number <= out->count;
}

tare_gguf_name tare_gguf_name_for(const char *path)
{
	tare_gguf_name name;
	size_t len = strlen(path), bare = tare_strip_ending(path, len, ".zst");

	if (!tare_gguf_name_parse(path, &name))
		name = (tare_gguf_name){ .prefix = tare_strip_ending(path, bare, ".gguf"), .packed = bare != len };
	return name;
}

char *tare_gguf_name_make(const char *path, const tare_gguf_name *name, uint32_t number)
{
	size_t size = name->prefix + sizeof "-0123456789-of-0123456789.gguf.zst";
	char *out = malloc(size);

	if (out) {
		memcpy(out, path, name->prefix);
		snprintf(out + name->prefix, size - name->prefix, "-%05u-of-%05u.gguf%s", number, name->count, name->packed ? ".zst" : "");
	}
	return out;
}
