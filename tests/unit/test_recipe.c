/* Recipes: the fixtures, printing, changing keys, and that parser, schema and manual name the same things. */
#include "recipes.h"

#include "arch/role.h"
#include "base/escape.h"

#include <dirent.h>
#include <jansson.h>
#include <unistd.h>

static char *slurp(const char *path, size_t *size)
{
	FILE *f = fopen(path, "rb");
	char *text = malloc(1 << 20);

	if (!f)
		fail_msg("cannot open %s", path);
	assert_non_null(text);
	*size = fread(text, 1, (1 << 20) - 1, f);
	text[*size] = '\0';
	fclose(f);
	return text;
}

/* ---- fixtures ---- */

static void check_bad(const char *path)
{
	tare_error err = TARE_ERROR_INIT;
	char why[1100], expect[256];
	tare_recipe *r;
	size_t size;
	char *text = slurp(path, &size);

	assert_int_equal(sscanf(text, "# expect: %255[^\n]", expect), 1);
	if (tare_recipe_load(&r, path, &err) == TARE_OK)
		fail_msg("%s is accepted", path);
	assert_null(r);
	tare_error_text(&err, why, sizeof why);
	if (!strstr(why, expect) || strncmp(why, path, strlen(path)))
		fail_msg("%s: \"%s\", expected \"%s\"", path, why, expect);
	if (err.status == TARE_E_RECIPE)
		assert_true(err.line > 0 && err.column > 0);
	free(text);
}

static char *printed(const tare_recipe *r)
{
	char *yaml;

	assert_int_equal(tare_recipe_print(r, &yaml, NULL), TARE_OK);
	return yaml;
}

/* Are two trees the same, but for places and the order of keys? */
static bool same_tree(const tare_yaml *a, const tare_yaml *b)
{
	size_t i;

	if (a->kind != b->kind || a->count != b->count)
		return false;
	if (a->kind == TARE_YAML_SCALAR)
		return tare_str_eq(a->text, b->text);
	for (i = 0; i < a->count; i++) {
		const tare_yaml *other = a->keys ? tare_yaml_get(b, a->keys[i]->text.ptr) : b->items[i];

		if (!other || !same_tree(a->items[i], other))
			return false;
	}
	return true;
}

static void check_good(const char *path)
{
	tare_error err = TARE_ERROR_INIT;
	tare_recipe *r, *again;
	char *once, *twice;

	if (tare_recipe_load(&r, path, &err) != TARE_OK)
		fail_msg("%s:%u:%u: %s", path, err.line, err.column, err.message);
	once = printed(r);
	again = recipe_of(once);
	twice = printed(again);
	assert_string_equal(once, twice);
	if (!same_tree(r->root, again->root))
		fail_msg("%s is not the same after printing:\n%s", path, once);
	free(once);
	free(twice);
	tare_recipe_free(again);
	tare_recipe_free(r);
}

static void test_fixtures(void **state)
{
	DIR *dir = opendir("fixtures/recipe");
	size_t good = 0, bad = 0;
	struct dirent *e;
	char path[512];

	assert_non_null(dir);
	while ((e = readdir(dir))) {
		snprintf(path, sizeof path, "fixtures/recipe/%s", e->d_name);
		if (!strncmp(e->d_name, "good-", 5))
			check_good(path), good++;
		if (!strncmp(e->d_name, "bad-", 4))
			check_bad(path), bad++;
	}
	closedir(dir);
	assert_true(good >= 9 && bad >= 70);
}

static void test_load_errors(void **state)
{
	tare_error err = TARE_ERROR_INIT;
	tare_recipe *r;

	assert_int_equal(tare_recipe_load(&r, "fixtures/recipe/none.yaml", &err), TARE_E_IO);
	assert_null(r);
	assert_string_equal(err.file, "fixtures/recipe/none.yaml");
	tare_error_clear(&err);
	assert_int_equal(tare_recipe_load(&r, "fixtures", &err), TARE_E_IO);
	tare_error_clear(&err);
}

/* ---- printing ---- */

