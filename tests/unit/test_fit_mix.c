/* A budget against the named mix of its size: less is lost in all, weighed by the importance matrix where there is one. The errors are
 * added up here, from what can be read back. */
#include "recipes.h"
#include "scratch.h"

#include "model/imatrix.h"

static tare_recipe *fmt_recipe(const char *matrix, const char *fmt, ...) TARE_PRINTF(2, 3);

/* With "tare: 1", fallback and matrix (NULL: none). */
static tare_recipe *fmt_recipe(const char *matrix, const char *fmt, ...)
{
	char text[2 * PATH_MAX], base[256];
	va_list args;

	va_start(args, fmt);
	vsnprintf(base, sizeof base, fmt, args);
	va_end(args);
	snprintf(text, sizeof text, "tare: 1\nbase: %s\nfallback: adjust\n%s%s\n", base, matrix ? "imatrix: " : "", matrix ? matrix : "");
	return recipe_of(text);
}

static uint64_t write_model(tare_model *m, const tare_recipe *r, const char *path)
{
	const tare_plan_options options = { .path = path };
	tare_error err = TARE_ERROR_INIT;
	struct stat st;
	tare_plan *p;

	if (tare_plan_new(&p, m, r, &options, &err) != TARE_OK || tare_plan_write(p, NULL, NULL, &err) != TARE_OK)
		fail_msg("%s", err.message);
	tare_plan_free(p);
	assert_int_equal(stat(path, &st), 0);
	return (uint64_t)st.st_size;
}

static float *values_of(tare_model *m, const tare_tensor *t)
{
	float *x = malloc((size_t)t->count * sizeof *x);

	assert_non_null(x);
	assert_int_equal(tare_read_f32(m, t, x, NULL), TARE_OK);
	return x;
}

/* The matrix is for whole columns of matrices of two dimensions. */
static double error_of(tare_model *a, const tare_tensor *s, tare_model *b, const tare_tensor *t, const tare_imatrix *im)
{
	size_t entry = im ? tare_imatrix_find(im, s->name) : SIZE_MAX, cols = (size_t)s->dim[s->n_dims - 1], i;
	float *x = values_of(a, s), *y = values_of(b, t), *w = calloc(cols, sizeof *w);
	double sum = 0, d;

	assert_non_null(w);
	for (i = 0; i < cols; i++)
		w[i] = 1;
	if (entry != SIZE_MAX)
		tare_importance_get(&im->entries[entry], 0, cols, w);
	for (i = 0; i < s->count; i++) {
		d = (double)x[i] - (double)y[i];
		sum += (double)w[i % cols] * d * d;
	}
	free(x);
	free(y);
	free(w);
	return sum;
}

/* Over all tensors that path has in another type than m. */
static double lost(tare_model *m, const char *path, const tare_imatrix *im)
{
	const tare_tensor *t;
	tare_model *result;
	double sum = 0;
	size_t i;

	assert_int_equal(tare_open(&result, path, NULL, NULL), TARE_OK);
	for (i = 0; (t = tare_model_tensor(result, i)); i++) {
		const tare_tensor *s = &m->tensors[tare_model_tensor_index(m, t->name)];

		if (s->type != t->type)
			sum += error_of(m, s, result, t, im);
	}
	tare_close(result);
	return sum;
}

static void check(tare_model *m, const char *mix, const char *types, const char *matrix, const tare_imatrix *im)
{
	const char *a = in_scratch("mix.gguf"), *b = in_scratch("fit.gguf"), *c = in_scratch("frozen.gguf");
	const tare_plan_options options = { .path = b };
	tare_recipe *named = fmt_recipe(matrix, "%s", mix), *budget, *frozen;
	uint64_t size = write_model(m, named, a);
	tare_error err = TARE_ERROR_INIT;
	double by_mix, by_fit;
	tare_fit *fit;
	char *yaml;

	budget = fmt_recipe(matrix, "{fit: %llu, types: [%s]}", (unsigned long long)size, types);
	if (tare_fit_new(&fit, m, budget, &options, NULL, &err) != TARE_OK)
		fail_msg("%s: %s", mix, err.message);
	assert_int_equal(tare_recipe_print(tare_fit_recipe(fit), &yaml, NULL), TARE_OK);
	assert_null(strstr(yaml, "fit:"));
	frozen = recipe_of(yaml);
	assert_true(write_model(m, tare_fit_recipe(fit), b) <= size);
	assert_true(write_model(m, frozen, c) <= size);
	by_mix = lost(m, a, im);
	by_fit = lost(m, b, im);
	print_message("# %s%s: %llu bytes, error %g, budget's %g (%g)\n", mix, matrix ? " with a matrix" : "", (unsigned long long)size, by_mix, by_fit,
		      tare_fit_chosen(fit)->loss);
	assert_true(by_fit < 0.999 * by_mix);
	assert_true(lost(m, c, im) <= by_fit && lost(m, c, im) >= by_fit);
	/* What the fit says it loses is what is lost. */
	assert_true(tare_fit_chosen(fit)->loss > 0.999999 * by_fit && tare_fit_chosen(fit)->loss < 1.000001 * by_fit);
	free(yaml);
	tare_fit_free(fit);
	tare_recipe_free(named);
	tare_recipe_free(budget);
	tare_recipe_free(frozen);
}

/* mixes: NULL-terminated. matrix: NULL for none. */
static void check_all(const char *model, const char *matrix, const char *types, const char *const *mixes)
{
	tare_model *m, *file = NULL;
	tare_imatrix *im = NULL;

	assert_int_equal(tare_open(&m, model, NULL, NULL), TARE_OK);
	if (matrix) {
		assert_int_equal(tare_open(&file, matrix, NULL, NULL), TARE_OK);
		assert_int_equal(tare_imatrix_read(&im, file, NULL), TARE_OK);
	}
	for (; *mixes; mixes++)
		check(m, *mixes, types, matrix, im);
	tare_imatrix_free(im);
	tare_close(file);
	tare_close(m);
}

static const char trained[] = "fixtures/models/stories260K.gguf", legacy[] = "q4_0, q4_1, q5_0, q5_1, q8_0, iq4_nl";
static const char k_types[] = "q2_K, q3_K, q4_K, q5_K, q6_K, q8_0";
static const char *const mixes[] = { "Q2_K", "Q3_K_M", "Q4_K_M", "Q5_K_M", NULL };

static const char *shared(const char *name)
{
	static char path[4][PATH_MAX];
	static unsigned next;
	const char *dir = getenv("TARE_SHARED");

	if (!dir)
		skip();
	snprintf(path[++next % 4], PATH_MAX, "%s/golden/requant/%s", dir, name);
	return path[next % 4];
}

static void trained_model(void **state)
{
	check_all(trained, NULL, legacy, mixes);
}

static void trained_model_with_a_matrix(void **state)
{
	const char *build = getenv("BUILD");
	char matrix[PATH_MAX];

	snprintf(matrix, sizeof matrix, "%s/fixtures/imatrix/good-stories260K.bin", build ? build : "build");
	check_all(trained, matrix, legacy, mixes);
}

static void random_model(void **state)
{
	check_all(shared("tiny-phi3-f16.gguf"), NULL, k_types, mixes);
}

static void random_model_with_a_matrix(void **state)
{
	check_all(shared("tiny-phi3-f16.gguf"), shared("tiny-phi3-f16.imatrix.gguf"), k_types, mixes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(trained_model),
		cmocka_unit_test(trained_model_with_a_matrix),
		cmocka_unit_test(random_model),
		cmocka_unit_test(random_model_with_a_matrix),
	};

	return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
