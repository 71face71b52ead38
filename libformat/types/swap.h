/* Reversing the byte order of fields inside blocks. */
#ifndef TARE_TYPES_SWAP_H
#define TARE_TYPES_SWAP_H

#include <stddef.h>

/* Of each of nblocks blocks of block_size bytes, the count fields of width (2, 4 or 8) bytes that start at offset. */
void tare_swap_fields(void *blocks, size_t nblocks, size_t block_size, size_t offset, size_t count, size_t width);

#endif
