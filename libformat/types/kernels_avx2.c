/* The types with AVX2 and F16C. The suffix of this file's name makes the Makefile turn the instructions on. */
#ifdef __AVX2__
#include "types/decode_lanes.h"
#include "types/fp4_lanes.h"
#include "types/k_lanes.h"
#include "types/legacy_lanes.h"
#include "types/low_bits_lanes.h"
#include "types/plain_lanes.h"
#else
typedef int tare_nothing_here; /* another architecture */
#endif
