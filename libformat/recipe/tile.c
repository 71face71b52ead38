#include "recipe/tile.h"

#include "base/bytes.h"
#include "base/escape.h"
#include "model/scan.h"

enum {
	TILE_VALUES = 1 << 16,
	COPY_BYTES = 1 << 18,    /* of a copy that needs a buffer */
	DIRECT_BYTES = 1 << 22,  /* of one that does not */
	PAGE = 4096,
};

static const tare_tensor *source_of(const tare_plan *p, size_t i)
{
	return &p->in->tensors[p->steps[i].source];
}

static const tare_importance *weights_of(const tare_plan *p, size_t i)
{
	return p->weights ? p->weights[i] : NULL;
}

static bool swaps(const tare_plan *p, const tare_tensor *t)
{
	return p->in->big_endian != p->out->big_endian && t->type && t->type->swap;
}

bool tare_step_is_direct(const tare_plan *p, size_t i)
{
	return p->steps[i].copies && !swaps(p, &p->out->tensors[i]) &&
	       !tare_source_is_stream(p->in->files[source_of(p, i)->file].source);
}

static uint64_t most_of(uint64_t limit, uint64_t unit)
{
	return limit > unit ? limit - limit % unit : unit;
}

static tare_cut cut_copy(const tare_plan *p, size_t i)
{
	const tare_tensor *t = &p->out->tensors[i];
	tare_cut c = { .total = t->size, .unit = swaps(p, t) ? t->type->block_size : 1 };

	c.strip = c.tile = most_of(tare_step_is_direct(p, i) ? DIRECT_BYTES : COPY_BYTES, c.unit);
	return c;
}

/* Block lengths are powers of two, so the larger holds whole blocks of both. */
tare_cut tare_cut_of(const tare_plan *p, size_t i)
{
	const tare_tensor *from = source_of(p, i), *to = &p->out->tensors[i];
	tare_cut c;

	if (p->steps[i].copies)
		return cut_copy(p, i);
	c.total = to->count;
	c.unit = from->type->block_len > to->type->block_len ? from->type->block_len : to->type->block_len;
	if (weights_of(p, i))
		c.unit = tare_tensor_cols(to);
	c.strip = most_of(TARE_STRIP, c.unit);
	c.tile = most_of(TILE_VALUES, c.strip);
	return c;
}

static uint64_t bytes_of(const tare_type *t, uint64_t values)
{
	return tare_type_blocks(t, values) * t->block_size;
}

static void at_least(size_t *room, uint64_t want, uint64_t total)
{
	size_t n = want < total ? want : total;

	if (*room < n)
		*room = n;
}

void tare_tile_room_for(const tare_plan *p, size_t i, tare_tile_room *room)
{
	const tare_tensor *from = source_of(p, i), *to = &p->out->tensors[i];
	bool stream = tare_source_is_stream(p->in->files[from->file].source);
	tare_cut c = tare_cut_of(p, i);

	if (p->steps[i].copies) {
		at_least(&room->in, stream ? c.tile : 0, c.total);
		at_least(&room->out, swaps(p, to) ? c.tile : 0, c.total);
		return;
	}
	at_least(&room->in, stream ? bytes_of(from->type, c.tile) : 0, from->size);
	at_least(&room->out, bytes_of(to->type, c.tile), to->size);
	at_least(&room->values, c.strip, c.total);
	at_least(&room->swapped, bytes_of(from->type, c.strip), from->size);
	at_least(&room->weights, weights_of(p, i) ? tare_tensor_cols(to) : 0, c.total);
}

void tare_tile_begin(const tare_plan *p, tare_tile *t, size_t index, uint64_t at)
{
	const tare_tensor *from = source_of(p, index), *to = &p->out->tensors[index];
	tare_cut c = tare_cut_of(p, index);

	t->index = t->due = index;
	t->spread = NULL;
	t->at = t->src_offset = t->out_offset = at;
	t->n = c.total - at < c.tile ? c.total - at : c.tile;
	t->src_size = t->out_size = t->n;
	t->last = at + t->n == c.total;
	t->sum = (tare_loss_sum){ 0 };
	t->nans = t->infs = 0;
	if (p->steps[index].copies)
		return;
	t->src_offset = bytes_of(from->type, at);
	t->src_size = bytes_of(from->type, t->n);
	t->out_offset = bytes_of(to->type, at);
	t->out_size = bytes_of(to->type, t->n);
}

typedef uint32_t quad __attribute__((vector_size(16)));

/* n is a multiple of 4 or the rest is looked at one by one. */
static bool has_nonfinite(const float *x, size_t n)
{
	quad found = { 0 }, bits, top;
	size_t i;

	for (i = 0; i + 4 <= n; i += 4) {
		memcpy(&bits, x + i, sizeof bits);
		top = bits & 0x7f800000u;
		found |= (quad)(top == 0x7f800000u);
	}
	for (; i < n; i++)
		found[0] |= (tare_bits_of_f32(x[i]) & 0x7f800000u) == 0x7f800000u;
	return found[0] | found[1] | found[2] | found[3];
}

