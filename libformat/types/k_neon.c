/* The K types with NEON, which every aarch64 has. */
#ifdef __aarch64__
#include "types/k_lanes.h"
#else
typedef int tare_nothing_here; /* another architecture */
#endif
