/* Elements that an f32 cannot hold: integers of 32 bits and more, and f64. Each becomes the nearest double and what is missing to it, so
 * that all of them are compared exactly, whatever two types they are of. */
#include "compare/sums.h"

#include "base/bytes.h"
#include "types/type.h"

#include <math.h>

/* high + low, where high is the nearest double. */
typedef struct wide {
	double high;
	int64_t low;
} wide;

/* Doubles of this magnitude are whole, and |low| is at most half their spacing: it fits, modulo 2^64, whatever the size of high. */
static wide of_bits(uint64_t v, double high)
{
	bool outside = high >= 0x1p63;
	uint64_t whole = outside ? (high >= 0x1p64 ? 0 : (uint64_t)high) : (uint64_t)(int64_t)high;

	return (wide){ high, (int64_t)(v - whole) };
}

static wide of_i64(int64_t v)
{
	return of_bits((uint64_t)v, (double)v);
}

static wide of_u64(uint64_t v)
{
	return of_bits(v, (double)v);
}

static double f64_at(const uint8_t *p)
{
	uint64_t bits = tare_get64(p, false);
	double v;

	memcpy(&v, &bits, sizeof v);
	return v;
}

bool tare_is_wide(const tare_type *t)
{
	return t == &tare_type_i32 || t == &tare_type_i64 || t == &tare_type_u32 || t == &tare_type_u64 || t == &tare_type_f64;
}

/* p: an element of a type without blocks. */
static wide element(const tare_type *t, const uint8_t *p)
{
	float f;

	if (t == &tare_type_f64)
		return (wide){ f64_at(p), 0 };
	if (t == &tare_type_i64)
		return of_i64((int64_t)tare_get64(p, false));
	if (t == &tare_type_u64)
		return of_u64(tare_get64(p, false));
	if (t == &tare_type_i32)
		return of_i64((int32_t)tare_get32(p, false));
	if (t == &tare_type_u32)
		return of_u64(tare_get32(p, false));
	t->decode(&f, p, 1);
	return (wide){ (double)f, 0 };
}

static bool differs(wide x, wide y)
{
	return !((x.high == y.high && x.low == y.low) || (x.high != x.high && y.high != y.high));
}

static void measure(tare_value_sums *s, wide x, wide y)
{
	double d = (x.high - y.high) + (double)(x.low - y.low), size = fabs(d);
	tare_loss_sum *l = &s->loss;

	l->count++;
	l->signal += x.high * x.high;
	l->noise += d * d;
	l->result += y.high * y.high;
	l->product += x.high * y.high;
	/* What is no number in y makes the loss infinite, and a NaN is not above anything. */
	if (!(size <= l->max_error))
		l->max_error = size;
}

static void add(tare_value_sums *s, wide x, wide y, uint64_t at)
{
	bool a = isfinite(x.high), b = isfinite(y.high), other = differs(x, y);

	s->nonfinite_a += !a;
	s->nonfinite_b += !b;
	s->nonfinite_differ += other && !(a && b);
	if (other && !s->differ) {
		s->first = at;
		s->first_a = x.high;
		s->first_b = y.high;
	}
	s->differ += other;
	if (a)
		measure(s, x, y);
	if (!a || !b)
		return;
	s->both++;
	s->error += fabs((x.high - y.high) + (double)(x.low - y.low));
}

void tare_value_sums_add_wide(tare_value_sums *s, const tare_type *ta, const uint8_t *a, const tare_type *tb, const uint8_t *b, size_t n,
			      uint64_t at)
{
	size_t i;

	for (i = 0; i < n; i++)
		add(s, element(ta, a + i * ta->block_size), element(tb, b + i * tb->block_size), at + i);
}
