/* The types with SSE2, which every x86-64 has. */
#ifdef __SSE2__
#include "types/decode_lanes.h"
#include "types/fp4_lanes.h"
#include "types/k_lanes.h"
#include "types/legacy_lanes.h"
#include "types/low_bits_lanes.h"
#include "types/plain_lanes.h"
#else
typedef int tare_nothing_here; /* another architecture */
#endif
