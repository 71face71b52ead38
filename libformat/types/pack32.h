/* The legacy blocks: 32 weights under one f16 scale. Layouts, and the packing of their codes: byte j of low[16] holds weights j (low
 * nibble) and j + 16; bit i of the 32-bit little-endian high is the fifth bit of weight i. */
#ifndef TARE_TYPES_PACK32_H
#define TARE_TYPES_PACK32_H

#include <stddef.h>

#include "base/bytes.h"
#include "types/bytes16.h"

struct tare_q4_0 { /* (code - 8) x scale */
	uint8_t d[2];
	uint8_t low[16];
};
_Static_assert(sizeof(struct tare_q4_0) == 18, "q4_0");

struct tare_q4_1 { /* code x scale + minimum */
	uint8_t d[2];
	uint8_t m[2];
	uint8_t low[16];
};
_Static_assert(sizeof(struct tare_q4_1) == 20, "q4_1");

struct tare_q5_0 { /* (code - 16) x scale */
	uint8_t d[2];
	uint8_t high[4];
	uint8_t low[16];
};
_Static_assert(sizeof(struct tare_q5_0) == 22, "q5_0");

struct tare_q5_1 { /* code x scale + minimum */
	uint8_t d[2];
	uint8_t m[2];
	uint8_t high[4];
	uint8_t low[16];
};
_Static_assert(sizeof(struct tare_q5_1) == 24, "q5_1");

struct tare_q8_0 { /* code x scale */
	uint8_t d[2];
	int8_t code[32];
};
_Static_assert(sizeof(struct tare_q8_0) == 34, "q8_0");

static inline void tare_pack_low(uint8_t *low, const uint8_t *code)
{
	tare_b16_store(low, (tare_b16_load(code) & 15) | tare_b16_load(code + 16) << 4);
}

/* Eight codes at a time: the product gathers their fifth bits in its upper byte. */
static inline void tare_pack_high(uint8_t *high, const uint8_t *code)
{
	for (size_t i = 0; i < 4; i++)
		high[i] = (uint8_t)(((tare_get64(code + 8 * i, false) >> 4 & 0x0101010101010101) * 0x0102040810204080) >> 56);
}

static inline void tare_unpack_low(uint8_t *code, const uint8_t *low)
{
	tare_b16 v = tare_b16_load(low);

	tare_b16_store(code, v & 15);
	tare_b16_store(code + 16, v >> 4);
}

/* Nibbles and fifth bits. */
static inline void tare_unpack_five(uint8_t *code, const uint8_t *low, const uint8_t *high)
{
	tare_b16 v = tare_b16_load(low);

	tare_b16_store(code, (v & 15) | (tare_b16_of_bits(high[0], high[1]) & 16));
	tare_b16_store(code + 16, v >> 4 | (tare_b16_of_bits(high[2], high[3]) & 16));
}

#endif
