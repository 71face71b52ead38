/* The kernels as one instruction set has them. Compiled once for each, at -O3. */
#ifndef TARE_SCHEMES_LANE_KERNELS_H
#define TARE_SCHEMES_LANE_KERNELS_H

#include "schemes/nbits_fit.h"
#include "types/lanes.h"

#define PLAIN(name) LANES_NAME(name)
#include "schemes/nbits_lanes.h"
#include "schemes/plain_kernels.h"

#define LANE_KERNELS(flag)                                                                                                     \
	{                                                                                                                      \
		.cpu = flag, .range = LANES_NAME(range_lanes), .range_run = LANES_NAME(range_run),                                   \
		.codes = { LANES_NAME(codes_away), LANES_NAME(codes_sum), LANES_NAME(codes_sum_f16), LANES_NAME(codes_quotient) }, \
		.nbits_settle = LANES_NAME(nbits_settle), .nbits_codes = LANES_NAME(nbits_codes_lanes),                              \
		.nbits_divided = LANES_NAME(nbits_divided), .k_quant = tare_nbits_k_quant, .search = tare_nbits_search,        \
		.transpose = LANES_NAME(transpose),                                                                            \
	}

#endif
