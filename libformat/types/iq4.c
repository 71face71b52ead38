#include "types/iq4.h"

const int8_t tare_iq4_level[16] = { -127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113 };
