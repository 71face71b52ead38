/* The types with AVX-512. The suffix of this file's name makes the Makefile turn the instructions on. */
#ifdef __AVX512BW__
#include "types/decode_lanes.h"
#include "types/fp4_lanes.h"
#include "types/k_lanes.h"
#include "types/legacy_lanes.h"
#include "types/low_bits_lanes.h"
#include "types/plain_lanes.h"
#else
typedef int tare_nothing_here; /* another architecture */
#endif
