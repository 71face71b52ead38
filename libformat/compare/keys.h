/* Metadata: keys.c pairs entries by key, arrays.c says where two arrays differ. */
#ifndef TARE_COMPARE_KEYS_H
#define TARE_COMPARE_KEYS_H

#include "compare/compare.h"

/* The same kind and contents, bit for bit, byte order aside. */
tare_status tare_same_value(const tare_value *a, const tare_value *b, bool *same, tare_error *err);
/* Fills what d says of two arrays of one kind that differ. */
tare_status tare_compare_arrays(tare_comparison *c, const tare_array *a, const tare_array *b, tare_key_difference *d, tare_error *err);

#endif
