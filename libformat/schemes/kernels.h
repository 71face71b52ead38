/* The inner loops of the schemes: a table for each instruction set, the scalar one first, which defines the bytes.
 *
 * A *strip* is some rows of up to TARE_STRIP_COLS columns, value (r, c) at x[r * stride + c]: columns are what has a scale of its own. */
#ifndef TARE_SCHEMES_KERNELS_H
#define TARE_SCHEMES_KERNELS_H

#include <stddef.h>
#include <stdint.h>

#include "base/cpu.h"

enum {
	TARE_STRIP_COLS = 64,
	TARE_STRIP_ROWS = 256, /* in a buffer */
};

typedef struct tare_strip {
	const float *x;
	size_t stride, rows, cols;
} tare_strip;

/* How a code is found: see plain_kernels.h. */
typedef enum tare_rounding {
	TARE_ROUND_AWAY,    /* half away from zero of x / scale by its inverse, then the zero point */
	TARE_ROUND_SUM,     /* half to even of x / scale + zero point; scale 0: the zero point */
	TARE_ROUND_SUM_F16, /* the same with every step rounded to f16 */
	TARE_ROUND_QUOTIENT,/* half to even of x / scale, then the zero point */
	TARE_ROUNDINGS
} tare_rounding;

typedef struct tare_code_range {
	int32_t low, high;
} tare_code_range;

/* What one block of each column of a strip is to be coded with. */
typedef struct tare_nbits_scales {
	float scale[TARE_STRIP_COLS];   /* as stored, where T is f16; else before bf16 rounds it */
	float inverse[TARE_STRIP_COLS]; /* TARE_ALGORITHM_DEFAULT: 1 / scale, or 0 */
	double divisor[TARE_STRIP_COLS];/* the others: what divides */
	float zero[TARE_STRIP_COLS];
} tare_nbits_scales;

/* One block of each column, padded with zeros to `strip.rows` values: what the searches look at. */
typedef struct tare_nbits_fit {
	tare_strip strip;
	uint32_t bits;
	bool symmetric, f16;       /* f16: the scale will be rounded to it */
	bool running;              /* k_quant: sums are taken one after the other, not by eights */
	const float *importance;   /* strip.rows of them, or NULL */
} tare_nbits_fit;

typedef struct tare_scheme_kernels {
	unsigned cpu; /* flags of base/cpu.h that must all be there */
	/* lo[c] = least, hi[c] = greatest of column c and what was there; the first of equals; NaN never wins. */
	void (*range)(float *lo, float *hi, const tare_strip *s);
	/* The same of n values that share one scale. */
	void (*range_run)(float *lo, float *hi, const float *x, size_t n);
	/* n codes of values with scales and zero points of their own. For TARE_ROUND_AWAY scale is the inverse. */
	void (*codes[TARE_ROUNDINGS])(int32_t *code, const float *x, const float *scale, const float *zero, size_t n, tare_code_range range);
	/* lo and hi of n columns: scale, inverse and zero point of TARE_ALGORITHM_DEFAULT. */
	void (*nbits_settle)(tare_nbits_scales *q, const float *lo, const float *hi, size_t n, uint32_t bits, bool symmetric, bool f16);
	/* Codes of a strip, packed; column c's bytes at out + c * out_stride, the last one's free lanes 0. s->rows starts on a byte. */
	void (*nbits_codes)(uint8_t *out, size_t out_stride, const tare_strip *s, const tare_nbits_scales *q, uint32_t bits);
	void (*nbits_divided)(uint8_t *out, size_t out_stride, const tare_strip *s, const tare_nbits_scales *q, uint32_t bits);
	/* Scale, divisor and zero point of each column. */
	void (*k_quant)(tare_nbits_scales *q, const tare_nbits_fit *f);
	void (*search)(tare_nbits_scales *q, const tare_nbits_fit *f);
	/* rows x cols values from rows to columns: dst[c * dst_stride + r] = src[r * src_stride + c]. */
	void (*transpose)(float *dst, size_t dst_stride, const float *src, size_t src_stride, size_t rows, size_t cols);
} tare_scheme_kernels;

extern const tare_scheme_kernels tare_scheme_scalar;
/* The i-th table that this build knows, NULL past the last; the scalar one first. */
const tare_scheme_kernels *tare_scheme_kernels_at(size_t i);
/* The fastest that runs here. */
const tare_scheme_kernels *tare_scheme_best_kernels(void);

#endif
