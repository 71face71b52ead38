/* Plans that would be refused: what was asked for, with every reason of every tensor. */
#include "planned.h"

/* What was asked for is shown, with all that stands against it. */
static void check_refused(const planned *x, const char *name, const char *type, uint64_t bytes, const char *why)
{
	const tare_tensor *t = &tare_plan_model(x->p)->tensors[find(x, name)];
	const tare_step *step = step_of(x, name);

	assert_string_equal(type_of(x, name), type);
	assert_int_equal(t->size, bytes);
	assert_false(step->copies);
	if (why)
		assert_string_equal(step->refused, why);
	else
		assert_null(step->refused);
}

static void check_unwritten(const planned *x)
{
	tare_error err = TARE_ERROR_INIT;

	free(x->p->path);
	x->p->path = strdup("never-written.gguf");
	assert_int_equal(tare_plan_write(x->p, NULL, NULL, &err), TARE_E_REFUSED);
	assert_string_equal(err.message, tare_plan_refusal(x->p, 0));
}

static void test_uneven(void **state)
{
	tare_model *m = new_model("llama", 1, 1, 1, 0);
	planned x;

	add_tensor(m, "blk.0.ffn_up.weight", "4x100", &tare_type_f16);
	add_tensor(m, "blk.0.ffn_down.weight", "4x96", &tare_type_f16);
	add_tensor(m, "blk.0.attn_q.weight", "4x256", &tare_type_f16);
	x = plan_of(m, "tare: 1\nbase: {type: q4_K}\n", NULL);
	assert_string_equal(tare_plan_refusal(x.p, 0), "tensor blk.0.ffn_up.weight and 1 more: a row of 100 does not divide into q4_K (blocks of 256): "
						       "fallback: adjust (--fallback adjust) chooses a type that fits");
	assert_null(tare_plan_refusal(x.p, 1));
	check_refused(&x, "blk.0.ffn_up.weight", "q4_K", 4 * 144, "a row of 100 does not divide into q4_K (blocks of 256)");
	check_refused(&x, "blk.0.ffn_down.weight", "q4_K", 4 * 144, "a row of 96 does not divide into q4_K (blocks of 256)");
	check_refused(&x, "blk.0.attn_q.weight", "q4_K", 4 * 144, NULL);
	check_unwritten(&x);
	tare_plan_free(x.p);
	tare_recipe_free(x.r);
	x = plan_of(m, "tare: 1\nbase: {type: q4_K}\nfallback: adjust\n", NULL);
	assert_null(tare_plan_refusal(x.p, 0));
	assert_string_equal(type_of(&x, "blk.0.ffn_down.weight"), "q5_0");
	assert_string_equal(step_of(&x, "blk.0.ffn_down.weight")->note, "row of 96 does not divide into q4_K: q5_0 instead");
	assert_string_equal(type_of(&x, "blk.0.ffn_up.weight"), "f16");
	assert_true(step_of(&x, "blk.0.ffn_up.weight")->copies);
	assert_string_equal(tare_plan_note(x.p, 0), "tensor blk.0.ffn_up.weight: a row of 100 does not divide into q4_K: f16 instead");
	tare_plan_free(x.p);
	tare_recipe_free(x.r);
	x = plan_of(m, "tare: 1\nrules: [{match: blk.0.ffn_up.weight, type: q8_0}]\nfallback: adjust\n", NULL);
	assert_string_equal(type_of(&x, "blk.0.ffn_up.weight"), "f16"); /* nothing is defined for q8_0 but what always fits */
	done(x);
}

static void test_requantize(void **state)
{
	tare_model *m = new_model("llama", 1, 1, 1, 0);
	planned x;

	add_tensor(m, "blk.0.ffn_up.weight", "4x256", &tare_type_q8_0);
	add_tensor(m, "blk.0.ffn_down.weight", "4x256", &tare_type_q4_K);
	add_tensor(m, "blk.0.attn_q.weight", "4x256", &tare_type_q8_0);
	x = plan_of(m, "tare: 1\nbase: Q4_K_S\npure: true\n", NULL);
	assert_string_equal(tare_plan_refusal(x.p, 0), "tensor blk.0.attn_q.weight and 1 more: quantized already (q8_0) and would become q4_K: "
						       "allow_requantize: true (--allow-requantize) accepts the added loss");
	assert_null(tare_plan_refusal(x.p, 1));
	assert_true(step_of(&x, "blk.0.ffn_down.weight")->copies);
	assert_null(step_of(&x, "blk.0.ffn_down.weight")->refused);
	check_refused(&x, "blk.0.ffn_up.weight", "q4_K", 4 * 144, "quantized already (q8_0) and would become q4_K");
	check_refused(&x, "blk.0.attn_q.weight", "q4_K", 4 * 144, "quantized already (q8_0) and would become q4_K");
	assert_string_equal(step_of(&x, "blk.0.attn_q.weight")->rule, "Q4_K_S");
	check_layout(&x);
	check_unwritten(&x);
	tare_plan_free(x.p);
	tare_recipe_free(x.r);
	x = plan_of(m, "tare: 1\nbase: Q4_K_S\npure: true\nallow_requantize: true\n", NULL);
	assert_null(tare_plan_refusal(x.p, 0));
	done(x);
}

