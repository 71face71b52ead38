/* The K types with AVX2. The suffix of this file's name makes the Makefile turn the instructions on. */
#ifdef __AVX2__
#include "types/k_lanes.h"
#else
typedef int tare_nothing_here; /* another architecture */
#endif
