/* Loss, summed so that the result does not depend on how the work was cut among threads or on the instruction set: each tile has its own
 * partial sums, added up in a fixed order, and partial sums are joined in tile order.
 *
 * Values of the source that are not finite are not measured (the report counts them apart). A result that is not finite where the
 * source was makes the loss infinite. */
#ifndef TARE_MODEL_LOSS_H
#define TARE_MODEL_LOSS_H

#include "tare.h"

typedef struct tare_loss_sum {
	uint64_t count, blocks, zero_blocks;
	double signal, noise;      /* sum x^2, sum (x-y)^2 */
	double result, product;    /* sum y^2, sum x*y */
	double max_error;
} tare_loss_sum;

/* x: the source's values, y: what was written, decoded; n values in blocks of block_len. */
void tare_loss_add(tare_loss_sum *s, const float *x, const float *y, size_t n, size_t block_len);
void tare_loss_join(tare_loss_sum *s, const tare_loss_sum *more);
void tare_loss_finish(const tare_loss_sum *s, tare_loss *out);

#endif
