/* The K types with SSE2, which every x86-64 has. */
#ifdef __SSE2__
#include "types/k_lanes.h"
#else
typedef int tare_nothing_here; /* another architecture */
#endif
