/* Reading a rectangle of stored values as f32 strips, and storing scales. */
#ifndef TARE_SCHEMES_VALUES_H
#define TARE_SCHEMES_VALUES_H

#include "schemes/kernels.h"
#include "schemes/scheme.h"

/* Rows of the rectangle are rows of the strip: rows row..row+rows, columns col..col+cols. Points into the source if it can, else into buf,
 * TARE_STRIP_ROWS x TARE_STRIP_COLS floats. */
tare_strip tare_values_strip(const tare_values *v, uint64_t row, size_t rows, uint64_t col, size_t cols, float *buf);
/* Rows of the rectangle become columns of the strip. */
tare_strip tare_values_turned(const tare_values *v, uint64_t row, size_t rows, uint64_t col, size_t cols, float *buf,
			      const tare_scheme_kernels *k);
/* n values of one row; buf: n floats. */
const float *tare_values_run(const tare_values *v, uint64_t row, uint64_t col, size_t n, float *buf);

/* Scale i of a part of this type. f16 and bf16 round to nearest. */
void tare_scale_put(const tare_type *t, uint8_t *part, uint64_t i, float scale);
float tare_scale_get(const tare_type *t, const uint8_t *part, uint64_t i);
/* As the runtime rounds what it computes in a type. */
float tare_scale_round(const tare_type *t, float v);
/* Is t f32, f16 or bf16? */
bool tare_scale_known(const tare_type *t);

#endif
