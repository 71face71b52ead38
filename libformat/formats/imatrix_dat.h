/* Importance matrices as llama-imatrix wrote them before August 2025, and still can (--output-format dat): little-endian, without a magic.
 *
 *   i32 entries, at least 1
 *   per entry: i32 length of the name, the name; i32 calls; i32 number of values, at least 1; the values, f32: mean squares times calls
 *   and, in newer files: i32 chunks; i32 length of the dataset's path, the path */
#ifndef TARE_FORMATS_IMATRIX_DAT_H
#define TARE_FORMATS_IMATRIX_DAT_H

#include "formats/format.h"

/* What comes before an entry's values. Name and number fit the format: at most INT32_MAX. */
tare_status tare_imatrix_dat_entry(tare_sink *s, tare_str name, int32_t calls, uint64_t values, tare_error *err);
/* What comes behind the last entry's values. */
tare_status tare_imatrix_dat_end(tare_sink *s, int32_t chunks, tare_str dataset, tare_error *err);

#endif
