/* Plans: what becomes of every tensor, in which order and where, and what is said about it. */
#include "planned.h"

#include "base/escape.h"

/* The failure of a recipe against a small llama. */
static const char *failing(const char *recipe, tare_status st)
{
	tare_error err = TARE_ERROR_INIT;
	tare_model *in = small_llama(4);
	tare_recipe *r = recipe_of(recipe);
	tare_plan *p;
	const char *why = failure(tare_plan_new(&p, in, r, NULL, &err), st, &err);

	assert_null(p);
	tare_recipe_free(r);
	tare_close(in);
	return why;
}

/* ---- selection ---- */

static void test_nothing(void **state)
{
	planned x = plan_of(small_llama(2), "tare: 1\n", NULL);
	const tare_model *out = tare_plan_model(x.p);
	size_t i;

	assert_int_equal(out->n_tensors, x.in->n_tensors);
	for (i = 0; i < out->n_tensors; i++) {
		assert_int_equal(x.p->steps[i].source, i);
		assert_true(x.p->steps[i].copies);
		assert_string_equal(x.p->steps[i].rule, "no base");
	}
	assert_int_equal(out->n_meta, x.in->n_meta);
	check_layout(&x);
	assert_null(tare_plan_step(x.p, out->n_tensors));
	assert_null(tare_plan_refusal(x.p, 0));
	assert_null(tare_plan_note(x.p, 0));
	done(x);
}

static void test_mix(void **state)
{
	planned x = plan_of(small_llama(8), "tare: 1\nbase: Q4_K_M\n", NULL);
	const tare_model *out = tare_plan_model(x.p);

	assert_string_equal(out->tensors[0].name.ptr, "output.weight");
	assert_string_equal(out->tensors[1].name.ptr, "output_norm.weight");
	assert_string_equal(out->tensors[2].name.ptr, "token_embd.weight");
	assert_string_equal(out->tensors[3].name.ptr, "blk.0.attn_k.weight");
	assert_string_equal(type_of(&x, "output.weight"), "q6_K");
	assert_string_equal(type_of(&x, "blk.0.attn_v.weight"), "q6_K");
	assert_string_equal(type_of(&x, "blk.1.attn_v.weight"), "q4_K");
	assert_string_equal(type_of(&x, "blk.1.attn_norm.weight"), "f32");
	assert_string_equal(step_of(&x, "blk.1.attn_v.weight")->rule, "Q4_K_M");
	assert_string_equal(step_of(&x, "blk.1.attn_norm.weight")->rule, "not quantizable");
	check_layout(&x);
	done(x);
}

static void test_rules(void **state)
{
	planned x = plan_of(small_llama(8),
			    "tare: 1\nbase: Q4_K_M\nrules:\n"
			    "  - match: blk.0.attn_v.weight\n    type: q8_0\n"
			    "  - match: {role: attention, layers: last 1}\n    keep: true\n"
			    "  - match: \"blk.{2,3}.ffn_up.weight\"\n    rename: {ffn_up: ffn_upper}\n"
			    "  - match: {role: mlp.gate, layers: 5}\n    drop: true\n"
			    "  - match: \"*.attn_v.weight\"\n    gates: {sqnr_db: {min: 3}}\n",
			    NULL);
	const tare_model *out = tare_plan_model(x.p);

	assert_int_equal(out->n_tensors, x.in->n_tensors - 1);
	assert_string_equal(type_of(&x, "blk.0.attn_v.weight"), "q8_0");
	assert_string_equal(step_of(&x, "blk.0.attn_v.weight")->rule, "rules[0] (line 4)");
	assert_string_equal(type_of(&x, "blk.7.attn_v.weight"), "f16");
	assert_string_equal(step_of(&x, "blk.7.attn_v.weight")->rule, "rules[1] (line 6)");
	assert_true(step_of(&x, "blk.7.attn_v.weight")->copies);
	assert_string_equal(type_of(&x, "blk.2.ffn_upper.weight"), "q4_K");
	assert_string_equal(step_of(&x, "blk.2.ffn_upper.weight")->rule, "Q4_K_M");
	assert_int_equal(tare_model_tensor_index(out, tare_str_of("blk.5.ffn_gate.weight")), SIZE_MAX);
	/* A rule changes what it matches and nothing else: the mix still counts layer 0, and layer 2 is the first of every third. */
	assert_string_equal(type_of(&x, "blk.1.attn_v.weight"), "q4_K");
	assert_string_equal(type_of(&x, "blk.3.attn_v.weight"), "q6_K");
	check_layout(&x);
	assert_int_equal(x.p->n_gates, 1);
	assert_string_equal(x.p->gates[0].name, "rules[4].gates.sqnr_db.min (line 13)");
	assert_true(x.p->gates[0].covers[find(&x, "blk.1.attn_v.weight")]);
	assert_false(x.p->gates[0].covers[find(&x, "blk.0.attn_v.weight")]);
	assert_false(x.p->gates[0].covers[find(&x, "blk.1.attn_q.weight")]);
	done(x);
}

