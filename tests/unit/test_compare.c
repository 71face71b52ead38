/* Two models compared: who is paired with whom, what is called the same, what is measured, where arrays differ. */
#include "unit/small_model.h"

#include "compare/sums.h"

#include <math.h>
#include <stdio.h>

static tare_comparison *compare(tare_model *a, tare_model *b, const tare_compare_options *opt)
{
	tare_error err = TARE_ERROR_INIT;
	tare_comparison *c;

	if (tare_compare(&c, a, b, opt, &err) != TARE_OK)
		fail_msg("%s", err.message);
	return c;
}

/* The specs' model, the second time with the poison at an element of the first tensor. */
static tare_comparison *compare_specs(const spec *s, size_t n, const spec *t, size_t m, float poison, size_t element, tare_model *models[2])
{
	static tare_buffer bytes[2];

	free(bytes[0].bytes);
	free(bytes[1].bytes);
	bytes[0] = make(s, n, false, 0, 0);
	bytes[1] = make(t, m, false, poison, element);
	models[0] = open_bytes(&bytes[0]);
	models[1] = open_bytes(&bytes[1]);
	return compare(models[0], models[1], NULL);
}

static void done(tare_comparison *c, tare_model *models[2])
{
	tare_comparison_free(c);
	tare_close(models[0]);
	tare_close(models[1]);
}

static size_t count_pairs(const tare_comparison *c)
{
	size_t n = 0;

	while (tare_comparison_pair(c, n))
		n++;
	return n;
}

/* ---- pairs ---- */

static void a_model_equals_itself_in_any_form(void **state)
{
	tare_buffer little = make(small, N, false, 0, 0), big = make(small, N, true, 0, 0), z = packed(&little);
	const tare_buffer *forms[] = { &little, &big, &z };
	size_t i, k;

	for (i = 0; i < 3; i++) {
		tare_model *m[2] = { open_bytes(&little), open_bytes(forms[i]) };
		tare_comparison *c = compare(m[0], m[1], &(tare_compare_options){ .run.threads = (unsigned)i + 1 });

		assert_int_equal(count_pairs(c), N);
		for (k = 0; k < N; k++) {
			const tare_pair *p = tare_comparison_pair(c, k);

			assert_int_equal(p->relation, TARE_SAME_BYTES);
			assert_true(p->a == k && p->b == k && !p->renamed && !p->retyped && !p->reshaped);
			assert_true(p->first_byte == TARE_NOWHERE);
		}
		assert_null(tare_comparison_key(c, 0));
		assert_int_equal(tare_comparison_equal_keys(c), 1);
		assert_true(tare_comparison_same_order(c));
		done(c, m);
	}
	free(little.bytes);
	free(big.bytes);
	free(z.bytes);
}

static const spec before[] = {
	{ "blk.0.ffn_up.weight", &tare_type_f32, 2, { 8, 32 } },
	{ "same", &tare_type_f16, 1, { 64 } },
	{ "gone", &tare_type_f16, 1, { 96 } },
	{ "model.layers.3.self_attn.q_proj.weight", &tare_type_f32, 2, { 4, 32 } },
	{ "flat", &tare_type_f32, 2, { 2, 64 } },
	{ "longer", &tare_type_f32, 1, { 10 } },
};

static void each_change_is_told_apart(void **state)
{
	/* fill() goes by the place in the list: "other name" has the values of "same". */
	static const spec after[] = {
		{ "blk.0.ffn_up.weight", &tare_type_q8_0, 2, { 8, 32 } },
		{ "other name", &tare_type_f16, 1, { 64 } },
		{ "new", &tare_type_f32, 1, { 33 } },
		{ "blk.3.attn_q.weight", &tare_type_bf16, 3, { 1, 4, 32 } },
		{ "flat", &tare_type_f32, 1, { 128 } },
		{ "longer", &tare_type_f32, 1, { 11 } },
	};
	tare_model *m[2];
	tare_comparison *c = compare_specs(before, 6, after, 6, 0, 0, m);
	const tare_pair *p;

	assert_int_equal(count_pairs(c), 7);
	p = tare_comparison_pair(c, 0);
	assert_true(p->retyped && !p->renamed && p->relation == TARE_OTHER_VALUES && p->paired == TARE_PAIRED_BY_NAME);
	assert_true(p->rel_error > 0 && p->rel_error < 0.02 && p->loss.sqnr_db > 34);
	p = tare_comparison_pair(c, 1);
	assert_true(p->renamed && p->relation == TARE_SAME_BYTES && p->paired == TARE_PAIRED_BY_CONTENT && p->b == 1);
	assert_int_equal(tare_comparison_pair(c, 2)->relation, TARE_ONLY_IN_A);
	p = tare_comparison_pair(c, 3);
	assert_true(p->renamed && p->retyped && p->reshaped && p->paired == TARE_PAIRED_BY_ROLE && p->relation == TARE_OTHER_VALUES);
	p = tare_comparison_pair(c, 4);
	assert_true(p->reshaped && p->relation == TARE_SAME_BYTES);
	p = tare_comparison_pair(c, 5);
	assert_true(p->reshaped && p->relation == TARE_OTHER_BYTES);
	p = tare_comparison_pair(c, 6);
	assert_true(p->relation == TARE_ONLY_IN_B && p->a == SIZE_MAX && p->b == 2);
	assert_null(tare_comparison_pair(c, 7));
	done(c, m);
}

