/* Recipes and plans once more with each allocation failing in turn: an error, never half a recipe, and under the sanitizers no leak. */
#include "fault/inject.c"

#include "recipes.h"

#include "base/escape.h"
#include "each_call.h"

static const char text[] = "tare: 1\nbase: Q4_K_M\nfallback: adjust\nrules:\n"
			   "  - {match: \"blk.*.attn_{v,k}.weight\", type: q6_K}\n"
			   "  - {match: {name: \"re:ffn_(up|gate)\", role: mlp, layers: \"0, last 1\", size: {min: 1}}, rename: {ffn: fnn}, gates: {sqnr_db: {min: 3}}}\n"
			   "  - {match: none, keep: true, optional: true}\n"
			   "metadata:\n  set: {general.name: x, a.list: [1, 2], a.words: [b, c]}\n  remove: [llama.expert_count, none]\n"
			   "gates: {size: {max: 1K}}\n";

static tare_model *in;

static tare_status parse(tare_error *err)
{
	tare_recipe *r;
	tare_status st = tare_recipe_parse(&r, text, strlen(text), "r.yaml", err);

	assert_int_equal(!r, st != TARE_OK);
	tare_recipe_free(r);
	return st;
}

static tare_status load(tare_error *err)
{
	tare_recipe *r;
	tare_status st = tare_recipe_load(&r, "fixtures/recipe/good-everything.yaml", err);

	tare_recipe_free(r);
	return st;
}

static tare_recipe *recipe;

static tare_status print(tare_error *err)
{
	char *yaml;
	tare_status st = tare_recipe_print(recipe, &yaml, err);

	assert_int_equal(!yaml, st != TARE_OK);
	free(yaml);
	return st;
}

static tare_status set(tare_error *err)
{
	tare_status st = tare_recipe_set(recipe, "nonfinite", "keep", "--nonfinite", err);

	if (st != TARE_OK)
		assert_int_equal(recipe->is.nonfinite, TARE_NONFINITE_ERROR);
	return st;
}

static tare_status plan(tare_error *err)
{
	tare_plan *p;
	tare_status st = tare_plan_new(&p, in, recipe, &(tare_plan_options){ .path = "x.gguf" }, err);

	assert_int_equal(!p, st != TARE_OK);
	if (p)
		assert_int_equal(tare_plan_model(p)->n_tensors, in->n_tensors);
	tare_plan_free(p);
	return st;
}

static tare_status guess(tare_error *err)
{
	char *yaml;
	tare_status st = tare_recipe_from_model(in, &yaml, err);

	assert_int_equal(!yaml, st != TARE_OK);
	free(yaml);
	return st;
}

static void every_time(fault_deed *deed)
{
	assert_true(each_call(&(struct fault_trial){ deed, NULL, noticed }, FAULT_ALLOC, false) >= 2);
}

static void test_parse(void **state)
{
	every_time(parse);
}

static void test_load(void **state)
{
	every_time(load);
}

static void test_print(void **state)
{
	every_time(print);
}

static void test_plan(void **state)
{
	every_time(plan);
}

static void test_guess(void **state)
{
	every_time(guess);
}

static void test_set(void **state)
{
	every_time(set);
}

static int make(void **state)
{
	in = small_llama(3);
	add_tensor(in, "blk.0.odd.weight", "4x100", &tare_type_f16);
	add_tensor(in, "blk.1.odd.weight", "4x96", &tare_type_f16);
	recipe = recipe_of(text);
	return 0;
}

static int drop(void **state)
{
	tare_recipe_free(recipe);
	tare_close(in);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse), cmocka_unit_test(test_load),  cmocka_unit_test(test_print),
		cmocka_unit_test(test_plan),  cmocka_unit_test(test_guess), cmocka_unit_test(test_set),
	};

	return cmocka_run_group_tests(tests, make, drop);
}