static void test_type_base(void **state)
{
	planned x = plan_of(small_llama(2), "tare: 1\nbase: {type: q8_0}\noutput_type: q6_K\ntoken_embedding_type: f16\n", NULL);
	const tare_model *out = tare_plan_model(x.p);
	uint64_t v;

	assert_string_equal(out->tensors[0].name.ptr, "token_embd.weight"); /* in the source's order */
	assert_string_equal(type_of(&x, "token_embd.weight"), "f16");
	assert_true(step_of(&x, "token_embd.weight")->copies);
	assert_string_equal(step_of(&x, "token_embd.weight")->rule, "token_embedding_type");
	assert_string_equal(type_of(&x, "output.weight"), "q6_K");
	assert_string_equal(type_of(&x, "blk.0.ffn_down.weight"), "q8_0");
	assert_string_equal(step_of(&x, "blk.0.ffn_down.weight")->rule, "base");
	assert_true(tare_model_find_u64(out, "general.file_type", &v) && v == 7);
	assert_true(tare_model_find_u64(out, "general.quantization_version", &v) && v == 2);
	done(x);
}

static void test_options(void **state)
{
	planned x = plan_of(small_llama(8), "tare: 1\nbase: Q4_K_M\npure: true\nleave_output: true\n", NULL);

	assert_string_equal(type_of(&x, "output.weight"), "f16");
	assert_string_equal(step_of(&x, "output.weight")->rule, "leave_output");
	assert_string_equal(type_of(&x, "blk.0.attn_v.weight"), "q4_K");
	done(x);
	x = plan_of(small_llama(8), "tare: 1\nbase: Q4_K_M\noutput_type: q8_0\nrules: [{match: output.weight, drop: true}]\n", NULL);
	assert_string_equal(type_of(&x, "token_embd.weight"), "q8_0"); /* it is the output matrix now */
	done(x);
	x = plan_of(small_llama(8), "tare: 1\nbase: F16\noutput_type: q8_0\n", NULL);
	assert_string_equal(type_of(&x, "output.weight"), "q8_0");
	assert_string_equal(type_of(&x, "token_embd.weight"), "f16");
	done(x);
	x = plan_of(small_llama(8), "tare: 1\nbase: F32\n", NULL);
	assert_string_equal(type_of(&x, "blk.0.attn_v.weight"), "f32");
	done(x);
}

static void test_flat(void **state)
{
	planned x = plan_of(small_llama(2), "tare: 1\nrules: [{match: \"blk.0.*\", type: q8_0}, {match: {role: norm}, type: f16}]\n", NULL);

	assert_string_equal(type_of(&x, "blk.0.attn_q.weight"), "q8_0");
	assert_string_equal(type_of(&x, "blk.0.attn_norm.weight"), "f32");
	assert_string_equal(step_of(&x, "blk.0.attn_norm.weight")->note, "fewer than two dimensions: not made q8_0");
	assert_string_equal(type_of(&x, "blk.1.attn_norm.weight"), "f16");
	assert_string_equal(tare_plan_note(x.p, 0), "tensor blk.0.attn_norm.weight and 1 more: fewer than two dimensions: f32 stays, not q8_0");
	assert_null(tare_plan_note(x.p, 1));
	done(x);
}

/* ---- rules that match nothing ---- */

static void test_idle_rules(void **state)
{
	planned x;

	assert_string_equal(failing("tare: 1\nrules:\n  - match: \"blk.9.*\"\n    keep: true\n", TARE_E_RECIPE),
			    "recipe.yaml:3:5: rules[0] matches no tensor (optional: true allows that)");
	assert_string_equal(failing("tare: 1\nrules:\n  - {match: \"*\", keep: true}\n  - {match: \"blk.0.*\", type: q8_0}\n", TARE_E_RECIPE),
			    "recipe.yaml:4:5: rules[1] matches only tensors that rules before it take (optional: true allows that)");
	x = plan_of(small_llama(1), "tare: 1\nrules:\n  - {match: \"x\", keep: true, optional: true}\n", NULL);
	assert_string_equal(tare_plan_note(x.p, 0), "rules[0] (line 3) matches no tensor");
	done(x);
}

