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

tare_str tare_st_stored_name(tare_arena *arena, tare_str name)
{
	static const char digit[] = "0123456789abcdef";
	size_t i;
	char *p;

	if (tare_utf8_valid(name.ptr, name.len) && !tare_str_eq(name, tare_str_of("__metadata__")))
		return name;
	if (name.len > (SIZE_MAX - 5) / 2 || !(p = tare_arena_alloc(arena, 2 * name.len + 5)))
		return (tare_str){ NULL, 0 };
	memcpy(p, "hex:", 4);
	for (i = 0; i < name.len; i++) {
		p[4 + 2 * i] = digit[(uint8_t)name.ptr[i] >> 4];
		p[5 + 2 * i] = digit[(uint8_t)name.ptr[i] & 15];
	}
	return (tare_str){ p, 2 * name.len + 4 };
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
	.probe = probe,
	.read = tare_st_read,
	.layout = tare_st_layout,
	.header = tare_st_header,
};
