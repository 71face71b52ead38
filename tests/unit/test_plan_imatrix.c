/* Plans with an importance matrix: which entry goes with which weight, what is refused, what is noted, and what the result says of it. */
#include "matrices.h"
#include "planned.h"

#include "base/escape.h"
#include "unit/scratch.h"

/* text: a recipe without imatrix. */
static planned plan_weighted(tare_model *in, const char *text)
{
	char recipe[2048];

	snprintf(recipe, sizeof recipe, "%s\nimatrix: %s\n", text, in_scratch("im.gguf"));
	return plan_of(in, recipe, NULL);
}

static void save(matrix *m)
{
	tare_buffer b = matrix_end(m);

	assert_true(put_file(in_scratch("im.gguf"), b.bytes, b.size));
	free(b.bytes);
}

/* For the weights of a small llama but one, and the embeddings. */
static void save_for_llama(uint32_t layers, const char *without)
{
	static const struct {
		const char *tail;
		uint64_t values;
	} rows[] = { { "attn_q", 256 }, { "attn_k", 256 }, { "attn_v", 256 }, { "attn_output", 256 }, { "ffn_gate", 256 },
		     { "ffn_up", 256 }, { "ffn_down", 768 } };
	matrix m = matrix_begin();
	char name[64];
	uint32_t i;
	size_t k;

	for (i = 0; i < layers; i++)
		for (k = 0; k < sizeof rows / sizeof *rows; k++) {
			snprintf(name, sizeof name, "blk.%u.%s.weight", i, rows[k].tail);
			if (!without || strcmp(name, without))
				matrix_add(&m, name, rows[k].values, 1);
		}
	if (!without || strcmp(without, "output.weight"))
		matrix_add(&m, "output.weight", 256, 1);
	save(&m);
}

static const tare_importance *importance_of(const planned *x, const char *name)
{
	return x->p->weights[find(x, name)];
}

static bool has_note(const planned *x, const char *part)
{
	const char *text;
	size_t i;

	for (i = 0; (text = tare_plan_note(x->p, i)); i++)
		if (strstr(text, part))
			return true;
	return false;
}

static void test_entries(void **state)
{
	planned x;
	size_t i;

	save_for_llama(2, NULL);
	x = plan_weighted(small_llama(2), "tare: 1\nbase: Q4_K_M");
	assert_null(tare_plan_refusal(x.p, 0));
	for (i = 0; i < tare_plan_model(x.p)->n_tensors; i++) {
		const tare_tensor *t = &tare_plan_model(x.p)->tensors[i];
		bool wanted = tare_type_is_quantized(t->type) && !tare_str_eq(t->name, tare_str_of("token_embd.weight"));

		assert_int_equal(x.p->weights[i] != NULL, wanted);
		if (wanted)
			assert_true(tare_str_eq(x.p->weights[i]->name, t->name));
	}
	assert_true(has_note(&x, "tensor token_embd.weight: no entry in the importance matrix: q4_K without it"));
	done(x);
}

/* Types that take the nearest value whatever it matters are given none, and nothing is missed for them. */
static void test_deaf(void **state)
{
	planned x;

	save_for_llama(1, "blk.0.attn_q.weight");
	x = plan_weighted(small_llama(1), "tare: 1\nbase: {type: q8_0}");
	assert_null(importance_of(&x, "blk.0.attn_k.weight"));
	assert_null(tare_plan_note(x.p, 0));
	done(x);
}