static void test_canonical(void **state)
{
	static const char text[] = "gates: {sqnr_db: {min: 18}, size: {max: 2.4GiB}}\nbase: 'q4_k_m'\n"
				   "rules: [{type: Q6_k, match: 'blk.*.attn_v.weight'}, {match: {role: embedding, layers: '0-3'}, keep: true}]\n"
				   "metadata: {set: {general.name: 'a: b', n: 5, s: '5'}, remove: [x]}\ntare: 1\n";
	static const char want[] = "tare: 1\n"
				   "base: Q4_K_M\n"
				   "rules:\n"
				   "  - match: \"blk.*.attn_v.weight\"\n"
				   "    type: q6_K\n"
				   "  - match: {role: embedding, layers: \"0-3\"}\n"
				   "    keep: true\n"
				   "metadata:\n"
				   "  set:\n"
				   "    general.name: \"a: b\"\n"
				   "    n: 5\n"
				   "    s: \"5\"\n"
				   "  remove: [x]\n"
				   "gates:\n"
				   "  sqnr_db: {min: 18}\n"
				   "  size: {max: 2.4GiB}\n";
	tare_recipe *r = recipe_of(text);
	char *yaml = printed(r);

	assert_string_equal(yaml, want);
	free(yaml);
	tare_recipe_free(r);
}

/* ---- flags ---- */

static void test_set(void **state)
{
	tare_error err = TARE_ERROR_INIT;
	tare_recipe *r = recipe_of("tare: 1\nrules:\n  - {match: x, type: q8_0}\n");
	char *yaml;

	assert_int_equal(tare_recipe_set(r, "pure", "true", "--pure", NULL), TARE_OK); /* before its mix: judged when all is there */
	assert_int_equal(tare_recipe_set(r, "base", "15", "-t", NULL), TARE_OK);
	assert_int_equal(tare_recipe_set(r, "base", "q5_k", "-t", NULL), TARE_OK);
	assert_int_equal(tare_recipe_set(r, "gates", "{sqnr_db: {min: 3}}", "--min-sqnr", NULL), TARE_OK);
	assert_int_equal(tare_recipe_set(r, "rules", "[{match: y, keep: true}]", "--keep", NULL), TARE_OK);
	assert_string_equal(r->is.rules[0].label, "rules[0] (--keep)");
	assert_string_equal(r->is.gates.gate[0].name, "gates.sqnr_db.min (--min-sqnr)");
	yaml = printed(r);
	assert_string_equal(yaml, "tare: 1\nbase: Q5_K_M\nrules:\n  - match: y\n    keep: true\npure: true\ngates:\n  sqnr_db: {min: 3}\n");
	free(yaml);
	assert_string_equal(failure(tare_recipe_set(r, "base", "Q4_K_N", "-t", &err), TARE_E_RECIPE, &err),
			    "-t: expected a mix such as Q4_K_M, or {type: q4_K}, not 'Q4_K_N': did you mean Q4_K_S");
	assert_contains(failure(tare_recipe_set(r, "bas", "Q4_K_M", "-t", &err), TARE_E_ARG, &err), "no key 'bas': did you mean base");
	assert_contains(failure(tare_recipe_set(r, "pure", "", "--pure", &err), TARE_E_RECIPE, &err), "--pure: empty");
	assert_contains(failure(tare_recipe_set(r, "pure", "*x", NULL, &err), TARE_E_RECIPE, &err), "pure: aliases");
	assert_string_equal(r->is.mix->name, "Q5_K_M"); /* untouched by what failed */
	tare_recipe_free(r);
}

static void test_check(void **state)
{
	tare_error err = TARE_ERROR_INIT;
	tare_recipe *r = recipe_of("tare: 1\n");
	tare_model *m = small_llama(1);
	tare_plan *p;

	assert_int_equal(tare_recipe_set(r, "pure", "true", "--pure", NULL), TARE_OK);
	assert_string_equal(failure(tare_plan_new(&p, m, r, NULL, &err), TARE_E_RECIPE, &err), "--pure: pure: only a mix in base can be pure");
	assert_null(p);
	tare_close(m);
	tare_recipe_free(r);
}

