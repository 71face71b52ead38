/* What is added up of two tensors' values, stretch by stretch. As in model/loss.h, the result depends neither on threads nor on the
 * instruction set. */
#ifndef TARE_COMPARE_SUMS_H
#define TARE_COMPARE_SUMS_H

#include "model/loss.h"

typedef struct tare_value_sums {
	tare_loss_sum loss;
	double error;            /* sum |a-b|, */
	uint64_t both;           /* over so many elements that are finite in both */
	uint64_t differ;
	uint64_t nonfinite_a, nonfinite_b, nonfinite_differ;
	uint64_t first;          /* element that differs; only if differ is not 0 */
	double first_a, first_b;
} tare_value_sums;

/* n values of a and b from element `at` on; x and y may be the same values. */
void tare_value_sums_add(tare_value_sums *s, const float *x, const float *y, size_t n, uint64_t at);
/* more comes behind what s has. */
void tare_value_sums_join(tare_value_sums *s, const tare_value_sums *more);
/* What measuring found out, into p. */
void tare_value_sums_finish(const tare_value_sums *s, tare_pair *p);

/* Types whose elements an f32 cannot hold (wide.c): both tensors are of types without blocks. */
bool tare_is_wide(const tare_type *t);
/* The same for n elements as stored, little-endian, of types of which one at least is wide. */
void tare_value_sums_add_wide(tare_value_sums *s, const tare_type *ta, const uint8_t *a, const tare_type *tb, const uint8_t *b, size_t n,
			      uint64_t at);

#endif
