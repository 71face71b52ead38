/* Shapes and sizes of one tensor. */
#include "base/checked.h"
#include "model/model.h"

static bool has_zero_dim(const tare_tensor *t)
{
	uint32_t i;

	for (i = 0; i < t->n_dims; i++)
		if (!t->dim[i])
			return true;
	return false;
}

/* A tensor without elements has no bytes however large its other dimensions are, so no product is taken. */
static bool measure_empty(tare_tensor *t)
{
	t->count = t->size = 0;
	return !t->type || (t->type->flags & TARE_TYPE_BITSTREAM) || (t->type->block_len && t->dim[t->n_dims - 1] % t->type->block_len == 0);
}

bool tare_tensor_measure(tare_tensor *t)
{
	uint64_t count = 1;
	uint32_t i;

	if (has_zero_dim(t))
		return measure_empty(t);
	for (i = 0; i < t->n_dims; i++)
		if (!tare_mul(count, t->dim[i], &count))
			return false;
	t->count = count;
	return !t->type || tare_type_size(t->type, t->dim, t->n_dims, &t->size);
}

uint64_t tare_tensor_cols(const tare_tensor *t)
{
	return t->n_dims ? t->dim[t->n_dims - 1] : 1;
}

uint64_t tare_tensor_rows(const tare_tensor *t)
{
	uint64_t cols = tare_tensor_cols(t);

	return cols ? t->count / cols : 0;
}