/* ---- metadata values ---- */

static tare_value value_of(tare_model *m, const char *yaml, const tare_value *before)
{
	tare_error err = TARE_ERROR_INIT;
	tare_limits lim;
	tare_value v;
	tare_yaml *n;

	tare_limits_init(&lim);
	assert_int_equal(tare_yaml_parse(&n, &m->arena, yaml, strlen(yaml), &lim, &err), TARE_OK);
	if (tare_recipe_value(m, n, before, &v, &err) != TARE_OK)
		fail_msg("%s: %s", yaml, err.message);
	return v;
}

static void test_values(void **state)
{
	static const struct {
		const char *yaml, *kind, *json;
	} rows[] = {
		{ "5", "u32", "5" },
		{ "-5", "i32", "-5" },
		{ "4294967296", "u64", "4294967296" },
		{ "-2147483649", "i64", "-2147483649" },
		{ "1.5", "f32", "1.5" },
		{ "true", "bool", "true" },
		{ "\"true\"", "str", "\"true\"" },
		{ "a b", "str", "\"a b\"" },
		{ "99999999999999999999", "f32", NULL },
		{ "{kind: u8, value: 255}", "u8", "255" },
		{ "{kind: i8, value: -128}", "i8", "-128" },
		{ "{kind: i64, value: 5}", "i64", "5" },
		{ "{kind: f64, value: 0.1}", "f64", "0.1" },
		{ "{kind: str, value: 5}", "str", "\"5\"" },
		{ "[1, 2]", "arr", "[1,2]" },
		{ "[a, 2]", "arr", "[\"a\",\"2\"]" },
		{ "[1, 2.5]", "arr", "[1.0,2.5]" },
		{ "[true, false]", "arr", "[true,false]" },
		{ "[1, 4294967296]", "arr", "[1,4294967296]" },
		{ "{kind: \"arr:u16\", value: [1, 65535]}", "arr", "[1,65535]" },
		{ "{kind: \"arr:str\", value: []}", "arr", "[]" },
	};
	tare_model *m = new_model("llama", 1, 1, 1, 0);
	size_t i;

	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		tare_value v = value_of(m, rows[i].yaml, NULL);
		char *json = tare_value_json(&v);

		assert_string_equal(tare_kind_name(v.kind), rows[i].kind);
		if (rows[i].json && strcmp(json, rows[i].json))
			fail_msg("%s became %s", rows[i].yaml, json);
		free(json);
	}
	assert_int_equal(value_of(m, "[1, 2]", NULL).as.array.kind, TARE_I32);
	assert_int_equal(value_of(m, "[1, 3000000000]", NULL).as.array.kind, TARE_I64);
	assert_int_equal(value_of(m, "[1, 18446744073709551615]", NULL).as.array.kind, TARE_U64);
	assert_int_equal(value_of(m, "[1, 2.5]", NULL).as.array.kind, TARE_F32);
	tare_close(m);
}

/* A key that is there keeps its kind. */
static void test_kind_before(void **state)
{
	const tare_value u64 = { .kind = TARE_U64 }, text = { .kind = TARE_STRING }, f32 = { .kind = TARE_F32 };
	const tare_value words = { .kind = TARE_ARRAY, .as.array = { .kind = TARE_STRING } };
	tare_model *m = new_model("llama", 1, 1, 1, 0);
	tare_error err = TARE_ERROR_INIT;
	tare_yaml bad = { .kind = TARE_YAML_SCALAR, .line = 2, .column = 3, .text = { "-5", 2 } };
	tare_value v;

	assert_int_equal(value_of(m, "5", &u64).kind, TARE_U64);
	assert_int_equal(value_of(m, "5", &text).kind, TARE_STRING);
	assert_int_equal(value_of(m, "5", &f32).kind, TARE_F32);
	assert_true(value_of(m, "5", &f32).as.f32 == 5);
	assert_int_equal(value_of(m, "[1, 2]", &words).as.array.kind, TARE_STRING);
	assert_int_equal(value_of(m, "{kind: u8, value: 5}", &text).kind, TARE_U8);
	assert_int_equal(value_of(m, "[a]", &text).kind, TARE_ARRAY);
	assert_contains(failure(tare_recipe_value(m, &bad, &u64, &v, &err), TARE_E_RECIPE, &err), "2:3: expected a whole number that fits u64");
	bad = (tare_yaml){ .kind = TARE_YAML_LIST };
	assert_contains(failure(tare_recipe_value(m, &bad, NULL, &v, &err), TARE_E_RECIPE, &err), "an empty list has no kind");
	tare_close(m);
}

