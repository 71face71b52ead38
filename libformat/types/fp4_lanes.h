/* Encoders of mxfp4 and nvfp4. Compiled once per instruction set. */
#ifndef TARE_TYPES_FP4_LANES_H
#define TARE_TYPES_FP4_LANES_H

#include "types/fp4.h"
#include "types/kernels.h"
#include "types/lanes.h"

/* As tare_fp4_count(), sixteen codes, with the floats 0, 1, ... 7 for the counts and 8 for the sign. */
V_INLINE void fp4_codes16(uint8_t *code, const float *x, float half)
{
	vf v[SIXTEEN];

	for (size_t i = 0; i < SIXTEEN; i++) {
		vf w = v_load(x + i * LANES), a = v_abs(w), count = v_zero();

		for (size_t k = 0; k < 7; k++)
			count = v_one_more(v_lt(v_set(tare_fp4_limit[k] * half), a), count);
		v[i] = v_select(m_and(v_lt(w, v_zero()), v_lt(v_zero(), count)), count + v_set(8), count);
	}
	v_truncate16(code, v);
}

/* Eight bytes from the codes of two times eight weights. */
V_INLINE void fp4_pack(uint8_t *byte, const uint8_t *low, const uint8_t *high)
{
	tare_put64(byte, tare_get64(low, false) | tare_get64(high, false) << 4, false);
}

void LANES_NAME(tare_mxfp4_encode)(void *dst, const float *src, size_t rows, size_t cols, const float *weights)
{
	struct tare_mxfp4 *b = dst;

	(void)weights;
	for (size_t n = rows * cols / 32; n--; b++, src += 32) {
		uint8_t code[32];
		bool nan;
		float max = v_magnitude(src, 32, &nan), half;

		if (!tare_mxfp4_plain(max)) {
			tare_type_mxfp4.encode(b, src, 1, 32, NULL);
			continue;
		}
		b->e = tare_mxfp4_exponent(max);
		half = tare_mxfp4_half(b->e);
		fp4_codes16(code, src, half);
		fp4_codes16(code + 16, src + 16, half);
		fp4_pack(b->code, code, code + 16);
		fp4_pack(b->code + 8, code + 8, code + 24);
	}
}

V_INLINE void nvfp4_sub(uint8_t *d, uint8_t *byte, const float *x)
{
	uint8_t code[TARE_NVFP4_SUB];
	bool nan;
	float max = v_magnitude(x, TARE_NVFP4_SUB, &nan);

	*d = tare_nvfp4_scale(max / 6);
	if (!*d) {
		memset(byte, 0, TARE_NVFP4_SUB / 2);
	} else if (!tare_nvfp4_plain(max)) {
		tare_fp4_encode(byte, x, TARE_NVFP4_SUB / 2, tare_nvfp4_half(*d), false);
	} else {
		fp4_codes16(code, x, tare_nvfp4_half(*d));
		fp4_pack(byte, code, code + 8);
	}
}

void LANES_NAME(tare_nvfp4_encode)(void *dst, const float *src, size_t rows, size_t cols, const float *weights)
{
	struct tare_nvfp4 *b = dst;

	(void)weights;
	for (size_t n = rows * cols / TARE_NVFP4_SUB, i = 0; i < n; i++, src += TARE_NVFP4_SUB) {
		struct tare_nvfp4 *at = b + i / 4;

		nvfp4_sub(at->d + i % 4, at->code + TARE_NVFP4_SUB / 2 * (i % 4), src);
	}
}

#endif
