#include "schemes/values.h"

#include "types/half.h"

static const uint8_t *at(const tare_values *v, uint64_t row, uint64_t col)
{
	return (const uint8_t *)v->at + (row * v->stride + col) * v->type->block_size;
}

/* May floats be read where they are? */
static bool is_direct(const tare_values *v)
{
	return v->type == &tare_type_f32 && !TARE_HOST_BIG && (uintptr_t)v->at % _Alignof(float) == 0;
}

const float *tare_values_run(const tare_values *v, uint64_t row, uint64_t col, size_t n, float *buf)
{
	const void *p = at(v, row, col);

	if (is_direct(v))
		return p;
	tare_type_decode(v->type)(buf, p, n);
	return buf;
}

tare_strip tare_values_strip(const tare_values *v, uint64_t row, size_t rows, uint64_t col, size_t cols, float *buf)
{
	if (is_direct(v))
		return (tare_strip){ (const float *)(const void *)at(v, row, col), v->stride, rows, cols };
	for (size_t r = 0; r < rows; r++)
		tare_type_decode(v->type)(buf + r * TARE_STRIP_COLS, at(v, row + r, col), cols);
	return (tare_strip){ buf, TARE_STRIP_COLS, rows, cols };
}

tare_strip tare_values_turned(const tare_values *v, uint64_t row, size_t rows, uint64_t col, size_t cols, float *buf,
			      const tare_scheme_kernels *k)
{
	float line[16 * TARE_STRIP_ROWS];

	for (size_t r = 0, n; r < rows; r += n) {
		const float *src = line;
		size_t stride = cols;

		n = rows - r < 16 ? rows - r : 16;
		if (is_direct(v)) {
			src = (const float *)(const void *)at(v, row + r, col);
			stride = v->stride;
		} else {
			for (size_t i = 0; i < n; i++)
				tare_type_decode(v->type)(line + i * cols, at(v, row + r + i, col), cols);
		}
		k->transpose(buf + r, TARE_STRIP_COLS, src, stride, n, cols);
	}
	return (tare_strip){ buf, TARE_STRIP_COLS, cols, rows };
}

bool tare_scale_known(const tare_type *t)
{
	return t == &tare_type_f32 || t == &tare_type_f16 || t == &tare_type_bf16;
}

void tare_scale_put(const tare_type *t, uint8_t *part, uint64_t i, float scale)
{
	if (t == &tare_type_f32)
		tare_put32(part + 4 * i, tare_bits_of_f32(scale), false);
	else
		tare_put16(part + 2 * i, t == &tare_type_f16 ? tare_f16_of_f32(scale) : tare_bf16_of_f32(scale), false);
}

float tare_scale_get(const tare_type *t, const uint8_t *part, uint64_t i)
{
	if (t == &tare_type_f32)
		return tare_f32_of_bits(tare_get32(part + 4 * i, false));
	return t == &tare_type_f16 ? tare_f32_of_f16(tare_get16(part + 2 * i, false)) : tare_f32_of_bf16(tare_get16(part + 2 * i, false));
}

float tare_scale_round(const tare_type *t, float v)
{
	if (t == &tare_type_f32)
		return v;
	return t == &tare_type_f16 ? tare_f32_of_f16(tare_f16_of_f32(v)) : tare_f32_of_bf16(tare_bf16_of_f32(v));
}
