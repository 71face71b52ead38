#include "types/swap.h"

#include "base/bytes.h"

static void swap_field(uint8_t *p, size_t width)
{
	if (width == 2)
		tare_put16(p, tare_get16(p, true), false);
	else if (width == 4)
		tare_put32(p, tare_get32(p, true), false);
	else
		tare_put64(p, tare_get64(p, true), false);
}

void tare_swap_fields(void *blocks, size_t nblocks, size_t block_size, size_t offset, size_t count, size_t width)
{
	uint8_t *block = blocks;

	for (size_t i = 0; i < nblocks; i++, block += block_size)
		for (size_t k = 0; k < count; k++)
			swap_field(block + offset + k * width, width);
}
