/* The parts of tare-requantize. */
#ifndef TARE_TOOLS_REQUANTIZE_H
#define TARE_TOOLS_REQUANTIZE_H

#include "common/options.h"
#include "tare.h"

typedef struct requantize_options {
	tool_shared shared; /* first */
	const char *recipe;
	tool_said said;     /* options that are keys of a recipe */
	bool print_recipe, dry_run, loss;
	const char *report;
	const char *verify;
} requantize_options;

/* The recipe of -r with what the other options say; NULL after a failure, which was told. Returns the exit status. */
int requantize_recipe(const requantize_options *o, tare_recipe **out);

#endif
