/* The K types with AVX2. The suffix of this file's name makes the Makefile turn the instructions on. */
#ifdef __AVX2__
#include "types/lanes_avx2.h"

#include "types/lanes.h"

#include "types/k_lanes.h"
#else
typedef int tare_nothing_here; /* another architecture */
#endif
