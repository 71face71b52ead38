/* The scalar kernels: the definition of the bytes. */
#include "schemes/nbits_fit.h"

#define PLAIN(name) scalar_##name
#include "schemes/plain_kernels.h"

const tare_scheme_kernels tare_scheme_scalar = {
	.range = scalar_range, .range_run = scalar_range_run,
	.codes = { scalar_codes_away, scalar_codes_sum, scalar_codes_sum_f16, scalar_codes_quotient },
	.nbits_settle = scalar_nbits_settle, .nbits_codes = scalar_nbits_codes, .nbits_divided = scalar_nbits_divided,
	.k_quant = tare_nbits_k_quant, .search = tare_nbits_search, .transpose = scalar_transpose,
};
