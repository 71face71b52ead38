/* The schemes against the bytes of onnxruntime's own tools (golden/ort): names, shapes, bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "golden_ort.h"

struct weight {
	char file[128];
	uint8_t *bytes, *turned;
	tare_values v;
	uint32_t n_dims;
	uint64_t dim[3];
};

/* The same weight, its two dimensions swapped. */
static void turn(struct weight *w)
{
	size_t rows = w->dim[0], cols = w->dim[1], size = w->v.type->block_size;

	w->turned = malloc(rows * cols * size);
	assert_non_null(w->turned);
	for (size_t r = 0; r < rows; r++)
		for (size_t c = 0; c < cols; c++)
			memcpy(w->turned + (c * rows + r) * size, w->bytes + (r * cols + c) * size, size);
}

static void load(struct weight *w, const char *set, const ort_row *r)
{
	size_t size = 0, count = 1;
	char *p = r->field[ORT_K];

	if (!strcmp(w->file, r->field[ORT_INPUT]))
		return;
	free(w->bytes);
	free(w->turned);
	snprintf(w->file, sizeof w->file, "%s", r->field[ORT_INPUT]);
	w->bytes = ort_bytes(set, w->file, 0, &size);
	for (w->n_dims = 0; *p; p += *p == 'x')
		w->dim[w->n_dims++] = strtoull(p, &p, 10);
	if (w->n_dims == 1)
		w->dim[w->n_dims++] = strtoull(r->field[ORT_N], NULL, 10);
	for (uint32_t i = 0; i < w->n_dims; i++)
		count *= w->dim[i];
	w->v = (tare_values){ tare_type_find(r->field[ORT_DTYPE]), w->bytes, 0 };
	assert_int_equal(size, count * w->v.type->block_size);
	w->turned = NULL;
	if (w->n_dims == 2)
		turn(w);
}

static tare_scheme_options options_of(const ort_row *r)
{
	tare_scheme_options o = {
		.bits = (uint32_t)atoi(r->field[ORT_BITS]), .block = strtoull(r->field[ORT_BLOCK], NULL, 10),
		.symmetric = r->field[ORT_SYM][0] == '1', .scale = tare_type_find(r->field[ORT_DTYPE]),
		.axis = (uint32_t)atoi(r->field[ORT_AXIS]),
	};

	if (!tare_algorithm_find(r->field[ORT_ALGO], &o.algorithm))
		o.algorithm = TARE_ALGORITHM_DEFAULT;
	return o;
}

static const char *onnx_type(const char *type)
{
	static const char *const name[][2] = {
		{ "u8", "UINT8" }, { "f32", "FLOAT" }, { "f16", "FLOAT16" }, { "bf16", "BFLOAT16" }, { "i4", "INT4" }, { "u4", "UINT4" },
	};

	for (size_t i = 0; i < sizeof name / sizeof *name; i++)
		if (!strcmp(type, name[i][0]))
			return name[i][1];
	return type;
}

static void compare(const char *set, const ort_row *r, const quantized *q)
{
	size_t size = strtoull(r->field[ORT_LENGTH], NULL, 10), p;
	uint8_t *bytes = ort_bytes(set, r->field[ORT_FILE], strtoull(r->field[ORT_OFFSET], NULL, 10), &size);
	const tare_scheme_part *part = q->l.part;
	char shape[64] = "";

	for (p = 0; p < q->l.n_parts && strcmp(part[p].suffix, r->field[ORT_TENSOR] + 1); p++)
		;
	if (p == q->l.n_parts)
		fail_msg("no part is called W%s", r->field[ORT_TENSOR] + 1);
	for (uint32_t i = 0; i < part[p].n_dims; i++)
		snprintf(shape + strlen(shape), sizeof shape - strlen(shape), "%s%llu", i ? "x" : "", (unsigned long long)part[p].dim[i]);
	assert_string_equal(shape, r->field[ORT_SHAPE]);
	assert_string_equal(onnx_type(part[p].type), r->field[ORT_ONNX_TYPE]);
	assert_int_equal(part[p].size, size);
	for (size_t i = 0; i < size; i++)
		if (bytes[i] != q->part[p][i])
			fail_msg("%s %s bits %s block %s sym %s %s axis %s: %s byte %zu is %02x, expected %02x", r->field[ORT_CASE],
				 r->field[ORT_ALGO], r->field[ORT_BITS], r->field[ORT_BLOCK], r->field[ORT_SYM], r->field[ORT_DTYPE],
				 r->field[ORT_AXIS], r->field[ORT_TENSOR], i, q->part[p][i], bytes[i]);
	free(bytes);
}

static void check_row(const char *set, const char *scheme, struct weight *w, const ort_row *r)
{
	static const size_t tile_sizes[] = { 0, 1, 200 };
	tare_scheme_options o = options_of(r);
	tare_values v = w->v;
	uint64_t turned[] = { w->dim[1], w->dim[0] };
	quantized q = { .adjust = NULL };
	/* the tool stores per-channel symmetric codes transposed */
	bool channel = !strcmp(r->field[ORT_BLOCK], "channel");
	uint64_t *dim = w->dim;

	if (channel) {
		o.block = w->dim[0];
		v.at = o.symmetric ? w->turned : w->bytes;
		dim = o.symmetric ? turned : w->dim;
		o.axis = o.symmetric;
	}
	o.has_sign = o.symmetric && strcmp(scheme, "matmulnbits");
	for (size_t i = 0; i < sizeof tile_sizes / sizeof *tile_sizes; i++) {
		quantize(&q, tare_scheme_find(scheme), &o, w->n_dims, dim, &v, NULL, tile_sizes[i]);
		compare(set, r, &q);
		quantized_free(&q);
	}
	if (strcmp(scheme, "matmulnbits"))
		return;
	v.at = w->turned;
	o.axis = 1;
	quantize(&q, tare_scheme_find(scheme), &o, 2, turned, &v, NULL, 0);
	compare(set, r, &q);
	quantized_free(&q);
}

static size_t check_set(const char *set, const char *scheme)
{
	struct weight w = { .bytes = NULL };
	FILE *f = ort_open(set, "MANIFEST.tsv", "r");
	size_t n = 0;
	ort_row r;

	assert_true(ort_next(f, &r));
	for (; ort_next(f, &r); n++) {
		load(&w, set, &r);
		check_row(set, scheme, &w, &r);
	}
	free(w.bytes);
	free(w.turned);
	fclose(f);
	return n;
}

static void matmulnbits(void **state)
{
	if (!ort_shared())
		skip();
	assert_int_equal(check_set("nbits", "matmulnbits"), 2908);
}

static void qdq(void **state)
{
	if (!ort_shared())
		skip();
	assert_int_equal(check_set("qdq", "qdq"), 436);
}

static void gather_block_quantized(void **state)
{
	if (!ort_shared())
		skip();
	assert_int_equal(check_set("gather", "gather_block_quantized"), 330);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(matmulnbits),
		cmocka_unit_test(qdq),
		cmocka_unit_test(gather_block_quantized),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
