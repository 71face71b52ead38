#include "base/sha256.h"

#include <openssl/evp.h>
#include <stdlib.h>

struct tare_sha256 {
	EVP_MD_CTX *ctx;
};

/* libcrypto fails here only when memory is short or its configuration forbids SHA-256. */
static tare_status failed(tare_error *err)
{
	return tare_fail(err, TARE_E_NOMEM, TARE_NOWHERE, "SHA-256 is not available from libcrypto (memory short, or forbidden by its configuration)");
}

tare_status tare_sha256_new(tare_sha256 **out, tare_error *err)
{
	tare_sha256 *h = calloc(1, sizeof *h);

	*out = NULL;
	if (!h)
		return tare_fail_nomem(err);
	h->ctx = EVP_MD_CTX_new();
	if (!h->ctx || EVP_DigestInit_ex(h->ctx, EVP_sha256(), NULL) != 1) {
		tare_sha256_free(h);
		return failed(err);
	}
	*out = h;
	return TARE_OK;
}

tare_status tare_sha256_update(tare_sha256 *h, const void *bytes, size_t size, tare_error *err)
{
	return !size || EVP_DigestUpdate(h->ctx, bytes, size) == 1 ? TARE_OK : failed(err);
}

tare_status tare_sha256_finish(tare_sha256 *h, uint8_t digest[32], tare_error *err)
{
	if (EVP_DigestFinal_ex(h->ctx, digest, NULL) != 1 || EVP_DigestInit_ex(h->ctx, EVP_sha256(), NULL) != 1)
		return failed(err);
	return TARE_OK;
}

void tare_sha256_free(tare_sha256 *h)
{
	if (!h)
		return;
	EVP_MD_CTX_free(h->ctx);
	free(h);
}
