/* The types with NEON, which every aarch64 has. */
#ifdef __aarch64__
#include "types/decode_lanes.h"
#include "types/fp4_lanes.h"
#include "types/k_lanes.h"
#include "types/legacy_lanes.h"
#include "types/low_bits_lanes.h"
#include "types/plain_lanes.h"
#else
typedef int tare_nothing_here; /* another architecture */
#endif
