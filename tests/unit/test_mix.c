/* The mixes of llama-quantize: their names, and the rules that the golden models do not reach. */
#include "mixes.h"

/* ---- names ---- */

static void test_names(void **state)
{
	const tare_mix *of;
	size_t i, n = 0;

	for (i = 0; tare_mix_at(i); i++, n++)
		assert_ptr_equal(tare_mix_find(tare_mix_at(i)->name), tare_mix_at(i));
	assert_int_equal(n, 36);
	assert_string_equal(tare_mix_find("q4_k_m")->name, "Q4_K_M");
	assert_string_equal(tare_mix_find("Q4_K")->name, "Q4_K_M");
	assert_string_equal(tare_mix_find("q3_k")->name, "Q3_K_M");
	assert_string_equal(tare_mix_find("Q5_K")->name, "Q5_K_M");
	assert_string_equal(tare_mix_find("15")->name, "Q4_K_M");
	assert_string_equal(tare_mix_find("0")->name, "F32");
	assert_string_equal(tare_mix_find("38")->name, "MXFP4_MOE");
	assert_string_equal(tare_mix_find("copy")->name, "COPY");
	assert_null(tare_mix_find("4"));
	assert_null(tare_mix_find(""));
	assert_null(tare_mix_find("-1"));
	assert_null(tare_mix_find("Q4_K_XL"));
	assert_null(tare_mix_find("99999999999999999999"));
	assert_string_equal(tare_mix_alias_at(0, &of), "Q3_K");
	assert_null(tare_mix_alias_at(3, &of));
}

/* ---- rules the snapshots do not reach ---- */

static const tare_type *pick(tare_model *m, const char *mix, bool imatrix, const char *name)
{
	const tare_type *types[512];

	assert_true(m->n_tensors < 512);
	choose(m, tare_mix_find(mix), imatrix, types);
	return types[tare_model_tensor_index(m, tare_str_of(name))];
}

#define assert_pick(m, mix, imatrix, tensor, type) assert_string_equal(pick(m, mix, imatrix, tensor)->name, type)

static tare_model *mixtral(uint32_t experts)
{
	tare_model *m = new_model("llama", 32, 32, 8, experts);
	static const char *const tails[][2] = {
		{ "attn_k", "256x256" }, { "attn_v", "256x256" }, { "attn_q", "256x256" }, { "attn_output", "256x256" },
		{ "ffn_gate_inp", "8x256" }, { "ffn_down_exps", "8x256x256" }, { "ffn_gate_exps", "8x256x256" }, { "ffn_up_exps", "8x256x256" },
	};
	char name[64];
	unsigned i, k;

	for (i = 0; i < 32; i++)
		for (k = 0; k < 8; k++) {
			snprintf(name, sizeof name, "blk.%u.%s.weight", i, tails[k][0]);
			add_tensor(m, name, tails[k][1], &tare_type_f16);
		}
	add_tensor(m, "token_embd.weight", "512x256", &tare_type_f16);
	add_tensor(m, "output.weight", "512x256", &tare_type_f16);
	return m;
}

