/* Biases of quantize_static. */
#include "schemes/int8.h"
#include "schemes/values.h"
#include "types/exact.h"

#define SLACK 1.0001

float tare_int8_raise(float weight_scale, float input_scale, float bias_max, bool per_channel, const tare_type *type)
{
	double product = (double)input_scale * (double)weight_scale, range = SLACK * (2 * (double)bias_max), need;

	if (per_channel)
		range = (double)tare_scale_round(type, (float)SLACK * tare_scale_round(type, 2 * bias_max));
	need = range / 4294967294.0;
	if (!(product > 0 && product < need))
		return weight_scale;
	return tare_scale_round(type, (float)((double)weight_scale * (need / product)));
}

float tare_int8_bias_scale(float weight_scale, float input_scale, float bias_max, const tare_type *type)
{
	float scale = input_scale * weight_scale, least = (float)((double)bias_max / 2147483647 * SLACK);

	if (type != &tare_type_f16)
		return tare_scale_round(type, scale);
	scale = tare_scale_round(type, scale > least ? scale : least);
	return scale == 0 ? 1 : scale;
}

/* Half to even. NaN counts as 0. */
int32_t tare_int8_bias_code(float bias, float scale)
{
	double v = (double)bias / (double)scale;

	v = v == v ? v : 0;
	v = v > -2147483648.0 ? v : -2147483648.0;
	v = v < 2147483647.0 ? v : 2147483647.0;
	return (int32_t)(v + 0x1.8p52 - 0x1.8p52);
}
