/* The mixes of llama-quantize: the types of every tensor against what it did itself, and its rules where those models do not reach. */
#include "recipes.h"

#include "base/escape.h"

/* ---- the project's own table ---- */

typedef struct expectation {
	const char *name;       /* a mix */
	const char *type;       /* of every quantizable tensor, but for */
	char *others;           /* "NAME:TYPE NAME@LAYERS:TYPE" */
	bool imatrix;
} expectation;

static bool in_layers(const char *list, long layer)
{
	char *end;

	for (;; list = end + 1) {
		long from = strtol(list, &end, 10), to = from;

		if (*end == '-')
			to = strtol(end + 1, &end, 10);
		if (layer >= from && layer <= to)
			return true;
		if (*end != ',')
			return false;
	}
}

/* Is word, "blk.*.x@0-2", about name? */
static bool about(const char *word, size_t len, const char *name)
{
	char text[128], *at, *tail;
	long layer;

	assert_true(len < sizeof text);
	memcpy(text, word, len);
	text[len] = '\0';
	at = strchr(text, '@');
	if (!at)
		return !strcmp(text, name);
	*at = '\0';
	if (strncmp(name, "blk.", 4) || strncmp(text, "blk.*.", 6))
		return false;
	layer = strtol(name + 4, &tail, 10);
	return !strcmp(tail + 1, text + 6) && in_layers(at + 1, layer);
}

static const tare_type *expected_type(const expectation *x, const char *name)
{
	const char *word = x->others, *colon, *end;
	char type[32];

	for (; *word && *word != '-'; word = *end ? end + 1 : end) {
		colon = strchr(word, ':');
		end = colon + strcspn(colon, " ");
		snprintf(type, sizeof type, "%.*s", (int)(end - colon - 1), colon + 1);
		if (about(word, (size_t)(colon - word), name))
			return tare_type_find(type);
	}
	return tare_type_find(x->type);
}

static void add_everywhere(tare_model *m, const char *name, const char *shape, uint32_t layers)
{
	const tare_type *type = strchr(shape, 'x') ? &tare_type_f16 : &tare_type_f32;
	char full[128];
	uint32_t i;

	if (strncmp(name, "blk.*.", 6))
		add_tensor(m, name, shape, type);
	for (i = 0; i < layers && !strncmp(name, "blk.*.", 6); i++) {
		snprintf(full, sizeof full, "blk.%u.%s", i, name + 6);
		add_tensor(m, full, shape, type);
	}
}

static int by_order(const void *a, const void *b, void *model)
{
	const tare_model *m = model;

	return tare_mix_order(m->tensors[*(const size_t *)a].name, m->tensors[*(const size_t *)b].name);
}

/* What a mix makes of every tensor of m (types, by tensor); true if it asks for an importance matrix that is not there. */
static bool choose(tare_model *m, const tare_mix *mix, bool imatrix, const tare_type **types)
{
	size_t i, *order = malloc((m->n_tensors + 1) * sizeof *order);
	bool hungry = false;
	tare_mix_run run;
	const char *why;

	assert_non_null(order);
	tare_mix_start(&run, mix, m, imatrix);
	for (i = 0; i < m->n_tensors; i++) {
		order[i] = i;
		tare_mix_see(&run, m->tensors[i].name);
	}
	qsort_r(order, m->n_tensors, sizeof *order, by_order, m);
	for (i = 0; i < m->n_tensors; i++) {
		const tare_tensor *t = &m->tensors[order[i]];
		const tare_type *type = t->type;

		if (tare_quantizable(t, &why))
			type = tare_type_is_quantized(mix->type) ? tare_mix_pick(&run, t) : mix->type;
		assert_non_null(type);
		if (tare_tensor_cols(t) % type->block_len)
			type = tare_type_fallback(type);
		types[order[i]] = type;
		hungry |= type != t->type && tare_needs_imatrix(mix, type, t->name);
	}
	free(order);
	return hungry && !imatrix;
}

/* The same through a recipe and a plan. */
static void check_plan(tare_model *m, const tare_mix *mix, const tare_type **types, bool hungry)
{
	tare_error err = TARE_ERROR_INIT;
	char text[64], why[1100];
	tare_recipe *r;
	tare_plan *p;
	size_t i, k;
	bool refused = false;

	snprintf(text, sizeof text, "tare: 1\nbase: %s\n", mix->name);
	r = recipe_of(text);
	if (tare_plan_new(&p, m, r, NULL, &err) != TARE_OK)
		fail_msg("%s", tare_error_text(&err, why, sizeof why));
	for (i = 0; i < m->n_tensors; i++)
		assert_ptr_equal(tare_plan_model(p)->tensors[i].type, types[tare_plan_step(p, i)->source]);
	for (k = 0; tare_plan_refusal(p, k); k++)
		refused |= !!strstr(tare_plan_refusal(p, k), "importance matrix");
	assert_int_equal(refused, hungry);
	tare_plan_free(p);
	tare_recipe_free(r);
}