static void test_rename_clash(void **state)
{
	assert_contains(failing("tare: 1\nrules: [{match: {role: mlp.up}, rename: same}]\n", TARE_E_DATA), "'same' is there twice");
	assert_contains(failing("tare: 1\nrules: [{match: output.weight, rename: {output.weight: \"\"}}]\n", TARE_E_RECIPE), "nothing is left");
	assert_contains(failing("tare: 1\nimatrix: no/such.gguf\n", TARE_E_IO), "no/such.gguf: cannot open");
}

/* ---- gates ---- */

static void test_size_gate(void **state)
{
	planned x = plan_of(small_llama(2), "tare: 1\nbase: Q8_0\ngates: {size: {max: 10K}}\n"
			    "rules:\n  - {match: output.weight, type: f32, gates: {size: {max: 1K}}}\n", NULL);
	uint64_t size = tare_plan_model(x.p)->files[0].size;
	char want[160];

	assert_int_equal(x.p->n_refusals, 0); /* the pipeline judges gates itself, and reports them */
	snprintf(want, sizeof want, "gate gates.size.max (line 3) is not met: %llu bytes, asked for at most 10240", (unsigned long long)size);
	assert_string_equal(tare_plan_refusal(x.p, 0), want);
	assert_string_equal(tare_plan_refusal(x.p, 1), "gate rules[0].gates.size.max (line 5) is not met: 524288 bytes, asked for at most 1024");
	assert_null(tare_plan_refusal(x.p, 2));
	assert_int_equal(x.p->n_gates, 2);
	done(x);
}

/* ---- metadata ---- */

static tare_model *with_metadata(void)
{
	static const char *const keys[] = { "general.file_type", "split.count", "general.quantization_version", "general.url" };
	tare_model *m = small_llama(1);
	size_t i;

	for (i = 0; i < 4; i++)
		assert_int_equal(tare_model_set_u32(m, keys[i], 1, NULL), TARE_OK);
	assert_int_equal(tare_model_set_text(m, "general.name", "x", NULL), TARE_OK);
	return m;
}

static void check_keys(const tare_model *m, const char *const *keys)
{
	size_t i;

	for (i = 0; keys[i]; i++) {
		if (i >= m->n_meta || !tare_str_eq(m->meta[i].key, tare_str_of(keys[i])))
			fail_msg("key %zu is %s, expected %s", i, i < m->n_meta ? m->meta[i].key.ptr : "(none)", keys[i]);
	}
	assert_int_equal(i, m->n_meta);
}

#define LLAMA "general.architecture", "llama.block_count", "llama.attention.head_count", "llama.attention.head_count_kv", "llama.expert_count"

static void test_metadata(void **state)
{
	static const char *const kept[] = { LLAMA, "general.file_type", "split.count", "general.quantization_version", "general.name", "y", NULL };
	static const char *const mixed[] = { LLAMA, "general.quantization_version", "general.file_type", "general.name", "y", NULL };
	static const char *const typed[] = { LLAMA, "general.file_type", "split.count", "general.quantization_version", "general.name", "y", NULL };
	static const char changes[] = "metadata: {set: {general.name: 5, y: true}, remove: [general.url, none]}\n";
	char recipe[256];
	uint64_t v;
	tare_str s;
	planned x;

	snprintf(recipe, sizeof recipe, "tare: 1\n%s", changes);
	x = plan_of(with_metadata(), recipe, NULL);
	check_keys(tare_plan_model(x.p), kept);
	assert_true(tare_model_find_text(tare_plan_model(x.p), "general.name", &s) && tare_str_eq(s, tare_str_of("5")));
	assert_string_equal(tare_plan_note(x.p, 0), "metadata.remove: there is no key none");
	done(x);
	snprintf(recipe, sizeof recipe, "tare: 1\nbase: Q5_K_S\n%s", changes);
	x = plan_of(with_metadata(), recipe, NULL);
	check_keys(tare_plan_model(x.p), mixed);
	assert_true(tare_model_find_u64(tare_plan_model(x.p), "general.file_type", &v) && v == 16);
	assert_true(tare_model_find_u64(tare_plan_model(x.p), "general.quantization_version", &v) && v == 2);
	done(x);
	snprintf(recipe, sizeof recipe, "tare: 1\nbase: {type: q5_K}\n%s", changes);
	x = plan_of(with_metadata(), recipe, NULL);
	check_keys(tare_plan_model(x.p), typed);
	assert_true(tare_model_find_u64(tare_plan_model(x.p), "general.file_type", &v) && v == 17);
	done(x);
}

