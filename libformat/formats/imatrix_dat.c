#include "formats/imatrix_dat.h"

#include "base/cursor.h"
#include "base/escape.h"
#include "model/imatrix.h"

#include <stdlib.h>
#include <string.h>

enum {
	NAME_MOST = 65535,
	ENTRY_LEAST = 4 + 1 + 4 + 4 + 4, /* bytes of an entry with a name of one byte and one value */
};

typedef struct reader {
	tare_model *m;
	tare_cursor c;
	tare_array_builder calls;
	uint32_t entry;              /* being read, from 0 */
} reader;

static bool is_name(const uint8_t *p, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (p[i] <= ' ' || p[i] > '~')
			return false;
	return n > 0;
}

static bool is_importance(uint32_t bits)
{
	return bits <= 0x7f7fffffu || bits == 0x80000000u;
}

/* There is no magic, so everything that is there of the first entry must be as an entry is. */
static int probe(const uint8_t *head, size_t size)
{
	uint32_t entries = size < 8 ? 0 : tare_get32(head, false), n = size < 8 ? 0 : tare_get32(head + 4, false), at = n + 8, i;

	if (!entries || entries > 1 << 22 || !n || n > 1024 || size < at + 12 || !is_name(head + 8, n))
		return 0;
	if (tare_get32(head + at, false) > INT32_MAX || tare_get32(head + at + 4, false) - 1 >= INT32_MAX)
		return 0;
	n = tare_get32(head + at + 4, false);
	for (i = 0, at += 8; i < n && at + 4 <= size; i++, at += 4)
		if (!is_importance(tare_get32(head + at, false)))
			return 20;
	return 70;
}

static tare_status too_short(reader *r, uint64_t at, const char *what, tare_error *err)
{
	return tare_fail(err, TARE_E_DATA, at, "entry %u: the file ends within %s; it is cut short or damaged", r->entry, what);
}

/* The length of a text, and the text. */
static tare_status read_text(reader *r, const char *what, tare_str *out, tare_error *err)
{
	uint64_t at = r->c.at, left;
	uint32_t n = tare_cursor_u32(&r->c);

	if (r->c.bad)
		return too_short(r, at, what, err);
	left = r->c.size - r->c.at;
	if (n > left)
		return tare_fail(err, TARE_E_DATA, at, "entry %u: %s of %lld bytes is declared, but %llu are left in the file", r->entry, what,
				 (long long)(int32_t)n, (unsigned long long)left);
	*out = (tare_str){ (const char *)tare_cursor_bytes(&r->c, n), n };
	return TARE_OK;
}

static tare_status read_name(reader *r, tare_str *out, tare_error *err)
{
	uint64_t at = r->c.at;

	TARE_TRY(read_text(r, "a name", out, err));
	if (!out->len || out->len > NAME_MOST)
		return tare_fail(err, TARE_E_DATA, at, "entry %u: the name has %zu bytes, expected 1 to %d", r->entry, out->len, NAME_MOST);
	if (memchr(out->ptr, 0, out->len))
		return tare_fail(err, TARE_E_DATA, at + 4, "entry %u: the name '%s' holds a NUL", r->entry, TARE_SHOW(*out));
	return TARE_OK;
}

static tare_status read_calls(reader *r, tare_str name, tare_error *err)
{
	uint64_t at = r->c.at;
	tare_value calls = { .kind = TARE_I32, .as.i = (int32_t)tare_cursor_u32(&r->c) };

	if (r->c.bad)
		return too_short(r, at, "the number of calls", err);
	if (calls.as.i < 0)
		return tare_fail(err, TARE_E_DATA, at, "entry %u '%s': its number of calls is negative (%lld)", r->entry, TARE_SHOW(name),
				 (long long)calls.as.i);
	return tare_array_add(&r->calls, &calls, err);
}

static tare_status read_values(reader *r, tare_str name, tare_error *err)
{
	tare_tensor t = { .name = name, .type = &tare_type_f32, .type_id = (uint32_t)tare_type_f32.gguf_id, .n_dims = 1 };
	uint64_t at = r->c.at, *dim = tare_arena_array(&r->m->arena, 1, sizeof *dim);
	int64_t n = (int32_t)tare_cursor_u32(&r->c);

	if (!dim)
		return tare_fail_nomem(err);
	if (r->c.bad)
		return too_short(r, at, "the number of values", err);
	if (n < 1)
		return tare_fail(err, TARE_E_DATA, at, "entry %u '%s': %lld values are declared, expected 1 or more", r->entry, TARE_SHOW(name),
				 (long long)n);
	t.offset = r->c.at;
	if (!tare_cursor_bytes(&r->c, 4 * (uint64_t)n))
		return tare_fail(err, TARE_E_DATA, at, "entry %u '%s': %lld values are declared, but %llu bytes are left in the file", r->entry,
				 TARE_SHOW(name), (long long)n, (unsigned long long)(r->c.size - t.offset));
	*dim = (uint64_t)n;
	t.dim = dim;
	tare_tensor_measure(&t);
	return tare_model_add_tensor(r->m, &t, at, err);
}

