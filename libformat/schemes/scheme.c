/* What all schemes share: laying out, and passing on. */
#include "schemes/scheme.h"

#include "base/checked.h"
#include "base/error.h"
#include "schemes/values.h"

enum { TILE_SIZE = 1 << 20 };

static tare_status check_shape(const tare_scheme_layout *l, uint32_t n_dims, const uint64_t *dim, tare_error *err)
{
	uint64_t count = 4; /* so that bytes of f32 can be counted as well */

	if (!n_dims || n_dims > TARE_SCHEME_DIMS)
		return tare_fail(err, TARE_E_UNSUPPORTED, TARE_NOWHERE, "scheme %s: %u dimensions: expected 1 to %d", l->scheme->name, n_dims,
				 TARE_SCHEME_DIMS);
	if (l->opt.axis >= n_dims)
		return tare_fail(err, TARE_E_ARG, TARE_NOWHERE, "scheme %s: axis %u of %u dimensions: expected less", l->scheme->name,
				 l->opt.axis, n_dims);
	for (uint32_t i = 0; i < n_dims; i++) {
		if (!dim[i])
			return tare_fail(err, TARE_E_UNSUPPORTED, TARE_NOWHERE, "scheme %s: the weight has no elements", l->scheme->name);
		if (!tare_mul(count, dim[i], &count) || count > INT64_MAX)
			return tare_fail(err, TARE_E_UNSUPPORTED, TARE_NOWHERE, "scheme %s: the weight is larger than memory can address",
					 l->scheme->name);
	}
	return TARE_OK;
}

tare_status tare_scheme_lay(tare_scheme_layout *l, const tare_scheme *s, const tare_scheme_options *opt, uint32_t n_dims,
			    const uint64_t *dim, size_t tile_size, tare_error *err)
{
	*l = (tare_scheme_layout){ .scheme = s, .opt = *opt, .outer = 1, .inner = 1 };
	TARE_TRY(check_shape(l, n_dims, dim, err));
	if (!tare_scale_known(opt->scale))
		return tare_fail(err, TARE_E_ARG, TARE_NOWHERE, "scheme %s: scales of type %s: expected f32, f16 or bf16", s->name,
				 opt->scale ? opt->scale->name : "none");
	for (uint32_t i = 0; i < opt->axis; i++)
		l->outer *= dim[i];
	l->depth = dim[opt->axis];
	for (uint32_t i = opt->axis + 1; i < n_dims; i++)
		l->inner *= dim[i];
	return s->lay(l, n_dims, dim, tile_size ? tile_size : TILE_SIZE, err);
}

void tare_scheme_tile_at(const tare_scheme_layout *l, uint64_t index, tare_scheme_tile *t)
{
	*t = (tare_scheme_tile){ .index = index, .opens_band = true };
	if (l->tiles_per_band) {
		t->band = index / l->tiles_per_band;
		t->opens_band = index % l->tiles_per_band == 0;
	}
	l->scheme->tile(l, t);
}

/* The least of each scale's values, then the greatest; settled: the scales, then the zero points. */
static size_t state_count(const tare_scheme_layout *l)
{
	return l->state_size / (2 * sizeof(float));
}

void tare_scheme_begin(const tare_scheme_layout *l, void *state)
{
	float *lo = state, *hi = lo + state_count(l);

	for (size_t i = 0; i < state_count(l); i++) {
		lo[i] = 0x1.fffffep127f;
		hi[i] = -0x1.fffffep127f;
	}
}

void tare_scheme_measure(const tare_scheme_layout *l, const tare_scheme_tile *t, const tare_values *v, void *state)
{
	l->scheme->measure(l, t, v, state);
}

void tare_scheme_join(const tare_scheme_layout *l, void *state, const void *more)
{
	const float *more_lo = more, *more_hi = more_lo + state_count(l);
	float *lo = state, *hi = lo + state_count(l);

	for (size_t i = 0; i < state_count(l); i++) {
		lo[i] = more_lo[i] < lo[i] ? more_lo[i] : lo[i];
		hi[i] = more_hi[i] > hi[i] ? more_hi[i] : hi[i];
	}
}

void tare_scheme_settle(const tare_scheme_layout *l, void *state)
{
	float *lo = state;

	l->scheme->settle(l, lo, lo + state_count(l), state_count(l));
}

float *tare_scheme_scales(const tare_scheme_layout *l, void *state, size_t *n)
{
	*n = state_count(l);
	return state;
}

void tare_scheme_encode(const tare_scheme_layout *l, const tare_scheme_tile *t, const tare_values *v, const float *importance,
			const void *state, uint8_t *const out[TARE_PARTS])
{
	l->scheme->encode(l, t, v, importance, state, out);
}

void tare_scheme_decode(const tare_scheme_layout *l, const tare_scheme_tile *t, const uint8_t *const in[TARE_PARTS], uint64_t row,
			uint64_t rows, uint64_t col, uint64_t cols, float *dst, size_t dst_stride)
{
	l->scheme->decode(l, t, in, row, rows, col, cols, dst, dst_stride);
}