static void check_row(tare_model *m, const expectation *x)
{
	const tare_mix *mix = tare_mix_find(x->name);
	const tare_type **types = malloc((m->n_tensors + 1) * sizeof *types);
	bool hungry, refused = !strcmp(x->type, "refused");
	const char *why;
	size_t i;

	assert_non_null(mix);
	assert_non_null(types);
	hungry = choose(m, mix, x->imatrix, types);
	if (refused)
		assert_true(hungry);
	for (i = 0; !refused && i < m->n_tensors; i++) {
		const tare_tensor *t = &m->tensors[i];
		const tare_type *want = tare_quantizable(t, &why) ? expected_type(x, t->name.ptr) : t->type;

		if (types[i] != want)
			fail_msg("mix %s: %s is %s, expected %s", x->name, t->name.ptr, types[i]->name, want ? want->name : "(none)");
	}
	if (!x->imatrix)
		check_plan(m, mix, types, hungry);
	free(types);
}

/* The fields of a line, which is cut up. */
static size_t fields(char *line, char *out[6])
{
	size_t n = 0;

	line[strcspn(line, "\n")] = '\0';
	for (out[0] = line; n < 5 && out[n]; n++) {
		out[n + 1] = strchr(out[n], '\t');
		if (out[n + 1])
			*out[n + 1]++ = '\0';
	}
	return n;
}

static void test_own_table(void **state)
{
	FILE *f = fopen("tests/golden/mix.tsv", "r");
	char line[8192], *v[6];
	tare_model *m = NULL;
	uint32_t layers = 0;
	size_t rows = 0;

	assert_non_null(f);
	while (fgets(line, sizeof line, f)) {
		if (*line == '#')
			continue;
		fields(line, v);
		if (!strcmp(v[0], "model")) {
			tare_close(m);
			layers = (uint32_t)atoi(v[3]);
			m = new_model(v[2], layers, (uint32_t)atoi(v[4]), (uint32_t)atoi(v[5]), 0);
		} else if (!strcmp(v[0], "tensor")) {
			add_everywhere(m, v[1], v[2], layers);
		} else {
			check_row(m, &(expectation){ v[1], v[2], v[3], !strcmp(v[0], "mix+imatrix") });
			rows++;
		}
	}
	assert_int_equal(rows, 3 * 33 + 2 * 35);
	tare_close(m);
	fclose(f);
}

/* ---- the shared golden files ---- */

static FILE *shared(const char *name)
{
	const char *dir = getenv("TARE_SHARED");
	char path[1024];
	FILE *f;

	if (!dir)
		skip();
	snprintf(path, sizeof path, "%s/golden/%s", dir, name);
	f = fopen(path, "r");
	assert_non_null(f);
	return f;
}

/* "# general.architecture=qwen3 qwen3.block_count=28 ..." */
static tare_model *model_of_line(char *line)
{
	uint32_t n[4] = { 0 };
	char *word, *arch = NULL;
	size_t i = 0;

	for (word = strtok(line + 1, " \n"); word; word = strtok(NULL, " \n")) {
		char *value = strchr(word, '=') + 1;

		if (!arch)
			arch = value;
		else
			n[i++] = (uint32_t)atoi(value);
	}
	assert_int_equal(i, 4);
	return new_model(arch, n[0], n[1], n[2], n[3]);
}

static tare_model *model_of_file(FILE *f)
{
	char line[512], *v[6], *dims[4], shape[64];
	tare_model *m;

	assert_non_null(fgets(line, sizeof line, f));
	m = model_of_line(line);
	while (fgets(line, sizeof line, f)) {
		size_t n = 0;

		fields(line, v);
		for (dims[0] = strtok(v[1], "x"); dims[n]; dims[n] = strtok(NULL, "x"))
			n++;
		for (*shape = '\0'; n; n--)
			snprintf(shape + strlen(shape), sizeof shape - strlen(shape), "%s%s", *shape ? "x" : "", dims[n - 1]);
		add_tensor(m, v[0], shape, strchr(shape, 'x') ? &tare_type_f16 : &tare_type_f32);
	}
	fclose(f);
	return m;
}