static void test_nul_in_key(void **state)
{
	planned x = plan_of(with_metadata(), "tare: 1\nmetadata: {remove: [\"general.url\\0x\", general.name]}\n", NULL);
	uint64_t v;

	assert_true(tare_model_find_u64(tare_plan_model(x.p), "general.url", &v));
	assert_int_equal(tare_plan_model(x.p)->n_meta, x.in->n_meta - 1);
	assert_string_equal(tare_plan_note(x.p, 0), "metadata.remove: there is no key general.url\\x00x");
	assert_null(tare_plan_note(x.p, 1));
	done(x);
}

static void test_copy(void **state)
{
	planned x = plan_of(with_metadata(), "tare: 1\nbase: COPY\n", NULL);
	uint64_t v;

	assert_true(tare_model_find_u64(tare_plan_model(x.p), "general.file_type", &v) && v == 1);
	assert_string_equal(tare_plan_model(x.p)->tensors[0].name.ptr, "output.weight");
	done(x);
	x = plan_of(small_llama(1), "tare: 1\nbase: COPY\n", NULL);
	assert_true(tare_model_find_u64(tare_plan_model(x.p), "general.file_type", &v) && v == (1024 | 1));
	done(x);
}

static void test_bad_metadata(void **state)
{
	tare_error err = TARE_ERROR_INIT;
	tare_model *m = small_llama(1);
	tare_recipe *r = recipe_of("tare: 1\nmetadata:\n  set:\n    llama.block_count: many\n");
	tare_plan *p;

	assert_string_equal(failure(tare_plan_new(&p, m, r, NULL, &err), TARE_E_RECIPE, &err),
			    "recipe.yaml:4:24: expected a whole number that fits u32, not 'many'");
	tare_recipe_free(r);
	tare_close(m);
}

/* ---- formats, byte order, files ---- */

static void test_formats(void **state)
{
	tare_error err = TARE_ERROR_INIT;
	tare_model *m = small_llama(1);
	tare_recipe *r = recipe_of("tare: 1\n");
	tare_plan *p;

	assert_int_equal(tare_plan_new(&p, m, r, &(tare_plan_options){ .path = "x.safetensors" }, NULL), TARE_OK);
	assert_string_equal(tare_model_format(tare_plan_model(p)), "safetensors");
	tare_plan_free(p);
	assert_int_equal(tare_plan_new(&p, m, r, &(tare_plan_options){ .path = "x.safetensors", .to = "gguf" }, NULL), TARE_OK);
	assert_string_equal(tare_model_format(tare_plan_model(p)), "gguf");
	assert_string_equal(p->path, "x.safetensors");
	tare_plan_free(p);
	assert_int_equal(tare_plan_new(&p, m, r, &(tare_plan_options){ .path = "-", .endian = TARE_ENDIAN_BIG }, NULL), TARE_OK);
	assert_true(tare_plan_model(p)->big_endian);
	tare_plan_free(p);
	assert_int_equal(tare_plan_new(&p, m, r, &(tare_plan_options){ .path = "x.gguf", .split_count = 4 }, NULL), TARE_OK);
	assert_int_equal(tare_plan_model(p)->n_files, 3);
	assert_int_equal(tare_plan_model(p)->tensors[4].file, 1);
	tare_plan_free(p);
	assert_int_equal(tare_plan_new(&p, m, r, &(tare_plan_options){ .path = "x.St.ZST" }, NULL), TARE_OK);
	assert_string_equal(tare_model_format(tare_plan_model(p)), "safetensors");
	tare_plan_free(p);
	assert_int_equal(tare_plan_new(&p, m, r, &(tare_plan_options){ .path = "x.st", .split_count = 4 }, NULL), TARE_OK);
	assert_string_equal(tare_model_file_path(tare_plan_model(p), 0), "x-00001-of-00003.safetensors");
	tare_plan_free(p);
	assert_int_equal(tare_plan_new(&p, m, r, &(tare_plan_options){ .path = "x.pth", .to = "gguf" }, NULL), TARE_OK);
	tare_plan_free(p);
	assert_int_equal(tare_plan_new(&p, m, r, &(tare_plan_options){ .path = "x.bin" }, NULL), TARE_OK);
	assert_string_equal(tare_model_format(tare_plan_model(p)), "gguf");
	tare_plan_free(p);
	assert_string_equal(failure(tare_plan_new(&p, m, r, &(tare_plan_options){ .path = "dir/x.PTH.zst" }, &err), TARE_E_UNSUPPORTED, &err),
			    "dir/x.PTH.zst: a file named so is PyTorch, which cannot be written by this version: name another file, or the "
			    "format (--to)");
	assert_int_equal(tare_plan_new(&p, m, r, &(tare_plan_options){ .path = "x.npz" }, NULL), TARE_E_UNSUPPORTED);
	assert_null(p);
	assert_contains(failure(tare_plan_new(&p, m, r, &(tare_plan_options){ .to = "gguff" }, &err), TARE_E_ARG, &err),
			"no format is called 'gguff'; there are: gguf, safetensors");
	assert_int_equal(tare_plan_new(&p, NULL, r, NULL, NULL), TARE_E_ARG);
	tare_plan_free(NULL);
	tare_recipe_free(r);
	tare_close(m);
}