static void order_is_seen_and_names_are_matched(void **state)
{
	static const spec turned[] = { { "b", &tare_type_f32, 1, { 4 } }, { "a", &tare_type_f32, 1, { 4 } } };
	static const spec straight[] = { { "a", &tare_type_f32, 1, { 4 } }, { "b", &tare_type_f32, 1, { 4 } } };
	const char *const only[] = { "b" };
	tare_comparison *c;
	tare_model *m[2];

	c = compare_specs(straight, 2, turned, 2, 0, 0, m);
	assert_false(tare_comparison_same_order(c));
	tare_comparison_free(c);
	c = compare(m[0], m[1], &(tare_compare_options){ .select = only, .n_select = 1 });
	assert_int_equal(count_pairs(c), 1);
	assert_int_equal(tare_comparison_pair(c, 0)->a, 1);
	assert_int_equal(tare_comparison_pair(c, 0)->b, 0);
	tare_comparison_free(c);
	c = compare(m[0], m[1], &(tare_compare_options){ .ignore = only, .n_ignore = 1, .exact = true });
	assert_int_equal(count_pairs(c), 1);
	assert_int_equal(tare_comparison_pair(c, 0)->a, 0);
	assert_non_null(tare_comparison_outside(c, 0));
	done(c, m);
}

/* Many tensors of one content: each finds a partner, those of one role first. */
static void twins_go_by_their_roles(void **state)
{
	static const spec names[] = { { "blk.0.attn_norm.weight", &tare_type_i32, 1, { 8 } }, { "blk.1.attn_norm.weight", &tare_type_i32, 1, { 8 } },
				      { "plain", &tare_type_i32, 1, { 8 } } };
	static const spec others[] = { { "plainer", &tare_type_i32, 1, { 8 } }, { "model.layers.1.input_layernorm.weight", &tare_type_i32, 1, { 8 } },
				       { "model.layers.0.input_layernorm.weight", &tare_type_i32, 1, { 8 } } };
	tare_model *m[2];
	tare_comparison *c = compare_specs(names, 3, others, 3, 0, 0, m);

	assert_int_equal(count_pairs(c), 3);
	assert_int_equal(tare_comparison_pair(c, 0)->b, 2);
	assert_int_equal(tare_comparison_pair(c, 1)->b, 1);
	assert_int_equal(tare_comparison_pair(c, 2)->b, 0);
	assert_int_equal(tare_comparison_pair(c, 0)->paired, TARE_PAIRED_BY_ROLE);
	assert_int_equal(tare_comparison_pair(c, 2)->paired, TARE_PAIRED_BY_CONTENT);
	done(c, m);
}

/* ---- values ---- */

static void one_value_is_found(void **state)
{
	static const size_t places[] = { 0, 1, 4095, 4096, 65535, 65536, 153599 };
	size_t i;

	for (i = 0; i < sizeof places / sizeof *places; i++) {
		tare_model *m[2];
		tare_comparison *c = compare_specs(small, N, small, N, 3, places[i], m);
		const tare_pair *p = tare_comparison_pair(c, 0);

		assert_int_equal(p->relation, TARE_OTHER_VALUES);
		assert_true(p->differ == 1 && p->first == places[i] && p->first_b == 3);
		/* The least byte of an f16 may be the same by chance. */
		assert_true(p->first_byte / 2 == places[i]);
		assert_true(p->loss.max_error == fabs(3 - p->first_a) && p->loss.count == 300 * 512);
		assert_true(fabs(p->mean_error * 300 * 512 - p->loss.max_error) < 1e-9);
		assert_int_equal(tare_comparison_pair(c, 1)->relation, TARE_SAME_BYTES);
		done(c, m);
	}
}

