/* Metadata for people: a row for each entry that is not the same; arrays by place, templates line by line. */
#include "common/message.h"
#include "common/number.h"
#include "common/table.h"
#include "common/terminal.h"
#include "common/value.h"
#include "diff/diff.h"

#include <stdlib.h>
#include <string.h>

enum { ROWS = 12, LINES = 16, ELEMENTS = 3, SPANS = 4, VALUE = 24, CONTEXT = 3 };

bool diff_is_text(const tare_value *x, const tare_value *y)
{
	const tare_value *both[] = { x, y };
	size_t i;

	if (x->kind != TARE_STRING || y->kind != TARE_STRING)
		return false;
	for (i = 0; i < 2; i++)
		if (both[i]->as.string.len > 100 || (both[i]->as.string.len && memchr(both[i]->as.string.ptr, '\n', both[i]->as.string.len)))
			return true;
	return false;
}

/* ---- one row ---- */

static void put_spans(FILE *f, const diff_view *v, const tare_key_difference *d)
{
	size_t most = v->o->all ? d->n_spans : SPANS, i;

	for (i = 0; i < d->n_spans && i < most; i++) {
		fprintf(f, "%s%llu", i ? ", " : "", (unsigned long long)d->spans[i].first);
		if (d->spans[i].last != d->spans[i].first)
			fprintf(f, "..%llu", (unsigned long long)d->spans[i].last);
	}
	if (d->more_spans || d->n_spans > most)
		fprintf(f, ", ...");
}

static char *array_change(const diff_view *v, const tare_key_difference *d, const tare_array *a, const tare_array *b)
{
	char *text;
	size_t size;
	FILE *f = tool_compose(&text, &size);

	fprintf(f, "[%llu]", (unsigned long long)a->count);
	if (a->count != b->count)
		fprintf(f, " -> [%llu]", (unsigned long long)b->count);
	fprintf(f, " differ at ");
	put_spans(f, v, d);
	if (d->differ > 1)
		fprintf(f, " (%s)", tool_count(d->differ));
	tool_composed(f, &text);
	return text;
}

static char *change_text(const diff_view *v, const tare_key_difference *d)
{
	tare_value x, y;
	bool has_x = diff_key_a(v, d, &x), has_y = diff_key_b(v, d, &y);
	char *from, *to, *both;

	if (!has_x || !has_y)
		return tool_preview(has_x ? &x : &y, v->o->all ? 0 : 2 * VALUE);
	if (d->differ)
		return array_change(v, d, &x.as.array, &y.as.array);
	if (x.kind == y.kind && diff_is_text(&x, &y))
		return tool_format("%llu -> %llu bytes", (unsigned long long)x.as.string.len, (unsigned long long)y.as.string.len);
	from = tool_preview(&x, v->o->all ? 0 : VALUE);
	to = tool_preview(&y, v->o->all ? 0 : VALUE);
	both = tool_format("%s -> %s", from, to);
	free(from);
	free(to);
	return both;
}

static char *kind_text(const diff_view *v, const tare_key_difference *d)
{
	tare_value x, y;
	bool has_x = diff_key_a(v, d, &x), has_y = diff_key_b(v, d, &y);
	char *from = has_x ? tool_format("%s", tool_kind_text(&x)) : NULL, *to = has_y ? tool_format("%s", tool_kind_text(&y)) : NULL, *both;

	if (from && to && strcmp(from, to))
		both = tool_format("%s -> %s", from, to);
	else
		both = tool_format("%s", from ? from : to);
	free(from);
	free(to);
	return both;
}

static void print_row(const diff_view *v, const tare_key_difference *d, size_t i, int width)
{
	const char *change = diff_key_change(d);
	char *key = tool_shown(d->key, 0), *kind = kind_text(v, d), *text = change_text(v, d);

	printf("  %s%c %-*s  %-7s  %s%s%s\n", *change == 'a' ? tool_green() : *change == 'r' ? tool_red() : "",
	       *change == 'a' ? '+' : *change == 'r' ? '-' : '~', width, key, kind, text, v->allowed[i] ? "  (allowed)" : "", tool_plain());
	free(key);
	free(kind);
	free(text);
}

/* ---- more of one entry ---- */

static bool element_at(const tare_array *a, uint64_t i, tare_value *out)
{
	tare_array_iter it;

	tare_array_start(&it, a);
	while (tare_array_next(&it, out))
		if (it.index - 1 == i)
			return true;
	return false;
}

static char *element_text(const tare_array *a, uint64_t i)
{
	tare_value e;
	char *text, *quoted;

	if (!element_at(a, i, &e))
		return tool_format("nothing");
	text = tool_preview(&e, VALUE);
	if (e.kind != TARE_STRING)
		return text;
	quoted = tool_format("\"%s\"", text);
	free(text);
	return quoted;
}

