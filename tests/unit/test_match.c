/* Patterns, fields and roles: what a rule takes for a tensor's. */
#include "recipes.h"

#include "arch/role.h"
#include "base/escape.h"
#include "recipe/match.h"

#include <regex.h>

static tare_yaml scalar(const char *text, size_t len)
{
	return (tare_yaml){ .kind = TARE_YAML_SCALAR, .line = 1, .column = 1, .text = { text, len } };
}

static bool matches(const char *pattern, const char *name)
{
	tare_yaml n = scalar(pattern, strlen(pattern));
	tare_error err = TARE_ERROR_INIT;
	tare_arena arena = { 0 };
	const tare_pattern *p;
	bool yes;

	if (tare_pattern_compile(&p, &arena, &n, &err) != TARE_OK)
		fail_msg("%s", err.message);
	yes = tare_pattern_match(p, tare_str_of(name));
	tare_arena_free(&arena);
	return yes;
}

static void test_globs(void **state)
{
	static const struct {
		const char *glob, *name;
		bool yes;
	} rows[] = {
		{ "*", "", true },
		{ "*", "any.thing", true },
		{ "output.weight", "output.weight", true },
		{ "output.weight", "output.weights", false },
		{ "output.weight", "xoutput.weight", false },
		{ "output?weight", "output.weight", true },
		{ "blk.*.attn_v.weight", "blk.12.attn_v.weight", true },
		{ "blk.*.attn_v.weight", "blk.12.attn_v.weight.x", false },
		{ "blk.*.attn_v.weight", "blk..attn_v.weight", true },
		{ "blk.*.attn_v.weight", "blk.attn_v.weight", false },
		{ "ab*ba", "aba", false },
		{ "ab*ba", "abba", true },
		{ "*a*b*c*", "xxaxxbxxcxx", true },
		{ "*a*b*c*", "xxcxxbxxaxx", false },
		{ "blk.{0,1,12}.x", "blk.12.x", true },
		{ "blk.{0,1,12}.x", "blk.2.x", false },
		{ "{a,b{c,d}}e", "bde", true },
		{ "{a,}b", "b", true },
		{ "blk.[0-3].x", "blk.2.x", true },
		{ "blk.[0-3].x", "blk.4.x", false },
		{ "[!a]b", "cb", true },
		{ "[!a]b", "ab", false },
		{ "[]x]", "]", true },
		{ "[a-]", "-", true },
		{ "\\*", "*", true },
		{ "\\*", "x", false },
		{ "a.b", "axb", false },
		{ "x\\{y", "x{y", true },
		{ "**", "abc", true },
	};
	size_t i;

	for (i = 0; i < sizeof rows / sizeof *rows; i++)
		if (matches(rows[i].glob, rows[i].name) != rows[i].yes)
			fail_msg("%s against %s", rows[i].glob, rows[i].name);
}

static void test_nul_in_name(void **state)
{
	tare_yaml n = scalar("a\0*", 3);
	tare_arena arena = { 0 };
	const tare_pattern *p;

	assert_int_equal(tare_pattern_compile(&p, &arena, &n, NULL), TARE_OK);
	assert_true(tare_pattern_match(p, (tare_str){ "a\0b", 3 }));
	assert_false(tare_pattern_match(p, (tare_str){ "a", 1 }));
	assert_false(tare_pattern_match(p, (tare_str){ "", 0 }));
	tare_arena_free(&arena);
}

