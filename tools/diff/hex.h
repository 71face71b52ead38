/* The parts of --hex. */
#ifndef TARE_TOOLS_DIFF_HEX_H
#define TARE_TOOLS_DIFF_HEX_H

#include "diff/diff.h"

/* A block as it is stored. */
typedef struct hex_side {
	const uint8_t *bytes;
	size_t size;
	bool big;                /* byte order of its fields */
} hex_side;

/* A row for each field of the block, or for each byte of an array of them that differs. b: NULL to show a alone. type: NULL if it is not
 * known. */
void hex_fields(const tare_type *type, const hex_side *a, const hex_side *b);

#endif
