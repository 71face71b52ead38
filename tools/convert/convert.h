/* The parts of tare-convert. */
#ifndef TARE_TOOLS_CONVERT_H
#define TARE_TOOLS_CONVERT_H

#include "common/options.h"
#include "tare.h"

typedef struct convert_options {
	tool_shared shared; /* first */
	const char *type, *graph;
	unsigned endian;
	unsigned chunk_size;
	bool dry_run;
} convert_options;

/* Is it more than a copy: importance matrices to be added up, or one to be put into the other form? first: the first of n inputs. */
bool convert_is_matrix_work(const convert_options *o, const tare_model *first, size_t n);
/* All inputs added up and written; takes first over. The exit status. */
int convert_matrices(const convert_options *o, const tool_list *inputs, tare_model *first);

#endif
