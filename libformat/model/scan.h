/* Walking over payload in tiles of whole blocks, in file order, from mapped files or a stream. */
#ifndef TARE_MODEL_SCAN_H
#define TARE_MODEL_SCAN_H

#include "model/model.h"

/* size bytes at offset within t's payload: a pointer into the file, or copied into buf (size bytes) from a stream. A stream must be asked
 * in rising offsets, on one thread. Fails naming the tensor when the bytes are not there. */
tare_status tare_tensor_bytes(tare_model *m, const tare_tensor *t, uint64_t offset, size_t size, void *buf, const uint8_t **out,
			      tare_error *err);
/* nblocks blocks of t as f32 in dst; src as stored, in the model's byte order. swap_buf: room for the blocks if the order is foreign. */
void tare_tensor_decode(const tare_model *m, const tare_tensor *t, const uint8_t *src, size_t nblocks, void *swap_buf, float *dst);

#endif
