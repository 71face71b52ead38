/* The IQ types with AVX2. The suffix of this file's name makes the Makefile turn the instructions on. */
#ifdef __AVX2__
#include "types/decode_iq_lanes.h"
#include "types/iq1_lanes.h"
#include "types/iq4_lanes.h"
#include "types/lattice_lanes.h"
#else
typedef int tare_nothing_here; /* another architecture */
#endif
