/* Walking over payload in pieces of whole blocks, in file order, from mapped files or a stream. */
#ifndef TARE_MODEL_SCAN_H
#define TARE_MODEL_SCAN_H

#include "base/sha256.h"
#include "model/model.h"

enum {
	TARE_STRIP = 4096,           /* values decoded at a time: they stay in the nearest cache. A multiple of every block_len */
	TARE_STRIP_BYTES = 8 * 4096, /* and the most bytes they were stored in */
};

/* size bytes at offset within t's payload: a pointer into the file, or copied into buf (size bytes) from a stream. A stream must be asked
 * in rising offsets, on one thread. Fails naming the tensor when the bytes are not there. */
tare_status tare_tensor_bytes(tare_model *m, const tare_tensor *t, uint64_t offset, size_t size, void *buf, const uint8_t **out,
			      tare_error *err);
/* nblocks blocks of t as f32 in dst; src as stored, in the model's byte order. swap_buf: room for the blocks if the order is foreign. */
void tare_tensor_decode(const tare_model *m, const tare_tensor *t, const uint8_t *src, size_t nblocks, void *swap_buf, float *dst);
/* The indices of m's tensors (n_tensors of them, malloc'ed) in the order of their bytes: by file, then offset. NULL when memory is
 * short. */
size_t *tare_model_payload_order(const tare_model *m);
/* True if one of m's files can only be read forwards. */
bool tare_model_is_stream(const tare_model *m);
/* Makes every byte of m's files addressable: streams are spooled. */
tare_status tare_model_make_random(tare_model *m, tare_error *err);
/* The payload has been read, and nothing shown of what was made of it: streams are read to their end, and it is an error if a file was
 * changed in place since it was opened. */
tare_status tare_model_end_reading(tare_model *m, tare_error *err);
/* SHA-256 of t's payload as stored. h is fresh, and is fresh again afterwards. buf: buf_size bytes for pieces of a stream; a mapped file
 * needs none (NULL, and buf_size is the length of a piece). */
tare_status tare_tensor_hash(tare_model *m, const tare_tensor *t, tare_sha256 *h, void *buf, size_t buf_size, uint8_t digest[32],
			     tare_error *err);
/* run's number of threads, run may be NULL. */
unsigned tare_run_threads(const tare_run_options *run);
/* Calls the progress function, if any; TARE_E_CANCELLED if it says stop. */
tare_status tare_run_progress(const tare_run_options *run, uint64_t done, uint64_t total, tare_error *err);

#endif
