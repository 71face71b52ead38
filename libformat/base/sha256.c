#include "base/sha256.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdlib.h>

struct tare_sha256 {
	EVP_MD_CTX *ctx;
};

/* libcrypto fails here only when memory is short. */
static tare_status failed(tare_error *err)
{
	return tare_fail(err, TARE_E_NOMEM, TARE_NOWHERE, "SHA-256 is not to be had from libcrypto: out of memory");
}

/* The algorithm, fetched once, for all threads; NULL when memory is short. In a context of our own: libcrypto's default context is set up
 * once, and after a failure in that it follows NULL pointers (3.0). Nothing here reads the system's configuration either. */
static const EVP_MD *algorithm(void)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	static OSSL_LIB_CTX *context;
	static EVP_MD *md;
	const EVP_MD *found;

	pthread_mutex_lock(&lock);
	if (!context)
		context = OSSL_LIB_CTX_new();
	if (context && !md)
		md = EVP_MD_fetch(context, "SHA256", NULL);
	found = md;
	pthread_mutex_unlock(&lock);
	return found;
}

static bool start(tare_sha256 *h)
{
	const EVP_MD *md = algorithm();

	return md && EVP_DigestInit_ex(h->ctx, md, NULL) == 1;
}

tare_status tare_sha256_new(tare_sha256 **out, tare_error *err)
{
	tare_sha256 *h = calloc(1, sizeof *h);

	*out = NULL;
	if (!h)
		return tare_fail_nomem(err);
	h->ctx = EVP_MD_CTX_new();
	if (!h->ctx || !start(h)) {
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
	return EVP_DigestFinal_ex(h->ctx, digest, NULL) == 1 && start(h) ? TARE_OK : failed(err);
}

void tare_sha256_free(tare_sha256 *h)
{
	if (!h)
		return;
	EVP_MD_CTX_free(h->ctx);
	free(h);
}