static void test_foreign_names(void **state)
{
	tare_model *m = new_model("llama", 1, 1, 1, 0);
	planned x;

	add_tensor(m, "model.layers.0.self_attn.v_proj.weight", "4x256", &tare_type_f16);
	x = plan_of(m, "tare: 1\nbase: Q4_K_M\n", NULL);
	assert_contains(tare_plan_note(x.p, 0), "no tensor has a name that mix Q4_K_M knows");
	tare_plan_free(x.p);
	tare_recipe_free(x.r);
	x = plan_of(m, "tare: 1\nbase: Q4_K_M\nrules: [{match: \"*\", rename: {model.layers.: blk., self_attn.v_proj: attn_v}}]\n", NULL);
	assert_null(tare_plan_note(x.p, 0));
	assert_string_equal(type_of(&x, "blk.0.attn_v.weight"), "q6_K");
	done(x);
}

/* ---- the recipe behind a model ---- */

static void check_guess(const char *recipe, const char *want)
{
	planned x = plan_of(small_llama(16), recipe, NULL), y;
	tare_model *made = (tare_model *)(uintptr_t)tare_plan_model(x.p);
	char *yaml;
	size_t i;

	assert_int_equal(tare_recipe_from_model(made, &yaml, NULL), TARE_OK);
	if (want)
		assert_string_equal(yaml, want);
	y = plan_of(small_llama(16), yaml, NULL);
	for (i = 0; i < made->n_tensors; i++)
		if (strcmp(made->tensors[i].type->name, type_of(&y, made->tensors[i].name.ptr)))
			fail_msg("%s\ngives %s to %s", yaml, type_of(&y, made->tensors[i].name.ptr), made->tensors[i].name.ptr);
	free(yaml);
	done(y);
	done(x);
}

static void test_from_model(void **state)
{
	const tare_mix *mix;
	char recipe[64];
	size_t i;

	for (i = 0; (mix = tare_mix_at(i)); i++) {
		snprintf(recipe, sizeof recipe, "tare: 1\nbase: %s\n", mix->name);
		check_guess(recipe, mix->type ? recipe : NULL);
	}
	check_guess("tare: 1\nbase: {type: q4_K}\n", NULL);
	check_guess("tare: 1\nbase: Q4_K_M\nrules:\n  - match: \"token_embd.weight\"\n    type: q8_0\n"
		    "  - match: {name: \"blk.*.ffn_up.weight\", layers: \"0-2,5\"}\n    type: q5_K\n"
		    "  - match: \"blk.*.attn_k.weight\"\n    type: q8_0\n", NULL);
	check_guess("tare: 1\nbase: {type: q8_0}\nleave_output: true\n", NULL);
	check_guess("tare: 1\nbase: Q8_0\nrules:\n  - match: \"token_embd.weight\"\n    type: q6_K\n",
		    "tare: 1\nbase: Q8_0\nrules:\n  - match: \"token_embd.weight\"\n    type: q6_K\n");
}

