/* dynamic_int8: weights for MatMulInteger and ConvInteger, and for DequantizeLinear in graphs quantized with ranges: codes of 4, 8 or 16
 * bits in the weight's shape, `<W>_quantized`, with `<W>_scale` and `<W>_zero_point` for the tensor, each channel, or blocks.
 *
 * The zero point belongs to the scale in double precision, the codes to the scale as stored; the range of codes is always the whole one,
 * even where a part of it made the scale. */
#include <float.h>
#include <stdio.h>

#include "base/error.h"
#include "schemes/grid.h"
#include "schemes/int8.h"
#include "schemes/values.h"

/* The codes that the range of values is spread over. */
static tare_code_range spread(const tare_scheme_options *o)
{
	int32_t half = 1 << (o->bits - 1), reduced = half / 2;
	bool odd = o->bits > 4 && (o->symmetric || o->reduce_range); /* as many below zero as above */

	if (!o->has_sign)
		return (tare_code_range){ 0, (o->reduce_range ? half : 2 * half) - 1 };
	if (o->reduce_range)
		return (tare_code_range){ -reduced, odd ? reduced : reduced - 1 };
	return (tare_code_range){ odd ? 1 - half : -half, half - 1 };
}

/* Half to even; |v| < 2^51. */
static double nearest(double v)
{
	return v + 0x1.8p52 - 0x1.8p52;
}

static double clamp(double v, double low, double high)
{
	v = v > low ? v : low;
	return v < high ? v : high;
}

static bool is_too_small(const tare_type *t, double s)
{
	return t == &tare_type_f16 ? tare_scale_round(t, (float)s) == 0 : !(s >= (double)FLT_MIN);
}

void tare_int8_parameters(const tare_scheme_options *o, float least, float most, float *scale, float *zero)
{
	double lo = least < 0 ? (double)least : 0, hi = most > 0 ? (double)most : 0, s, z;
	tare_code_range q = spread(o);

	if (o->symmetric) {
		hi = -lo > hi ? -lo : hi;
		lo = -hi;
	}
	s = hi - lo;
	if (o->grain == TARE_GRAIN_BLOCK)
		s = (double)tare_scale_round(o->scale, (float)s);
	s /= q.high - q.low;
	*scale = 1;
	*zero = 0;
	if (is_too_small(o->scale, s))
		return;
	*scale = tare_scale_round(o->scale, (float)s);
	if (o->grain == TARE_GRAIN_BLOCK)
		s = (double)*scale;
	z = o->symmetric ? (q.low + q.high) / 2.0 : clamp(q.low - lo / s, q.low, q.high);
	*zero = (float)nearest(z);
}

void tare_int8_settle(const tare_scheme_layout *l, float *lo, float *hi, size_t n)
{
	for (size_t i = 0; i < n; i++)
		tare_int8_parameters(&l->opt, lo[i], hi[i], lo + i, hi + i);
}

tare_status tare_int8_lay(tare_scheme_layout *l, uint32_t n_dims, const uint64_t *dim, size_t tile_size, tare_error *err)
{
	const tare_scheme_options *o = &l->opt;

	if (o->bits != 4 && o->bits != 8 && o->bits != 16)
		return tare_fail(err, TARE_E_ARG, TARE_NOWHERE, "scheme %s: %u bits: expected 4, 8 or 16", l->scheme->name, o->bits);
	if (o->algorithm != TARE_ALGORITHM_DEFAULT)
		return tare_fail(err, TARE_E_ARG, TARE_NOWHERE, "scheme %s: has no algorithm but the default", l->scheme->name);
	l->rounding = TARE_ROUND_QUOTIENT;
	l->low = o->has_sign ? -(1 << (o->bits - 1)) : 0;
	l->high = l->low + (1 << o->bits) - 1;
	snprintf(l->part[TARE_PART_CODES].suffix, sizeof l->part->suffix, "_quantized");
	snprintf(l->part[TARE_PART_SCALES].suffix, sizeof l->part->suffix, "_scale");
	snprintf(l->part[TARE_PART_ZEROS].suffix, sizeof l->part->suffix, "_zero_point");
	return tare_grid_lay(l, n_dims, dim, true, tile_size, err);
}

const struct tare_scheme tare_scheme_dynamic_int8 = {
	.name = "dynamic_int8", .text = "integers of 4, 8 or 16 bits with a scale for the tensor, each channel or blocks",
	.lay = tare_int8_lay, .settle = tare_int8_settle, TARE_GRID_MEMBERS,
};
