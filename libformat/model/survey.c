/* Which operators read which tensors, and which of these are quantized weights. A tensor counts where it is first read. */
#include "base/escape.h"
#include "model/graph.h"
#include "model/model.h"

#include <stdlib.h>

struct tare_survey {
	const tare_model *m;
	tare_strmap *names;      /* per graph: to the tensors that it knows by them, initializers and what a Constant gives */
	tare_strmap ops;         /* "domain\0op" in arena to operators */
	tare_operator_facts *operators;
	size_t n_operators, cap_operators;
	tare_weight *weights;
	size_t n_weights, cap_weights;
	bool *read;              /* per tensor of the model */
	tare_arena arena;
};

/* ---- names ---- */

static tare_status add_source(tare_survey *s, const tare_graph *g, tare_str name, tare_str tensor, tare_error *err)
{
	size_t existing, i = tare_model_tensor_index(s->m, tensor);

	if (!name.len || i == SIZE_MAX)
		return TARE_OK;
	return tare_strmap_add(&s->names[g->number], name, i, &existing) ? TARE_OK : tare_fail_nomem(err);
}

static tare_status add_sources(tare_survey *s, const tare_graph *g, tare_error *err)
{
	const tare_part *p;

	for (p = g->parts.first; p; p = p->next) {
		const void *part = p;
		const tare_initializer *init = part;
		const tare_node *n = part;

		if (p->kind == TARE_PART_INITIALIZER)
			TARE_TRY(add_source(s, g, init->name, init->tensor, err));
		else if (p->kind == TARE_PART_NODE && tare_node_is(n, "", "Constant") && n->n_outputs && n->n_attrs &&
			 n->attr[0].kind == TARE_ATTR_TENSOR && n->attr[0].n)
			TARE_TRY(add_source(s, g, n->output[0], n->attr[0].as.tensors[0], err));
	}
	return TARE_OK;
}

/* The tensor that name means in g; NULL: none. */
static const tare_tensor *find(const tare_survey *s, const tare_graph *g, tare_str name)
{
	size_t i = SIZE_MAX;

	for (; g && name.len && i == SIZE_MAX; g = g->outer)
		i = tare_strmap_find(&s->names[g->number], name);
	return i == SIZE_MAX ? NULL : &s->m->tensors[i];
}

static const tare_tensor *input(const tare_survey *s, const tare_node *n, uint32_t i)
{
	return i < n->n_inputs ? find(s, n->graph, n->input[i]) : NULL;
}

/* ---- quantized weights ---- */

/* Where an operator has codes, scales and zero points among its inputs. */
typedef struct form {
	const char *domain, *op, *scheme;
	int8_t codes, scales, zeros;
	uint8_t bits;            /* of codes that are bytes, if the operator's `bits` does not say; 0: as the type of the codes */
} form;

static const form forms[] = {
	{ "com.microsoft", "MatMulNBits", "matmulnbits", 1, 2, 3, 4 },
	{ "com.microsoft", "MatMulBnb4", "bnb4", 1, 2, -1, 4 },
	{ "com.microsoft", "GatherBlockQuantized", "gather_block_quantized", 0, 2, 3, 4 },
	{ "", "DequantizeLinear", "qdq", 0, 1, 2, 0 },
	{ "com.microsoft", "DequantizeLinear", "qdq", 0, 1, 2, 0 },
	{ "", "MatMulInteger", "dynamic_int8", 1, -1, 3, 0 },
	{ "", "ConvInteger", "dynamic_int8", 1, -1, 3, 0 },
	{ "com.microsoft", "MatMulIntegerToFloat", "dynamic_int8", 1, 3, 5, 0 },
	{ "com.microsoft", "DynamicQuantizeMatMul", "dynamic_int8", 1, 2, 3, 0 },
	{ "com.microsoft", "DynamicQuantizeLSTM", "dynamic_int8", 1, 8, 9, 0 },
	{ "", "QLinearMatMul", "static_int8", 3, 4, 5, 0 },
	{ "", "QLinearConv", "static_int8", 3, 4, 5, 0 },
	{ "com.microsoft", "QGemm", "static_int8", 3, 4, 5, 0 },
};

static unsigned bits_of(const tare_tensor *t)
{
	return t->type ? t->type->block_size * 8 / t->type->block_len : 8;
}

static uint64_t size_of(const tare_tensor *t)
{
	return t ? t->size : 0;
}

/* Rows of N, K of MatMulNBits; of others the codes that are stored. */
static uint64_t count_weights(const tare_node *n, const tare_tensor *codes, unsigned bits)
{
	int64_t k = tare_node_int(n, "K", 0), columns = tare_node_int(n, "N", 0);
	uint64_t product;

	if (k > 0 && columns > 0 && !__builtin_mul_overflow((uint64_t)k, (uint64_t)columns, &product) && product <= codes->size * 8)
		return product;
	return bits && bits < bits_of(codes) ? codes->count * (bits_of(codes) / bits) : codes->count;
}

static tare_status add_weight(tare_survey *s, const tare_node *n, const form *f, const tare_tensor *codes, tare_error *err)
{
	int64_t bits = bits_of(codes) == 8 ? tare_node_int(n, "bits", f->bits) : 0, block = tare_node_int(n, "block_size", 0);
	const tare_tensor *zeros = f->zeros < 0 ? NULL : input(s, n, (uint32_t)f->zeros);
	tare_weight w = { .name = codes->name, .node = n->name, .op = n->op, .scheme = f->scheme, .zero_points = zeros != NULL };

	if (!tare_grow(&s->weights, &s->cap_weights, s->n_weights, sizeof w))
		return tare_fail_nomem(err);
	w.bits = bits > 0 && bits <= 8 ? (unsigned)bits : bits_of(codes);
	w.block = block > 0 ? (uint64_t)block : 0;
	w.weights = count_weights(n, codes, w.bits);
	w.bytes = codes->size + size_of(zeros) + (f->scales < 0 ? 0 : size_of(input(s, n, (uint32_t)f->scales)));
	s->weights[s->n_weights++] = w;
	return TARE_OK;
}