static void test_regexes(void **state)
{
	static const struct {
		const char *re, *name;
		bool yes;
	} rows[] = {
		{ "re:attn", "blk.0.attn_v.weight", true },
		{ "re:^attn", "blk.0.attn_v.weight", false },
		{ "re:weight$", "blk.0.attn_v.weight", true },
		{ "re:^$", "", true },
		{ "re:^$", "a", false },
		{ "re:blk\\.(1[0-9]|2[0-3])\\.", "blk.17.x", true },
		{ "re:blk\\.(1[0-9]|2[0-3])\\.", "blk.7.x", false },
		{ "re:blk\\.\\d+\\.ffn_(up|gate)", "blk.123.ffn_gate.weight", true },
		{ "re:blk\\.\\d+\\.ffn_(up|gate)", "blk.x.ffn_gate.weight", false },
		{ "re:(?:ab)+c", "xababc", true },
		{ "re:a{2,3}b", "ab", false },
		{ "re:^a{2,3}b", "aaab", true },
		{ "re:^a{2,3}b", "aaaab", false },
		{ "re:^a{2}$", "aa", true },
		{ "re:^a{2,}$", "aaaaa", true },
		{ "re:^a{0}b$", "b", true },
		{ "re:^(a|b|)c$", "c", true },
		{ "re:^(a*)*$", "aaaa", true },
		{ "re:^(a*)*$", "aaab", false },
		{ "re:^(a|a)*$", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", false },
		{ "re:^[^.]+$", "a.b", false },
		{ "re:[\\w.]+", "a_b", true },
		{ "re:^\\S+\\s\\D$", "ab c", true },
		{ "re:a.*?b", "axxb", true },
		{ "re:\\\\", "a\\b", true },
		{ "re:[\\]]", "]", true },
		{ "re:[a\\-z]", "-", true },
		{ "re:[a\\-z]", "m", false },
		{ "re:x|y", "wy", true },
		{ "re:^a?a?a?aaa$", "aaa", true },
		{ "re:a$|^b", "ba", true },
		{ "re:$^", "", true },
	};
	size_t i;

	for (i = 0; i < sizeof rows / sizeof *rows; i++)
		if (matches(rows[i].re, rows[i].name) != rows[i].yes)
			fail_msg("%s against %s", rows[i].re, rows[i].name);
}

static void test_bad_patterns(void **state)
{
	static const char *const rows[][2] = {
		{ "", "expected a pattern" },
		{ "re:", "expected a pattern" },
		{ "re:(a", "'(' without ')'" },
		{ "re:a)", "')' without '('" },
		{ "re:[a", "'[' without ']'" },
		{ "re:*a", "nothing to repeat" },
		{ "re:a**", "nothing to repeat" },
		{ "re:a{x}", "{n}, {n,} or {n,m}" },
		{ "re:a{3,2}", "below its smallest" },
		{ "re:a{1001}", "over 1000" },
		{ "re:a{99999999999}", "over 1000" },
		{ "re:\\1", "not supported" },
		{ "re:\\bx", "not supported" },
		{ "re:(?=a)", "not supported" },
		{ "re:[[:alpha:]]", "not supported" },
		{ "re:[z-a]", "lower to a higher" },
		{ "re:a\\", "ends with a backslash" },
		{ "re:(a{500}){500}", "too large" },
		{ "re:((((a{0}){1000}){1000}){1000}){1000}", "too large" },
		{ "[a", "'[' without ']'" },
		{ "[z-a]", "runs backwards" },
		{ "{a", "'{' without '}'" },
		{ "a\\", "ends with a backslash" },
	};
	size_t i;

	for (i = 0; i < sizeof rows / sizeof *rows; i++) {
		tare_yaml n = scalar(rows[i][0], strlen(rows[i][0]));
		tare_error err = TARE_ERROR_INIT;
		tare_arena arena = { 0 };
		const tare_pattern *p;

		assert_int_equal(tare_pattern_compile(&p, &arena, &n, &err), TARE_E_RECIPE);
		assert_contains(err.message, rows[i][1]);
		assert_null(p);
		tare_arena_free(&arena);
	}
}

static void repeat(char *buf, const char *text, size_t n)
{
	for (*buf = '\0'; n; n--)
		strcat(buf, text);
}

/* Depth costs an error, not the stack. */
static void test_deep_patterns(void **state)
{
	static char text[40000];
	const char *const openers[] = { "(", "{" };
	size_t i;

	for (i = 0; i < 2; i++) {
		tare_error err = TARE_ERROR_INIT;
		tare_arena arena = { 0 };
		const tare_pattern *p;
		tare_yaml n;

		repeat(text, openers[i], 20000);
		if (!i)
			memmove(text + 3, text, strlen(text) + 1), memcpy(text, "re:", 3);
		n = scalar(text, strlen(text));
		assert_int_equal(tare_pattern_compile(&p, &arena, &n, &err), TARE_E_RECIPE);
		assert_contains(err.message, "nested too deeply");
		tare_arena_free(&arena);
	}
}

/* Random patterns over a small alphabet, against the C library's. */
static void test_against_regcomp(void **state)
{
	static const char *const parts[] = { "a", "b", ".", "[ab]", "[^a]", "(a|b)", "(ab)", "(a|)", "a*", "b+", "(ab)*", "a?", "a{2}", "(b|ab){1,2}" };
	uint32_t seed = 1;
	size_t round, i, k;

	for (round = 0; round < 400; round++) {
		char pattern[128] = "re:", name[12];
		regex_t re;

		for (i = 0; i < 4; i++) {
			seed = seed * 1664525 + 1013904223;
			strcat(pattern, parts[(seed >> 16) % (sizeof parts / sizeof *parts)]);
			if ((seed >> 8) % 7 == 0)
				strcat(pattern, "|");
		}
		if (regcomp(&re, pattern + 3, REG_EXTENDED | REG_NOSUB))
			continue;
		for (k = 0; k < 20; k++) {
			for (i = 0; i < k % 10; i++) {
				seed = seed * 1664525 + 1013904223;
				name[i] = "abc"[(seed >> 16) % 3];
			}
			name[i] = '\0';
			if (matches(pattern, name) != !regexec(&re, name, 0, NULL, 0))
				fail_msg("%s against %s", pattern, name);
		}
		regfree(&re);
	}
}

/* ---- fields ---- */

static bool takes(const char *yaml, const char *name, const char *shape, const tare_type *type, int64_t last_layer)
{
	tare_model *m = new_model("llama", 1, 1, 1, 0);
	tare_subject s = { .tensor = add_tensor(m, name, shape, type), .last_layer = last_layer };
	tare_error err = TARE_ERROR_INIT;
	tare_arena arena = { 0 };
	const tare_match *match;
	tare_limits lim;
	tare_yaml *n;
	bool yes;

	tare_limits_init(&lim);
	if (tare_yaml_parse(&n, &arena, yaml, strlen(yaml), &lim, &err) != TARE_OK || tare_match_read(&match, &arena, n, &err) != TARE_OK)
		fail_msg("%s: %s", yaml, err.message);
	yes = tare_match_tensor(match, &s);
	tare_arena_free(&arena);
	tare_close(m);
	return yes;
}

static void test_fields(void **state)
{
	static const struct {
		const char *yaml;
		bool yes; /* blk.5.attn_v.weight, f16, 128x256, in a model of layers 0..7 */
	} rows[] = {
		{ "blk.*", true },
		{ "[a, blk.*]", true },
		{ "[a, b]", false },
		{ "{name: blk.*.attn_v.weight}", true },
		{ "{name: [x, \"re:attn_v\"]}", true },
		{ "{role: attention.v}", true },
		{ "{role: attention}", true },
		{ "{role: [mlp, attention.k]}", false },
		{ "{role: norm}", false },
		{ "{layers: 5}", true },
		{ "{layers: 0-4}", false },
		{ "{layers: \"0-3, 5\"}", true },
		{ "{layers: 5-}", true },
		{ "{layers: 6-}", false },
		{ "{layers: last 3}", true },
		{ "{layers: last 2}", false },
		{ "{layers: [0, last 1, 4-6]}", true },
		{ "{shape: [128, 256]}", true },
		{ "{shape: [\"*\", 256]}", true },
		{ "{shape: [\"*\", 255]}", false },
		{ "{shape: [\"*\"]}", false },
		{ "{type: f16}", true },
		{ "{type: [F32, F16]}", true },
		{ "{type: quantized}", false },
		{ "{type: plain}", true },
		{ "{size: {min: 64K}}", true },
		{ "{size: {max: 65535}}", false },
		{ "{size: {min: 1, max: 65536}}", true },
		{ "{role: attention.v, layers: 5, type: f16}", true },
		{ "{role: attention.v, layers: 5, type: f32}", false },
	};
	size_t i;

	for (i = 0; i < sizeof rows / sizeof *rows; i++)
		if (takes(rows[i].yaml, "blk.5.attn_v.weight", "128x256", &tare_type_f16, 7) != rows[i].yes)
			fail_msg("%s", rows[i].yaml);
	assert_true(takes("{type: quantized}", "x", "32", &tare_type_q8_0, -1));
	assert_false(takes("{layers: 0-}", "output.weight", "8x8", &tare_type_f16, 7));
	assert_false(takes("{layers: last 100}", "output.weight", "8x8", &tare_type_f16, 7));
}

/* ---- roles ---- */

static const struct {
	const char *name, *role;
	int layer;
} known[] = {
	{ "token_embd.weight", "embedding", -1 },
	{ "output.weight", "output", -1 },
	{ "output_norm.weight", "norm.output", -1 },
	{ "blk.3.attn_q.weight", "attention.q", 3 },
	{ "blk.3.attn_q.bias", "attention.q", 3 },
	{ "blk.31.attn_qkv.weight", "attention.qkv", 31 },
	{ "blk.0.ffn_gate_exps.weight", "mlp.experts.gate", 0 },
	{ "blk.0.ffn_gate_inp.weight", "mlp.router", 0 },
	{ "blk.0.ffn_norm.weight", "norm.mlp", 0 },
	{ "blk.0.proj.weight", "embedding.layer.projection", 0 },
	{ "rope_freqs.weight", "rope", -1 },
	{ "model.embed_tokens.weight", "embedding", -1 },
	{ "lm_head.weight", "output", -1 },
	{ "model.norm.weight", "norm.output", -1 },
	{ "model.layers.11.self_attn.q_proj.weight", "attention.q", 11 },
	{ "model.layers.11.self_attn.qkv_proj.weight", "attention.qkv", 11 },
	{ "model.layers.11.mlp.gate_up_proj.weight", "mlp.gate_up", 11 },
	{ "model.layers.2.mlp.down_proj.weight", "mlp.down", 2 },
	{ "model.layers.2.mlp.experts.17.down_proj.weight", "mlp.experts.down", 2 },
	{ "model.layers.2.block_sparse_moe.experts.7.w2.weight", "mlp.experts.down", 2 },
	{ "model.layers.2.mlp.gate.weight", "mlp.router", 2 },
	{ "model.layers.2.input_layernorm.weight", "norm.attention", 2 },
	{ "language_model.model.layers.2.self_attn.v_proj.weight", "attention.v", 2 },
	{ "transformer.h.5.attn.c_attn.weight", "attention.qkv", 5 },
	{ "transformer.wte.weight", "embedding", -1 },
	{ "bert.encoder.layer.4.attention.output.dense.weight", "attention.output", 4 },
	{ "bert.encoder.layer.4.output.dense.weight", "mlp.down", 4 },
	{ "layers.0.attention.wq.weight", "attention.q", 0 },
	{ "vision_tower.encoder.layers.0.self_attn.q_proj.weight", "vision", 0 },
	{ "v.blk.0.attn_q.weight", "vision", 0 },
	{ "mm.0.weight", "projector", -1 },
	{ "v.patch_embd.weight", "vision", -1 },
	{ "v.resample_query_768.weight", "vision", -1 },
	{ "v.sam.blk.3.attn.qkv.weight", "vision", 3 },
	{ "v.weight", NULL, -1 },
	{ "v.values", NULL, -1 },
	{ "v.patchwork", NULL, -1 },
	{ "a.blk.0.ffn_up.weight", "audio", 0 },
	{ "a.conv1d.1.weight", "audio", -1 },
	{ "a.post_ln.bias", "audio", -1 },
	{ "a.gen.wav.pre_conv.weight", "audio", -1 },
	{ "mm.a.mlp.0.weight", "projector", -1 },
	{ "a.weight", NULL, -1 },
	{ "a.b.weight", NULL, -1 },
	{ "a.blkx.weight", NULL, -1 },
	{ "a.bl", NULL, -1 },
	{ "a.", NULL, -1 },
	{ "x.a.blk.0.weight", NULL, 0 },
	{ "a.layers.3.self_attn.q_proj.weight", "attention.q", 3 },
	{ "audio_tower.layers.3.self_attn.q_proj.weight", "audio", 3 },
	{ "blk.0.something.proj.weight", NULL, 0 },
	{ "weight", NULL, -1 },
	{ "blk.x.attn_q.weight", NULL, -1 },
	{ "blk.12345678901.attn_q.weight", NULL, -1 },
	{ "", NULL, -1 },
	{ "....................................", NULL, -1 },
};

static void test_roles(void **state)
{
	size_t i;

	for (i = 0; i < sizeof known / sizeof *known; i++) {
		const char *role = tare_role_of(tare_str_of(known[i].name));

		if (role != known[i].role && (!role || !known[i].role || strcmp(role, known[i].role)))
			fail_msg("%s is %s, expected %s", known[i].name, role, known[i].role);
		assert_int_equal(tare_layer_of(tare_str_of(known[i].name)), known[i].layer);
	}
	assert_null(tare_role_of((tare_str){ "blk.0.attn_q\0.weight", 20 }));
}

static bool is_role(const char *role)
{
	size_t i;

	for (i = 0; tare_role_at(i); i++)
		if (!strcmp(tare_role_at(i), role))
			return true;
	return false;
}

/* The tables are searched by halves and name roles of the list. */
static void test_role_tables(void **state)
{
	static const struct {
		const char *name, *role;
	} layer[] = {
#define LAYER(name, role) { name, role },
#include "arch/roles.def"
	}, model[] = {
#define MODEL(name, role) { name, role },
#include "arch/roles.def"
	};
	size_t i;

	for (i = 0; i < sizeof layer / sizeof *layer; i++) {
		assert_true(is_role(layer[i].role));
		assert_true(!i || strcmp(layer[i - 1].name, layer[i].name) < 0);
	}
	for (i = 0; i < sizeof model / sizeof *model; i++) {
		assert_true(is_role(model[i].role));
		assert_true(!i || strcmp(model[i - 1].name, model[i].name) < 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_globs),	     cmocka_unit_test(test_nul_in_name),     cmocka_unit_test(test_regexes),
		cmocka_unit_test(test_bad_patterns), cmocka_unit_test(test_deep_patterns),   cmocka_unit_test(test_against_regcomp),
		cmocka_unit_test(test_fields),	     cmocka_unit_test(test_roles),	     cmocka_unit_test(test_role_tables),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
