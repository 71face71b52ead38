/* YAML as a checked tree: what it refuses, where it says so, and what scalars mean. */
#include "recipes.h"

#include "base/yaml.h"

#include <locale.h>

static tare_status parse(tare_arena *arena, const char *text, size_t size, tare_yaml **out, tare_error *err)
{
	tare_limits lim;

	tare_limits_init(&lim);
	return tare_yaml_parse(out, arena, text, size, &lim, err);
}

static void test_tree(void **state)
{
	static const char text[] = "a: 1\nb:\n  - x\n  - 'y z'\nc: {d: \"e\\tf\", g: }\n# h\n";
	tare_arena arena = { 0 };
	tare_yaml *root;
	const tare_yaml *b, *c;

	assert_int_equal(parse(&arena, text, strlen(text), &root, NULL), TARE_OK);
	assert_int_equal(root->kind, TARE_YAML_MAP);
	assert_int_equal(root->count, 3);
	b = tare_yaml_get(root, "b");
	assert_int_equal(b->kind, TARE_YAML_LIST);
	assert_int_equal(b->count, 2);
	assert_false(b->items[0]->quoted);
	assert_true(b->items[1]->quoted);
	assert_string_equal(b->items[1]->text.ptr, "y z");
	assert_int_equal(b->items[1]->line, 4);
	assert_int_equal(b->items[1]->column, 5);
	c = tare_yaml_get(root, "c");
	assert_string_equal(tare_yaml_get(c, "d")->text.ptr, "e\tf");
	assert_int_equal(tare_yaml_get(c, "g")->text.len, 0);
	assert_null(tare_yaml_get(root, "h"));
	assert_null(tare_yaml_get(b, "x"));
	tare_arena_free(&arena);
}

typedef struct bad {
	const char *text;
	uint32_t line, column;
	const char *says;
} bad;

static void test_refused(void **state)
{
	static const bad rows[] = {
		{ "", 1, 1, "empty" },
		{ "# only a comment\n", 1, 1, "empty" },
		{ "a: 1\nb: 2\na: 3\n", 3, 1, "key 'a' is there twice (first in line 1)" },
		{ "x: {a: 1, 'a': 2}\n", 1, 11, "key 'a' is there twice" },
		{ "a: &x 1\n", 1, 4, "anchors" },
		{ "a: *x\n", 1, 4, "aliases" },
		{ "a: !!str 1\n", 1, 4, "tags" },
		{ "a: !x [1]\n", 1, 4, "tags" },
		{ "%TAG ! tag:x,2000:\n---\na: 1\n", 1, 1, "%TAG" },
		{ "a: 1\n---\nb: 2\n", 2, 1, "second document" },
		{ "a:\n\t- b\n", 2, 1, "tab" },
		{ "a: 1\n\tb: 2\n", 2, 1, "tab" },
		{ "\xc3\xa9\xc3\xa9: 1\n\tb: 2\n", 2, 1, "tab" },
		{ "a: [1, 2\n", 2, 1, "not YAML" },
		{ "a: 'x\n", 2, 1, "not YAML" },
		{ "a: b: c\n", 1, 5, "not YAML" },
		{ "? [a, b]\n: 1\n", 1, 3, "a key must be plain text" },
		{ "{a: 1}: 2\n", 1, 1, "a key must be plain text" },
		{ "a: 1\nb: \xff\n", 2, 4, "not UTF-8" },
		{ "\xc3\xa9: \xed\xa0\x80\n", 1, 4, "not UTF-8" },
		{ "a: \x01\n", 1, 4, "control character" },
		{ "- a\nb\n", 3, 1, "a simple key that begins in line 2" },
	};
	char why[1100];
	size_t i;

	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		tare_error err = TARE_ERROR_INIT;
		tare_arena arena = { 0 };
		tare_yaml *root;
		tare_status st = parse(&arena, rows[i].text, strlen(rows[i].text), &root, &err);

		if (st != TARE_E_RECIPE || err.line != rows[i].line || err.column != rows[i].column || !strstr(err.message, rows[i].says))
			fail_msg("%s\n-> %d %s", rows[i].text, (int)st, tare_error_text(&err, why, sizeof why));
		assert_null(root);
		tare_arena_free(&arena);
	}
}