static void what_is_not_finite_is_counted(void **state)
{
	tare_model *m[2];
	tare_comparison *c = compare_specs(small, N, small, N, INFINITY, 70000, m);
	const tare_pair *p = tare_comparison_pair(c, 0);

	assert_true(p->differ == 1 && p->nonfinite_a == 0 && p->nonfinite_b == 1 && p->nonfinite_differ == 1);
	assert_true(isinf(p->rel_error) && isinf(p->loss.max_error) && p->first == 70000);
	done(c, m);
	c = compare_specs(small, N, small, N, NAN, 70000, m);
	tare_comparison_free(c);
	c = compare(m[1], m[0], NULL);
	p = tare_comparison_pair(c, 0);
	assert_true(p->differ == 1 && p->nonfinite_a == 1 && p->nonfinite_differ == 1 && p->rel_error == 0);
	assert_int_equal(p->relation, TARE_OTHER_VALUES);
	done(c, m);
}

static void sums_do_not_depend_on_threads(void **state)
{
	static const spec coarse[] = { { "blk.0.ffn_up.weight", &tare_type_q8_0, 2, { 300, 512 } } };
	tare_buffer fine = make(small, 1, false, 0, 0), rough = make(coarse, 1, false, 0, 0);
	tare_pair first;
	unsigned n;

	for (n = 1; n < 6; n++) {
		tare_model *m[2] = { open_bytes(&fine), open_bytes(&rough) };
		tare_comparison *c = compare(m[0], m[1], &(tare_compare_options){ .run.threads = n });
		const tare_pair *p = tare_comparison_pair(c, 0);

		if (n == 1)
			first = *p;
		assert_true(p->signal == first.signal && p->noise == first.noise && p->mean_error == first.mean_error);
		assert_true(p->differ == first.differ && p->first == first.first && p->loss.cosine == first.loss.cosine);
		done(c, m);
	}
	free(fine.bytes);
	free(rough.bytes);
}

/* Against sums made one by one. */
static void sums_are_right(void **state)
{
	enum { COUNT = 1003 };
	float x[COUNT], y[COUNT];
	tare_value_sums s = { .error = 0 };
	tare_pair p = { .a = 0 };
	double noise = 0, signal = 0, error = 0;
	size_t i;

	fill(x, COUNT, 5);
	fill(y, COUNT, 5);
	y[17] = -y[17];
	y[1002] += 1;
	x[3] = 0.0f;
	y[3] = -0.0f;
	for (i = 0; i < COUNT; i++) {
		double d = (double)x[i] - (double)y[i];

		noise += d * d;
		signal += (double)x[i] * (double)x[i];
		error += fabs(d);
	}
	tare_value_sums_add(&s, x, y, COUNT, 100);
	tare_value_sums_finish(&s, &p);
	assert_true(p.differ == 2 && p.first == 117 && p.nonfinite_a == 0);
	assert_true(fabs(p.rel_error / sqrt(noise / signal) - 1) < 1e-12);
	assert_true(fabs(p.mean_error / (error / COUNT) - 1) < 1e-12);
}

static void put_u64(uint8_t *to, uint64_t v)
{
	tare_put64(to, v, false);
}

static uint64_t wide_differ(const tare_type *ta, uint64_t a, const tare_type *tb, uint64_t b)
{
	tare_value_sums s = { .error = 0 };
	uint8_t x[8], y[8];

	put_u64(x, a);
	put_u64(y, b);
	tare_value_sums_add_wide(&s, ta, x, tb, y, 1, 0);
	return s.differ;
}

static uint64_t bits(double d)
{
	uint64_t u;

	memcpy(&u, &d, sizeof u);
	return u;
}

