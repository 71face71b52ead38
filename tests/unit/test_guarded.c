/* How many blocks the vector versions leave to the scalar code, because a search cannot vouch for them. On ordinary weights it is none:
 * else equal bytes would say little of the lanes, and speed would go unnoticed. tests.mk has the linker put these functions in place of
 * the scalar ones where kernels call them (--wrap). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "types/iq1.h"
#include "types/iq4.h"
#include "types/k_block.h"
#include "types/lattice_fit.h"
#include "types/weighted32.h"
#include "types_input.h"
#include "versions.h"

enum { COLS = 2560, ROWS = 4, ROUNDS = 16 };

static size_t guarded; /* blocks, or sub-blocks where they are what is guarded */

/* ---- the scalar code, counted ---- */

extern __typeof__(tare_k_encode) __real_tare_k_encode, __wrap_tare_k_encode;
void __wrap_tare_k_encode(void *dst, size_t block_size, const float *src, size_t rows, size_t cols, const float *weights,
			  tare_k_encode_fn *encode_block)
{
	guarded += rows * cols / TARE_K;
	__real_tare_k_encode(dst, block_size, src, rows, cols, weights, encode_block);
}

#define COUNT_BLOCK(name, type)                                              \
	extern __typeof__(name) __real_##name, __wrap_##name;                \
	void __wrap_##name(type *block, const float *x, const float *w)      \
	{                                                                    \
		guarded++;                                                   \
		__real_##name(block, x, w);                                  \
	}

COUNT_BLOCK(tare_q4_0_encode_weighted, void)
COUNT_BLOCK(tare_q4_1_encode_weighted, void)
COUNT_BLOCK(tare_q5_0_encode_weighted, void)
COUNT_BLOCK(tare_q5_1_encode_weighted, void)
COUNT_BLOCK(tare_iq4_nl_encode_block, struct tare_iq4_nl)
COUNT_BLOCK(tare_iq4_xs_encode_block, struct tare_iq4_xs)

#define COUNT_LATTICE(type)                                                                                   \
	extern const struct tare_lattice_coder __real_tare_##type##_coder, __wrap_tare_##type##_coder;        \
	static void type##_search(struct tare_lattice_fit *f, float reach)                                    \
	{                                                                                                     \
		guarded++;                                                                                    \
		__real_tare_##type##_coder.search(f, reach);                                                  \
	}                                                                                                     \
	static void type##_start(float *scale, const struct tare_lattice_fit *f, size_t n)                    \
	{                                                                                                     \
		guarded += n;                                                                                 \
		__real_tare_##type##_coder.start(scale, f, n);                                                \
	}                                                                                                     \
	const struct tare_lattice_coder __wrap_tare_##type##_coder = { NULL, type##_search, type##_start };

COUNT_LATTICE(iq2_xxs)
COUNT_LATTICE(iq2_xs)
COUNT_LATTICE(iq2_s)
COUNT_LATTICE(iq3_xxs)
COUNT_LATTICE(iq3_s)

#define COUNT_IQ1(type)                                                                                                     \
	extern const struct tare_iq1_coder __real_tare_##type##_coder, __wrap_tare_##type##_coder;                         \
	static void type##_cut(struct tare_iq1_cut *c, uint8_t *place, const float *x, const float *w, size_t n)           \
	{                                                                                                                  \
		guarded += n;                                                                                              \
		__real_tare_##type##_coder.cut(c, place, x, w, n);                                                         \
	}                                                                                                                  \
	const struct tare_iq1_coder __wrap_tare_##type##_coder = { NULL, type##_cut, NULL };

COUNT_IQ1(iq1_s)
COUNT_IQ1(iq1_m)

/* ---- weights ---- */

struct buffers {
	float x[ROWS * COLS], w[COLS];
	uint8_t bytes[ROWS * COLS * 4];
};

/* Types whose versions leave blocks to the scalar code by the functions above. */
static const struct guarding {
	const char *type;
	bool plain; /* without importances too */
} guards[] = {
	{ "q4_0", false }, { "q4_1", false }, { "q5_0", false }, { "q5_1", false },
	{ "q2_K", true }, { "q3_K", true }, { "q4_K", true }, { "q5_K", true }, { "q6_K", true },
	{ "iq1_s", false }, { "iq1_m", false }, { "iq2_xxs", false }, { "iq2_xs", false }, { "iq2_s", true },
	{ "iq3_xxs", true }, { "iq3_s", true }, { "iq4_nl", true }, { "iq4_xs", true },
};

static const struct guarding *find(const tare_type *t)
{
	for (size_t i = 0; i < sizeof guards / sizeof *guards; i++)
		if (!strcmp(guards[i].type, t->name))
			return &guards[i];
	return NULL;
}

static size_t count(const struct version *v, struct buffers *b, const float *w)
{
	guarded = 0;
	v->kernel->encode(b->bytes, b->x, ROWS, COLS, w);
	return guarded;
}

static size_t of_easy_weights(const struct version *v, struct buffers *b, bool weighted)
{
	uint64_t seed = 20260;
	size_t n = 0;

	for (int round = 0; round < ROUNDS; round++) {
		input_weights(b->x, ROWS * COLS, 32, EASY_KINDS, &seed);
		input_importances(b->w, COLS, round % 2 ? 4 : round / 2 % 3, &seed);
		n += count(v, b, weighted ? b->w : NULL);
	}
	return n;
}

/* The count counts: no search vouches for NaN, and most blocks have some. */
static void of_weights_with_nan(const struct version *v, struct buffers *b, bool weighted)
{
	uint64_t seed = 20261;

	for (size_t i = 0; i < ROWS * COLS; i++)
		b->x[i] = input_weight(SOME_NAN, i, 1, &seed);
	assert_true(count(v, b, weighted ? b->w : NULL) >= ROWS * COLS / v->type->block_len / 2);
}

static void none_is_guarded(void **state)
{
	const struct version *v = *state;
	const struct guarding *g = find(v->type);
	struct buffers *b;

	if (!g)
		return;
	b = malloc(sizeof *b);
	assert_non_null(b);
	for (int weighted = !g->plain; weighted < 2; weighted++) {
		assert_int_equal(of_easy_weights(v, b, weighted), 0);
		of_weights_with_nan(v, b, weighted);
	}
	free(b);
}

int main(void)
{
	return run_versions("guarded blocks", none_is_guarded, true);
}
