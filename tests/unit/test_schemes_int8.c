/* The 8-bit arithmetic against golden/ort/int8: weights, constants and biases of a small model as quantize_dynamic and quantize_static
 * made them, by the hash of their bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <math.h>
#include <openssl/evp.h>

#include "base/bytes.h"
#include "golden_ort.h"
#include "schemes/int8.h"
#include "schemes/values.h"
#include "types/half.h"

/* ---- the model's initializers, found by walking its wire format ---- */

struct span {
	const uint8_t *p, *end;
};

struct tensor {
	uint32_t n_dims;
	uint64_t dim[4], count;
	struct span name, raw, ints;
};

static uint64_t varint(struct span *s)
{
	uint64_t v = 0;

	for (unsigned shift = 0; s->p < s->end; shift += 7) {
		v |= (uint64_t)(*s->p & 127) << shift;
		if (!(*s->p++ & 128))
			break;
	}
	return v;
}

/* The next field: its number; a varint's value or the bytes of a length-delimited one. 0 at the end. */
static uint64_t next_field(struct span *s, uint64_t *value, struct span *bytes)
{
	uint64_t key = s->p < s->end ? varint(s) : 0;

	*value = key ? varint(s) : 0;
	*bytes = *s;
	if (key % 8 == 2)
		s->p = bytes->end = s->p + *value;
	return key / 8;
}

static bool same(struct span s, const char *text)
{
	return (size_t)(s.end - s.p) == strlen(text) && !memcmp(s.p, text, strlen(text));
}

static struct tensor read_tensor(struct span s)
{
	struct tensor t = { .count = 1 };
	struct span bytes;
	uint64_t value, field;

	while ((field = next_field(&s, &value, &bytes))) {
		if (field == 1 && bytes.p == s.p)
			t.count *= t.dim[t.n_dims++] = value;
		for (; field == 1 && bytes.p < bytes.end && bytes.end == s.p;)
			t.count *= t.dim[t.n_dims++] = varint(&bytes);
		if (field == 8)
			t.name = bytes;
		if (field == 9)
			t.raw = bytes;
		if (field == 5)
			t.ints = bytes;
	}
	return t;
}

static struct tensor find_tensor(struct span s, const char *name)
{
	struct span bytes, graph = { NULL, NULL };
	uint64_t value, field;

	while ((field = next_field(&s, &value, &bytes)))
		if (field == 7)
			graph = bytes;
	while ((field = next_field(&graph, &value, &bytes)))
		if (field == 5) {
			struct tensor t = read_tensor(bytes);

			if (same(t.name, name))
				return t;
		}
	fail_msg("the model has no %s", name);
	return (struct tensor){ 0 };
}

/* ---- rows of TENSORS.tsv ---- */

enum { FILE_, TENSOR, TYPE, SHA, SCALE, SCALE_TYPE, SCALE_SHA, ZERO, ZERO_TYPE, ZERO_SHA };

struct job {
	const ort_row *row;
	struct span model;
	const tare_type *type;        /* of the model's floats */
	const char *file, *tensor;
	char name[64];                /* the weight's */
	struct tensor weight;
	tare_scheme_options opt;
	float input_scale, bias_max[16];
	bool has_bias, is_static;
};

static void check_hash(const struct job *j, const char *what, const void *bytes, size_t size, const char *expected)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	char text[65];

	assert_true(EVP_Digest(bytes, size, digest, NULL, EVP_sha256(), NULL));
	for (size_t i = 0; i < 32; i++)
		snprintf(text + 2 * i, 3, "%02x", digest[i]);
	if (strcmp(text, expected))
		fail_msg("%s %s: %s differ", j->file, j->tensor, what);
}

static float range_end(const char *hex)
{
	uint8_t b[4];

	for (size_t i = 0; i < 4; i++) {
		char two[3] = { hex[2 * i], hex[2 * i + 1], 0 };

		b[i] = (uint8_t)strtoul(two, NULL, 16);
	}
	return tare_f32_of_bits(tare_get32(b, false));
}

/* The scale of an activation, calibrated. */
static float activation_scale(const struct job *j, const char *activation)
{
	const char *method = strstr(j->file, "entropy") ? "Entropy" : strstr(j->file, "percentile") ? "Percentile" : "MinMax";
	bool sixteen = strstr(j->file, "16act"), sign = strstr(j->file, "as8") || strstr(j->file, "asym_act") || strstr(j->file, "s16act") ||
		    strstr(j->file, "f16.pc");
	tare_scheme_options o = {
		.bits = sixteen ? 16 : 8, .has_sign = sign, .symmetric = strstr(j->file, "asym_act_sym"), .grain = TARE_GRAIN_TENSOR,
		.scale = j->type,
	};
	FILE *f = ort_open("int8", "RANGES.tsv", "r");
	float scale = 0, zero;
	ort_row r;

	while (ort_next(f, &r))
		if (!strcmp(r.field[0], method) && !strcmp(r.field[1], activation))
			tare_int8_parameters(&o, tare_scale_round(j->type, range_end(r.field[4])), tare_scale_round(j->type, range_end(r.field[5])),
					     &scale, &zero);
	fclose(f);
	assert_true(scale > 0);
	return scale;
}

