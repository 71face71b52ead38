/* The two searches for scale and zero point, one column after the other. */
#ifndef TARE_SCHEMES_NBITS_FIT_H
#define TARE_SCHEMES_NBITS_FIT_H

#include "schemes/kernels.h"

void tare_nbits_k_quant(tare_nbits_scales *q, const tare_nbits_fit *f);
void tare_nbits_search(tare_nbits_scales *q, const tare_nbits_fit *f);

#endif
