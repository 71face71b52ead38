/* Numbers as people write and read them. */
#ifndef TARE_TOOLS_NUMBER_H
#define TARE_TOOLS_NUMBER_H

#include "tare.h"

/* The whole of text: digits only, or with K, M, G or T (KiB and KB are read as K) for powers of 1024; fractions before a unit ("2.4G"). */
bool tool_parse_number(const char *text, uint64_t *out);
bool tool_parse_size(const char *text, uint64_t *out);
/* A finite decimal number, perhaps with a sign, a fraction, an exponent. */
bool tool_parse_real(const char *text, double *out);
/* The same with or without a percent sign: "20%" and "20" are 20. */
bool tool_parse_percent(const char *text, double *out);

/* A result of these stays good until eight more were asked for: enough for one line of output. */
const char *tool_bytes(uint64_t n);   /* "1.13 MiB" */
const char *tool_count(uint64_t n);   /* "1,234,567" */
const char *tool_share(uint64_t part, uint64_t whole); /* "63.7 %" */
const char *tool_bits(uint64_t bytes, uint64_t count); /* bits for each of count: "4.50" */
const char *tool_real(double v);      /* four digits that matter: "-0.03712", "1.250e-12" */
const char *tool_shape(const uint64_t *dim, uint32_t n); /* "512 x 64"; "scalar" */
const char *tool_time(double seconds); /* "0:07", "1:02:09" */

#endif
