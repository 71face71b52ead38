#include "types/exact.h"

void tare_settle_nans(float *y, size_t n, float scale, float min)
{
	uint32_t nan = tare_is_nan(scale) ? tare_bits_of_f32(scale) : tare_is_nan(min) ? tare_bits_of_f32(min) : TARE_MADE_NAN_BITS;

	for (size_t i = 0; i < n; i++)
		if (tare_is_nan(y[i]))
			y[i] = tare_f32_of_bits(nan);
}
