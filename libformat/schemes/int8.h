/* The arithmetic of onnxruntime's quantize_dynamic and quantize_static for weights, whatever the operators around them. */
#ifndef TARE_SCHEMES_INT8_H
#define TARE_SCHEMES_INT8_H

#include "schemes/scheme.h"

tare_status tare_int8_lay(tare_scheme_layout *l, uint32_t n_dims, const uint64_t *dim, size_t tile_size, tare_error *err);
void tare_int8_settle(const tare_scheme_layout *l, float *lo, float *hi, size_t n);

#endif
