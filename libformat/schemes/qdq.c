/* qdq: a weight for DequantizeLinear with blocks along an axis. With 4 bits `<W>_DQ_Q4`, `<W>_DQ_scales`, `<W>_DQ_zero_points` as
 * onnxruntime's MatMulNBits quantizer makes them: scales and zero points of MatMulNBits, but the zero point is added after rounding. With
 * 8 or 16 bits what dynamic_int8 makes. */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "schemes/grid.h"
#include "schemes/int8.h"
#include "schemes/values.h"

enum { HALF = 8 };

static tare_status lay(tare_scheme_layout *l, uint32_t n_dims, const uint64_t *dim, size_t tile_size, tare_error *err)
{
	const tare_scheme_options *o = &l->opt;
	static const char *const suffix[TARE_PARTS] = { "_DQ_Q4", "_DQ_scales", "_DQ_zero_points" };

	if (o->bits != 4)
		return tare_int8_lay(l, n_dims, dim, tile_size, err);
	if (o->algorithm != TARE_ALGORITHM_DEFAULT || o->reduce_range)
		return tare_fail(err, TARE_E_ARG, TARE_NOWHERE, "scheme qdq: 4 bits know no algorithm but the default, and the whole range");
	l->rounding = TARE_ROUND_AWAY;
	l->low = o->has_sign ? -HALF : 0;
	l->high = l->low + 2 * HALF - 1;
	for (size_t p = 0; p < TARE_PARTS; p++)
		snprintf(l->part[p].suffix, sizeof l->part->suffix, "%s", suffix[p]);
	return tare_grid_lay(l, n_dims, dim, o->zero_points || !o->symmetric || !o->has_sign, tile_size, err);
}

static void settle(const tare_scheme_layout *l, float *lo, float *hi, size_t n)
{
	const tare_scheme_kernels *k = tare_scheme_best_kernels();
	float shift = l->opt.has_sign ? -HALF : 0;
	tare_nbits_scales q;

	if (l->opt.bits != 4) {
		tare_int8_settle(l, lo, hi, n);
		return;
	}
	for (size_t at = 0, m; at < n; at += m) {
		m = n - at < TARE_STRIP_COLS ? n - at : TARE_STRIP_COLS;
		k->nbits_settle(&q, lo + at, hi + at, m, 4, l->opt.symmetric, l->opt.scale == &tare_type_f16);
		memcpy(lo + at, q.scale, m * sizeof *lo);
		for (size_t i = 0; i < m; i++)
			hi[at + i] = q.zero[i] + shift;
	}
}

const struct tare_scheme tare_scheme_qdq = {
	.name = "qdq", .text = "DequantizeLinear over blocks along an axis", .lay = lay, .settle = settle, TARE_GRID_MEMBERS,
};