/* The f16 model was calibrated by itself: what its result says. */
static float stored_scale(const struct job *j, const char *activation)
{
	size_t size = 0;
	uint8_t *model = ort_bytes("int8", j->file, 0, &size);
	struct tensor t;
	char name[32];
	float scale;

	snprintf(name, sizeof name, "%s_scale", activation);
	t = find_tensor((struct span){ model, model + size }, name);
	scale = tare_f32_of_f16((uint16_t)varint(&t.ints));
	free(model);
	return scale;
}

static float value_of(const struct job *j, const struct tensor *t, size_t i)
{
	return tare_scale_get(j->type, t->raw.p, i);
}

static void load_bias(struct job *j)
{
	bool conv = !strncmp(j->name, "conv", 4);
	struct tensor b;

	j->has_bias = j->is_static && (conv || !strncmp(j->name, "gemm", 4));
	if (!j->has_bias)
		return;
	b = find_tensor(j->model, conv ? "conv.b" : "gemm.b");
	for (size_t i = 0; i < b.count; i++)
		j->bias_max[i] = fabsf(value_of(j, &b, i));
	for (size_t i = 0; i < b.count && j->opt.grain == TARE_GRAIN_TENSOR; i++)
		j->bias_max[0] = fmaxf(j->bias_max[0], j->bias_max[i]);
	j->input_scale = (j->type == &tare_type_f32 ? activation_scale : stored_scale)(j, conv ? "x" : "ms");
}

static void raise_scales(const tare_scheme_layout *l, void *state, const void *user)
{
	const struct job *j = user;
	size_t n;
	float *scale = tare_scheme_scales(l, state, &n);

	for (size_t i = 0; i < n; i++)
		scale[i] = tare_int8_raise(scale[i], j->input_scale, j->bias_max[i], l->opt.grain == TARE_GRAIN_CHANNEL, j->type);
}

static void quantize_weight(const struct job *j, quantized *q, size_t tile_size)
{
	tare_values v = { j->type, j->weight.raw.p, 0 };

	*q = (quantized){ .adjust = j->has_bias && j->opt.symmetric && j->opt.has_sign && j->opt.bits >= 8 ? raise_scales : NULL, .user = j };
	quantize(q, tare_scheme_find("dynamic_int8"), &j->opt, j->weight.n_dims, j->weight.dim, &v, NULL, tile_size);
}

static void check_weight(const struct job *j)
{
	for (size_t tile_size = 0; tile_size < 3; tile_size++) {
		quantized q;

		quantize_weight(j, &q, tile_size);
		check_hash(j, "codes", q.part[0], q.l.part[0].size, j->row->field[SHA]);
		check_hash(j, "scales", q.part[1], q.l.part[1].size, j->row->field[SCALE_SHA]);
		if (j->opt.bits >= 8)
			check_hash(j, "zero points", q.part[2], q.l.part[2].size, j->row->field[ZERO_SHA]);
		quantized_free(&q);
	}
}

/* A weight is made first, for its scale. */
static void check_bias(struct job *j, const struct tensor *bias)
{
	bool one = j->opt.grain == TARE_GRAIN_TENSOR, stored = j->row->field[SCALE][0] != '-';
	uint8_t code[64], scale[64], zero[64] = { 0 };
	float largest = 0;
	quantized q;

	quantize_weight(j, &q, 0);
	for (size_t i = 0; i < bias->count; i++)
		largest = fmaxf(largest, fabsf(value_of(j, bias, i)));
	for (size_t i = 0; i < bias->count; i++) {
		float s = tare_int8_bias_scale(tare_scale_get(j->type, q.part[1], one ? 0 : i), j->input_scale,
					       one ? largest : j->bias_max[i], j->type);

		tare_put32(code + 4 * i, (uint32_t)tare_int8_bias_code(value_of(j, bias, i), s), false);
		tare_scale_put(j->type, scale, i, s);
	}
	check_hash(j, "codes", code, 4 * bias->count, j->row->field[SHA]);
	if (stored)
		check_hash(j, "scales", scale, (one ? 1 : bias->count) * j->type->block_size, j->row->field[SCALE_SHA]);
	if (stored)
		check_hash(j, "zero points", zero, 4 * (one ? 1 : bias->count), j->row->field[ZERO_SHA]);
	quantized_free(&q);
}

static uint32_t bits_of(const char *type)
{
	return strstr(type, "INT4") ? 4 : strstr(type, "INT16") ? 16 : 8;
}

