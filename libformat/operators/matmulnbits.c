/* MatMul with a constant second matrix becomes com.microsoft's MatMulNBits (onnxruntime's ContribOperators.md; names, order of inputs and
 * of attributes are those of its MatMulNBitsQuantizer). */
#include "operators/operator.h"

#include "base/escape.h"

#include <stdlib.h>
#include <string.h>

static bool is_product(const tare_use *use)
{
	return use->node && use->input == 1 && tare_node_is(use->node, "", "MatMul");
}

/* What stands against it; NULL: nothing. */
static const char *objection(const tare_placement *p, const tare_readers *readers, tare_arena *arena)
{
	size_t i;

	if (p->weight->n_dims != 2)
		return "only a matrix of two dimensions can be MatMulNBits";
	if (!p->weight->type || !(p->weight->type == &tare_type_f32 || p->weight->type == &tare_type_f16 || p->weight->type == &tare_type_bf16))
		return "only f32, f16 and bf16 can become MatMulNBits";
	for (i = 0; i < readers->count; i++)
		if (!is_product(&readers->use[i]))
			return tare_reader_text(&readers->use[i], arena);
	return readers->count ? NULL : "no operator reads it";
}

static tare_status suits(tare_placement *p, tare_arena *arena, const char **why, tare_error *err)
{
	tare_readers readers;

	TARE_TRY(tare_readers_find(p, &readers, err));
	*why = objection(p, &readers, arena);
	free(readers.use);
	p->opt.axis = 0;
	p->opt.scale = p->weight->type;
	return TARE_OK;
}

static tare_status set_attributes(const tare_placement *p, tare_node *n, tare_error *err)
{
	TARE_TRY(tare_node_set_int(n, "K", (int64_t)p->weight->dim[0], err));
	TARE_TRY(tare_node_set_int(n, "N", (int64_t)p->weight->dim[1], err));
	if (p->accuracy_level)
		TARE_TRY(tare_node_set_int(n, "accuracy_level", p->accuracy_level, err));
	TARE_TRY(tare_node_set_int(n, "bits", p->opt.bits, err));
	return tare_node_set_int(n, "block_size", (int64_t)p->opt.block, err);
}

static tare_status replace(const tare_placement *p, tare_node *old, tare_error *err)
{
	char suffix[8];
	tare_node *n;
	uint32_t i;

	snprintf(suffix, sizeof suffix, "_Q%u", (unsigned)p->opt.bits);
	TARE_TRY(tare_node_beside(&n, old, "com.microsoft", "MatMulNBits", suffix, err));
	TARE_TRY(tare_node_set_input(n, 0, old->input[0], err));
	for (i = 0; i < p->layout->n_parts; i++)
		TARE_TRY(tare_node_set_input(n, 1 + i, p->part[i], err));
	TARE_TRY(tare_node_set_output(n, 0, old->output[0], err));
	TARE_TRY(set_attributes(p, n, err));
	tare_node_remove(old);
	return TARE_OK;
}

static tare_status rewire(tare_placement *p, tare_error *err)
{
	tare_readers readers;
	tare_status st;
	size_t i;

	TARE_TRY(tare_readers_find(p, &readers, err));
	st = tare_graphs_import(p->graphs, "com.microsoft", 1, err);
	for (i = 0; i < readers.count && st == TARE_OK; i++)
		st = replace(p, readers.use[i].node, err);
	free(readers.use);
	return st;
}

const tare_operator tare_operator_matmulnbits = { "matmulnbits", suits, rewire };