/* The first few elements that differ, old and new. */
static void print_elements(const tare_key_difference *d, const tare_array *a, const tare_array *b)
{
	size_t s, n = 0;
	uint64_t i;

	for (s = 0; s < d->n_spans; s++)
		for (i = d->spans[s].first; i <= d->spans[s].last && n < ELEMENTS; i++, n++) {
			char *from = element_text(a, i), *to = element_text(b, i);

			printf("      %llu  %s -> %s\n", (unsigned long long)i, from, to);
			free(from);
			free(to);
		}
	if (d->has_elements && d->differ > ELEMENTS)
		printf("      as sets: %s only in ---, %s only in +++, %s elsewhere\n", tool_count(d->lost), tool_count(d->gained),
		       tool_count(d->moved));
}

static void print_line(const char *line, size_t n)
{
	char *shown = tool_clean((tare_str){ line, n });
	size_t columns = tool_cut() > 7 ? tool_cut() - 7 : SIZE_MAX;

	printf("      %s%.*s%s\n", *line == '+' ? tool_green() : *line == '-' ? tool_red() : *line == '@' ? tool_dim() : "",
	       (int)tool_fit(shown, columns), shown, tool_plain());
	free(shown);
}

static void print_text(const diff_view *v, const tare_value *x, const tare_value *y)
{
	char *text = tare_text_diff(x->as.string, y->as.string, CONTEXT);
	const char *line, *end;
	size_t n = 0;

	if (!text) {
		tool_trouble("out of memory");
		tool_end(TOOL_TROUBLE);
	}
	for (line = text; *line && (n < LINES || v->o->all); line = end + 1, n++) {
		end = strchr(line, '\n');
		print_line(line, (size_t)(end - line));
	}
	if (*line)
		printf("      ... (--all)\n");
	free(text);
}

static void print_details(const diff_view *v, const tare_key_difference *d)
{
	tare_value x, y;

	if (!diff_key_a(v, d, &x) || !diff_key_b(v, d, &y) || x.kind != y.kind)
		return;
	if (d->differ)
		print_elements(d, &x.as.array, &y.as.array);
	else if (diff_is_text(&x, &y))
		print_text(v, &x, &y);
}

/* ---- the whole ---- */

static void print_head(const diff_view *v)
{
	struct {
		size_t n;
		const char *word;
	} parts[] = { { v->keys_changed, "changed" }, { v->keys_added, "added" }, { v->keys_removed, "removed" },
		      { v->keys_allowed, "of these allowed" }, { tare_comparison_equal_keys(v->c), "equal" } };
	const char *between = "";
	size_t i;

	printf("\n%smetadata%s: ", tool_bold(), tool_plain());
	for (i = 0; i < sizeof parts / sizeof *parts - !v->o->metadata; i++) {
		if (!parts[i].n)
			continue;
		printf("%s%s %s", between, tool_count(parts[i].n), parts[i].word);
		between = ", ";
	}
	putchar('\n');
}

/* Entries come in the order changed, added, removed. */
static size_t print_kind(const diff_view *v, const char *change, size_t shown, int width)
{
	size_t most = v->o->all ? SIZE_MAX : ROWS, i;

	for (i = 0; i < v->n_keys; i++) {
		const tare_key_difference *d = tare_comparison_key(v->c, i);

		if (!v->counts[i] || strcmp(diff_key_change(d), change))
			continue;
		if (shown++ >= most)
			continue;
		print_row(v, d, i, width);
		print_details(v, d);
	}
	return shown;
}

static int key_width(const diff_view *v)
{
	size_t widest = 0, i, n;

	for (i = 0; i < v->n_keys; i++) {
		n = tare_comparison_key(v->c, i)->key.len;
		if (v->counts[i] && n > widest)
			widest = n;
	}
	return (int)(widest < 36 ? widest : 36);
}

void diff_text_keys(const diff_view *v)
{
	int width = key_width(v);
	size_t shown;

	if (!(v->keys_changed + v->keys_added + v->keys_removed)) {
		if (tare_comparison_equal_keys(v->c) && v->o->metadata)
			printf("\n%smetadata%s: %s equal\n", tool_bold(), tool_plain(), tool_count(tare_comparison_equal_keys(v->c)));
		return;
	}
	print_head(v);
	shown = print_kind(v, "changed", 0, width);
	shown = print_kind(v, "added", shown, width);
	shown = print_kind(v, "removed", shown, width);
	if (!v->o->all && shown > ROWS)
		printf("  ... %s more (--all)\n", tool_count(shown - ROWS));
}
