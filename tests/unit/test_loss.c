/* Loss and statistics: sums against plain formulas, the edges, and that cutting does not matter. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "model/loss.h"
#include "model/stats.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { N = 5000 };

static float x[N], y[N];

static void fill(void)
{
	uint32_t seed = 12345;
	size_t i;

	for (i = 0; i < N; i++) {
		seed = seed * 1664525 + 1013904223;
		x[i] = (float)(int32_t)seed / 2147483648.0f;
		seed = seed * 1664525 + 1013904223;
		y[i] = x[i] + (float)(int32_t)seed / 2147483648.0f / 64;
	}
}

static int near(double a, double b)
{
	return fabs(a - b) <= 1e-12 * (fabs(a) + fabs(b));
}

static void loss_is_the_formula(void **state)
{
	double signal = 0, noise = 0, result = 0, product = 0, worst = 0;
	tare_loss_sum s = { 0 };
	tare_loss loss;
	size_t i;

	fill();
	for (i = 0; i < N; i++) {
		double d = (double)x[i] - y[i];

		signal += (double)x[i] * x[i];
		noise += d * d;
		result += (double)y[i] * y[i];
		product += (double)x[i] * y[i];
		worst = fabs(d) > worst ? fabs(d) : worst;
	}
	tare_loss_add(&s, x, y, N, 1);
	tare_loss_finish(&s, &loss);
	assert_int_equal(loss.count, N);
	assert_int_equal(loss.blocks, N);
	assert_true(near(loss.rmse, sqrt(noise / N)));
	assert_true(near(loss.sqnr_db, 10 * log10(signal / noise)));
	assert_true(near(loss.cosine, product / sqrt(signal * result)));
	assert_true(loss.max_error == worst);
}

static void loss_joins_in_order(void **state)
{
	tare_loss_sum whole = { 0 }, parts = { 0 };
	size_t i;

	fill();
	/* Cuts at multiples of the summing chunk give the very same sums. */
	tare_loss_add(&whole, x, y, 4096, 32);
	for (i = 0; i < 4; i++) {
		tare_loss_sum part = { 0 };

		tare_loss_add(&part, x + 1024 * i, y + 1024 * i, 1024, 32);
		tare_loss_join(&parts, &part);
	}
	assert_memory_equal(&whole, &parts, sizeof whole);
	assert_int_equal(whole.blocks, 128);
}

static void loss_of_equals_is_nothing(void **state)
{
	tare_loss_sum s = { 0 };
	tare_loss loss;

	fill();
	tare_loss_add(&s, x, x, N, 1);
	tare_loss_finish(&s, &loss);
	assert_true(loss.rmse == 0 && loss.max_error == 0);
	assert_true(isinf(loss.sqnr_db) && loss.sqnr_db > 0);
	assert_true(near(loss.cosine, 1));
	s = (tare_loss_sum){ 0 };
	tare_loss_finish(&s, &loss);
	assert_true(loss.count == 0 && loss.rmse == 0 && loss.cosine == 1);
	assert_true(isinf(loss.sqnr_db) && loss.sqnr_db > 0);
}

static void zero_blocks_are_counted(void **state)
{
	float zero[128] = { 0 }, some[128] = { 0 };
	tare_loss_sum s = { 0 };
	tare_loss loss;

	zero[5] = -0.0f;
	some[70] = 1;
	tare_loss_add(&s, zero, zero, 128, 32);
	tare_loss_add(&s, some, some, 128, 32);
	tare_loss_finish(&s, &loss);
	assert_int_equal(loss.blocks, 8);
	assert_int_equal(loss.zero_blocks, 7);
	s = (tare_loss_sum){ 0 };
	tare_loss_add(&s, some, zero, 128, 32);
	tare_loss_finish(&s, &loss);
	assert_true(loss.rmse == sqrt(1.0 / 128) && loss.max_error == 1 && loss.sqnr_db == 0 && loss.cosine == 0);
	s = (tare_loss_sum){ 0 };
	tare_loss_add(&s, zero, some, 128, 32);
	tare_loss_finish(&s, &loss);
	assert_true(isinf(loss.sqnr_db) && loss.sqnr_db < 0);
}