static void test_nul_and_size(void **state)
{
	tare_error err = TARE_ERROR_INIT;
	tare_arena arena = { 0 };
	tare_yaml *root;
	size_t size = (16 << 20) + 1;
	char *text = calloc(1, size);

	assert_int_equal(parse(&arena, "a: \0b\n", 6, &root, &err), TARE_E_RECIPE);
	assert_int_equal(err.column, 4);
	tare_error_clear(&err);
	assert_non_null(text);
	memset(text, '#', size);
	assert_int_equal(parse(&arena, text, size, &root, &err), TARE_E_LIMIT);
	free(text);
	tare_arena_free(&arena);
}

static void test_limits(void **state)
{
	tare_error err = TARE_ERROR_INIT;
	tare_arena arena = { 0 };
	tare_limits lim;
	tare_yaml *root;
	char text[512];

	tare_limits_init(&lim);
	memset(text, '[', 65);
	text[65] = '\0';
	assert_int_equal(tare_yaml_parse(&root, &arena, text, 65, &lim, &err), TARE_E_LIMIT);
	assert_contains(err.message, "depth");
	tare_error_clear(&err);
	snprintf(text, sizeof text, "[a, b, c, d, e, f, g, h]");
	assert_int_equal(tare_limits_set(&lim, "nodes=8", &err), TARE_OK);
	assert_int_equal(tare_yaml_parse(&root, &arena, text, strlen(text), &lim, &err), TARE_E_LIMIT);
	assert_contains(err.message, "nodes");
	tare_error_clear(&err);
	assert_int_equal(tare_limits_set(&lim, "nodes=9", &err), TARE_OK);
	assert_int_equal(tare_yaml_parse(&root, &arena, text, strlen(text), &lim, &err), TARE_OK);
	tare_arena_free(&arena);
}

/* ---- scalars ---- */

static tare_yaml scalar(const char *text)
{
	return (tare_yaml){ .kind = TARE_YAML_SCALAR, .line = 7, .column = 3, .text = tare_str_of(text) };
}

static void test_bool(void **state)
{
	static const char *const no[] = { "yes", "no", "True", "1", "", "on", "truex" };
	tare_yaml n = scalar("true");
	tare_error err = TARE_ERROR_INIT;
	bool b;
	size_t i;

	assert_int_equal(tare_yaml_bool(&n, &b, NULL), TARE_OK);
	assert_true(b);
	n.quoted = true;
	assert_int_equal(tare_yaml_bool(&n, &b, &err), TARE_E_RECIPE);
	assert_int_equal(err.line, 7);
	assert_int_equal(err.column, 3);
	n = scalar("false");
	assert_int_equal(tare_yaml_bool(&n, &b, NULL), TARE_OK);
	assert_false(b);
	for (i = 0; i < sizeof no / sizeof *no; i++) {
		n = scalar(no[i]);
		assert_int_equal(tare_yaml_bool(&n, &b, NULL), TARE_E_RECIPE);
	}
}