/* ---- schema and manual ---- */

static json_t *at(const json_t *node, const char *path)
{
	char part[64];
	size_t n;

	for (; *path; path += n + (path[n] == '/')) {
		n = strcspn(path, "/");
		snprintf(part, sizeof part, "%.*s", (int)n, path);
		node = json_object_get(node, part);
		if (!node)
			fail_msg("the schema has no %s", part);
	}
	return (json_t *)(uintptr_t)node;
}

/* The same names, in any order; nothing else may be allowed. */
static void same_keys(const json_t *object, const char *const *names)
{
	const json_t *properties = at(object, "properties");
	size_t n;

	assert_true(json_is_false(at(object, "additionalProperties")));
	for (n = 0; names[n]; n++)
		if (!json_object_get(properties, names[n]))
			fail_msg("the schema has no %s", names[n]);
	assert_int_equal(json_object_size(properties), n);
}

static bool in_enum(const json_t *list, const char *name)
{
	size_t i;

	for (i = 0; i < json_array_size(list); i++)
		if (json_is_string(json_array_get(list, i)) && !strcmp(json_string_value(json_array_get(list, i)), name))
			return true;
	return false;
}

static void same_enum(const json_t *list, const char *const *names)
{
	size_t n;

	for (n = 0; names[n]; n++)
		if (!in_enum(list, names[n]))
			fail_msg("the schema does not list %s", names[n]);
	assert_int_equal(json_array_size(list), n);
}

static void check_mixes(const json_t *list)
{
	const tare_mix *of;
	size_t i, n = 0, k;
	bool number;

	for (i = 0; tare_mix_at(i); i++, n++) {
		if (!in_enum(list, tare_mix_at(i)->name))
			fail_msg("the schema does not list %s", tare_mix_at(i)->name);
		for (number = tare_mix_at(i)->number < 0, k = 0; k < json_array_size(list); k++)
			number |= json_integer_value(json_array_get(list, k)) == tare_mix_at(i)->number && json_is_integer(json_array_get(list, k));
		assert_true(number);
		n += tare_mix_at(i)->number >= 0;
	}
	for (i = 0; tare_mix_alias_at(i, &of); i++, n++)
		assert_true(in_enum(list, tare_mix_alias_at(i, &of)));
	assert_int_equal(json_array_size(list), n);
}

static void check_types(const json_t *list)
{
	size_t i;

	for (i = 0; tare_type_at(i); i++)
		if (!in_enum(list, tare_type_name(tare_type_at(i))))
			fail_msg("the schema does not list %s", tare_type_name(tare_type_at(i)));
	assert_int_equal(json_array_size(list), i);
}

/* Every role and every word that roles begin with, and nothing a recipe would refuse. */
static void check_roles(const json_t *list)
{
	char text[128];
	size_t i;

	for (i = 0; tare_role_at(i); i++)
		if (!in_enum(list, tare_role_at(i)))
			fail_msg("the schema does not list %s", tare_role_at(i));
	for (i = 0; i < json_array_size(list); i++) {
		snprintf(text, sizeof text, "tare: 1\nrules: [{match: {role: %s}, keep: true}]", json_string_value(json_array_get(list, i)));
		tare_recipe_free(recipe_of(text));
	}
}

static void check_gates(const json_t *gates)
{
	static const char *const bounds[][3] = {
#define GATE(name, bound, kind, text) { #name, #bound },
#include "recipe/keys.def"
	};
	const char *one[2] = { NULL, NULL };
	size_t i;

	same_keys(gates, tare_gate_keys);
	for (i = 0; i < sizeof bounds / sizeof *bounds; i++) {
		one[0] = bounds[i][1];
		same_keys(at(at(gates, "properties"), bounds[i][0]), one);
	}
}

