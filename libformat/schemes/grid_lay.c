/* The grid schemes: shapes, units, tiles. */
#include <string.h>

#include "base/error.h"
#include "schemes/grid.h"

static uint64_t packed(uint64_t n, uint32_t bits)
{
	return (n * bits + 7) / 8;
}

static uint64_t elements(const tare_scheme_layout *l)
{
	return l->outer * l->depth * l->inner;
}

static const char *code_type(const tare_scheme_options *o)
{
	if (o->bits == 4)
		return o->has_sign ? "i4" : "u4";
	if (o->bits == 8)
		return o->has_sign ? "i8" : "u8";
	return o->has_sign ? "i16" : "u16";
}

/* One scale for the weight: one row of it. */
static uint64_t grain_of_tensor(tare_scheme_layout *l)
{
	l->inner = elements(l);
	l->outer = l->depth = l->block = l->blocks = 1;
	return 1;
}

static uint64_t grain_of_channel(tare_scheme_layout *l)
{
	l->block = 1;
	l->blocks = l->depth;
	l->step_block = 1;
	return l->depth;
}

static uint64_t grain_of_block(tare_scheme_layout *l)
{
	l->block = l->opt.block < l->depth ? l->opt.block : l->depth;
	l->blocks = (l->depth + l->block - 1) / l->block;
	l->step_inner = 1;
	l->step_block = l->inner;
	l->step_outer = l->blocks * l->inner;
	return l->outer * l->blocks * l->inner;
}

static void shape_parts(tare_scheme_layout *l, uint32_t n_dims, const uint64_t *dim, uint64_t scales)
{
	tare_scheme_part *code = &l->part[TARE_PART_CODES], *scale = &l->part[TARE_PART_SCALES], *zero = &l->part[TARE_PART_ZEROS];

	code->type = zero->type = code_type(&l->opt);
	scale->type = l->opt.scale->name;
	code->n_dims = n_dims;
	for (uint32_t i = 0; i < n_dims; i++)
		code->dim[i] = scale->dim[i] = dim[i];
	if (l->opt.grain == TARE_GRAIN_BLOCK) {
		scale->n_dims = n_dims;
		scale->dim[l->opt.axis] = l->blocks;
	} else if (l->opt.grain == TARE_GRAIN_CHANNEL) {
		scale->n_dims = 1;
		scale->dim[0] = scales;
	}
	zero->n_dims = scale->n_dims;
	memcpy(zero->dim, scale->dim, sizeof zero->dim);
	code->size = packed(elements(l), l->opt.bits);
	scale->size = scales * l->opt.scale->block_size;
	zero->size = packed(scales, l->opt.bits);
}

/* Block rows in a unit. Half bytes make it more than one where inner is odd; rows that are contiguous blocks are taken together. */
static uint64_t unit_rows(const tare_scheme_layout *l)
{
	bool halves = l->opt.bits == 4 && l->inner % 2;

	if (l->opt.grain != TARE_GRAIN_BLOCK)
		return l->outer * l->blocks;
	if (l->outer == 1 && l->inner > 1)
		return halves ? 2 : 1;
	if (!halves && l->inner > 1)
		return 1;
	return halves && (l->depth % 2 || l->blocks % 2) ? 2 * l->blocks : l->blocks;
}

static uint64_t first_of_row(const tare_scheme_layout *l, uint64_t row)
{
	uint64_t at = row / l->blocks * l->depth + row % l->blocks * l->block;

	return row < l->outer * l->blocks ? at * l->inner : elements(l);
}

static uint64_t first_of_unit(const tare_scheme_layout *l, uint64_t unit)
{
	return first_of_row(l, unit < l->units ? unit * l->unit : l->outer * l->blocks);
}

uint64_t tare_grid_first_scale(const tare_scheme_layout *l, uint64_t unit)
{
	uint64_t scales = l->part[TARE_PART_SCALES].size / l->opt.scale->block_size;

	if (unit >= l->units)
		return scales;
	return l->opt.grain == TARE_GRAIN_BLOCK ? unit * l->unit * l->inner : 0;
}

