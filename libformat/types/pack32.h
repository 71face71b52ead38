/* Codes of 32 weights in the blocks q4_0, q4_1, q5_0, q5_1: byte j of low[16] holds weights j (low nibble) and j + 16; bit i of the
 * 32-bit little-endian high is the fifth bit of weight i. */
#ifndef TARE_TYPES_PACK32_H
#define TARE_TYPES_PACK32_H

#include <stddef.h>

#include "base/bytes.h"

static inline void tare_pack_low(uint8_t *restrict low, const uint8_t *restrict code)
{
	for (size_t j = 0; j < 16; j++)
		low[j] = (uint8_t)((code[j] & 15) | code[j + 16] << 4);
}

static inline void tare_pack_high(uint8_t *restrict high, const uint8_t *restrict code)
{
	uint32_t bits = 0;

	for (size_t i = 0; i < 32; i++)
		bits |= (uint32_t)(code[i] >> 4 & 1) << i;
	tare_put32(high, bits, false);
}

static inline void tare_unpack_low(uint8_t *restrict code, const uint8_t *restrict low)
{
	for (size_t j = 0; j < 16; j++) {
		code[j] = low[j] & 15;
		code[j + 16] = low[j] >> 4;
	}
}

/* Adds the fifth bits to codes unpacked by tare_unpack_low(). */
static inline void tare_unpack_high(uint8_t *restrict code, const uint8_t *restrict high)
{
	for (size_t i = 0; i < 32; i++)
		code[i] |= (uint8_t)((high[i / 8] >> i % 8 & 1) << 4);
}

#endif
