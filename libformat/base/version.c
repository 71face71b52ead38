#include "base/cpu.h"

#include <openssl/crypto.h>
#include <protobuf-c/protobuf-c.h>
#include <pthread.h>
#include <xxhash.h>
#include <yaml.h>
#include <zstd.h>

const char *tare_version(void)
{
	return TARE_VERSION;
}

static char features[512];

static void describe(void)
{
	unsigned xxh = XXH_versionNumber();

	snprintf(features, sizeof features,
		 "libyaml %s\nzstd %s\nOpenSSL %s\nxxHash %u.%u.%u\nprotobuf-c %s\ncpu %s\n", yaml_get_version_string(),
		 ZSTD_versionString(), OpenSSL_version(OPENSSL_VERSION_STRING), xxh / 10000, xxh / 100 % 100,
		 xxh % 100, protobuf_c_version(), tare_cpu_text());
}

const char *tare_features(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, describe);
	return features;
}
