/* Importance matrices: for each weight, how much each of its columns matters, as the mean of the squares of what it is multiplied with.
 *
 * Two forms are in use (llama.cpp's tools/imatrix), and both are models here:
 *
 *   gguf   for a weight W two f32 tensors, W.in_sum2 with sums of squares and W.counts with the number of tokens for each slice (an expert;
 *          one for a plain weight); metadata general.type "imatrix", imatrix.datasets, imatrix.chunk_count, imatrix.chunk_size
 *   dat    the older one, without a magic: for a weight W a run of values, each a mean times the number of calls. formats/imatrix_dat.c
 *          shows it as one f32 tensor W, with the calls of all in TARE_IMATRIX_CALLS
 *
 * A matrix stays where it is: values are fetched from the mapped file when they are wanted. */
#ifndef TARE_MODEL_IMATRIX_H
#define TARE_MODEL_IMATRIX_H

#include "model/model.h"

#define TARE_IMATRIX_TYPE "general.type"           /* "imatrix" */
#define TARE_IMATRIX_DATASETS "imatrix.datasets"
#define TARE_IMATRIX_CHUNK_COUNT "imatrix.chunk_count"
#define TARE_IMATRIX_CHUNK_SIZE "imatrix.chunk_size"
#define TARE_IMATRIX_CALLS "imatrix.calls"         /* arr:i32, one a tensor: the older form */
#define TARE_IMATRIX_SUMS ".in_sum2"
#define TARE_IMATRIX_COUNTS ".counts"

/* What is known of one weight. */
typedef struct tare_importance {
	tare_str name;                 /* of the weight */
	const tare_model *m;
	const tare_tensor *sums;
	const tare_tensor *counts;     /* NULL in the older form */
	int32_t calls;                 /* of the older form */
	uint64_t values;               /* at least 1 */
	uint64_t slices;               /* counted apart: at least 1, a divisor of values */
} tare_importance;

struct tare_imatrix {
	tare_model *m;                 /* not owned */
	bool calls;                    /* the older form */
	tare_importance *entries;      /* in bytewise order of names */
	size_t n_entries;
	size_t n_ignored;              /* tensors that are neither sums nor counts */
	tare_strmap by_name;
	uint64_t chunk_count;          /* 0: none, or not said */
	uint64_t chunk_size;           /* tokens of a chunk; 0: not said */
	tare_value datasets;           /* arr:str, may be empty */
};

/* How often slice k was seen: tokens, rounded as llama.cpp rounds them; calls in the older form. Not negative. */
int64_t tare_importance_count(const tare_importance *e, uint64_t slice);
/* n stored values from value `from`. */
void tare_importance_raw(const tare_importance *e, uint64_t from, size_t n, float *dst);
/* The same as llama-quantize takes them: divided by their count, 1 where nothing was counted. */
void tare_importance_get(const tare_importance *e, uint64_t from, size_t n, float *dst);

#endif