static void test_missing(void **state)
{
	planned x;

	save_for_llama(2, "blk.1.attn_q.weight");
	x = plan_weighted(small_llama(2), "tare: 1\nbase: {type: iq2_xs}");
	assert_string_equal(tare_plan_refusal(x.p, 0), "tensor token_embd.weight and 1 more: type iq2_xs needs importances, and the matrix has no entry "
						       "for it: choose another type, or make the matrix anew");
	assert_null(tare_plan_refusal(x.p, 1));
	done(x);
	x = plan_weighted(small_llama(2), "tare: 1\nbase: IQ2_XS");
	assert_contains(tare_plan_refusal(x.p, 0), "tensor blk.1.attn_q.weight: type iq2_xs needs importances");
	assert_null(tare_plan_refusal(x.p, 1));
	assert_true(has_note(&x, "tensor token_embd.weight: no entry in the importance matrix: q2_K without it"));
	done(x);
	x = plan_weighted(small_llama(2), "tare: 1\nbase: IQ2_XS\nrules: [{match: blk.1.attn_q.weight, type: q4_K}]\n");
	assert_null(tare_plan_refusal(x.p, 0));
	assert_null(importance_of(&x, "blk.1.attn_q.weight"));
	done(x);
}

/* A matrix of another model: a mistake, except for embeddings. */
static void test_lengths(void **state)
{
	matrix m = matrix_begin();
	planned x;

	matrix_add(&m, "token_embd.weight", 512, 1);
	matrix_add(&m, "output.weight", 255, 1);
	matrix_add(&m, "blk.0.attn_q.weight", 512, 2);
	save(&m);
	x = plan_weighted(small_llama(1), "tare: 1\nbase: Q4_K_M");
	assert_string_equal(tare_plan_refusal(x.p, 0), "tensor output.weight and 1 more: the importance matrix has 255 values for it, expected 256; it is of "
						       "another model");
	assert_null(tare_plan_refusal(x.p, 1));
	assert_true(has_note(&x, "tensor token_embd.weight: the importance matrix has 512 values for it, not 256: q4_K without it"));
	assert_null(importance_of(&x, "token_embd.weight"));
	done(x);
	x = plan_weighted(small_llama(1), "tare: 1\nbase: Q4_K_M\nrules: [{match: [output.weight, blk.0.attn_q.weight], keep: true}]\n");
	assert_null(tare_plan_refusal(x.p, 0)); /* what is copied needs none */
	done(x);
}

/* Experts have importances one after the other; a fourth dimension has none of its own. */
static void test_slices(void **state)
{
	tare_model *in = new_model("llama", 1, 1, 1, 3);
	matrix m = matrix_begin();
	planned x;

	add_tensor(in, "blk.0.ffn_up_exps.weight", "3x8x256", &tare_type_f16);
	add_tensor(in, "blk.0.ffn_gate_exps.weight", "2x3x8x256", &tare_type_f16);
	add_tensor(in, "blk.0.ffn_down_exps.weight", "3x8x256", &tare_type_f16);
	matrix_add(&m, "blk.0.ffn_up_exps.weight", 768, 3);
	matrix_add(&m, "blk.0.ffn_gate_exps.weight", 768, 1);
	matrix_add(&m, "blk.0.ffn_down_exps.weight", 256, 1);
	save(&m);
	x = plan_weighted(in, "tare: 1\nbase: {type: q4_K}");
	assert_non_null(importance_of(&x, "blk.0.ffn_up_exps.weight"));
	assert_non_null(importance_of(&x, "blk.0.ffn_gate_exps.weight"));
	assert_contains(tare_plan_refusal(x.p, 0), "tensor blk.0.ffn_down_exps.weight: the importance matrix has 256 values for it, expected 768");
	done(x);
}

/* Entries are for names in the source. */
static void test_renamed(void **state)
{
	planned x;

	save_for_llama(1, NULL);
	x = plan_weighted(small_llama(1), "tare: 1\nbase: {type: q4_K}\nrules:\n  - {match: blk.0.ffn_up.weight, rename: {ffn_up: other}}\n"
				    "  - {match: blk.0.attn_k.weight, drop: true}\n");
	assert_true(tare_str_eq(importance_of(&x, "blk.0.other.weight")->name, tare_str_of("blk.0.ffn_up.weight")));
	done(x);
}

/* ---- what is used of it ---- */

