/* Several importance matrices added up, as llama-imatrix does it with --in-file: sums and counts are added in the order of the files, entry
 * by entry. The older form holds means, so its values and calls are multiplied by the tokens of a chunk first. Nothing is kept in memory
 * but the list of entries. */
#ifndef TARE_MODEL_IMATRIX_SUM_H
#define TARE_MODEL_IMATRIX_SUM_H

#include "model/imatrix.h"

typedef struct tare_sum_entry {
	tare_str name;
	uint64_t values, slices;
	int64_t most;                 /* the largest count */
	uint64_t empty;               /* slices without data */
} tare_sum_entry;

typedef struct tare_imatrix_sum {
	tare_imatrix *const *parts;
	size_t n_parts;
	int32_t chunk_size;           /* tokens of a chunk */
	int32_t chunks;
	tare_sum_entry *entries;      /* in bytewise order of names */
	size_t n_entries;
} tare_imatrix_sum;

/* chunk_size: 0 for what the first part that says it says, else 512. Frees nothing on failure: tare_imatrix_sum_free() does. */
tare_status tare_imatrix_sum_start(tare_imatrix_sum *s, tare_imatrix *const *parts, size_t n, uint64_t chunk_size, tare_error *err);
void tare_imatrix_sum_free(tare_imatrix_sum *s);
/* The count of a slice. */
int64_t tare_sum_count(const tare_imatrix_sum *s, const tare_sum_entry *e, uint64_t slice);
/* n sums from value `from`. scratch: room for n. */
tare_status tare_sum_values(const tare_imatrix_sum *s, const tare_sum_entry *e, uint64_t from, size_t n, float *dst, float *scratch,
			    tare_error *err);

#endif
