/* The arithmetic of onnxruntime's quantize_dynamic and quantize_static, whatever the operators around it: weights, activations, biases. */
#ifndef TARE_SCHEMES_INT8_H
#define TARE_SCHEMES_INT8_H

#include "schemes/scheme.h"

tare_status tare_int8_lay(tare_scheme_layout *l, uint32_t n_dims, const uint64_t *dim, size_t tile_size, tare_error *err);
void tare_int8_settle(const tare_scheme_layout *l, float *lo, float *hi, size_t n);

/* Scale and zero point for values in lo..hi: of a weight, one of its channels, or an activation. o: bits, has_sign, symmetric,
 * reduce_range, grain, and scale, the type of the values. */
void tare_int8_parameters(const tare_scheme_options *o, float lo, float hi, float *scale, float *zero);

/* ---- biases: int32 codes, zero point 0, the scale of the product that they are added to ---- */

/* A weight's scale (symmetric, int8 or int16, quantize_static), raised where the bias would not fit; bias_max: the greatest magnitude in
 * the channel, or in all. per_channel: there is one for each channel. */
float tare_int8_raise(float weight_scale, float input_scale, float bias_max, bool per_channel, const tare_type *type);
/* The scale of one bias, in the type of its graph, which is also what divides it. */
float tare_int8_bias_scale(float weight_scale, float input_scale, float bias_max, const tare_type *type);
int32_t tare_int8_bias_code(float bias, float scale);

#endif