static void test_include(void **state)
{
	planned x;

	save_for_llama(2, NULL);
	x = plan_weighted(small_llama(2), "tare: 1\nbase: Q4_K_M\ninclude_weights: [attn_q, ffn_down]\n");
	assert_non_null(importance_of(&x, "blk.1.attn_q.weight"));
	assert_non_null(importance_of(&x, "blk.0.ffn_down.weight"));
	assert_null(importance_of(&x, "blk.0.ffn_up.weight"));
	assert_null(importance_of(&x, "output.weight"));
	assert_true(has_note(&x, "no entry in the importance matrix: q4_K without it"));
	done(x);
	x = plan_weighted(small_llama(2), "tare: 1\nbase: Q4_K_M\nexclude_weights: [attn_q, ffn_down]\n");
	assert_null(importance_of(&x, "blk.1.attn_q.weight"));
	assert_non_null(importance_of(&x, "blk.0.ffn_up.weight"));
	done(x);
}

/* Nothing left of it: no metadata, and the mix chooses as without. */
static void test_nothing_left(void **state)
{
	planned x;
	tare_value v;

	save_for_llama(8, NULL);
	x = plan_weighted(small_llama(8), "tare: 1\nbase: IQ4_XS");
	assert_string_equal(type_of(&x, "blk.0.ffn_down.weight"), "iq4_xs");
	done(x);
	x = plan_weighted(small_llama(8), "tare: 1\nbase: IQ4_XS\ninclude_weights: [mlp]\n");
	assert_string_equal(type_of(&x, "blk.0.ffn_down.weight"), "q5_K");
	assert_null(x.p->weights);
	assert_false(tare_model_find(tare_plan_model(x.p), "quantize.imatrix.file", &v));
	assert_true(has_note(&x, "include_weights leaves no entry of the importance matrix"));
	done(x);
	x = plan_weighted(small_llama(1), "tare: 1\nbase: IQ2_XS\nexclude_weights: [weight]\n");
	assert_contains(tare_plan_refusal(x.p, 0), "needs an importance matrix: imatrix: FILE");
	done(x);
}

/* ---- metadata ---- */

static const char *text_of(const planned *x, const char *key)
{
	static char text[300];
	tare_str s;

	if (!tare_model_find_text(tare_plan_model(x->p), key, &s))
		return NULL;
	snprintf(text, sizeof text, "%.*s", (int)s.len, s.ptr);
	return text;
}

static size_t place_of(const planned *x, const char *key)
{
	return tare_strmap_find(&tare_plan_model(x->p)->by_key, tare_str_of(key));
}

static void test_metadata(void **state)
{
	static const char *const keys[] = {
		"quantize.imatrix.file", "quantize.imatrix.dataset", "quantize.imatrix.entries_count", "quantize.imatrix.chunks_count",
	};
	tare_model *in = small_llama(1);
	uint64_t n;
	planned x;
	size_t i;

	save_for_llama(1, NULL);
	assert_int_equal(tare_model_set_text(in, "quantize.imatrix.file", "an older one", NULL), TARE_OK);
	x = plan_weighted(in, "tare: 1\nbase: Q4_K_M\nmetadata: {set: {general.name: x}}\n");
	for (i = 0; i < 4; i++)
		assert_int_equal(place_of(&x, keys[i]), tare_plan_model(x.p)->n_meta - 4 + i);
	assert_string_equal(text_of(&x, keys[0]), in_scratch("im.gguf"));
	assert_string_equal(text_of(&x, keys[1]), "some.txt");
	assert_true(tare_model_find_u64(tare_plan_model(x.p), keys[2], &n) && n == 8);
	assert_true(tare_model_find_u64(tare_plan_model(x.p), keys[3], &n) && n == 3);
	done(x);
	x = plan_weighted(small_llama(1), "tare: 1\nbase: Q4_K_M\n"
				    "metadata: {set: {quantize.imatrix.file: hidden}, remove: [quantize.imatrix.dataset]}\n");
	assert_string_equal(text_of(&x, keys[0]), "hidden");
	assert_null(text_of(&x, keys[1]));
	done(x);
}