static tare_status refuse_nonfinite(const tare_plan *p, const tare_tile *t, float x, uint64_t at, tare_error *err)
{
	const tare_tensor *from = source_of(p, t->index);
	uint64_t cols = tare_tensor_cols(from);

	tare_fail(err, TARE_E_REFUSED, TARE_NOWHERE, "tensor '%s': %s in row %llu, column %llu (counted from 0): "
		  "'nonfinite: zero' or 'keep' (--nonfinite) would go on", TARE_SHOW(from->name), x != x ? "NaN" : "infinity",
		  (unsigned long long)(at / cols), (unsigned long long)(at % cols));
	tare_model_blame(p->in, from->file, err);
	return TARE_E_REFUSED;
}

tare_status tare_tile_nonfinite(const tare_plan *p, tare_tile *t, float *x, size_t n, uint64_t at, tare_error *err)
{
	size_t i;

	if (!has_nonfinite(x, n))
		return TARE_OK;
	for (i = 0; i < n; i++) {
		if ((tare_bits_of_f32(x[i]) & 0x7f800000u) != 0x7f800000u)
			continue;
		if (p->nonfinite == TARE_NONFINITE_ERROR)
			return refuse_nonfinite(p, t, x[i], at + i, err);
		t->nans += x[i] != x[i];
		t->infs += x[i] == x[i];
		if (p->nonfinite == TARE_NONFINITE_ZERO)
			x[i] = 0;
	}
	return TARE_OK;
}

/* Importances of a slice, kept for the rows to come. A fourth dimension meets the same slices again. */
const float *tare_tile_importances(tare_bench *b, const tare_importance *e, uint64_t slice, uint64_t cols)
{
	slice %= e->values / cols;
	if (b->weighted != e || b->slice != slice)
		tare_importance_get(e, slice * cols, cols, b->weights);
	b->weighted = e;
	b->slice = slice;
	return b->weights;
}

/* Whole rows, from row `row` of the tensor. Each slice of the two fastest dimensions (an expert) has importances of its own. */
void tare_tile_encode_rows(tare_bench *b, const tare_tensor *to, const tare_importance *e, uint64_t row, uint64_t n_rows, uint8_t *out)
{
	uint64_t cols = tare_tensor_cols(to), per_slice = to->n_dims > 1 ? to->dim[to->n_dims - 2] : 1, done, k;

	for (done = 0; done < n_rows; done += k) {
		uint64_t at = row + done;

		k = per_slice - at % per_slice;
		k = k < n_rows - done ? k : n_rows - done;
		tare_type_encode(to->type)(out + bytes_of(to->type, done * cols), b->x + done * cols, k, cols,
					   tare_tile_importances(b, e, at / per_slice, cols));
	}
}

tare_status tare_tile_decode(const tare_plan *p, tare_tile *t, tare_bench *b, uint64_t done, size_t n, tare_error *err)
{
	const tare_tensor *from = source_of(p, t->index);

	tare_tensor_decode(p->in, from, t->src + bytes_of(from->type, done), tare_type_blocks(from->type, n), b->swapped, b->x);
	return tare_tile_nonfinite(p, t, b->x, n, t->at + done, err);
}

/* n values from value `done` of the tile. */
static tare_status work_strip(const tare_plan *p, tare_tile *t, tare_bench *b, bool measure, uint64_t done, size_t n, tare_error *err)
{
	const tare_tensor *to = &p->out->tensors[t->index];
	const tare_importance *weights = weights_of(p, t->index);
	uint8_t *out = t->out_buf + bytes_of(to->type, done);

	TARE_TRY(tare_tile_decode(p, t, b, done, n, err));
	if (weights)
		tare_tile_encode_rows(b, to, weights, (t->at + done) / tare_tensor_cols(to), n / tare_tensor_cols(to), out);
	else
		tare_type_encode(to->type)(out, b->x, 1, n, NULL);
	if (measure) {
		tare_type_decode(to->type)(b->y, out, n / to->type->block_len);
		tare_loss_add(&t->sum, b->x, b->y, n, to->type->block_len);
	}
	return TARE_OK;
}

static tare_status recode(const tare_plan *p, tare_tile *t, tare_bench *b, bool measure, tare_error *err)
{
	const tare_type *to = p->out->tensors[t->index].type;
	uint64_t done, k, strip = tare_cut_of(p, t->index).strip;

	for (done = 0; done < t->n; done += k) {
		k = t->n - done < strip ? t->n - done : strip;
		TARE_TRY(work_strip(p, t, b, measure, done, k, err));
	}
	t->out = t->out_buf;
	if (p->out->big_endian && to->swap)
		to->swap(t->out_buf, t->n / to->block_len);
	return TARE_OK;
}

/* Brings mapped pages in, so that the thread that writes them need not wait. */
static void touch(const uint8_t *bytes, size_t size)
{
	size_t i;

	for (i = 0; i < size; i += PAGE)
		(void)*(const volatile uint8_t *)(bytes + i);
}

tare_status tare_tile_work(const tare_plan *p, tare_tile *t, tare_bench *b, bool measure, tare_error *err)
{
	const tare_tensor *to = &p->out->tensors[t->index];

	if (!p->steps[t->index].copies)
		return recode(p, t, b, measure, err);
	t->out = t->src;
	if (swaps(p, to)) {
		memcpy(t->out_buf, t->src, t->src_size);
		to->type->swap(t->out_buf, t->src_size / to->type->block_size);
		t->out = t->out_buf;
	} else {
		touch(t->src, t->src_size);
	}
	return TARE_OK;
}
