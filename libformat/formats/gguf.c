#include "base/escape.h"
#include "formats/gguf.h"

#include <string.h>

static int probe(const uint8_t *head, size_t size)
{
	return size >= 4 && !memcmp(head, "GGUF", 4) ? 100 : 0;
}

static tare_status read_magic(tare_gguf_reader *r, tare_error *err)
{
	const uint8_t *magic = tare_cursor_bytes(&r->c, 4);

	if (!magic)
		return tare_gguf_short(r, 0, "the first four bytes", (tare_str){ 0 }, err);
	if (memcmp(magic, "GGUF", 4))
		return tare_fail(err, TARE_E_FORMAT, 0, "the first four bytes are '%s', expected 'GGUF'",
				 TARE_SHOW(((tare_str){ (const char *)magic, 4 })));
	return TARE_OK;
}

/* There is no flag for the byte order: a version whose low half is empty was written in the other one. */
static tare_status read_version(tare_gguf_reader *r, tare_error *err)
{
	tare_model *m = r->m;
	uint32_t v = tare_cursor_u32(&r->c);

	if (r->c.bad)
		return tare_gguf_short(r, 4, "the version", (tare_str){ 0 }, err);
	if (v && !(v & 0xffff)) {
		m->big_endian = r->c.big = true;
		v = __builtin_bswap32(v);
	}
	m->version = v;
	if (v == 1)
		return tare_fail(err, TARE_E_UNSUPPORTED, 4,
				 "GGUF version 1 (before August 2023) is not read here nor by llama.cpp; convert the model anew from its source");
	if (v != 2 && v != 3)
		return tare_fail(err, v ? TARE_E_UNSUPPORTED : TARE_E_DATA, 4, "GGUF version %u%s: versions 2 and 3 are read here", v,
				 m->big_endian ? " (big-endian)" : "");
	if (m->strict && m->big_endian)
		return tare_fail(err, TARE_E_DATA, 4, "big-endian: ggml reads it on big-endian machines only; convert it to little-endian");
	return TARE_OK;
}

static tare_status check_count(tare_gguf_reader *r, uint64_t at, uint64_t n, uint64_t record, const char *what, tare_error *err)
{
	uint64_t left = tare_gguf_left(r);

	if (n > left / record)
		return tare_fail(err, TARE_E_DATA, at, "%llu %s are declared, but the %llu bytes that follow have room for %llu at most",
				 (unsigned long long)n, what, (unsigned long long)left, (unsigned long long)(left / record));
	return TARE_OK;
}

static tare_status read_counts(tare_gguf_reader *r, tare_error *err)
{
	const tare_limits *lim = &r->m->limits;

	r->n_tensors = tare_cursor_u64(&r->c);
	r->n_meta = tare_cursor_u64(&r->c);
	if (r->c.bad)
		return tare_gguf_short(r, 8, "the counts of tensors and metadata", (tare_str){ 0 }, err);
	/* The least a record takes: name length, n_dims, type, offset; key length, type, one byte. */
	TARE_TRY(check_count(r, 8, r->n_tensors, 24, "tensors", err));
	TARE_TRY(check_count(r, 16, r->n_meta, 13, "metadata entries", err));
	TARE_TRY(tare_limit_check(lim, TARE_LIMIT_tensors, r->n_tensors, 8, "tensors declared", err));
	return tare_limit_check(lim, TARE_LIMIT_metadata, r->n_meta, 16, "metadata entries declared", err);
}

static void tell_oddities(const tare_gguf_reader *r)
{
	static const struct {
		const char *what, *text;
	} odd[TARE_GGUF_ODDITIES] = {
		[TARE_GGUF_ODD_KEY_LONG] = { "metadata key", "longer than the 65535 bytes the specification allows" },
		[TARE_GGUF_ODD_KEY_TEXT] = { "metadata key", "not UTF-8 text" },
		[TARE_GGUF_ODD_TEXT] = { "metadata", "the text is not UTF-8; it is kept as it is" },
		[TARE_GGUF_ODD_BOOL] = { "metadata", "a bool is stored as a byte other than 0 and 1; it is kept as it is" },
		[TARE_GGUF_ODD_NESTED] = { "metadata", "an array of arrays, which the specification allows and llama.cpp refuses" },
		[TARE_GGUF_ODD_NAME_LONG] = { "tensor", "the name is longer than the 63 bytes that llama.cpp reads" },
		[TARE_GGUF_ODD_NAME_TEXT] = { "tensor", "the name is empty, holds a NUL or is not UTF-8; llama.cpp misreads it" },
		[TARE_GGUF_ODD_TYPE] = { "tensor", "its type is not known here; its bytes are kept but cannot be decoded" },
		[TARE_GGUF_ODD_ORDER] = { "tensor", "does not follow the one before it without a gap; llama.cpp refuses such files" },
		[TARE_GGUF_ODD_EXTENT] = { "tensor", "its type is not known, and where its bytes end neither; it cannot be copied" },
	};
	char more[40], type[60];
	size_t i;

	snprintf(type, sizeof type, "type %u%s: ", r->odd_type, tare_gguf_removed(r->odd_type));
	for (i = 0; i < TARE_GGUF_ODDITIES; i++) {
		uint64_t n = r->odd[i].count;

		*more = '\0';
		if (n > 1)
			snprintf(more, sizeof more, " (and %llu more)", (unsigned long long)(n - 1));
		if (n)
			tare_model_warn(r->m, "%s '%s'%s: %s%s", odd[i].what, TARE_SHOW(r->odd[i].first), more,
					i == TARE_GGUF_ODD_TYPE ? type : "", odd[i].text);
	}
}

static tare_status read_gguf(tare_model *m, tare_error *err)
{
	tare_gguf_reader r = { .m = m, .source = m->files[0].source };

	m->ordered = true;
	r.c = tare_source_cursor(r.source);
	TARE_TRY(read_magic(&r, err));
	TARE_TRY(read_version(&r, err));
	m->home_big = m->big_endian;
	TARE_TRY(read_counts(&r, err));
	TARE_TRY(tare_gguf_metadata(&r, err));
	TARE_TRY(tare_gguf_tensors(&r, err));
	TARE_TRY(tare_gguf_place(&r, err));
	tell_oddities(&r);
	return TARE_OK;
}

const tare_format tare_format_gguf = {
	.name = "gguf",
	.title = "GGUF (ggml, llama.cpp)",
	.suffix = ".gguf",
	.probe = probe,
	.read = read_gguf,
	.layout = tare_gguf_layout,
	.header = tare_gguf_header,
};