static void test_schema(void **state)
{
	json_t *s = json_load_file("schemas/recipe.schema.json", JSON_REJECT_DUPLICATES, NULL);
	static const char *const metadata[] = { "set", "remove", NULL };

	assert_non_null(s);
	same_keys(s, tare_recipe_keys);
	same_keys(at(s, "$defs/rule"), tare_rule_keys());
	same_keys(at(s, "$defs/match"), tare_match_keys);
	same_keys(at(s, "$defs/scheme"), tare_scheme_keys);
	same_keys(at(s, "properties/metadata"), metadata);
	same_enum(at(s, "properties/fallback/enum"), tare_fallback_names);
	same_enum(at(s, "properties/nonfinite/enum"), tare_nonfinite_names);
	check_mixes(at(s, "$defs/mix/enum"));
	check_types(at(s, "$defs/type/enum"));
	check_roles(at(s, "$defs/role/enum"));
	check_gates(at(s, "$defs/gates"));
	json_decref(s);
}

/* One line of mdoc without its escapes. */
static void unescape(char *line)
{
	char *to = line;

	for (; *line; line++) {
		if (line[0] == '\\' && line[1] == '&')
			line++;
		else if (line[0] == '\\' && line[1] == 'e')
			*to++ = '\\', line++;
		else
			*to++ = *line;
	}
	*to = '\0';
}

/* Every example of the manual that begins like a recipe is one. */
static size_t check_examples(char *text)
{
	char *block = text, *end, recipe[8192];
	size_t n = 0;

	while ((block = strstr(block, ".Bd -literal"))) {
		block = strchr(block, '\n') + 1;
		end = strstr(block, "\n.Ed");
		assert_non_null(end);
		snprintf(recipe, sizeof recipe, "%.*s\n", (int)(end - block), block);
		unescape(recipe);
		if (!strncmp(recipe, "tare: 1\n", 8)) {
			tare_recipe_free(recipe_of(recipe));
			n++;
		}
	}
	return n;
}

static void names_all(const char *text, const char *const *names)
{
	char key[80], word[80];

	for (; *names; names++) {
		snprintf(key, sizeof key, ".It Ic %s\n", *names);
		snprintf(word, sizeof word, "\n.Ic %s\n", *names);
		if (!strstr(text, key) && !strstr(text, word))
			fail_msg("tare-recipe(5) does not name %s", *names);
	}
}

static void test_manual(void **state)
{
	const tare_mix *of;
	const char *one[2] = { NULL, NULL };
	size_t size, i;
	char *text = slurp("man/tare-recipe.5", &size);

	names_all(text, tare_recipe_keys);
	names_all(text, tare_rule_keys());
	names_all(text, tare_match_keys);
	names_all(text, tare_gate_keys);
	names_all(text, tare_fallback_names);
	names_all(text, tare_nonfinite_names);
	for (i = 0; (one[0] = tare_role_at(i)); i++)
		names_all(text, one);
	for (i = 0; tare_mix_at(i); i++) {
		one[0] = tare_mix_at(i)->name;
		names_all(text, one);
	}
	for (i = 0; (one[0] = tare_mix_alias_at(i, &of)); i++)
		names_all(text, one);
	for (i = 0; tare_type_at(i); i++) {
		char macro[48];

		snprintf(macro, sizeof macro, ".Sy %s ", tare_type_name(tare_type_at(i)));
		if (!strstr(text, macro))
			fail_msg("tare-recipe(5) does not list %s", tare_type_name(tare_type_at(i)));
	}
	assert_true(check_examples(text) >= 8);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fixtures), cmocka_unit_test(test_load_errors), cmocka_unit_test(test_canonical), cmocka_unit_test(test_set),
		cmocka_unit_test(test_check),	 cmocka_unit_test(test_values),	     cmocka_unit_test(test_kind_before),
		cmocka_unit_test(test_schema),	 cmocka_unit_test(test_manual),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
