#include "recipe/spread.h"

#include "base/escape.h"
#include "model/scan.h"

enum { ALIGN = 64 };

static const tare_tensor *source_of(const tare_plan *p, const tare_spread *s)
{
	return &p->in->tensors[s->source];
}

uint64_t tare_spread_bands(const tare_spread *s)
{
	const uint64_t per = s->layout.tiles_per_band;

	return per ? (s->layout.n_tiles + per - 1) / per : 0;
}

tare_status tare_spread_check(const tare_plan *p, const tare_spread *s, tare_error *err)
{
	const tare_tensor *from = source_of(p, s);

	if (!from->type || !from->type->decode || from->type->block_len != 1)
		return tare_fail(err, TARE_E_UNSUPPORTED, TARE_NOWHERE, "tensor '%s': scheme %s takes plain values, and not %s",
				 TARE_SHOW(from->name), s->layout.scheme->name, from->type ? from->type->name : "an unknown type");
	if (p->in->big_endian)
		return tare_fail(err, TARE_E_UNSUPPORTED, TARE_NOWHERE, "tensor '%s': scheme %s takes little-endian values only",
				 TARE_SHOW(from->name), s->layout.scheme->name);
	return TARE_OK;
}

/* ---- tiles ---- */

static size_t padded(size_t n)
{
	return (n + ALIGN - 1) & ~(size_t)(ALIGN - 1);
}

/* Tiles are alike but for the last of a row of them, which is smaller: the first is as large as any. */
void tare_spread_room_for(const tare_plan *p, const tare_spread *s, tare_tile_room *room)
{
	tare_scheme_tile tile;
	size_t out = 0, copy, i;

	tare_scheme_tile_at(&s->layout, 0, &tile);
	for (i = 0; i < s->layout.n_parts; i++)
		out += padded(tile.part[i].size);
	copy = p->nonfinite == TARE_NONFINITE_ZERO ? (size_t)(tile.rows * tile.cols) * sizeof(float) : 0;
	room->out = room->out > out ? room->out : out;
	room->in = room->in > copy ? room->in : copy;
	room->values = room->values > TARE_STRIP ? room->values : TARE_STRIP;
	room->state = room->state > s->layout.state_size ? room->state : s->layout.state_size;
}

static void place_parts(tare_tile *t)
{
	uint8_t *at = t->out_buf;
	size_t i;

	for (i = 0; i < TARE_PARTS; i++) {
		t->made[i] = i < t->spread->layout.n_parts ? at : NULL;
		at += t->made[i] ? padded(t->rectangle.part[i].size) : 0;
	}
}

void tare_spread_begin(const tare_plan *p, const tare_spread *s, tare_tile *t, size_t due, uint64_t at)
{
	const uint32_t size = source_of(p, s)->type->block_size;
	const tare_scheme_tile *r = &t->rectangle;

	t->spread = s;
	t->due = due;
	t->at = at;
	t->n = 1;
	t->last = at + 1 == s->layout.n_tiles;
	tare_scheme_tile_at(&s->layout, at, &t->rectangle);
	t->index = s->part[TARE_PART_CODES];
	t->sum = (tare_loss_sum){ 0 };
	t->nans = t->infs = 0;
	t->src_offset = r->first * size;
	t->src_size = (size_t)((r->rows ? (r->rows - 1) * r->stride + r->cols : 0) * size);
	t->out_offset = r->part[TARE_PART_CODES].offset;
	t->out_size = r->part[TARE_PART_CODES].size;
	t->out = t->out_buf;
	place_parts(t);
}

/* All tiles of a band make the same scales: the first of them hands them on. */
static bool hands_on(const tare_tile *t, unsigned part)
{
	return part == TARE_PART_CODES || !t->spread->layout.tiles_per_band || t->rectangle.opens_band;
}