static const form *form_of(const tare_node *n)
{
	size_t i;

	for (i = 0; i < sizeof forms / sizeof *forms; i++)
		if (tare_node_is(n, forms[i].domain, forms[i].op))
			return &forms[i];
	return NULL;
}

/* ---- operators ---- */

static tare_status find_operator(tare_survey *s, const tare_node *n, size_t *out, tare_error *err)
{
	size_t len = n->domain.len + n->op.len + 1, i;
	char *key;

	/* Neighbours are often of a kind. */
	if (s->n_operators && tare_str_eq(s->operators[*out].op, n->op) && tare_str_eq(s->operators[*out].domain, n->domain))
		return TARE_OK;
	key = malloc(len);
	if (!key)
		return tare_fail_nomem(err);
	memcpy(key, n->domain.ptr, n->domain.len);
	key[n->domain.len] = '\0';
	memcpy(key + n->domain.len + 1, n->op.ptr, n->op.len);
	i = tare_strmap_find(&s->ops, (tare_str){ key, len });
	if (i == SIZE_MAX) {
		tare_str kept = tare_arena_copy(&s->arena, key, len);

		if (kept.ptr && tare_grow(&s->operators, &s->cap_operators, s->n_operators, sizeof *s->operators) &&
		    tare_strmap_add(&s->ops, kept, s->n_operators, &i)) {
			i = s->n_operators++;
			s->operators[i] = (tare_operator_facts){ .domain = n->domain, .op = n->op };
		}
	}
	free(key);
	*out = i;
	return i == SIZE_MAX ? tare_fail_nomem(err) : TARE_OK;
}

static tare_status take_node(tare_survey *s, const tare_node *n, size_t *at, tare_error *err)
{
	const form *f = form_of(n);
	uint32_t i;

	if (tare_node_is(n, "", "Constant"))
		return TARE_OK;
	TARE_TRY(find_operator(s, n, at, err));
	s->operators[*at].nodes++;
	for (i = 0; i < n->n_inputs; i++) {
		const tare_tensor *t = input(s, n, i);
		bool codes = f && t && (int)i == f->codes && bits_of(t) <= 16 && (!t->type || t->type->flags & TARE_TYPE_INTEGER ||
										 bits_of(t) <= 8);

		if (!t || s->read[t - s->m->tensors])
			continue;
		s->read[t - s->m->tensors] = true;
		if (codes)
			TARE_TRY(add_weight(s, n, f, t, err));
		s->operators[*at].tensors++;
		s->operators[*at].weights += codes ? s->weights[s->n_weights - 1].weights : t->count;
		s->operators[*at].bytes += t->size;
	}
	return TARE_OK;
}

static int by_bytes(const void *a, const void *b)
{
	const tare_operator_facts *x = a, *y = b;

	if (x->bytes != y->bytes)
		return x->bytes < y->bytes ? 1 : -1;
	if (x->nodes != y->nodes)
		return x->nodes < y->nodes ? 1 : -1;
	return tare_str_cmp(x->op, y->op) ? tare_str_cmp(x->op, y->op) : tare_str_cmp(x->domain, y->domain);
}

/* ---- the whole ---- */

static tare_status survey(tare_survey *s, tare_error *err)
{
	const tare_graphs *all = s->m->graphs;
	size_t i, at = 0;

	s->read = calloc(s->m->n_tensors + 1, sizeof *s->read);
	s->names = calloc(all ? all->n_graphs + 1 : 1, sizeof *s->names);
	if (!s->read || !s->names)
		return tare_fail_nomem(err);
	for (i = 0; all && i < all->n_graphs; i++)
		TARE_TRY(add_sources(s, all->graph[i], err));
	for (i = 0; all && i < all->n_graphs; i++) {
		const tare_node *n;

		for (n = tare_node_first(all->graph[i]); n; n = tare_node_next(n))
			TARE_TRY(take_node(s, n, &at, err));
	}
	if (s->n_operators)
		qsort(s->operators, s->n_operators, sizeof *s->operators, by_bytes);
	return TARE_OK;
}

tare_status tare_survey_new(tare_survey **out, const tare_model *m, tare_error *err)
{
	tare_survey *s = calloc(1, sizeof *s);
	tare_status st;

	*out = NULL;
	if (!s)
		return tare_fail_nomem(err);
	s->m = m;
	st = survey(s, err);
	if (st != TARE_OK) {
		tare_survey_free(s);
		return st;
	}
	*out = s;
	return TARE_OK;
}

bool tare_survey_operator(const tare_survey *s, size_t i, tare_operator_facts *out)
{
	if (i >= s->n_operators)
		return false;
	*out = s->operators[i];
	return true;
}

bool tare_survey_weight(const tare_survey *s, size_t i, tare_weight *out)
{
	if (i >= s->n_weights)
		return false;
	*out = s->weights[i];
	return true;
}

void tare_survey_free(tare_survey *s)
{
	size_t i;

	if (!s)
		return;
	for (i = 0; s->names && s->m->graphs && i < s->m->graphs->n_graphs; i++)
		tare_strmap_free(&s->names[i]);
	tare_strmap_free(&s->ops);
	tare_arena_free(&s->arena);
	free(s->names);
	free(s->operators);
	free(s->weights);
	free(s->read);
	free(s);
}
