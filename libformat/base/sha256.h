/* SHA-256 by libcrypto, behind three calls. */
#ifndef TARE_BASE_SHA256_H
#define TARE_BASE_SHA256_H

#include "base/error.h"

typedef struct tare_sha256 tare_sha256;

tare_status tare_sha256_new(tare_sha256 **out, tare_error *err);
tare_status tare_sha256_update(tare_sha256 *h, const void *bytes, size_t size, tare_error *err);
/* The digest of all so far; h starts afresh. */
tare_status tare_sha256_finish(tare_sha256 *h, uint8_t digest[32], tare_error *err);
void tare_sha256_free(tare_sha256 *h);

#endif