static void test_numbers(void **state)
{
	static const char *const no[] = { "", "-1", "1x", "0x10", "18446744073709551616", "1.0", " 1", "1e3" };
	static const struct {
		const char *text;
		double value;
	} yes[] = { { "0", 0 }, { "-1.5", -1.5 }, { "+2", 2 }, { "1e3", 1000 }, { "1.25E-2", 0.0125 }, { "0.1", 0.1 }, { "9007199254740993", 9007199254740992 } };
	static const char *const not_f64[] = { "", ".5", "1.2.3", "inf", "nan", "0x1p3", "1e", "1e999", "- 1", "--1", "1,5" };
	tare_yaml n = scalar("18446744073709551615");
	uint64_t u;
	double d;
	size_t i;

	assert_int_equal(tare_yaml_u64(&n, &u, NULL), TARE_OK);
	assert_true(u == UINT64_MAX);
	for (i = 0; i < sizeof no / sizeof *no; i++) {
		n = scalar(no[i]);
		assert_int_equal(tare_yaml_u64(&n, &u, NULL), TARE_E_RECIPE);
	}
	for (i = 0; i < sizeof yes / sizeof *yes; i++) {
		n = scalar(yes[i].text);
		assert_int_equal(tare_yaml_f64(&n, &d, NULL), TARE_OK);
		assert_true(d == yes[i].value);
	}
	for (i = 0; i < sizeof not_f64 / sizeof *not_f64; i++) {
		n = scalar(not_f64[i]);
		assert_int_equal(tare_yaml_f64(&n, &d, NULL), TARE_E_RECIPE);
	}
}

static void test_bytes(void **state)
{
	static const struct {
		const char *text;
		uint64_t value;
	} yes[] = {
		{ "0", 0 }, { "2500000", 2500000 }, { "300K", 300 << 10 }, { "300KiB", 300 << 10 }, { "1k", 1024 }, { "7B", 7 },
		{ "2.5G", 5ull << 29 }, { "2.4GiB", 2576980377u }, { "0.5T", 1ull << 39 }, { "1 MiB", 1 << 20 }, { "16777215T", 16777215ull << 40 },
		{ "0.000000001K", 0 }, { "1.9", 1 },
	};
	static const char *const no[] = { "", "x", "1KB", "1MB", "1X", "-1", "1.", ".5G", "16777216T", "99999999999999999999", "1 KiB x", "1iB" };
	tare_error err = TARE_ERROR_INIT;
	tare_yaml n;
	uint64_t u;
	size_t i;

	for (i = 0; i < sizeof yes / sizeof *yes; i++) {
		n = scalar(yes[i].text);
		if (tare_yaml_bytes(&n, &u, &err) != TARE_OK || u != yes[i].value)
			fail_msg("%s is %llu, %s", yes[i].text, (unsigned long long)u, err.message);
	}
	for (i = 0; i < sizeof no / sizeof *no; i++) {
		n = scalar(no[i]);
		if (tare_yaml_bytes(&n, &u, NULL) != TARE_E_RECIPE)
			fail_msg("%s was taken for a size", no[i]);
	}
}

/* A decimal comma in the program's locale must not change what a recipe means. */
static void test_locale(void **state)
{
	tare_yaml n = scalar("1.5");
	double d;

	setlocale(LC_ALL, "");
	setlocale(LC_NUMERIC, "de_DE.UTF-8"); /* where there is one */
	assert_int_equal(tare_yaml_f64(&n, &d, NULL), TARE_OK);
	assert_true(d == 1.5);
	setlocale(LC_ALL, "C");
}

static void test_nearest(void **state)
{
	static const char *const names[] = { "base", "rules", "metadata", "gates", "nonfinite", NULL };

	assert_string_equal(tare_nearest("basse", names), "base");
	assert_string_equal(tare_nearest("Rules", names), "rules");
	assert_string_equal(tare_nearest("ruels", names), "rules");
	assert_string_equal(tare_nearest("metdata", names), "metadata");
	assert_string_equal(tare_nearest("non_finite", names), "nonfinite");
	assert_null(tare_nearest("imatrix", names));
	assert_null(tare_nearest("", names));
	assert_null(tare_nearest("x", names));
	assert_null(tare_nearest("a name far too long to be anything that was ever meant by anybody at all", names));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tree),	cmocka_unit_test(test_refused), cmocka_unit_test(test_nul_and_size), cmocka_unit_test(test_limits),
		cmocka_unit_test(test_bool),	cmocka_unit_test(test_numbers), cmocka_unit_test(test_bytes),	     cmocka_unit_test(test_locale),
		cmocka_unit_test(test_nearest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
