/* The search that iq2_xxs, iq2_xs, iq2_s, iq3_xxs and iq3_s share: for the weights under one scale, the scale and the points.
 *
 * Signs are taken off first. Then scales around the one that puts the largest weight on the highest level are tried: levels by rounding,
 * groups that are no point of the lattice moved to the best of their neighbours, and the scale that fits best computed for the points
 * found. The best trial (largest reduction of the weighted error) is kept, its groups placed once more with its own scale.
 *
 * Level k stands for 2k + 1 here. Importances are that of the column times sqrt(sigma2 + x^2), or without a matrix share x sigma2 + x^2.
 * Total on all input: a weight that is NaN counts as the canonical NaN, which rounds to level 0; see tare_lattice_nearest() for groups
 * without a best neighbour; a scale may come out as NaN. */
#ifndef TARE_TYPES_LATTICE_FIT_H
#define TARE_TYPES_LATTICE_FIT_H

#include <math.h>

#include "types/lattice.h"
#include "types/lattice_map.h"
#include "types/vec4.h"

/* The rule is a constant only if everything that has it as a parameter is inlined. */
#define TARE_LATTICE_INLINE static inline __attribute__((always_inline))

enum { TARE_LATTICE_SUB = 32, TARE_LATTICE_GROUPS = 8 }; /* at most */

/* Which groups are placed again at the end. */
enum tare_lattice_refine {
	TARE_REFINE_OFF, /* those that were no point in the best trial */
	TARE_REFINE_ANY, /* all, if any was no point; or no trial was accepted */
	TARE_REFINE_ALL
};

/* What sets one type apart. Compile-time constants where it is used, so that the search is compiled for each type. */
struct tare_lattice_rule {
	unsigned sub;    /* weights under one scale */
	unsigned group;  /* weights that make a point */
	int levels;
	int trials;      /* on each side of the first scale */
	float step;      /* between trials, in levels */
	float share;     /* see above */
	bool parity;     /* the sign of each eighth weight follows from the seven before it */
	enum tare_lattice_refine refine;
};

struct tare_lattice_fit {
	float x[TARE_LATTICE_SUB];    /* without signs; parity may leave one weight in eight negative */
	float w[TARE_LATTICE_SUB];    /* importances */
	float root[TARE_LATTICE_SUB]; /* their square roots, which weigh the choice of neighbours */
	uint8_t signs[TARE_LATTICE_SUB / 8]; /* bit i: weight i is negative; with parity only seven */
	uint16_t word[TARE_LATTICE_GROUPS];
	float scale;
};

static const float tare_lattice_odd[8] = { 1, 3, 5, 7, 9, 11, 13, 15 };

/* Makes the number of negative weights of eight even, where it costs least. */
static inline uint8_t tare_lattice_make_even(float *x, const float *w, uint8_t signs)
{
	unsigned least = 0;

	for (unsigned i = 1; i < 8; i++)
		if (w[i] * x[i] * x[i] < w[least] * x[least] * x[least])
			least = i;
	x[least] = -x[least];
	return (uint8_t)(signs ^ 1u << least);
}

TARE_LATTICE_INLINE void tare_lattice_prepare(struct tare_lattice_fit *f, struct tare_lattice_rule r, const float *x,
					      const float *importance, float sigma2)
{
	for (unsigned i = 0; i < r.sub; i++) {
		float square = x[i] * x[i];

		if (importance)
			f->w[i] = importance[i] * sqrtf(sigma2 + square);
		else
			f->w[i] = r.share > 0 ? r.share * sigma2 + square : square; /* sigma2 may be infinite */
		f->root[i] = sqrtf(f->w[i]);
		f->x[i] = tare_is_nan(x[i]) ? tare_f32_of_bits(TARE_NAN_BITS) : x[i] >= 0 ? x[i] : -x[i];
	}
	for (unsigned k = 0; k < r.sub / 8; k++) {
		uint8_t signs = 0;

		for (unsigned i = 0; i < 8; i++)
			signs |= (uint8_t)(!(x[8 * k + i] >= 0) << i);
		if (r.parity && __builtin_parity(signs))
			signs = tare_lattice_make_even(f->x + 8 * k, f->w + 8 * k, signs);
		f->signs[k] = r.parity ? signs & 127 : signs;
	}
}

