/* What programs say of a model. */
#ifndef TARE_TOOLS_MODEL_H
#define TARE_TOOLS_MODEL_H

#include "tare.h"

/* Sums over all tensors of a model. */
typedef struct tool_sum {
	uint64_t weights, bytes;
} tool_sum;

tool_sum tool_sum_of(const tare_model *m);
/* Bytes of all files; false if one is a stream that has not said. */
bool tool_file_bytes(const tare_model *m, uint64_t *bytes);
/* "q4_K"; "type 99" for one not known to this version, in a buffer that lasts until the next call but one. */
const char *tool_type(const tare_tensor *t);

#endif