static void test_experts(void **state)
{
	tare_model *m = mixtral(8);

	assert_pick(m, "Q4_K_M", false, "blk.9.attn_v.weight", "q8_0");
	assert_pick(m, "Q4_K_M", false, "blk.9.attn_k.weight", "q8_0");
	assert_pick(m, "Q4_K_M", false, "blk.9.attn_output.weight", "q5_K");
	assert_pick(m, "Q4_K_M", false, "blk.9.ffn_gate_inp.weight", "f16");
	assert_pick(m, "Q4_K_M", false, "blk.3.ffn_down_exps.weight", "q6_K");
	assert_pick(m, "Q4_K_M", false, "blk.4.ffn_down_exps.weight", "q4_K");
	assert_pick(m, "Q5_K_M", false, "blk.9.attn_output.weight", "q5_K");
	assert_pick(m, "Q3_K_L", false, "blk.9.attn_output.weight", "q3_K");
	assert_pick(m, "IQ3_M", false, "blk.9.ffn_down_exps.weight", "q4_K"); /* one of every third */
	assert_pick(m, "IQ3_M", false, "blk.10.ffn_down_exps.weight", "iq3_s");
	assert_pick(m, "IQ2_XS", true, "blk.9.attn_k.weight", "q4_K");
	assert_pick(m, "IQ2_XS", true, "blk.9.attn_output.weight", "q5_K");
	assert_pick(m, "IQ2_XS", true, "blk.0.ffn_down_exps.weight", "q2_K");
	assert_pick(m, "IQ2_XS", true, "blk.4.ffn_down_exps.weight", "iq2_xs");
	assert_pick(m, "MXFP4_MOE", false, "blk.9.ffn_up_exps.weight", "mxfp4");
	assert_pick(m, "MXFP4_MOE", false, "blk.9.attn_q.weight", "q8_0");
	assert_pick(m, "MXFP4_MOE", false, "output.weight", "q8_0");
	tare_close(m);
	m = mixtral(4);
	assert_pick(m, "Q4_K_M", false, "blk.9.attn_k.weight", "q4_K");
	assert_pick(m, "Q4_K_M", false, "blk.9.attn_output.weight", "q4_K");
	assert_pick(m, "IQ2_XS", true, "blk.9.attn_v.weight", "q4_K");
	tare_close(m);
}

/* With experts the layer is told from the name; where it cannot be, the plan says so. */
static void test_layer_unknown(void **state)
{
	tare_model *m = mixtral(8);
	tare_recipe *r = recipe_of("tare: 1\nbase: Q4_K_M\n");
	tare_plan *p;

	add_tensor(m, "blk.32.ffn_down_exps.weight", "8x256x256", &tare_type_f16);
	add_tensor(m, "mtp.ffn_up_exps.weight", "8x256x256", &tare_type_f16);
	assert_int_equal(tare_plan_new(&p, m, r, NULL, NULL), TARE_OK);
	assert_non_null(tare_plan_refusal(p, 0));
	assert_contains(tare_plan_refusal(p, 0), "mtp.ffn_up_exps.weight and 1 more: mix Q4_K_M must tell the layer");
	assert_null(tare_plan_refusal(p, 1));
	tare_plan_free(p);
	tare_recipe_free(r);
	assert_pick(m, "MXFP4_MOE", false, "mtp.ffn_up_exps.weight", "mxfp4"); /* a mix that never asks */
	tare_close(m);
}

static tare_model *deep(const char *arch, uint32_t layers, uint32_t heads, uint32_t kv_heads)
{
	tare_model *m = new_model(arch, layers, heads, kv_heads, 0);
	static const char *const tails[] = { "attn_v", "attn_output", "ffn_down", "ffn_up" };
	char name[64];
	unsigned i, k;

	for (i = 0; i < layers; i++)
		for (k = 0; k < 4; k++) {
			snprintf(name, sizeof name, "blk.%u.%s.weight", i, tails[k]);
			add_tensor(m, name, "256x256", &tare_type_f16);
		}
	add_tensor(m, "token_embd.weight", "512x256", &tare_type_f16);
	return m;
}

static void test_large(void **state)
{
	static const char *const like[] = { "llama", "qwen2", "deci", "olmo" };
	tare_model *m;
	size_t i;

	for (i = 0; i < 4; i++) {
		m = deep(like[i], 80, 64, 8);
		assert_pick(m, "Q3_K_S", false, "blk.40.attn_v.weight", "q5_K");
		assert_pick(m, "Q4_K_S", false, "blk.40.attn_v.weight", "q5_K");
		assert_pick(m, "IQ2_XS", true, "blk.40.attn_v.weight", "q4_K");
		tare_close(m);
	}
	m = deep("llama", 80, 64, 64);
	assert_pick(m, "Q3_K_S", false, "blk.40.attn_v.weight", "q3_K");
	tare_close(m);
	m = deep("jais2", 68, 32, 32);
	assert_pick(m, "Q3_K_S", false, "blk.40.attn_v.weight", "q5_K");
	tare_close(m);
}