static tare_scheme_options options_of(const struct job *j)
{
	const char *type = j->row->field[TYPE], *scale = strchr(j->row->field[SCALE_TYPE], '[');
	bool activation = !strcmp(j->name, "mm.b");
	tare_scheme_options o = { .bits = bits_of(type), .has_sign = type[0] == 'I', .scale = j->type, .reduce_range = strstr(j->file, "rr1") };

	o.grain = !scale || scale[1] == ']' ? TARE_GRAIN_TENSOR : strchr(scale, 'x') ? TARE_GRAIN_BLOCK : TARE_GRAIN_CHANNEL;
	o.symmetric = o.has_sign && !strstr(j->file, "wasym");
	if (j->is_static && (o.grain == TARE_GRAIN_CHANNEL || strstr(j->file, ".pc.")) && o.grain != TARE_GRAIN_TENSOR)
		o.symmetric = true;
	if (activation)
		o.symmetric = strstr(j->file, "asym_act_sym");
	o.axis = !strncmp(j->name, "conv", 4) || !strcmp(j->name, "gemm.w") || activation ? 0 : 1;
	if (o.grain == TARE_GRAIN_BLOCK) {
		o.axis = strstr(j->file, ".pc.") ? 1 : 0;
		o.block = (uint64_t)atoi(strstr(j->file, "block") + 5);
	}
	return o;
}

/* What the weight of a bias is quantized to is in the row of that weight, which may be missing (dedicated_pair): as the file's name says. */
static void options_for_bias(struct job *j)
{
	bool channels = strchr(j->row->field[SCALE_TYPE], '[') && !strstr(j->row->field[SCALE_TYPE], "[1]");
	bool no_sign = strstr(j->file, "wu") || strstr(j->file, "u16act") || strstr(j->file, "qoperator");

	if (j->row->field[SCALE][0] == '-')
		channels = false;
	snprintf(j->name, sizeof j->name, "%s", j->name[0] == 'c' ? "conv.w" : "gemm.w");
	j->opt = (tare_scheme_options){
		.bits = strstr(j->file, "w4") || strstr(j->file, "wu4") ? 4 : 8, .has_sign = !no_sign, .scale = j->type,
		.reduce_range = strstr(j->file, "rr1"), .grain = channels ? TARE_GRAIN_CHANNEL : TARE_GRAIN_TENSOR,
		.symmetric = channels || (!no_sign && !strstr(j->file, "wasym")),
	};
}

static void *turned(struct tensor *t, size_t size)
{
	uint64_t rows = t->dim[0], cols = t->dim[1];
	uint8_t *copy = malloc(t->count * size);

	assert_non_null(copy);
	for (size_t r = 0; r < rows; r++)
		for (size_t c = 0; c < cols; c++)
			memcpy(copy + (c * rows + r) * size, t->raw.p + (r * cols + c) * size, size);
	t->raw.p = copy;
	t->dim[0] = cols;
	t->dim[1] = rows;
	return copy;
}

static void check_row(struct job *j)
{
	bool is_bias = strstr(j->row->field[TYPE], "INT32"), transposed;
	struct tensor bias = { 0 };
	void *copy = NULL;

	j->is_static = !strncmp(j->file, "static", 6);
	snprintf(j->name, sizeof j->name, "%.*s", (int)(strstr(j->tensor, "_quantized") - j->tensor), j->tensor);
	transposed = strstr(j->name, "_Transposed");
	if (transposed)
		*strchr(j->name, '_') = 0;
	if (is_bias) {
		bias = find_tensor(j->model, j->name);
		options_for_bias(j);
	} else {
		j->opt = options_of(j);
		j->opt.axis = transposed ? 1 : j->opt.axis;
	}
	j->weight = find_tensor(j->model, j->name);
	if (transposed)
		copy = turned(&j->weight, j->type->block_size);
	load_bias(j);
	if (is_bias)
		check_bias(j, &bias);
	else
		check_weight(j);
	free(copy);
}

static void int8(void **state)
{
	size_t size[2] = { 0, 0 }, n = 0;
	uint8_t *model[2];
	ort_row r;
	FILE *f;

	if (!ort_shared())
		skip();
	model[0] = ort_bytes("int8", "small.onnx", 0, &size[0]);
	model[1] = ort_bytes("int8", "small.f16.onnx", 0, &size[1]);
	f = ort_open("int8", "TENSORS.tsv", "r");
	assert_true(ort_next(f, &r));
	for (; ort_next(f, &r); n++) {
		size_t half = strstr(r.field[FILE_], "static.f16") ? 1 : 0;
		struct job j = {
			.row = &r, .file = r.field[FILE_], .tensor = r.field[TENSOR], .model = { model[half], model[half] + size[half] },
			.type = half ? &tare_type_f16 : &tare_type_f32,
		};

		check_row(&j);
	}
	assert_int_equal(n, 205);
	fclose(f);
	free(model[0]);
	free(model[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(int8),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
