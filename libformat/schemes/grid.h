/* What the schemes have in common whose codes lie as the weight does: codes of 4, 8 or 16 bits in the weight's shape, scales and zero
 * points for blocks along an axis, for each index of it, or one of each. The element (o, k, i) of outer x depth x inner has the scale
 * o * step_outer + k / block * step_block + i * step_inner.
 *
 * A *unit* is a few block rows (one block along the axis at every inner place) that start on a whole byte in every part. Tiles are some
 * units, or with bands pieces of one. */
#ifndef TARE_SCHEMES_GRID_H
#define TARE_SCHEMES_GRID_H

#include "schemes/kernels.h"
#include "schemes/scheme.h"

/* After opt, rounding, low, high and the suffixes are set: all the rest of the layout. n_parts becomes 3 if zeros. */
tare_status tare_grid_lay(tare_scheme_layout *l, uint32_t n_dims, const uint64_t *dim, bool zeros, size_t tile_size, tare_error *err);
void tare_grid_tile(const tare_scheme_layout *l, tare_scheme_tile *t);
void tare_grid_measure(const tare_scheme_layout *l, const tare_scheme_tile *t, const tare_values *v, void *state);
void tare_grid_encode(const tare_scheme_layout *l, const tare_scheme_tile *t, const tare_values *v, const float *importance,
		      const void *state, uint8_t *const *out);
void tare_grid_decode(const tare_scheme_layout *l, const tare_scheme_tile *t, const uint8_t *const *in, uint64_t row, uint64_t rows,
		      uint64_t col, uint64_t cols, float *dst, size_t dst_stride);
/* The rows of grid schemes in common. */
#define TARE_GRID_MEMBERS .tile = tare_grid_tile, .measure = tare_grid_measure, .encode = tare_grid_encode, .decode = tare_grid_decode

/* Elements first..first + n of the weight that share a scale, or have consecutive ones: *varies. As many as there are, at most most. */
size_t tare_grid_run(const tare_scheme_layout *l, uint64_t first, uint64_t most, uint64_t *scale, bool *varies);
/* The scale of the first element of a unit. */
uint64_t tare_grid_first_scale(const tare_scheme_layout *l, uint64_t unit);
/* Codes at element `at` of packed ones. A byte that they share with others must hold 0 in their half. */
void tare_grid_put(uint8_t *out, uint64_t at, const int32_t *code, size_t n, uint32_t bits);
int32_t tare_grid_get(const uint8_t *in, uint64_t at, uint32_t bits, bool has_sign);

#endif