static void test_odd_names(void **state)
{
	static const char *const names[] = { "re:x.weight", "a*b.weight", "{c}.weight", "\xff.weight", "blk.0.[d]\\.weight" };
	tare_model *m = new_model("llama", 1, 1, 1, 0);
	tare_recipe *r;
	tare_plan *p;
	char *yaml;
	size_t i;

	for (i = 0; i < 5; i++)
		add_tensor(m, names[i], "4x256", i % 2 ? &tare_type_q8_0 : &tare_type_q6_K);
	assert_int_equal(tare_recipe_from_model(m, &yaml, NULL), TARE_OK);
	r = recipe_of(yaml);
	assert_int_equal(tare_recipe_set(r, "allow_requantize", "true", NULL, NULL), TARE_OK);
	assert_int_equal(tare_plan_new(&p, m, r, NULL, NULL), TARE_OK);
	for (i = 0; i < 5; i++)
		assert_true(p->steps[i].copies);
	free(yaml);
	tare_plan_free(p);
	tare_recipe_free(r);
	tare_close(m);
}

/* ---- many tensors ---- */

static tare_model *deep_model(uint32_t layers)
{
	static const char *const tails[] = { "attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down", "attn_norm" };
	tare_model *m = new_model("llama", layers, 1, 1, 0);
	char name[64];
	uint32_t i;
	size_t k;

	for (i = 0; i < layers; i++)
		for (k = 0; k < 8; k++) {
			snprintf(name, sizeof name, "blk.%u.%s.weight", i, tails[k]);
			add_tensor(m, name, k < 7 ? "4x256" : "256", &tare_type_f16);
		}
	return m;
}

static void test_many(void **state)
{
	enum { LAYERS = 12500, ITEMS = 8 * LAYERS };
	static const char recipe[] = "tare: 1\nbase: Q4_K_M\nfallback: adjust\nrules:\n"
				     "  - {match: \"blk.*.attn_v.weight\", type: q6_K}\n"
				     "  - {match: \"re:^blk\\\\.[0-9]+\\\\.attn_q\", type: q5_K}\n"
				     "  - {match: {role: mlp.down, layers: 0-100}, type: q8_0}\n"
				     "  - {match: {name: nothing, type: f64}, keep: true, optional: true}\n";
	tare_model *m = deep_model(LAYERS);
	planned x = plan_of(m, recipe, NULL);

	assert_int_equal(tare_plan_model(x.p)->n_tensors, ITEMS);
	assert_string_equal(type_of(&x, "blk.7777.attn_v.weight"), "q6_K");
	assert_string_equal(type_of(&x, "blk.7777.attn_q.weight"), "q5_K");
	assert_string_equal(type_of(&x, "blk.100.ffn_down.weight"), "q8_0");
	check_layout(&x);
	done(x);
}

static void check_headers(const tare_model *out)
{
	size_t i, n, first, at = 0;

	for (i = 0; i < out->n_files; i++) {
		tare_sink counter = { 0 };

		assert_int_equal(out->format->header(out, (uint32_t)i, &counter, NULL), TARE_OK);
		assert_int_equal(counter.count, out->files[i].data_offset);
		n = tare_model_tensors_of_file(out, (uint32_t)i, &first);
		assert_int_equal(first, at);
		for (; at < first + n; at++)
			assert_int_equal(out->tensors[at].file, i);
	}
	assert_int_equal(at, out->n_tensors);
}

static void test_many_shards(void **state)
{
	enum { LAYERS = 12500, SHARDS = 200 };
	static const char *const paths[] = { "x.gguf", "x.safetensors" };
	tare_model *m = deep_model(LAYERS);
	tare_recipe *r = recipe_of("tare: 1\n");
	tare_plan *p;
	size_t i;

	for (i = 0; i < 2; i++) {
		assert_int_equal(tare_plan_new(&p, m, r, &(tare_plan_options){ .path = paths[i], .split_count = 8 * LAYERS / SHARDS }, NULL), TARE_OK);
		assert_int_equal(tare_plan_model(p)->n_files, SHARDS + i); /* the index is one more */
		check_headers(tare_plan_model(p));
		tare_plan_free(p);
	}
	tare_recipe_free(r);
	tare_close(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing),	       cmocka_unit_test(test_mix),	    cmocka_unit_test(test_rules),
		cmocka_unit_test(test_type_base),      cmocka_unit_test(test_options),	    cmocka_unit_test(test_flat),
		cmocka_unit_test(test_idle_rules),     cmocka_unit_test(test_rename_clash), cmocka_unit_test(test_size_gate),
		cmocka_unit_test(test_metadata),
		cmocka_unit_test(test_copy),	       cmocka_unit_test(test_bad_metadata), cmocka_unit_test(test_formats),
		cmocka_unit_test(test_foreign_names),  cmocka_unit_test(test_from_model),   cmocka_unit_test(test_odd_names),
		cmocka_unit_test(test_many), cmocka_unit_test(test_many_shards), cmocka_unit_test(test_nul_in_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