static void nonfinite_sources_are_left_out(void **state)
{
	tare_loss_sum clean = { 0 }, dirty = { 0 };
	tare_loss loss;

	fill();
	tare_loss_add(&clean, x, y, 1023, 1);
	memmove(x + 8, x + 7, 1016 * sizeof *x);
	memmove(y + 8, y + 7, 1016 * sizeof *y);
	x[7] = NAN;
	tare_loss_add(&dirty, x, y, 1024, 1);
	assert_int_equal(dirty.count, 1023);
	assert_true(dirty.noise == clean.noise && dirty.signal == clean.signal && dirty.max_error == clean.max_error);
	x[0] = INFINITY;
	y[3] = NAN;
	dirty = (tare_loss_sum){ 0 };
	tare_loss_add(&dirty, x, y, 1024, 1);
	tare_loss_finish(&dirty, &loss);
	assert_int_equal(loss.count, 1022);
	assert_true(isinf(loss.rmse) && isinf(loss.max_error) && loss.sqnr_db < 0 && isinf(loss.sqnr_db));
}

static void decibels_are_exact_enough(void **state)
{
	double v;

	for (v = 1e-70; v < 1e70; v *= 3.7) {
		tare_loss_sum s = { .count = 1, .signal = v, .noise = 2e-5, .result = v };
		tare_loss loss;

		tare_loss_finish(&s, &loss);
		assert_true(fabs(loss.sqnr_db - 10 * log10(v / 2e-5)) < 1e-11);
	}
}

static void stats_of_values(void **state)
{
	float v[] = { 1, -3, 0, NAN, 4, INFINITY, -0.0f, 2 };
	tare_stats_sum s = tare_stats_start(), more = tare_stats_start();
	uint32_t bins[TARE_HISTOGRAM] = { 0 };
	tare_stats out;
	size_t i;

	tare_stats_add(&s, v, 8, 100);
	tare_stats_add(&more, v, 8, 50);
	tare_stats_finish(&s, &out);
	assert_true(out.count == 8 && out.zeros == 2 && out.nans == 1 && out.infs == 1 && out.first_nonfinite == 103);
	assert_true(out.min == -3 && out.max == 4 && near(out.mean, 4.0 / 6) && near(out.rms, sqrt(30.0 / 6)));
	tare_stats_bin(&out, bins, v, 8);
	for (i = 0; i < TARE_HISTOGRAM; i++)
		assert_int_equal(bins[i], i == 0 ? 1 : i == 13 ? 2 : i == 18 || i == 22 || i == 31 ? 1 : 0);
	tare_stats_join(&s, &more);
	tare_stats_finish(&s, &out);
	assert_true(out.count == 16 && out.zeros == 4 && out.first_nonfinite == 53 && near(out.mean, 4.0 / 6));
}

static void stats_of_nothing_and_of_one_value(void **state)
{
	float bad[] = { NAN, -INFINITY }, same[] = { 7, 7, 7 };
	tare_stats_sum s = tare_stats_start();
	uint32_t bins[TARE_HISTOGRAM] = { 0 };
	tare_stats out;

	tare_stats_add(&s, bad, 2, 0);
	tare_stats_finish(&s, &out);
	assert_true(out.min == 0 && out.max == 0 && out.mean == 0 && out.rms == 0 && out.first_nonfinite == 0);
	s = tare_stats_start();
	tare_stats_add(&s, same, 3, 0);
	tare_stats_finish(&s, &out);
	tare_stats_bin(&out, bins, same, 3);
	assert_true(out.min == 7 && out.max == 7 && bins[0] == 3 && out.first_nonfinite == TARE_NOWHERE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(loss_is_the_formula),
		cmocka_unit_test(loss_joins_in_order),
		cmocka_unit_test(loss_of_equals_is_nothing),
		cmocka_unit_test(zero_blocks_are_counted),
		cmocka_unit_test(nonfinite_sources_are_left_out),
		cmocka_unit_test(decibels_are_exact_enough),
		cmocka_unit_test(stats_of_values),
		cmocka_unit_test(stats_of_nothing_and_of_one_value),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
