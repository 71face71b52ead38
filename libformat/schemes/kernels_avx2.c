/* The schemes' kernels with AVX2. The suffix of this file's name makes the Makefile turn the instructions on. */
#ifdef __AVX2__
#include "schemes/lane_kernels.h"

const tare_scheme_kernels tare_scheme_kernels_avx2 = LANE_KERNELS(TARE_CPU_AVX2);
#else
typedef int tare_nothing_here; /* another architecture */
#endif
