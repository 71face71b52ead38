/* gather_block_quantized: com.microsoft.GatherBlockQuantized, 4 bits, blocks along an axis, as onnxruntime's quantizer makes it: signed
 * around 0 if symmetric, else unsigned. All arithmetic is in the type of the scales, f16 being rounded at every step. */
#include <stdio.h>

#include "base/checked.h"
#include "base/error.h"
#include "schemes/grid.h"
#include "schemes/values.h"
#include "types/exact.h"

enum { HALF = 8, MAX = 15 };

static tare_status lay(tare_scheme_layout *l, uint32_t n_dims, const uint64_t *dim, size_t tile_size, tare_error *err)
{
	static const char *const suffix[TARE_PARTS] = { "_Q4", "_scales", "_zero_points" };
	tare_scheme_options *o = &l->opt;

	if (o->bits != 4 || o->grain != TARE_GRAIN_BLOCK || o->algorithm != TARE_ALGORITHM_DEFAULT || o->reduce_range)
		return tare_fail(err, TARE_E_ARG, TARE_NOWHERE, "scheme gather_block_quantized: expected 4 bits in blocks, the default algorithm");
	if (!tare_is_power_of_two(o->block) || o->block < 16)
		return tare_fail(err, TARE_E_ARG, TARE_NOWHERE, "scheme gather_block_quantized: blocks of %llu: expected a power of two, 16 or more",
				 (unsigned long long)o->block);
	o->has_sign = o->symmetric;
	l->rounding = o->scale == &tare_type_f16 ? TARE_ROUND_SUM_F16 : TARE_ROUND_SUM;
	l->low = o->symmetric ? -HALF : 0;
	l->high = o->symmetric ? HALF - 1 : MAX;
	for (size_t p = 0; p < TARE_PARTS; p++)
		snprintf(l->part[p].suffix, sizeof l->part->suffix, "%s", suffix[p]);
	return tare_grid_lay(l, n_dims, dim, !o->symmetric || o->zero_points, tile_size, err);
}

static float rounded(const tare_scheme_layout *l, float v)
{
	return l->opt.scale == &tare_type_f16 ? tare_scale_round(l->opt.scale, v) : v;
}

static void settle_one(const tare_scheme_layout *l, float *lo_scale, float *hi_zero)
{
	float lo = *lo_scale < 0 ? *lo_scale : 0, hi = *hi_zero > 0 ? *hi_zero : 0, s, zero;

	if (l->opt.symmetric) {
		*lo_scale = rounded(l, (tare_abs(*hi_zero) > tare_abs(*lo_scale) ? *hi_zero : *lo_scale) / -HALF);
		*hi_zero = 0;
		return;
	}
	s = rounded(l, rounded(l, hi - lo) / MAX);
	zero = rounded(l, -lo / s);
	zero = zero > 0 ? zero : 0;
	zero = zero < MAX ? zero : MAX;
	*lo_scale = s;
	*hi_zero = s == 0 ? HALF : zero + 0x1.8p23f - 0x1.8p23f;
}

static void settle(const tare_scheme_layout *l, float *lo, float *hi, size_t n)
{
	for (size_t i = 0; i < n; i++)
		settle_one(l, lo + i, hi + i);
}

const struct tare_scheme tare_scheme_gather_block_quantized = {
	.name = "gather_block_quantized", .text = "GatherBlockQuantized: embeddings of 4 bits in blocks", .lay = lay, .settle = settle,
	TARE_GRID_MEMBERS,
};
