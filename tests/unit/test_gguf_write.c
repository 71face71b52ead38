/* Writing GGUF: the same bytes again, both byte orders, what it cannot hold. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "files.h"

static void test_rewrite(void **state)
{
	static const char *const canonical[] = {
		"good-one-tensor", "good-big-endian", "good-no-dimensions", "good-four-dimensions", "good-zero-size", "good-quantized",
		"good-alignment-64", "good-alignment-1", "good-bool-2", "good-name-nul", "good-name-64", "good-type-unknown",
		"good-type-unknown-last", "good-type-removed", "good-type-negative", "good-minimal", "good-all-kinds", "good-nested-array",
		"good-string-nul", "good-string-not-utf8", "good-key-odd", "good-split-count-1",
	};
	char path[512];
	size_t i;

	for (i = 0; i < sizeof canonical / sizeof *canonical; i++) {
		if (!rewrites_same(fixture(canonical[i], path, sizeof path)))
			fail_msg("%s is not the same when rewritten", path);
	}
	assert_true(rewrites_same("fixtures/models/stories260K.gguf"));
}

/* From one byte order to the other and back: the header is the same again. */
static void test_byte_orders(void **state)
{
	const tare_layout_options opt = { .path = "x.gguf" };
	static const char *const names[] = { "good-all-kinds", "good-nested-array", "good-big-endian", "good-string-nul" };
	tare_model *m, *out, *turned, *back;
	size_t i;
	blob there, here, was;

	for (i = 0; i < sizeof names / sizeof *names; i++) {
		m = open_fixture(names[i]);
		out = laid_out(m, &opt);
		was = render(m, out, 0);
		out->big_endian = !m->big_endian;
		there = render(m, out, 0);
		assert_int_equal(tare_open_memory(&turned, there.bytes, there.size, NULL, NULL), TARE_OK);
		assert_int_equal(turned->big_endian, !m->big_endian);
		back = laid_out(turned, &opt);
		back->big_endian = m->big_endian;
		here = render(turned, back, 0);
		assert_int_equal(here.size, was.size);
		assert_memory_equal(here.bytes, was.bytes, was.size);
		free(was.bytes);
		free(there.bytes);
		free(here.bytes);
		tare_close(back);
		tare_close(turned);
		tare_close(out);
		tare_close(m);
	}
}

static void layout_refused(tare_model *out, const tare_layout_options *opt, tare_status status, const char *what)
{
	tare_error err = TARE_ERROR_INIT;

	assert_int_equal(tare_format_find("gguf")->layout(out, opt, &err), status);
	if (!strstr(err.message, what))
		fail_msg("expected '%s' in: %s", what, err.message);
	tare_close(out);
}

static tare_model *one_tensor(const tare_tensor *t)
{
	tare_model *m;

	assert_int_equal(tare_model_new(&m, NULL, NULL), TARE_OK);
	assert_int_equal(tare_model_add_tensor(m, t, 0, NULL), TARE_OK);
	return m;
}

static void test_layout_refusals(void **state)
{
	static const uint64_t dims[] = { 1, 1, 1, 1, 8 };
	const tare_layout_options plain = { .path = "x.gguf" }, out_shards = { .path = "-", .split_count = 1 };
	tare_tensor t = { .name = tare_str_of("w"), .type = tare_type_find("f32"), .dim = dims, .n_dims = 5, .count = 8, .size = 32 };
	tare_model *m;

	layout_refused(one_tensor(&t), &plain, TARE_E_UNSUPPORTED, "tensor 'w' has 5 dimensions");
	t.n_dims = 1;
	t.dim = dims + 4;
	t.type = tare_type_find("u16");
	t.size = 16;
	layout_refused(one_tensor(&t), &plain, TARE_E_UNSUPPORTED, "GGUF cannot hold type u16");
	t.type = NULL;
	t.size = 0;
	layout_refused(one_tensor(&t), &plain, TARE_E_UNSUPPORTED, "where its bytes end");
	t.type = tare_type_find("f32");
	t.size = 32;
	m = one_tensor(&t);
	tare_model_set_u32(m, "general.alignment", 24, NULL);
	layout_refused(m, &plain, TARE_E_UNSUPPORTED, "power of two");
	m = one_tensor(&t);
	tare_model_set_text(m, "general.alignment", "32", NULL);
	layout_refused(m, &plain, TARE_E_UNSUPPORTED, "general.alignment");
	m = one_tensor(&t);
	tare_model_set_u32(m, "general.alignment", 1u << 31, NULL);
	layout_refused(m, &plain, TARE_E_UNSUPPORTED, "padded");
	layout_refused(one_tensor(&t), &out_shards, TARE_E_ARG, "standard output");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rewrite), cmocka_unit_test(test_byte_orders), cmocka_unit_test(test_layout_refusals),
	};

	return cmocka_run_group_tests_name("gguf writing", tests, NULL, NULL);
}