/* One mix's section: the default type in want[] for every quantizable tensor, then the lines that differ. */
static size_t compare_section(tare_model *m, const char *name, const tare_type **want, const tare_type **got)
{
	const tare_mix *mix = tare_mix_find(name);
	size_t i, wrong = 0;

	assert_non_null(mix);
	choose(m, mix, false, got);
	for (i = 0; i < m->n_tensors; i++)
		if (got[i] != want[i] && wrong++ < 5)
			print_error("mix %s: %s is %s, expected %s\n", name, m->tensors[i].name.ptr, got[i]->name, want[i]->name);
	return wrong;
}

static void check_snapshot(const char *model)
{
	char path[128], line[256], mix[64] = "", type[64], name[160];
	const tare_type **want, **got;
	size_t i, wrong = 0, sections = 0;
	tare_model *m;
	const char *why;
	FILE *f;

	snprintf(path, sizeof path, "mix/%s.tensors.tsv", model);
	m = model_of_file(shared(path));
	snprintf(path, sizeof path, "mix/%s.expected", model);
	f = shared(path);
	want = calloc(m->n_tensors, sizeof *want);
	got = calloc(m->n_tensors, sizeof *got);
	assert_true(want && got);
	while (fgets(line, sizeof line, f)) {
		if (sscanf(line, "[%63[^]]] %63s", name, type) == 2) {
			wrong += *mix ? compare_section(m, mix, want, got) : 0;
			snprintf(mix, sizeof mix, "%.63s", name);
			for (i = 0; i < m->n_tensors; i++)
				want[i] = tare_quantizable(&m->tensors[i], &why) ? tare_type_find(type) : m->tensors[i].type;
			sections++;
		} else if (*line != '#' && sscanf(line, "%159s %63s", name, type) == 2) {
			i = tare_model_tensor_index(m, tare_str_of(name));
			assert_true(i != SIZE_MAX);
			want[i] = tare_type_find(type);
		}
	}
	wrong += compare_section(m, mix, want, got);
	assert_int_equal(sections, 33);
	assert_int_equal(wrong, 0);
	fclose(f);
	free(want);
	free(got);
	tare_close(m);
}

static void test_snapshots(void **state)
{
	check_snapshot("qwen3-0.6b");
	check_snapshot("qwen3-14b");
	check_snapshot("gemma-3-4b-it");
}

static void check_quantized(tare_model *m, const char *mix, bool imatrix, const char *tensor, const char *type, const tare_type **types)
{
	size_t i = tare_model_tensor_index(m, tare_str_of(tensor));

	assert_true(i != SIZE_MAX);
	if (types[i] != tare_type_find(type))
		fail_msg("mix %s%s: %s is %s, expected %s", mix, imatrix ? " with matrix" : "", tensor, types[i]->name, type);
}

/* The real files of a phi3 that llama-quantize wrote: types in its order, and what it refuses. */
static void test_requantized(void **state)
{
	FILE *f = shared("requant/tiny-phi3-f16.expected.tsv");
	char line[512], *v[6], last[64] = "", path[1024];
	const tare_type *types[64];
	tare_model *m;
	size_t rows = 0;

	snprintf(path, sizeof path, "%s/golden/requant/tiny-phi3-f16.gguf", getenv("TARE_SHARED"));
	assert_int_equal(tare_open(&m, path, NULL, NULL), TARE_OK);
	assert_non_null(fgets(line, sizeof line, f));
	while (fgets(line, sizeof line, f)) {
		char run[64];

		fields(line, v);
		snprintf(run, sizeof run, "%s/%s", v[0], v[1]);
		if (strcmp(run, last))
			assert_false(choose(m, tare_mix_find(v[0]), *v[1] == '1', types));
		snprintf(last, sizeof last, "%s", run);
		check_quantized(m, v[0], *v[1] == '1', v[2], v[3], types);
		rows++;
	}
	assert_int_equal(rows, 27 * (35 + 26));
	tare_close(m);
	fclose(f);
}

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
		cmocka_unit_test(test_own_table), cmocka_unit_test(test_snapshots), cmocka_unit_test(test_requantized),
		cmocka_unit_test(test_names),	  cmocka_unit_test(test_experts),   cmocka_unit_test(test_layer_unknown),
		cmocka_unit_test(test_large),	  cmocka_unit_test(test_falcon),    cmocka_unit_test(test_imatrix),
		cmocka_unit_test(test_fallback),  cmocka_unit_test(test_quantizable), cmocka_unit_test(test_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