static const char *longest(void)
{
	return "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789";
}

/* Cut where llama-quantize's buffer ends; counts that its integer does not hold are left out. */
static void test_long_metadata(void **state)
{
	tare_array_builder b = { .kind = TARE_STRING };
	tare_value v = { .kind = TARE_STRING, .as.string = { longest(), strlen(longest()) } };
	matrix m = matrix_begin();
	planned x;

	assert_int_equal(tare_array_add(&b, &v, NULL), TARE_OK);
	assert_int_equal(tare_array_finish(&b, m.m, &v, NULL), TARE_OK);
	assert_int_equal(tare_model_set(m.m, "imatrix.datasets", &v, NULL), TARE_OK);
	assert_int_equal(tare_model_set_u32(m.m, "imatrix.chunk_count", 1u << 31, NULL), TARE_OK);
	matrix_add(&m, "output.weight", 256, 1);
	save(&m);
	x = plan_weighted(small_llama(1), "tare: 1\nbase: Q8_0");
	assert_int_equal(strlen(text_of(&x, "quantize.imatrix.dataset")), 127);
	assert_int_equal(place_of(&x, "quantize.imatrix.chunks_count"), SIZE_MAX);
	done(x);
}

/* A type throughout leaves the rest of the metadata where it is. */
static void test_type_metadata(void **state)
{
	planned x;

	save_for_llama(1, NULL);
	x = plan_weighted(small_llama(1), "tare: 1\nbase: {type: q4_K}");
	assert_int_equal(place_of(&x, "quantize.imatrix.chunks_count"), tare_plan_model(x.p)->n_meta - 1);
	assert_int_equal(place_of(&x, "general.architecture"), 0);
	done(x);
}

/* The recipe behind such a file names the matrix, for with one the mixes choose otherwise. */
static void test_guess(void **state)
{
	char want[600], *yaml;
	planned x;

	save_for_llama(8, NULL);
	x = plan_weighted(small_llama(8), "tare: 1\nbase: IQ4_XS");
	assert_int_equal(tare_recipe_from_model(tare_plan_model(x.p), &yaml, NULL), TARE_OK);
	snprintf(want, sizeof want, "tare: 1\nbase: IQ4_XS\nimatrix: %s\n", in_scratch("im.gguf"));
	assert_string_equal(yaml, want);
	free(yaml);
	done(x);
}

static void test_bad_matrix(void **state)
{
	static const struct {
		const char *bytes, *want;
		tare_status st;
	} rows[] = {
		{ "", "im.gguf: the file is empty", TARE_E_FORMAT },
		{ "GGUF\3\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", "it is no importance matrix", TARE_E_DATA },
	};
	static const size_t sizes[] = { 0, 24 };
	tare_model *in = small_llama(1);
	char text[512];
	size_t i;

	snprintf(text, sizeof text, "tare: 1\nimatrix: %s\n", in_scratch("im.gguf"));
	for (i = 0; i < 2; i++) {
		tare_error err = TARE_ERROR_INIT;
		tare_recipe *r = recipe_of(text);
		tare_plan *p;

		assert_true(put_file(in_scratch("im.gguf"), rows[i].bytes, sizes[i]));
		assert_contains(failure(tare_plan_new(&p, in, r, NULL, &err), rows[i].st, &err), rows[i].want);
		assert_null(p);
		tare_recipe_free(r);
	}
	tare_close(in);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_entries),	   cmocka_unit_test(test_deaf),		 cmocka_unit_test(test_missing),
		cmocka_unit_test(test_lengths),	   cmocka_unit_test(test_slices),	 cmocka_unit_test(test_renamed),
		cmocka_unit_test(test_include),	   cmocka_unit_test(test_nothing_left),	 cmocka_unit_test(test_metadata),
		cmocka_unit_test(test_long_metadata), cmocka_unit_test(test_type_metadata), cmocka_unit_test(test_bad_matrix),
		cmocka_unit_test(test_guess),
	};

	return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
