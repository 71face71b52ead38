/* The list of types, looking one up, and choosing its fastest kernel. */
#include "types/type.h"

#include "base/checked.h"
#include "base/cpu.h"
#include "base/error.h"

static const struct tare_type *const types[] = {
#define TYPE(name) &tare_type_##name,
#include "types/types.def"
#undef TYPE
};

enum { COUNT = sizeof types / sizeof *types };

const tare_type *tare_type_at(size_t i)
{
	return i < COUNT ? types[i] : NULL;
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool same_name(const char *a, const char *b)
{
	while (*a && lower(*a) == lower(*b))
		a++, b++;
	return !*a && !*b;
}

const tare_type *tare_type_find(const char *name)
{
	for (size_t i = 0; name && i < COUNT; i++)
		if (same_name(types[i]->name, name))
			return types[i];
	return NULL;
}

const tare_type *tare_type_of_gguf(int64_t id)
{
	for (size_t i = 0; id >= 0 && i < COUNT; i++)
		if (types[i]->gguf_id == id)
			return types[i];
	return NULL;
}

const char *tare_type_name(const tare_type *t)
{
	return t->name;
}

uint32_t tare_type_block_len(const tare_type *t)
{
	return t->block_len;
}

uint32_t tare_type_block_size(const tare_type *t)
{
	return t->block_size;
}

bool tare_type_is_quantized(const tare_type *t)
{
	return t->flags & TARE_TYPE_QUANTIZED;
}

bool tare_type_can_decode(const tare_type *t)
{
	return t->decode;
}

bool tare_type_can_encode(const tare_type *t)
{
	return t->encode;
}

const char *tare_type_fields(const tare_type *t)
{
	return t->fields;
}

static bool runs_here(const struct tare_kernel *k)
{
	return (tare_cpu_flags() & k->cpu) == k->cpu;
}

tare_decode_fn *tare_type_decode(const tare_type *t)
{
	tare_decode_fn *best = t->decode;

	for (const struct tare_kernel *k = t->kernels; k && k->cpu; k++)
		if (k->decode && runs_here(k))
			best = k->decode;
	return best;
}

tare_encode_fn *tare_type_encode(const tare_type *t)
{
	tare_encode_fn *best = t->encode;

	for (const struct tare_kernel *k = t->kernels; k && k->cpu; k++)
		if (k->encode && runs_here(k))
			best = k->encode;
	return best;
}

static bool count_elements(const uint64_t *dim, uint32_t n_dims, uint64_t *count)
{
	*count = 1;
	for (uint32_t i = 0; i < n_dims; i++)
		if (!dim[i])
			return *count = 0, true;
	for (uint32_t i = 0; i < n_dims; i++)
		if (!tare_mul(*count, dim[i], count))
			return false;
	return true;
}

bool tare_type_size(const tare_type *t, const uint64_t *dim, uint32_t n_dims, uint64_t *size)
{
	uint64_t count, row = n_dims ? dim[n_dims - 1] : 1;

	if (!count_elements(dim, n_dims, &count))
		return false;
	if (!(t->flags & TARE_TYPE_PADDED) && (t->flags & TARE_TYPE_BITSTREAM ? count : row) % t->block_len)
		return false;
	return tare_mul(tare_type_blocks(t, count), t->block_size, size);
}

tare_status tare_decode(const tare_type *t, const void *src, size_t nblocks, float *dst, tare_error *err)
{
	if (!t->decode)
		return tare_fail(err, TARE_E_UNSUPPORTED, TARE_NOWHERE, "type %s has no values in f32", t->name);
	if (nblocks)
		tare_type_decode(t)(dst, src, nblocks);
	return TARE_OK;
}

static tare_status check_weights(const tare_type *t, size_t cols, const float *weights, tare_error *err)
{
	if (!weights && t->flags & TARE_TYPE_NEEDS_WEIGHTS)
		return tare_fail(err, TARE_E_REFUSED, TARE_NOWHERE, "type %s needs an importance matrix", t->name);
	for (size_t i = 0; weights && i < cols; i++)
		if (!(weights[i] >= 0 && weights[i] <= 0x1.fffffep127f))
			return tare_fail(err, TARE_E_ARG, TARE_NOWHERE, "importance of column %zu is %g: expected a finite number, not negative",
					 i, (double)weights[i]);
	return TARE_OK;
}

tare_status tare_encode(const tare_type *t, const float *src, size_t rows, size_t cols, const float *weights, void *dst, tare_error *err)
{
	size_t count;

	if (!t->encode)
		return tare_fail(err, TARE_E_UNSUPPORTED, TARE_NOWHERE, "type %s cannot be written", t->name);
	if (cols % t->block_len)
		return tare_fail(err, TARE_E_ARG, TARE_NOWHERE, "rows of %zu do not divide into %s's blocks of %u", cols, t->name,
				 (unsigned)t->block_len);
	if (__builtin_mul_overflow(rows, cols, &count))
		return tare_fail(err, TARE_E_ARG, TARE_NOWHERE, "%zu rows of %zu are more than memory can address", rows, cols);
	TARE_TRY(check_weights(t, cols, weights, err));
	if (count)
		tare_type_encode(t)(dst, src, rows, cols, weights);
	return TARE_OK;
}
