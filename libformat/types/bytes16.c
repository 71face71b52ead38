#include "types/bytes16.h"

#define BIT(i, j) ((i) >> (j) & 1 ? 255 : 0)
#define ROW(i) { BIT(i, 0), BIT(i, 1), BIT(i, 2), BIT(i, 3), BIT(i, 4), BIT(i, 5), BIT(i, 6), BIT(i, 7) }
#define ROWS4(i) ROW(i), ROW(i + 1), ROW(i + 2), ROW(i + 3)
#define ROWS16(i) ROWS4(i), ROWS4(i + 4), ROWS4(i + 8), ROWS4(i + 12)
#define ROWS64(i) ROWS16(i), ROWS16(i + 16), ROWS16(i + 32), ROWS16(i + 48)

const uint8_t tare_b16_bits[256][8] = { ROWS64(0), ROWS64(64), ROWS64(128), ROWS64(192) };
