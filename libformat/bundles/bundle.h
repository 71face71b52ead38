/* A folder or a set of files with conventions: one row (bundles.def) and one file each. tare_open() asks them in order before it opens
 * a single file. */
#ifndef TARE_BUNDLES_BUNDLE_H
#define TARE_BUNDLES_BUNDLE_H

#include "formats/format.h"

typedef struct tare_bundle {
	const char *name;        /* "gguf shards" */
	/* *out stays NULL (and TARE_OK) if path is not such a bundle; otherwise the whole opened model, or an error. */
	tare_status (*open)(tare_model **out, const char *path, const tare_open_options *opt, tare_error *err);
} tare_bundle;

#define BUNDLE(name) extern const tare_bundle tare_bundle_##name;
#include "bundles/bundles.def"
#undef BUNDLE

#endif
