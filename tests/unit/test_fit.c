/* The choice under a budget, against trying everything. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "recipe/fit.h"

#include <float.h>
#include <stdlib.h>
#include <string.h>

enum { WEIGHTS = 6, CHOICES = 4 };

static uint64_t state = 1;

static uint64_t next(void)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return state >> 33;
}

/* Sizes of few kinds and losses that mostly fall with them, as in models. */
static void make_weights(tare_fit_weight *w)
{
	size_t i;
	unsigned c;

	memset(w, 0, WEIGHTS * sizeof *w);
	for (i = 0; i < WEIGHTS; i++) {
		uint64_t unit = 32 * (1 + next() % 5), scale = 1 + next() % 1000;

		w[i].n = 1 + (unsigned)(next() % CHOICES);
		for (c = 0; c < w[i].n; c++)
			w[i].choice[c] = (tare_fit_choice){ tare_type_at(c), unit * (2 + c + next() % 2),
							    (double)(scale * (1 + next() % 100)) / (1 + 3 * c) };
	}
	tare_fit_order(w, WEIGHTS);
}

static double loss_of(const tare_fit_weight *w, uint64_t *size)
{
	double loss = 0;
	size_t i;

	for (*size = 0, i = 0; i < WEIGHTS; i++) {
		loss += w[i].choice[w[i].pick].loss;
		*size += w[i].choice[w[i].pick].size;
	}
	return loss;
}

static double best_of_all(const tare_fit_weight *weights, uint64_t room)
{
	tare_fit_weight w[WEIGHTS];
	double best = DBL_MAX, loss;
	uint64_t size;
	size_t i;

	memcpy(w, weights, sizeof w);
	for (i = 0; i < WEIGHTS; i++)
		w[i].pick = 0;
	while (i) {
		loss = loss_of(w, &size);
		best = size <= room && loss < best ? loss : best;
		for (i = WEIGHTS; i && ++w[i - 1].pick == w[i - 1].n; i--)
			w[i - 1].pick = 0;
	}
	return best;
}

static void near_the_best(void **st)
{
	tare_error err = TARE_ERROR_INIT;
	unsigned run, best = 0, fitted = 0;
	tare_fit_weight w[WEIGHTS];

	for (run = 0; run < 500; run++) {
		uint64_t room = 32 * (40 + next() % 80), size;
		double loss, limit;
		bool fits;

		make_weights(w);
		assert_int_equal(tare_fit_solve(w, WEIGHTS, room, &fits, &err), TARE_OK);
		limit = best_of_all(w, room);
		assert_int_equal(fits, limit < DBL_MAX);
		if (!fits)
			continue;
		loss = loss_of(w, &size);
		assert_true(size <= room);
		assert_true(loss >= limit * (1 - 1e-12));
		fitted++;
		best += loss <= limit * (1 + 1e-12);
	}
	print_message("# %u of %u are the very best\n", best, fitted);
	assert_true(fitted > 300 && best * 10 > fitted * 9);
}

static void curve_is_convex(void **st)
{
	tare_error err = TARE_ERROR_INIT;
	tare_fit_weight w[WEIGHTS];
	tare_fit_point *p;
	size_t n, i, run;

	for (run = 0; run < 100; run++) {
		make_weights(w);
		assert_int_equal(tare_fit_curve(w, WEIGHTS, &p, &n, &err), TARE_OK);
		for (i = 1; i < n; i++)
			assert_true(p[i].bytes > p[i - 1].bytes && p[i].loss < p[i - 1].loss);
		for (i = 2; i < n; i++)
			assert_true((p[i - 1].loss - p[i].loss) / (double)(p[i].bytes - p[i - 1].bytes) <=
				    (p[i - 2].loss - p[i - 1].loss) / (double)(p[i - 1].bytes - p[i - 2].bytes) * (1 + 1e-9));
		free(p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(near_the_best),
		cmocka_unit_test(curve_is_convex),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