static void whole_numbers_are_compared_exactly(void **state)
{
	static const uint64_t edges[] = { 0, 1, 1ull << 24, 1ull << 53, 1ull << 62, INT64_MAX - 1 };
	size_t i;

	for (i = 0; i < sizeof edges / sizeof *edges; i++) {
		assert_int_equal(wide_differ(&tare_type_i64, edges[i], &tare_type_i64, edges[i]), 0);
		assert_int_equal(wide_differ(&tare_type_i64, edges[i], &tare_type_u64, edges[i]), 0);
		assert_int_equal(wide_differ(&tare_type_i64, edges[i], &tare_type_i64, edges[i] + 1), 1);
		assert_int_equal(wide_differ(&tare_type_u64, edges[i] + 1, &tare_type_i64, edges[i]), 1);
		assert_int_equal(wide_differ(&tare_type_i64, 0 - edges[i], &tare_type_i64, 0 - edges[i] - 1), 1);
	}
	assert_int_equal(wide_differ(&tare_type_u64, UINT64_MAX, &tare_type_f64, bits(0x1p64)), 1);
	assert_int_equal(wide_differ(&tare_type_i64, INT64_MAX, &tare_type_f64, bits(0x1p63)), 1);
	assert_int_equal(wide_differ(&tare_type_i64, 1ull << 63, &tare_type_f64, bits(-0x1p63)), 0);
	assert_int_equal(wide_differ(&tare_type_u64, 1ull << 63, &tare_type_f64, bits(0x1p63)), 0);
	assert_int_equal(wide_differ(&tare_type_u64, UINT64_MAX, &tare_type_i64, UINT64_MAX), 1);
	assert_int_equal(wide_differ(&tare_type_i32, 16777217, &tare_type_f64, bits(16777217)), 0);
	assert_int_equal(wide_differ(&tare_type_u32, 16777217, &tare_type_f32, 0x4b800000), 1);
	assert_int_equal(wide_differ(&tare_type_f64, bits(NAN), &tare_type_f64, bits(-NAN)), 0);
}

/* ---- metadata ---- */

static void set_strings(tare_model *m, const char *key, const char *const *texts, size_t n)
{
	tare_array_builder b = { .kind = TARE_STRING };
	tare_value v;
	size_t i;

	for (i = 0; i < n; i++)
		assert_int_equal(tare_array_add(&b, &(tare_value){ .kind = TARE_STRING, .as.string = tare_str_of(texts[i]) }, NULL), TARE_OK);
	assert_int_equal(tare_array_finish(&b, m, &v, NULL), TARE_OK);
	assert_int_equal(tare_model_set(m, key, &v, NULL), TARE_OK);
}

static void arrays_differ_in_places(void **state)
{
	static const char *const x[] = { "a", "b", "c", "d", "e" }, *const y[] = { "a", "B", "C", "d", "c", "f", "g" };
	tare_model *m[2] = { outline(false), outline(false) };
	const tare_key_difference *d;
	tare_comparison *c;

	set_strings(m[0], "tokens", x, 5);
	set_strings(m[1], "tokens", y, 7);
	assert_int_equal(tare_model_set_u32(m[0], "n", 3, NULL), TARE_OK);
	assert_int_equal(tare_model_set_text(m[1], "n", "3", NULL), TARE_OK);
	assert_int_equal(tare_model_set_u32(m[1], "split.count", 3, NULL), TARE_OK);
	assert_int_equal(tare_model_set_u32(m[1], "more", 3, NULL), TARE_OK);
	c = compare(m[0], m[1], NULL);
	d = tare_comparison_key(c, 0);
	assert_true(d->a != SIZE_MAX && d->b != SIZE_MAX && d->differ == 5 && d->n_spans == 2 && !d->more_spans);
	assert_true(d->spans[0].first == 1 && d->spans[0].last == 2 && d->spans[1].first == 4 && d->spans[1].last == 6);
	assert_true(d->has_elements && d->lost == 2 && d->gained == 4 && d->moved == 1 && d->n_elements == 7);
	assert_true(d->elements[1].a == 2 && d->elements[1].b == 4);
	d = tare_comparison_key(c, 1);
	assert_true(d->differ == 0 && !d->has_elements);
	d = tare_comparison_key(c, 2);
	assert_true(d->a == SIZE_MAX && d->key.len == 4);
	assert_null(tare_comparison_key(c, 3));
	done(c, m);
}

/* ---- text ---- */

static void assert_diff(const char *a, const char *b, unsigned context, const char *want)
{
	char *got = tare_text_diff(tare_str_of(a), tare_str_of(b), context);

	assert_non_null(got);
	assert_string_equal(got, want);
	free(got);
}