static void test_falcon(void **state)
{
	tare_model *m = deep("falcon", 32, 8, 8);

	assert_pick(m, "Q4_K_M", false, "token_embd.weight", "q8_0"); /* tied: it is the output matrix */
	assert_pick(m, "Q4_K_M", false, "blk.1.ffn_down.weight", "q6_K");
	assert_pick(m, "Q4_K_M", false, "blk.2.ffn_down.weight", "q5_K");
	assert_pick(m, "Q4_K_M", false, "blk.4.ffn_down.weight", "q4_K");
	assert_pick(m, "Q3_K_M", false, "blk.4.ffn_down.weight", "q3_K");
	assert_pick(m, "Q3_K_M", false, "blk.6.ffn_down.weight", "q4_K");
	assert_pick(m, "Q3_K_L", false, "blk.6.ffn_down.weight", "q4_K");
	assert_pick(m, "Q3_K_L", false, "blk.6.attn_output.weight", "q4_K");
	assert_pick(m, "Q3_K_M", false, "blk.6.attn_output.weight", "q3_K");
	assert_pick(m, "Q4_K_S", false, "blk.0.ffn_down.weight", "q4_K");
	tare_close(m);
}

static void test_imatrix(void **state)
{
	tare_model *m = deep("llama", 32, 8, 8);

	assert_pick(m, "Q4_0", false, "blk.3.ffn_down.weight", "q4_0");
	assert_pick(m, "Q4_0", true, "blk.3.ffn_down.weight", "q4_1");
	assert_pick(m, "Q4_0", true, "blk.4.ffn_down.weight", "q4_0");
	assert_pick(m, "Q5_0", true, "blk.3.ffn_down.weight", "q5_1");
	assert_pick(m, "IQ4_XS", false, "blk.3.ffn_down.weight", "q5_K");
	assert_pick(m, "IQ4_XS", true, "blk.3.ffn_down.weight", "iq4_xs");
	assert_pick(m, "IQ3_XXS", true, "blk.3.attn_v.weight", "iq3_xxs");
	assert_pick(m, "IQ3_XXS", false, "blk.3.attn_v.weight", "iq3_s");
	assert_pick(m, "IQ3_XXS", true, "blk.3.ffn_down.weight", "iq3_xxs");
	assert_pick(m, "IQ3_XXS", false, "blk.3.ffn_down.weight", "q4_K");
	assert_pick(m, "IQ3_XXS", false, "blk.4.ffn_down.weight", "q3_K");
	assert_pick(m, "IQ3_XS", true, "blk.3.ffn_up.weight", "iq3_s");
	assert_pick(m, "IQ3_XS", true, "blk.4.ffn_up.weight", "iq3_xxs");
	assert_pick(m, "IQ3_XS", true, "blk.28.ffn_up.weight", "iq3_s");
	tare_close(m);
}

