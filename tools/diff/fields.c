/* The fields of a block, as tare_type_fields() declares them. */
#include "common/message.h"
#include "common/number.h"
#include "common/table.h"
#include "common/terminal.h"
#include "diff/hex.h"

#include <stdlib.h>
#include <string.h>

enum { ROWS = 4, BYTES = 8 };

typedef struct field {
	char word[8], name[32];
	size_t at, count;        /* byte of the block; elements */
	size_t bits, width;      /* of an element; bytes of an item shown: of an element, or 1 where several lie in a byte */
	const tare_type *type;   /* that decodes an element; NULL: a whole number of a few bits */
} field;

static const struct {
	const char *word, *type;
	size_t bits;
} words[] = {
	{ "u1", NULL, 1 },     { "u2", NULL, 2 },      { "u4", NULL, 4 },      { "u8", "u8", 8 },   { "i8", "i8", 8 },   { "e8m0", "f8_e8m0", 8 },
	{ "e4m3", "f8_e4m3", 8 }, { "u16", "u16", 16 }, { "i16", "i16", 16 }, { "f16", "f16", 16 }, { "u32", "u32", 32 }, { "f32", "f32", 32 },
};

/* The next field of a declaration; false at its end. */
static bool next_field(const char **text, field *f)
{
	size_t end = f->at + f->count * f->bits / 8, i;
	int n = 0;

	*f = (field){ .at = end, .count = 1 };
	if (sscanf(*text, "%7[a-z0-9] %31[a-z_]%n", f->word, f->name, &n) != 2)
		return false;
	*text += n;
	if (sscanf(*text, "[%zu]%n", &f->count, &n) == 1)
		*text += n;
	*text += strspn(*text, ", ");
	for (i = 0; i < sizeof words / sizeof *words; i++)
		if (!strcmp(words[i].word, f->word)) {
			f->bits = words[i].bits;
			f->type = words[i].type ? tare_type_find(words[i].type) : NULL;
		}
	f->width = f->bits < 8 ? 1 : f->bits / 8;
	return f->bits > 0;
}

/* "3f  15 3": the byte's parts from its low bits on. */
static char *packed_text(const field *f, uint8_t byte)
{
	char *text;
	size_t size, shift;
	FILE *out = tool_compose(&text, &size);

	fprintf(out, "%02x ", byte);
	for (shift = 0; shift < 8; shift += f->bits)
		fprintf(out, f->bits == 1 && shift ? "%u" : " %u", (unsigned)(byte >> shift & ((1u << f->bits) - 1)));
	tool_composed(out, &text);
	return text;
}

static char *item_text(const field *f, const hex_side *s, size_t at)
{
	uint8_t little[4];
	char hex[9];
	float value = 0;
	size_t i;

	if (!f->type)
		return packed_text(f, s->bytes[at]);
	for (i = 0; i < f->width; i++) {
		little[i] = s->bytes[at + (s->big ? f->width - 1 - i : i)];
		snprintf(hex + 2 * i, sizeof hex - 2 * i, "%02x", s->bytes[at + i]);
	}
	tare_decode(f->type, little, 1, &value, NULL);
	return tool_format("%s  %s", hex, tool_real((double)value));
}

static void add_item(tool_table *t, const field *f, size_t at, const hex_side *a, const hex_side *b, bool differs)
{
	char *x = item_text(f, a, at), *y = b ? item_text(f, b, at) : NULL, index[32] = "";

	if (f->count > 1)
		snprintf(index, sizeof index, f->bits < 8 ? "[%zu..]" : "[%zu]", (at - f->at) * 8 / f->bits);
	tool_table_row(t, "%s %s%s\t%zu\t%s\t%s\t%s", f->word, f->name, index, at, x, y ? y : "", differs ? "*" : "");
	free(x);
	free(y);
}

/* An array alone: its first bytes. */
static void add_alone(tool_table *t, const field *f, const hex_side *a)
{
	size_t size = f->count * f->bits / 8, i;
	char hex[3 * BYTES + 1] = "";

	if (f->count == 1) {
		add_item(t, f, f->at, a, NULL, false);
		return;
	}
	for (i = 0; i < size && i < BYTES; i++)
		snprintf(hex + 3 * i, sizeof hex - 3 * i, "%s%02x", i ? " " : "", a->bytes[f->at + i]);
	tool_table_row(t, "%s %s[%zu]\t%zu\t%s%s", f->word, f->name, f->count, f->at, hex, i < size ? " ..." : "");
}

static void add_array(tool_table *t, const field *f, const hex_side *a, const hex_side *b)
{
	size_t end = f->at + f->count * f->bits / 8, at, differ = 0;

	for (at = f->at; at < end; at += f->width) {
		if (!memcmp(a->bytes + at, b->bytes + at, f->width))
			continue;
		if (differ++ < ROWS)
			add_item(t, f, at, a, b, true);
	}
	if (!differ)
		tool_table_row(t, "%s %s[%zu]\t%zu\tthe same", f->word, f->name, f->count, f->at);
	else if (differ > ROWS)
		tool_table_row(t, "\t\t... %s more differ", tool_count(differ - ROWS));
}

static void add_field(tool_table *t, const field *f, const hex_side *a, const hex_side *b)
{
	if (!b)
		add_alone(t, f, a);
	else if (f->count > 1)
		add_array(t, f, a, b);
	else
		add_item(t, f, f->at, a, b, memcmp(a->bytes + f->at, b->bytes + f->at, f->width) != 0);
}

/* A type without fields: an element, or bytes that nobody knows. */
static void add_plain(tool_table *t, const tare_type *type, const hex_side *a, const hex_side *b)
{
	const hex_side *side[] = { a, b };
	char text[2][80] = { "", "" };
	float value[4];
	size_t i, k, n;

	for (i = 0; i < 2 && side[i]; i++) {
		for (n = 0, k = 0; k < side[i]->size; k++)
			n += (size_t)snprintf(text[i] + n, sizeof text[i] - n, "%02x", side[i]->bytes[k]);
		if (type && tare_type_can_decode(type) && tare_type_block_len(type) == 1 && !side[i]->big &&
		    tare_decode(type, side[i]->bytes, 1, value, NULL) == TARE_OK)
			snprintf(text[i] + n, sizeof text[i] - n, "  %s", tool_real((double)value[0]));
	}
	tool_table_row(t, "%s\t0\t%s\t%s", type ? tare_type_name(type) : "bytes", text[0], text[1]);
}

void hex_fields(const tare_type *type, const hex_side *a, const hex_side *b)
{
	tool_table *t = tool_table_new(b ? "field\t>byte\t---\t+++\t" : "field\t>byte\tbytes");
	const char *text = type ? tare_type_fields(type) : NULL;
	field f = { .count = 0 };

	if (!text)
		add_plain(t, type, a, b);
	while (text && next_field(&text, &f))
		add_field(t, &f, a, b);
	tool_table_print(t, stdout, 2, tool_cut());
}
