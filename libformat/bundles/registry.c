/* tare_open(): bundles are asked first, then the formats by content. */
#include "bundles/bundle.h"

#include <string.h>

static const tare_bundle *const bundles[] = {
#define BUNDLE(name) &tare_bundle_##name,
#include "bundles/bundles.def"
#undef BUNDLE
};

static const tare_limits *limits_of(const tare_open_options *opt, tare_limits *fallback)
{
	if (opt && opt->limits)
		return opt->limits;
	tare_limits_init(fallback);
	return fallback;
}

static tare_status open_bundle(tare_model **out, const char *path, const tare_open_options *opt, tare_error *err)
{
	size_t i;

	for (i = 0; i < sizeof bundles / sizeof *bundles; i++) {
		TARE_TRY(bundles[i]->open(out, path, opt, err));
		if (*out)
			return TARE_OK;
	}
	return TARE_OK;
}

static tare_status open_file(tare_model **out, const char *path, const tare_open_options *opt, tare_error *err)
{
	tare_limits fallback;
	tare_source *source;

	TARE_TRY(tare_source_open(&source, path, limits_of(opt, &fallback), err));
	return tare_format_open(out, path, source, opt, err);
}

tare_status tare_open(tare_model **out, const char *path, const tare_open_options *opt, tare_error *err)
{
	tare_status st = TARE_OK;

	*out = NULL;
	if (!path || !*path)
		return tare_fail(err, TARE_E_ARG, TARE_NOWHERE, "no file was named");
	if (strcmp(path, "-") != 0)
		st = open_bundle(out, path, opt, err);
	if (st == TARE_OK && !*out)
		st = open_file(out, path, opt, err);
	if (st != TARE_OK)
		tare_error_in_file(err, strcmp(path, "-") != 0 ? path : "standard input");
	return st;
}

tare_status tare_open_graph(tare_model **out, const char *path, tare_model *weights, const tare_open_options *opt, tare_error *err)
{
	tare_status st = tare_open(out, path, opt, err);

	if (st == TARE_OK && !(*out)->graphs) {
		st = tare_fail(err, TARE_E_UNSUPPORTED, TARE_NOWHERE, "%s has no graph that weights could go into", (*out)->format->title);
		tare_error_in_file(err, path);
	}
	if (st != TARE_OK) {
		tare_close(*out);
		tare_close(weights);
		*out = NULL;
		return st;
	}
	st = tare_model_graft(*out, weights, err);
	if (st != TARE_OK) {
		tare_close(*out);
		*out = NULL;
	}
	return st;
}

tare_status tare_open_memory(tare_model **out, const void *bytes, size_t size, const tare_open_options *opt, tare_error *err)
{
	tare_limits fallback;
	tare_source *source;

	*out = NULL;
	TARE_TRY(tare_source_memory(&source, bytes, size, limits_of(opt, &fallback), err));
	return tare_format_open(out, NULL, source, opt, err);
}