static tare_status read_entries(reader *r, tare_error *err)
{
	int64_t n = (int32_t)tare_cursor_u32(&r->c);
	uint64_t most = r->c.bad ? 0 : (r->c.size - r->c.at) / ENTRY_LEAST;
	tare_str name;

	if (r->c.bad || n < 1)
		return tare_fail(err, TARE_E_DATA, 0, "%lld entries are declared, expected 1 or more: it is no importance matrix, or an empty one",
				 (long long)n);
	if ((uint64_t)n > most)
		return tare_fail(err, TARE_E_DATA, 0, "%lld entries are declared, but the %llu bytes that follow have room for %llu at most",
				 (long long)n, (unsigned long long)(r->c.size - r->c.at), (unsigned long long)most);
	TARE_TRY(tare_limit_check(&r->m->limits, TARE_LIMIT_tensors, (uint64_t)n, 0, "entries declared", err));
	for (; r->entry < n; r->entry++) {
		TARE_TRY(read_name(r, &name, err));
		TARE_TRY(read_calls(r, name, err));
		TARE_TRY(read_values(r, name, err));
	}
	return TARE_OK;
}

/* ---- what is known of the whole ---- */

static tare_status set_list(reader *r, const char *key, tare_array_builder *b, tare_error *err)
{
	tare_value v;

	TARE_TRY(tare_array_finish(b, r->m, &v, err));
	return tare_model_set(r->m, key, &v, err);
}

static tare_status set_dataset(reader *r, tare_str path, tare_error *err)
{
	tare_array_builder b = { .kind = TARE_STRING };
	const tare_value text = { .kind = TARE_STRING, .as.string = path };
	tare_status st = path.len ? tare_array_add(&b, &text, err) : TARE_OK;

	if (st == TARE_OK)
		st = set_list(r, TARE_IMATRIX_DATASETS, &b, err);
	else
		free(b.bytes.bytes);
	return st;
}

/* Older files end with the last entry. */
static tare_status read_end(reader *r, tare_error *err)
{
	tare_str dataset = { "", 0 };
	uint32_t chunks;

	if (r->c.size - r->c.at >= 4) {
		chunks = tare_cursor_u32(&r->c);
		if (chunks <= INT32_MAX)
			TARE_TRY(tare_model_set_u32(r->m, TARE_IMATRIX_CHUNK_COUNT, chunks, err));
		else
			tare_model_warn(r->m, "the number of chunks is negative (%d) and left out", (int)(int32_t)chunks);
	}
	if (r->c.size - r->c.at >= 4)
		TARE_TRY(read_text(r, "a dataset's path", &dataset, err));
	if (r->c.size > r->c.at)
		tare_model_warn(r->m, "%llu bytes behind the last entry belong to nothing", (unsigned long long)(r->c.size - r->c.at));
	return set_dataset(r, dataset, err);
}

static tare_status read_all(reader *r, tare_error *err)
{
	TARE_TRY(tare_model_set_text(r->m, TARE_IMATRIX_TYPE, "imatrix", err));
	TARE_TRY(read_entries(r, err));
	TARE_TRY(read_end(r, err));
	return set_list(r, TARE_IMATRIX_CALLS, &r->calls, err);
}

/* Headers and values alternate, so a stream is spooled. */
static tare_status read_dat(tare_model *m, tare_error *err)
{
	reader r = { .m = m, .calls.kind = TARE_I32 };
	tare_source *s = m->files[0].source;
	tare_status st;

	m->alignment = 1;
	TARE_TRY(tare_source_random(s, err));
	r.c = (tare_cursor){ .base = tare_source_at(s, 0, tare_source_size(s)), .size = tare_source_size(s) };
	st = read_all(&r, err);
	if (st != TARE_OK)
		free(r.calls.bytes.bytes);
	return st;
}

/* ---- writing ---- */

/* Entries stand between values, and those are not the sums of other forms: tare_imatrix_write() makes such files. */
static tare_status refuse_layout(tare_model *out, const tare_layout_options *opt, tare_error *err)
{
	return tare_fail(err, TARE_E_UNSUPPORTED, TARE_NOWHERE, "%s holds importance matrices only: tare-convert turns a whole one into it",
			 tare_format_imatrix_dat.name);
}

static tare_status no_header(const tare_model *out, uint32_t file, tare_sink *sink, tare_error *err)
{
	return refuse_layout(NULL, NULL, err);
}

tare_status tare_imatrix_dat_entry(tare_sink *s, tare_str name, int32_t calls, uint64_t values, tare_error *err)
{
	TARE_TRY(tare_sink_u32(s, (uint32_t)name.len, err));
	TARE_TRY(tare_sink_put(s, name.ptr, name.len, err));
	TARE_TRY(tare_sink_u32(s, (uint32_t)calls, err));
	return tare_sink_u32(s, (uint32_t)values, err);
}

tare_status tare_imatrix_dat_end(tare_sink *s, int32_t chunks, tare_str dataset, tare_error *err)
{
	TARE_TRY(tare_sink_u32(s, (uint32_t)chunks, err));
	TARE_TRY(tare_sink_u32(s, (uint32_t)dataset.len, err));
	return tare_sink_put(s, dataset.ptr, dataset.len, err);
}

const tare_format tare_format_imatrix_dat = {
	.name = "imatrix-dat",
	.title = "importance matrix of llama-imatrix, older form",
	.suffix = ".dat",
	.probe = probe,
	.read = read_dat,
	.layout = refuse_layout,
	.header = no_header,
};
