/* The mixes of llama-quantize against what it did itself: the type of every tensor of four models. */
#include "mixes.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_own_table),
		cmocka_unit_test(test_snapshots),
		cmocka_unit_test(test_requantized),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