static void test_fallback(void **state)
{
	static const char *const rows[][2] = {
		{ "Q2_K", "q4_0" }, { "Q3_K_S", "q4_0" }, { "Q4_K_S", "q5_0" }, { "Q5_K_S", "q5_1" }, { "Q6_K", "q8_0" }, { "IQ4_XS", "iq4_nl" },
		{ "TQ2_0", "q4_0" }, { "IQ3_S", "iq4_nl" },
	};
	tare_model *m = new_model("llama", 8, 4, 4, 0);
	tare_recipe *r;
	tare_plan *p;
	size_t i;

	add_tensor(m, "blk.5.attn_q.weight", "64x96", &tare_type_f16);
	add_tensor(m, "output.weight", "64x96", &tare_type_f16);
	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_pick(m, rows[i][0], false, "blk.5.attn_q.weight", rows[i][1]);
		assert_pick(m, rows[i][0], false, "output.weight", "q8_0");
	}
	add_tensor(m, "blk.6.attn_q.weight", "64x100", &tare_type_f16);
	r = recipe_of("tare: 1\nbase: Q4_K_M\n");
	assert_int_equal(tare_plan_new(&p, m, r, NULL, NULL), TARE_OK);
	assert_string_equal(tare_plan_model(p)->tensors[2].type->name, "f16");
	assert_null(tare_plan_refusal(p, 0));
	assert_contains(tare_plan_note(p, 0), "blk.5.attn_q.weight: a row of 96 does not divide into q4_K: q5_0 instead");
	tare_plan_free(p);
	tare_recipe_free(r);
	/* For its own blocks of 32 llama-quantize has nothing to fall back to. */
	r = recipe_of("tare: 1\nbase: Q8_0\n");
	assert_int_equal(tare_plan_new(&p, m, r, NULL, NULL), TARE_OK);
	assert_contains(tare_plan_refusal(p, 0), "blk.6.attn_q.weight: a row of 100 does not divide into q8_0");
	tare_plan_free(p);
	tare_recipe_free(r);
	tare_close(m);
}

static void test_quantizable(void **state)
{
	static const struct {
		const char *name, *shape;
		bool yes;
	} rows[] = {
		{ "blk.0.attn_q.weight", "64x64", true },	 { "blk.0.attn_q.bias", "64x64", false },
		{ "blk.0.attn_q.weight", "64", false },		 { "blk.0.attn_q.weight", "1x64", false },
		{ "blk.0.attn_q.weight", "64x1", true },	 { "blk.0.attn_q_norm.weight", "64x64", false },
		{ "blk.0.ffn_gate_inp.weight", "64x64", false }, { "position_embd.weight", "64x64", false },
		{ "v.position_embd.weight", "64x64", false },	 { "token_types.weight", "64x64", false },
		{ "x.token_types.weight", "64x64", true },	 { "blk.0.ssm_conv1d.weight", "64x64", false },
		{ "blk.0.time_mix_w1.weight", "64x64", false },	 { "blk.0.time_mix_receptance.weight", "64x64", true },
		{ "altup_proj.weight", "64x64", false },	 { "weight", "64x64", true },
		{ "v.patch_embd.weight", "64x64", false },	 { "attn_rel_b.weight", "64x64", false },
	};
	tare_model *m;
	const char *why;
	size_t i;

	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		m = new_model("llama", 1, 1, 1, 0);
		if (tare_quantizable(add_tensor(m, rows[i].name, rows[i].shape, &tare_type_f16), &why) != rows[i].yes)
			fail_msg("%s %s", rows[i].name, rows[i].shape);
		assert_int_equal(!why, rows[i].yes);
		tare_close(m);
	}
}

static void test_order(void **state)
{
	static const char *const names[] = {
		"a", "blk.", "blk.-1.x", "blk.1x.y", "output.weight", "output_norm.weight", "token_embd.weight", "blk.0.a", "blk.0.b", "blk.2.a",
		"blk.10.a", "blk.10.b",
	};
	size_t i, k, n = sizeof names / sizeof *names;

	for (i = 0; i < n; i++)
		for (k = 0; k < n; k++) {
			int c = tare_mix_order(tare_str_of(names[i]), tare_str_of(names[k]));

			assert_int_equal((c > 0) - (c < 0), (i > k) - (i < k));
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),	  cmocka_unit_test(test_experts),   cmocka_unit_test(test_layer_unknown),
		cmocka_unit_test(test_large),	  cmocka_unit_test(test_falcon),    cmocka_unit_test(test_imatrix),
		cmocka_unit_test(test_fallback),  cmocka_unit_test(test_quantizable), cmocka_unit_test(test_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