static void test_unknown_and_unwritable(void **state)
{
	tare_model *m = new_model("llama", 1, 1, 1, 0);
	planned x;

	add_tensor(m, "blk.0.ffn_up.weight", "4x256", &tare_type_f16);
	add_tensor(m, "blk.0.odd.weight", "4x256", &tare_type_f16);
	m->tensors[1].type = NULL;
	m->tensors[1].type_id = 999;
	x = plan_of(m, "tare: 1\nbase: Q4_K_M\n", NULL);
	assert_null(tare_plan_refusal(x.p, 0));
	assert_null(tare_plan_model(x.p)->tensors[1].type);
	assert_int_equal(tare_plan_model(x.p)->tensors[1].size, 2048);
	tare_plan_free(x.p);
	tare_recipe_free(x.r);
	x = plan_of(m, "tare: 1\nrules: [{match: \"*.odd.*\", type: f16}, {match: \"*\", type: q8_K}]\n", NULL);
	assert_string_equal(tare_plan_refusal(x.p, 0), "tensor blk.0.odd.weight: of a type this version does not know: it can be kept or dropped, "
						       "not made f16");
	assert_string_equal(tare_plan_refusal(x.p, 1), "tensor blk.0.ffn_up.weight: type q8_K cannot be written by this version");
	done(x);
}

/* Every reason of every tensor. */
static void test_refused_together(void **state)
{
	tare_model *m = new_model("llama", 1, 1, 1, 0);
	planned x;

	add_tensor(m, "even.weight", "4x256", &tare_type_q8_0);
	add_tensor(m, "uneven.weight", "3x5x288", &tare_type_q8_0);
	add_tensor(m, "odd.weight", "4x256", &tare_type_c64);
	add_tensor(m, "bare.weight", "4x256", &tare_type_f16);
	add_tensor(m, "empty.weight", "0x100", &tare_type_f16);
	add_tensor(m, "fine.weight", "4x256", &tare_type_f16);
	m->format = &tare_format_safetensors;
	x = plan_of(m, "tare: 1\nrules:\n  - {match: fine.weight, type: q8_0}\n  - {match: bare.weight, type: q8_K}\n"
		    "  - {match: \"*\", type: iq2_xxs}\n", NULL);
	check_refused(&x, "even.weight", "iq2_xxs", 4 * 66, "quantized already (q8_0) and would become iq2_xxs; type iq2_xxs needs an importance matrix");
	check_refused(&x, "uneven.weight", "iq2_xxs", 15 * 2 * 66,
		      "a row of 288 does not divide into iq2_xxs (blocks of 256); quantized already (q8_0) and would become iq2_xxs; "
		      "type iq2_xxs needs an importance matrix");
	check_refused(&x, "odd.weight", "iq2_xxs", 4 * 66, "type c64 cannot be decoded by this version");
	check_refused(&x, "bare.weight", "q8_K", 4 * tare_type_q8_K.block_size, "type q8_K cannot be written by this version");
	check_refused(&x, "empty.weight", "iq2_xxs", 0, "a row of 100 does not divide into iq2_xxs (blocks of 256); "
							"type iq2_xxs needs an importance matrix");
	check_refused(&x, "fine.weight", "q8_0", 4 * 272, NULL);
	assert_string_equal(step_of(&x, "even.weight")->rule, "rules[2] (line 5)");
	assert_contains(tare_plan_refusal(x.p, 0), "tensor even.weight and 1 more: quantized already (q8_0)");
	assert_contains(tare_plan_refusal(x.p, 1), "tensor uneven.weight and 1 more: a row of 288");
	assert_contains(tare_plan_refusal(x.p, 2), "tensor even.weight and 2 more: type iq2_xxs needs an importance matrix");
	assert_contains(tare_plan_refusal(x.p, 3), "tensor odd.weight: type c64 cannot be decoded");
	assert_contains(tare_plan_refusal(x.p, 4), "tensor bare.weight: type q8_K cannot be written");
	assert_null(tare_plan_refusal(x.p, 5));
	check_unwritten(&x);
	done(x);
}

static void test_layerless(void **state)
{
	tare_model *m = new_model("llama", 16, 8, 8, 8);
	planned x;

	add_tensor(m, "blk.0.ffn_down.weight", "4x256", &tare_type_f16);
	add_tensor(m, "odd.ffn_down.weight", "4x256", &tare_type_f16);
	x = plan_of(m, "tare: 1\nbase: Q4_K_M\n", NULL);
	check_refused(&x, "odd.ffn_down.weight", "q4_K", 4 * 144, "mix Q4_K_M must tell the layer of a model with experts from the name, and cannot");
	check_refused(&x, "blk.0.ffn_down.weight", "q6_K", 4 * 210, NULL);
	done(x);
}

static void test_imatrix_refusal(void **state)
{
	planned x = plan_of(small_llama(4), "tare: 1\nbase: {type: iq2_xxs}\n", NULL);

	check_refused(&x, "token_embd.weight", "iq2_xxs", 512 * 66, "type iq2_xxs needs an importance matrix");
	check_refused(&x, "output.weight", "iq2_xxs", 512 * 66, "type iq2_xxs needs an importance matrix");
	assert_contains(tare_plan_refusal(x.p, 0), "tensor token_embd.weight and 29 more");
	assert_contains(tare_plan_refusal(x.p, 0), "type iq2_xxs needs an importance matrix");
	done(x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_uneven),
		cmocka_unit_test(test_requantize),
		cmocka_unit_test(test_unknown_and_unwritable),
		cmocka_unit_test(test_refused_together),
		cmocka_unit_test(test_layerless),
		cmocka_unit_test(test_imatrix_refusal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