static inline float tare_lattice_largest(const float *x, unsigned n)
{
	float max = x[0];

	for (unsigned i = 1; i < n; i++)
		max = max > x[i] ? max : x[i];
	return max;
}

/* The levels nearest to x times inverse, as a key. */
TARE_LATTICE_INLINE unsigned tare_lattice_round(struct tare_lattice_rule r, const float *x, float inverse)
{
	int32_t level[8];
	unsigned key = 0;

	for (unsigned i = 0; i < r.group; i += 4) {
		tare_v4f v = 0.5f * (inverse * tare_v4f_load(x + i) - 1);
		tare_v4i l = ((tare_v4i)(v + 0x1.8p23f) & 0x7fffff) - 0x400000; /* tare_nearest() */
		tare_v4i top = l > r.levels - 1;

		l &= ~(l >> 31);
		l = (l & ~top) | (top & (r.levels - 1));
		memcpy(level + i, &l, sizeof l);
	}
	for (unsigned i = r.group; i--;)
		key = key * (unsigned)r.levels + (unsigned)level[i];
	return key;
}

/* Places group k. True if the levels were a point as they came. */
TARE_LATTICE_INLINE bool tare_lattice_place(const struct tare_lattice_fit *f, struct tare_lattice_rule r, const struct tare_lattice *l,
					    unsigned k, float inverse, float scale, uint16_t *word)
{
	unsigned key = tare_lattice_round(r, f->x + r.group * k, inverse);

	if (l->index[key] != TARE_LATTICE_OFF) {
		*word = l->point[l->index[key]];
		return true;
	}
	*word = tare_lattice_nearest(l, key, f->x + r.group * k, f->root + r.group * k, scale, tare_lattice_odd);
	return false;
}

struct tare_lattice_sums {
	float qx, q2;
};

TARE_LATTICE_INLINE struct tare_lattice_sums tare_lattice_sum(const struct tare_lattice_fit *f, struct tare_lattice_rule r,
										      const uint16_t *word)
{
	unsigned bits = r.group == 8 ? 2 : 3;
	struct tare_lattice_sums s = { 0, 0 };

	for (unsigned i = 0; i < r.sub; i++) {
		float q = tare_lattice_odd[word[i / r.group] >> bits * (i % r.group) & ((1u << bits) - 1)];

		s.qx += f->w[i] * f->x[i] * q;
		s.q2 += f->w[i] * q * q;
	}
	return s;
}

/* f->scale: what is kept if no trial is accepted; reach: what the highest level stands for in the middle trial. Returns the groups
 * that were no point in the best trial, bit by bit. */
TARE_LATTICE_INLINE unsigned tare_lattice_try(struct tare_lattice_fit *f, struct tare_lattice_rule r, const struct tare_lattice *l,
						float reach)
{
	unsigned groups = r.sub / r.group, off = r.refine == TARE_REFINE_OFF ? 0 : (1u << groups) - 1;
	float best = 0;

	memset(f->word, 0, sizeof f->word);
	for (int t = -r.trials; t <= r.trials; t++) {
		float inverse = ((float)(2 * r.levels - 1) + (float)t * r.step) / reach, scale = 1 / inverse;
		uint16_t word[TARE_LATTICE_GROUPS];
		struct tare_lattice_sums s;
		unsigned off_now = 0;

		for (unsigned k = 0; k < groups; k++)
			off_now |= (unsigned)!tare_lattice_place(f, r, l, k, inverse, scale, word + k) << k;
		s = tare_lattice_sum(f, r, word);
		if (s.q2 > 0 && s.qx * s.qx > best * s.q2) {
			f->scale = s.qx / s.q2;
			best = f->scale * s.qx;
			memcpy(f->word, word, groups * sizeof *word);
			off = off_now;
		}
	}
	return off;
}

/* Negative scales cannot be stored; all signs turn instead. */
static inline void tare_lattice_make_positive(struct tare_lattice_fit *f, unsigned sub, bool parity)
{
	if (!(f->scale < 0))
		return;
	f->scale = -f->scale;
	for (unsigned k = 0; k < sub / 8; k++)
		f->signs[k] = (uint8_t)(~f->signs[k] & (parity ? 127 : 255));
}

