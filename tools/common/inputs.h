/* The files named on the command line, and which of their tensors were asked for. */
#ifndef TARE_TOOLS_INPUTS_H
#define TARE_TOOLS_INPUTS_H

#include "common/options.h"

/* Operands, then the names in --files0-from; "-" if there are neither. Static storage. A terminal to be read ends the program with a
 * hint. */
const tool_list *tool_inputs(const tool_shared *s);
/* Opens with the shared options; warnings of the model and failures are told. NULL after a failure, *status raised. */
tare_model *tool_open(const tool_shared *s, const char *path, int *status);
/* Which tensors --select and --exclude leave: tare_model_tensor_count() of them, malloc'ed. *n: how many. */
bool *tool_selected(const tool_shared *s, const tare_model *m, size_t *n);
/* The same of a matrix: tare_imatrix_count() of them. */
bool *tool_selected_entries(const tool_shared *s, const tare_imatrix *im, size_t *n);
/* The name of the input as messages show it, malloc'ed. */
char *tool_input_name(const char *path);

#endif