static void texts_line_by_line(void **state)
{
	assert_diff("", "", 3, "");
	assert_diff("a\nb\n", "a\nb\n", 3, "");
	assert_diff("", "a\n", 3, "@@ -0,0 +1,1 @@\n+a\n");
	assert_diff("a\n", "", 3, "@@ -1,1 +0,0 @@\n-a\n");
	assert_diff("a\nb\nc\n", "a\nx\nc\n", 0, "@@ -2,1 +2,1 @@\n-b\n+x\n");
	assert_diff("a\nb\nc\n", "a\nx\nc\n", 1, "@@ -1,3 +1,3 @@\n a\n-b\n+x\n c\n");
	assert_diff("1\n2\n3\n4\n5\n6\n7\n", "1\nx\n3\n4\n5\n6\n7\ny\n", 1,
		    "@@ -1,3 +1,3 @@\n 1\n-2\n+x\n 3\n@@ -7,1 +7,2 @@\n 7\n+y\n");
	assert_diff("a\nb\nc\nd\n", "b\nc\nd\ne\n", 0, "@@ -1,1 +0,0 @@\n-a\n@@ -4,0 +4,1 @@\n+e\n");
}

static void one_long_line_is_cut_behind_tags(void **state)
{
	char a[400], b[400], *got;

	snprintf(a, sizeof a, "{%% if x %%}%0200d{%% else %%}no{%% endif %%}", 0);
	snprintf(b, sizeof b, "{%% if x %%}%0200d{%% else %%}yes{%% endif %%}", 0);
	got = tare_text_diff(tare_str_of(a), tare_str_of(b), 0);
	assert_non_null(got);
	assert_string_equal(got, "@@ -3,1 +3,1 @@\n-no{% endif %}\n+yes{% endif %}\n");
	free(got);
}

/* Applies a diff with whole context to a; what comes out must be b. */
static void assert_applies(const char *a, const char *b)
{
	char *diff = tare_text_diff(tare_str_of(a), tare_str_of(b), 100000), *line, *end;
	tare_buffer x = { 0 }, y = { 0 };

	assert_non_null(diff);
	line = strchr(diff, '\n');
	for (line = line ? line + 1 : diff; *line; line = end + 1) {
		end = strchr(line, '\n');
		if (*line != '+')
			assert_int_equal(tare_buffer_put(&x, line + 1, (size_t)(end - line), NULL), TARE_OK);
		if (*line != '-')
			assert_int_equal(tare_buffer_put(&y, line + 1, (size_t)(end - line), NULL), TARE_OK);
	}
	if (*diff) {
		assert_string_equal(x.bytes ? x.bytes : "", a);
		assert_string_equal(y.bytes ? y.bytes : "", b);
	} else {
		assert_string_equal(a, b);
	}
	free(x.bytes);
	free(y.bytes);
	free(diff);
}

static void random_text(char *to, size_t lines, unsigned letters, uint32_t *seed)
{
	while (lines--) {
		*seed = *seed * 1664525 + 1013904223;
		*to++ = (char)('a' + (*seed >> 16) % letters);
		*to++ = '\n';
	}
	*to = '\0';
}

static void any_two_texts(void **state)
{
	char a[6001], b[6001];
	uint32_t seed = 1;
	size_t i;

	for (i = 0; i < 2000; i++) {
		random_text(a, i % 13, 1 + i % 4, &seed);
		random_text(b, i % 11, 1 + i % 4, &seed);
		assert_applies(a, b);
	}
	random_text(a, 3000, 26, &seed); /* more edits than are looked for */
	random_text(b, 3000, 26, &seed);
	assert_applies(a, b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_model_equals_itself_in_any_form),
		cmocka_unit_test(each_change_is_told_apart),
		cmocka_unit_test(order_is_seen_and_names_are_matched),
		cmocka_unit_test(twins_go_by_their_roles),
		cmocka_unit_test(one_value_is_found),
		cmocka_unit_test(what_is_not_finite_is_counted),
		cmocka_unit_test(sums_do_not_depend_on_threads),
		cmocka_unit_test(sums_are_right),
		cmocka_unit_test(whole_numbers_are_compared_exactly),
		cmocka_unit_test(arrays_differ_in_places),
		cmocka_unit_test(texts_line_by_line),
		cmocka_unit_test(one_long_line_is_cut_behind_tags),
		cmocka_unit_test(any_two_texts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