bool tare_tile_part_at(const tare_tile *t, unsigned i, tare_tile_part *out)
{
	if (!t->spread) {
		*out = (tare_tile_part){ t->index, t->out_offset, t->out, t->out_size };
		return !i;
	}
	if (i >= t->spread->layout.n_parts)
		return false;
	*out = (tare_tile_part){ t->spread->part[i], t->rectangle.part[i].offset, t->made[i], hands_on(t, i) ? t->rectangle.part[i].size : 0 };
	return true;
}

/* ---- values ---- */

/* Where the values to work on are: in the source, or in a copy from which what is not finite was taken out. */
static tare_values values_of(const tare_plan *p, const tare_tile *t)
{
	if (p->nonfinite == TARE_NONFINITE_ZERO)
		return (tare_values){ &tare_type_f32, t->in_buf, t->rectangle.cols };
	return (tare_values){ source_of(p, t->spread)->type, t->src, t->rectangle.stride };
}

/* n values from (row, col) of the tile in b->x, after look(). */
static void fetch(const tare_plan *p, const tare_tile *t, tare_bench *b, uint64_t row, uint64_t col, size_t n)
{
	const tare_values v = values_of(p, t);

	tare_type_decode(v.type)(b->x, (const uint8_t *)v.at + (row * v.stride + col) * v.type->block_size, n);
}

/* One run of values in the source: what is not finite is dealt with, and the copy made if there is to be one. */
static tare_status look_at_run(const tare_plan *p, tare_tile *t, tare_bench *b, uint64_t row, uint64_t col, size_t n, tare_error *err)
{
	const tare_type *type = source_of(p, t->spread)->type;
	const uint64_t at = row * t->rectangle.stride + col;

	tare_type_decode(type)(b->x, t->src + at * type->block_size, n);
	TARE_TRY(tare_tile_nonfinite(p, t, b->x, n, t->rectangle.first + at, err));
	if (p->nonfinite == TARE_NONFINITE_ZERO)
		memcpy((float *)(void *)t->in_buf + row * t->rectangle.cols + col, b->x, n * sizeof *b->x);
	return TARE_OK;
}

typedef tare_status run_fn(const tare_plan *p, tare_tile *t, tare_bench *b, uint64_t row, uint64_t col, size_t n, tare_error *err);

static tare_status each_run(const tare_plan *p, tare_tile *t, tare_bench *b, run_fn *run, tare_error *err)
{
	const tare_scheme_tile *r = &t->rectangle;
	uint64_t row, col;
	size_t n;

	for (row = 0; row < r->rows; row++)
		for (col = 0; col < r->cols; col += n) {
			n = r->cols - col < TARE_STRIP ? (size_t)(r->cols - col) : TARE_STRIP;
			TARE_TRY(run(p, t, b, row, col, n, err));
		}
	return TARE_OK;
}

static tare_status loss_of_run(const tare_plan *p, tare_tile *t, tare_bench *b, uint64_t row, uint64_t col, size_t n, tare_error *err)
{
	(void)err;
	fetch(p, t, b, row, col, n);
	tare_scheme_decode(&t->spread->layout, &t->rectangle, (const uint8_t *const *)t->made, row, 1, col, n, b->y, n);
	tare_loss_add(&t->sum, b->x, b->y, n, n);
	return TARE_OK;
}

/* ---- the work ---- */

tare_status tare_spread_measure(const tare_plan *p, tare_tile *t, tare_bench *b, void *state, tare_error *err)
{
	const tare_values v = values_of(p, t);

	TARE_TRY(each_run(p, t, b, look_at_run, err));
	tare_scheme_begin(&t->spread->layout, state);
	tare_scheme_measure(&t->spread->layout, &t->rectangle, &v, state);
	return TARE_OK;
}

tare_status tare_spread_work(const tare_plan *p, tare_tile *t, tare_bench *b, const void *state, bool measure, tare_error *err)
{
	const tare_values v = values_of(p, t);

	TARE_TRY(each_run(p, t, b, look_at_run, err));
	tare_scheme_encode(&t->spread->layout, &t->rectangle, &v, t->spread->importance, state, t->made);
	return measure ? each_run(p, t, b, loss_of_run, err) : TARE_OK;
}