tare_status tare_grid_lay(tare_scheme_layout *l, uint32_t n_dims, const uint64_t *dim, bool zeros, size_t tile_size, tare_error *err)
{
	uint64_t scales, largest, tile = tile_size < 64 ? 64 : tile_size - tile_size % 64;

	if (l->opt.grain == TARE_GRAIN_BLOCK && !l->opt.block)
		return tare_fail(err, TARE_E_ARG, TARE_NOWHERE, "scheme %s: blocks of 0: expected 1 or more", l->scheme->name);
	scales = l->opt.grain == TARE_GRAIN_BLOCK ? grain_of_block(l) : l->opt.grain == TARE_GRAIN_CHANNEL ? grain_of_channel(l) :
		 grain_of_tensor(l);
	shape_parts(l, n_dims, dim, scales);
	l->n_parts = zeros ? 3 : 2;
	l->unit = unit_rows(l);
	l->units = (l->outer * l->blocks + l->unit - 1) / l->unit;
	largest = packed(first_of_unit(l, 1), l->opt.bits);
	if (l->opt.grain == TARE_GRAIN_BLOCK && largest <= 2 * tile) {
		l->per_tile = largest < tile ? tile / largest : 1;
		l->n_tiles = (l->units + l->per_tile - 1) / l->per_tile;
		return TARE_OK;
	}
	l->per_tile = tile * 8 / l->opt.bits;
	l->tiles_per_band = (first_of_unit(l, 1) + l->per_tile - 1) / l->per_tile;
	l->n_tiles = l->tiles_per_band * l->units;
	l->state_size = (size_t)(tare_grid_first_scale(l, 1) - tare_grid_first_scale(l, 0)) * 2 * sizeof(float);
	return TARE_OK;
}

void tare_grid_tile(const tare_scheme_layout *l, tare_scheme_tile *t)
{
	uint64_t unit = t->band, next = unit + 1, end, scale, scales;

	if (!l->tiles_per_band) {
		unit = t->index * l->per_tile;
		next = l->units - unit < l->per_tile ? l->units : unit + l->per_tile;
	}
	t->first = first_of_unit(l, unit);
	end = first_of_unit(l, next);
	if (l->tiles_per_band) {
		t->first += t->index % l->tiles_per_band * l->per_tile;
		t->first = t->first < end ? t->first : end;
		end = end - t->first < l->per_tile ? end : t->first + l->per_tile;
	}
	t->rows = 1;
	t->cols = t->stride = end - t->first;
	scale = tare_grid_first_scale(l, unit);
	scales = tare_grid_first_scale(l, next) - scale;
	t->part[TARE_PART_CODES].offset = packed(t->first, l->opt.bits);
	t->part[TARE_PART_CODES].size = (size_t)packed(t->cols, l->opt.bits);
	t->part[TARE_PART_SCALES].offset = scale * l->opt.scale->block_size;
	t->part[TARE_PART_SCALES].size = (size_t)scales * l->opt.scale->block_size;
	if (l->n_parts > TARE_PART_ZEROS) {
		t->part[TARE_PART_ZEROS].offset = packed(scale, l->opt.bits);
		t->part[TARE_PART_ZEROS].size = (size_t)packed(scales, l->opt.bits);
	}
}

size_t tare_grid_run(const tare_scheme_layout *l, uint64_t first, uint64_t most, uint64_t *scale, bool *varies)
{
	uint64_t i = first % l->inner, k = first / l->inner % l->depth, o = first / l->inner / l->depth, n = l->inner - i;

	*varies = l->step_inner;
	*scale = o * l->step_outer + k / l->block * l->step_block + i * l->step_inner;
	if (l->inner == 1) {
		*varies = l->block == 1;
		n = *varies ? l->depth - k : l->block - k % l->block;
		n = n < l->depth - k ? n : l->depth - k;
	}
	return (size_t)(n < most ? n : most);
}
