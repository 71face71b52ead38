/* The schemes' kernels with NEON, which every aarch64 has. The suffix of this file's name makes the Makefile turn the instructions on. */
#ifdef __aarch64__
#include "schemes/lane_kernels.h"

const tare_scheme_kernels tare_scheme_kernels_neon = LANE_KERNELS(TARE_CPU_NEON);
#else
typedef int tare_nothing_here; /* another architecture */
#endif
