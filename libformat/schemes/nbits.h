/* What belongs to the blocks of MatMulNBits. */
#ifndef TARE_SCHEMES_NBITS_H
#define TARE_SCHEMES_NBITS_H

#include <math.h>

#include "schemes/kernels.h"
#include "types/half.h"

enum { TARE_NBITS_MAX_BLOCK = 1 << 20 };

/* onnxruntime's "rtn" for column c: the range as it is, in the weight's type; then double precision. A block of one value gets scale 1. */
static inline void tare_nbits_settle_rtn(tare_nbits_scales *q, size_t c, float lo, float hi, uint32_t bits, bool symmetric, bool f16)
{
	double max = (1 << bits) - 1, s, z;
	float a = fabsf(lo) > fabsf(hi) ? fabsf(lo) : fabsf(hi), range = symmetric ? 2 * a : hi - lo;

	range = f16 ? tare_f32_of_f16(tare_f16_of_f32(range)) : range;
	s = (symmetric ? a > 0 : lo != hi) ? (double)range / max : 1;
	z = symmetric ? 1 << (bits - 1) : (0 - (double)lo) / s;
	z = z > 0 ? z : 0;
	z = z < max ? z : max;
	q->divisor[c] = s;
	q->scale[c] = (float)s;
	q->zero[c] = (float)(z + 0x1.8p52 - 0x1.8p52);
}

#endif