/* After tare_lattice_prepare() and with f->scale and reach as for tare_lattice_try(). */
TARE_LATTICE_INLINE void tare_lattice_search(struct tare_lattice_fit *f, struct tare_lattice_rule r, const struct tare_lattice *l,
						float reach)
{
	unsigned off = tare_lattice_try(f, r, l, reach);

	if ((off || r.refine == TARE_REFINE_ALL) && f->scale > 0) {
		float inverse = 1 / f->scale;
		struct tare_lattice_sums s;

		for (unsigned k = 0; k < r.sub / r.group; k++)
			if (r.refine != TARE_REFINE_OFF || off >> k & 1)
				tare_lattice_place(f, r, l, k, inverse, f->scale, f->word + k);
		s = tare_lattice_sum(f, r, f->word);
		if (s.q2 > 0)
			f->scale = s.qx / s.q2;
	}
	tare_lattice_make_positive(f, r.sub, r.parity);
}

/* A scale in units of the block's, to four bits. */
static inline unsigned tare_lattice_scale_code(float inverse, float scale)
{
	return (unsigned)tare_clamp(tare_nearest(0.5f * (inverse * scale - 1)), 0, 15);
}

/* ---- one type, one instruction set ---- */

#define TARE_RULE_IQ2_XXS ((struct tare_lattice_rule){ .sub = 32, .group = 8, .levels = 3, .trials = 6, .step = 0.1f, .share = 0, \
						       .parity = true, .refine = TARE_REFINE_ALL })
#define TARE_RULE_IQ2_XS ((struct tare_lattice_rule){ .sub = 16, .group = 8, .levels = 3, .trials = 9, .step = 0.1f, .share = 0, \
						      .parity = true, .refine = TARE_REFINE_OFF })
#define TARE_RULE_IQ2_S ((struct tare_lattice_rule){ .sub = 16, .group = 8, .levels = 3, .trials = 9, .step = 0.1f, .share = 0.25f, \
						     .parity = false, .refine = TARE_REFINE_OFF })
#define TARE_RULE_IQ3_XXS ((struct tare_lattice_rule){ .sub = 32, .group = 4, .levels = 8, .trials = 15, .step = 0.2f, .share = 0, \
						       .parity = true, .refine = TARE_REFINE_OFF })
#define TARE_RULE_IQ3_S ((struct tare_lattice_rule){ .sub = 32, .group = 4, .levels = 8, .trials = 9, .step = 0.2f, .share = 0, \
						     .parity = false, .refine = TARE_REFINE_ANY })

/* The two steps of a sub-block, tare_lattice_prepare() and tare_lattice_search(), for one type. What is between them and what is written
 * is the business of the type's file. */
struct tare_lattice_coder {
	void (*prepare)(struct tare_lattice_fit *f, const float *x, const float *importance, float sigma2);
	void (*search)(struct tare_lattice_fit *f, float reach);
	/* iq2_xxs: the scales that n sub-blocks, at most eight, start from; of those whose largest weight is next to zero any. */
	void (*start)(float *scale, const struct tare_lattice_fit *f, size_t n);
};

/* Defines `name`, made of the scalar code; start: NULL for most. */
#define TARE_LATTICE_CODER(name, rule, lattice, start) \
	static void name##_prepare(struct tare_lattice_fit *f, const float *x, const float *importance, float sigma2) \
	{ \
		tare_lattice_prepare(f, rule, x, importance, sigma2); \
	} \
	static void name##_search(struct tare_lattice_fit *f, float reach) \
	{ \
		tare_lattice_search(f, rule, lattice(), reach); \
	} \
	const struct tare_lattice_coder name = { name##_prepare, name##_search, start };

/* An encoder with its coder left open. */
typedef void tare_lattice_encode_fn(void *dst, const float *src, size_t rows, size_t cols, const float *weights,
				    const struct tare_lattice_coder *coder);
extern tare_lattice_encode_fn tare_iq2_xxs_encode_with, tare_iq2_xs_encode_with, tare_iq2_s_encode_with, tare_iq3_xxs_encode_with,
	tare_iq3_s_encode_with;
extern const struct tare_lattice_coder tare_iq2_xxs_coder, tare_iq2_xs_coder, tare_iq2_s_coder, tare_iq3_xxs_coder, tare_iq3_s_coder;

#endif
