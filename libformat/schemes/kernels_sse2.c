/* The schemes' kernels with SSE2, which every x86-64 has. The suffix of this file's name makes the Makefile turn the instructions on. */
#ifdef __SSE2__
#include "schemes/lane_kernels.h"

const tare_scheme_kernels tare_scheme_kernels_sse2 = LANE_KERNELS(TARE_CPU_SSE2);
#else
typedef int tare_nothing_here; /* another architecture */
#endif
