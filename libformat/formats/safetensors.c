/* safetensors: u64 length (little-endian), that many bytes of JSON, then the payload without gaps.
 * The format: README.md and safetensors/src/tensor.rs of the reference, release 0.8. */
#include "formats/safetensors.h"

#include "base/escape.h"

#include <string.h>

static const tare_st_dtype dtypes[] = {
	{ "BOOL", &tare_type_bool, 8 },
	{ "F4", &tare_type_f4, 4 },
	{ "F6_E2M3", &tare_type_f6_e2m3, 6 },
	{ "F6_E3M2", &tare_type_f6_e3m2, 6 },
	{ "U8", &tare_type_u8, 8 },
	{ "I8", &tare_type_i8, 8 },
	{ "F8_E5M2", &tare_type_f8_e5m2, 8 },
	{ "F8_E4M3", &tare_type_f8_e4m3, 8 },
	{ "F8_E8M0", &tare_type_f8_e8m0, 8 },
	{ "F8_E4M3FNUZ", &tare_type_f8_e4m3fnuz, 8 },
	{ "F8_E5M2FNUZ", &tare_type_f8_e5m2fnuz, 8 },
	{ "I16", &tare_type_i16, 16 },
	{ "U16", &tare_type_u16, 16 },
	{ "F16", &tare_type_f16, 16 },
	{ "BF16", &tare_type_bf16, 16 },
	{ "I32", &tare_type_i32, 32 },
	{ "U32", &tare_type_u32, 32 },
	{ "F32", &tare_type_f32, 32 },
	{ "C64", &tare_type_c64, 64 },
	{ "F64", &tare_type_f64, 64 },
	{ "I64", &tare_type_i64, 64 },
	{ "U64", &tare_type_u64, 64 },
};

enum { N_DTYPES = sizeof dtypes / sizeof *dtypes, RAW = 4 };

const tare_st_dtype *tare_st_dtype_find(tare_str name)
{
	size_t i;

	for (i = 0; i < N_DTYPES; i++)
		if (tare_str_eq(tare_str_of(dtypes[i].name), name))
			return &dtypes[i];
	return NULL;
}

const tare_st_dtype *tare_st_dtype_of(const tare_type *type)
{
	size_t i;

	for (i = 0; i < N_DTYPES; i++)
		if (dtypes[i].type == type)
			return &dtypes[i];
	return NULL;
}

const tare_st_dtype *tare_st_dtype_raw(void)
{
	return &dtypes[RAW];
}

tare_str tare_st_base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return tare_str_of(slash ? slash + 1 : path);
}

const tare_st_dtype *tare_st_dtype_in_file(const tare_tensor *t)
{
	const tare_st_dtype *d = t->type ? tare_st_dtype_of(t->type) : NULL;

	return d ? d : tare_st_dtype_raw();
}

bool tare_st_is_plain_name(tare_str name)
{
	return tare_utf8_valid(name.ptr, name.len) && !tare_str_eq(name, tare_str_of("__metadata__"));
}

/* The i-th byte of "hex:" and the digits of name, -1 behind its end. */
static int hex_byte(tare_str name, size_t i)
{
	uint8_t c;

	if (i < 4)
		return "hex:"[i];
	if ((i - 4) / 2 >= name.len)
		return -1;
	c = (uint8_t)name.ptr[(i - 4) / 2];
	return "0123456789abcdef"[i % 2 ? c & 15 : c >> 4];
}

tare_str tare_st_stored_name(tare_arena *arena, tare_str name)
{
	size_t i;
	char *p;

	if (tare_st_is_plain_name(name))
		return name;
	if (name.len > (SIZE_MAX - 5) / 2 || !(p = tare_arena_alloc(arena, 2 * name.len + 5)))
		return (tare_str){ NULL, 0 };
	for (i = 0; i < 2 * name.len + 4; i++)
		p[i] = (char)hex_byte(name, i);
	return (tare_str){ p, i };
}

static int stored_byte(tare_str name, bool plain, size_t i)
{
	return !plain ? hex_byte(name, i) : i < name.len ? (uint8_t)name.ptr[i] : -1;
}

static int compare_stored(tare_str a, tare_str b)
{
	bool plain_a = tare_st_is_plain_name(a), plain_b = tare_st_is_plain_name(b);
	size_t i = 0;
	int x, y;

	if (plain_a && plain_b)
		return tare_str_cmp(a, b);
	do {
		x = stored_byte(a, plain_a, i);
		y = stored_byte(b, plain_b, i++);
	} while (x == y && x >= 0);
	return x < y ? -1 : x > y;
}

int tare_st_compare(const tare_tensor *a, const tare_tensor *b)
{
	const tare_st_dtype *da = tare_st_dtype_in_file(a), *db = tare_st_dtype_in_file(b);

	if (a->file != b->file)
		return a->file < b->file ? -1 : 1;
	if (da != db)
		return da > db ? -1 : 1;
	return compare_stored(a->name, b->name);
}

/* There is no magic: the length of the header, then the header's first byte. What cannot be is still claimed, faintly, so that the reader
 * may say what is wrong with it. */
static int probe(const uint8_t *head, size_t size)
{
	uint64_t n = size < 8 ? 0 : tare_get64(head, false);

	if (!n)
		return 0;
	if (size == 8 || n > TARE_ST_HEADER_MAX)
		return size > 8 && head[8] == '{' ? 10 : n <= TARE_ST_HEADER_MAX ? 3 : 0;
	if (head[8] == '{')
		return 95;
	return head[8] == ' ' || head[8] == '\n' || head[8] == '\t' || head[8] == '\r' ? 40 : 3;
}

const tare_format tare_format_safetensors = {
	.name = "safetensors",
	.title = "safetensors",
	.suffix = ".safetensors",
	.also = ".st",
	.probe = probe,
	.read = tare_st_read,
	.layout = tare_st_layout,
	.header = tare_st_header,
};
