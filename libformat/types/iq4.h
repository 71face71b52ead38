/* What iq4_nl and iq4_xs share: sixteen levels, denser around zero, and the search for the scale of 32 weights. */
#ifndef TARE_TYPES_IQ4_H
#define TARE_TYPES_IQ4_H

#include <string.h>

#include "types/exact.h"

enum { TARE_IQ4_LEN = 32 };

struct tare_iq4_nl {
	uint8_t d[2];
	uint8_t code[TARE_IQ4_LEN / 2];
};
_Static_assert(sizeof(struct tare_iq4_nl) == 18, "iq4_nl");

enum { TARE_IQ4_XS_LEN = 256, TARE_IQ4_XS_SUBS = TARE_IQ4_XS_LEN / TARE_IQ4_LEN, TARE_IQ4_XS_ZERO = 32 };

struct tare_iq4_xs {
	uint8_t d[2];
	uint8_t scale_high[2];                      /* u16: two bits each */
	uint8_t scale_low[TARE_IQ4_XS_SUBS / 2];    /* four bits each */
	uint8_t code[TARE_IQ4_XS_LEN / 2];
};
_Static_assert(sizeof(struct tare_iq4_xs) == 136, "iq4_xs");

static const int8_t tare_iq4_level[16] = { -127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113 };
/* Half way between level i and i + 1, which takes the limit itself; there is none above the last. */
extern const float tare_iq4_limit[16];

/* 32 weights: low nibbles hold the first half, high nibbles the second. */
static inline void tare_iq4_decode(float *restrict y, const uint8_t *restrict code, float d)
{
	for (size_t j = 0; j < TARE_IQ4_LEN / 2; j++) {
		y[j] = d * tare_iq4_level[code[j] & 15];
		y[j + TARE_IQ4_LEN / 2] = d * tare_iq4_level[code[j] >> 4];
	}
}

/* The scale of sub-block s, in units of d. */
static inline int tare_iq4_xs_level(const struct tare_iq4_xs *b, unsigned s)
{
	unsigned low = b->scale_low[s / 2] >> 4 * (s % 2) & 15, high = tare_get16(b->scale_high, false) >> 2 * s & 3u;

	return (int)(low | high << 4) - TARE_IQ4_XS_ZERO;
}

/* The mean square of n weights, doubled: what importances are measured against. */
float tare_iq4_sigma2(const float *x, size_t n);
/* The scale that serves 32 weights best; 0 if they are all next to zero; a NaN is the canonical one. importance: 32, or NULL. */
float tare_iq4_scale(const float *x, const float *importance, float sigma2);
/* Codes of the levels nearest to x times inverse. */
typedef void tare_iq4_encode_fn(uint8_t *restrict code, const float *restrict x, float inverse);
tare_iq4_encode_fn tare_iq4_encode;

void tare_iq4_nl_encode_block(struct tare_iq4_nl *b, const float *x, const float *importance);
void tare_iq4_xs_encode_block(struct tare_iq4_xs *b, const float *x, const float *importance);

/* The scale of a sub-block in units of d, and its codes for the product of the two. The reference uses d as it was before rounding. */
static inline void tare_iq4_xs_put_sub(struct tare_iq4_xs *b, unsigned s, const float *x, float scale, float d, tare_iq4_encode_fn *encode)
{
	int level = tare_clamp(tare_nearest((d != 0 ? 1 / d : 0) * scale), -TARE_IQ4_XS_ZERO, TARE_IQ4_XS_ZERO - 1);
	float product = d * (float)level;
	unsigned high = tare_get16(b->scale_high, false);

	encode(b->code + s * TARE_IQ4_LEN / 2, x, product != 0 ? 1 / product : 0);
	level += TARE_IQ4_XS_ZERO;
	b->scale_low[s / 2] |= (uint8_t)((level & 15) << 4 * (s % 2));
	tare_put16(b->scale_high, (uint16_t)(high | (unsigned)level >> 4 << 2 * s), false);
}

/* scale: of each sub-block, a NaN being the canonical one. */
static inline void tare_iq4_xs_put(struct tare_iq4_xs *b, const float *x, const float *scale, tare_iq4_encode_fn *encode)
{
	float d = -tare_extreme(scale, TARE_IQ4_XS_SUBS) / TARE_IQ4_XS_ZERO;

	memset(b, 0, sizeof *b);
	tare_put_scale(b->d, d);
	for (unsigned s = 0; s < TARE_IQ4_XS_SUBS; s++)
		tare_iq4_xs_put_sub(b, s, x + s * TARE_IQ4_LEN, scale[s], d, encode);
}

#endif
