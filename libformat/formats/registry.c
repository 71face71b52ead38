#include "formats/format.h"

#include "base/escape.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const tare_format *const formats[] = {
#define FORMAT(name) &tare_format_##name,
#include "formats/formats.def"
#undef FORMAT
};

enum { N_FORMATS = sizeof formats / sizeof *formats };

const tare_format *tare_format_at(size_t i)
{
	return i < N_FORMATS ? formats[i] : NULL;
}

const char *tare_format_name_at(size_t i)
{
	const tare_format *f = tare_format_at(i);

	return f ? f->name : NULL;
}

const tare_format *tare_format_find(const char *name)
{
	size_t i;

	for (i = 0; i < N_FORMATS; i++)
		if (!strcasecmp(formats[i]->name, name))
			return formats[i];
	return NULL;
}

const tare_format *tare_format_of_suffix(const char *path)
{
	size_t len = tare_strip_ending(path, strlen(path), ".zst"), i;

	for (i = 0; i < N_FORMATS; i++)
		if (tare_strip_ending(path, len, formats[i]->suffix) < len ||
		    (formats[i]->also && tare_strip_ending(path, len, formats[i]->also) < len))
			return formats[i];
	return NULL;
}

static void names_of_formats(char *buf, size_t size)
{
	size_t used = 0, i;

	*buf = '\0';
	for (i = 0; i < N_FORMATS && used < size; i++)
		used += (size_t)snprintf(buf + used, size - used, "%s%s", i ? ", " : "", formats[i]->name);
}

const char *tare_format_name_of_path(const char *path)
{
	const tare_format *f = tare_format_of_suffix(path);

	return f ? f->name : NULL;
}

static tare_status find(const tare_format **out, const char *name, tare_error *err)
{
	char names[200];

	*out = tare_format_find(name);
	if (*out)
		return TARE_OK;
	names_of_formats(names, sizeof names);
	return tare_fail(err, TARE_E_ARG, TARE_NOWHERE, "no format is called '%s'; there are: %s", TARE_SHOW(tare_str_of(name)), names);
}

/* Whose files end so, of those that have no row here. */
static const char *stranger_of_suffix(const char *path)
{
	static const struct {
		const char *suffix, *title;
	} strangers[] = {
		{ ".onnx", "ONNX" },       { ".pt", "PyTorch" },         { ".pth", "PyTorch" },  { ".ckpt", "PyTorch" },
		{ ".pkl", "a pickle" },    { ".h5", "HDF5" },            { ".hdf5", "HDF5" },    { ".keras", "Keras" },
		{ ".npy", "NumPy" },       { ".npz", "NumPy" },          { ".tflite", "TensorFlow Lite" },
		{ ".msgpack", "MessagePack" }, { ".mlmodel", "Core ML" }, { ".xml", "OpenVINO" }, { ".json", "JSON" },
	};
	size_t len = tare_strip_ending(path, strlen(path), ".zst"), i;

	for (i = 0; i < sizeof strangers / sizeof *strangers; i++)
		if (tare_strip_ending(path, len, strangers[i].suffix) < len)
			return strangers[i].title;
	return NULL;
}

static tare_status refuse_ending(const char *title, const char *path, tare_error *err)
{
	tare_fail(err, TARE_E_UNSUPPORTED, TARE_NOWHERE, "a file named so is %s, which cannot be written by this version: name another file, or "
		  "the format (--to)", title);
	tare_error_in_file(err, path);
	return TARE_E_UNSUPPORTED;
}

tare_status tare_format_to_write(const tare_format **out, const char *to, const char *path, const tare_format *fallback, tare_error *err)
{
	const char *stranger = NULL;

	*out = NULL;
	if (to)
		TARE_TRY(find(out, to, err));
	if (!*out && path)
		*out = tare_format_of_suffix(path);
	if (!*out && path)
		stranger = stranger_of_suffix(path);
	if (stranger || (*out && !to && !(*out)->layout))
		return refuse_ending(stranger ? stranger : (*out)->title, path, err);
	if (!*out)
		*out = fallback;
	if (*out && (*out)->layout)
		return TARE_OK;
	return tare_fail(err, TARE_E_UNSUPPORTED, TARE_NOWHERE, "%s cannot be written by this version",
			 *out ? (*out)->title : "a model without a format");
}

static const tare_format *highest_bid(const uint8_t *head, size_t size, int *bid)
{
	const tare_format *best = NULL;
	size_t i;

	*bid = 0;
	for (i = 0; i < N_FORMATS; i++) {
		int sure = formats[i]->probe(head, size);

		if (sure > *bid) {
			*bid = sure;
			best = formats[i];
		}
	}
	return best;
}

/* By content. A faint bid gives way to a known look-alike. The name decides last, and only so that the reader may say what is wrong. */
static tare_status choose_by_content(const tare_format **out, const char *path, tare_source *source, tare_error *err)
{
	const char *alike;
	const uint8_t *head;
	uint64_t have;
	char names[200];
	int bid;

	TARE_TRY(tare_source_prefix(source, TARE_PROBE, &head, &have, err));
	have = have < TARE_PROBE ? have : TARE_PROBE;
	*out = highest_bid(head, (size_t)have, &bid);
	if (bid >= 50)
		return TARE_OK;
	alike = tare_format_look_alike(head, (size_t)have);
	if (alike)
		*out = NULL;
	else if (!*out && path)
		*out = tare_format_of_suffix(path);
	if (*out)
		return TARE_OK;
	if (!have)
		return tare_fail(err, TARE_E_FORMAT, 0, "the file is empty");
	names_of_formats(names, sizeof names);
	return tare_fail(err, TARE_E_FORMAT, TARE_NOWHERE, "not a format that is known here (%s)%s%s", names, alike ? ": it looks like " : "",
			 alike ? alike : "");
}

static tare_status choose(const tare_format **out, const char *path, tare_source *source, const char *from, tare_error *err)
{
	return from ? find(out, from, err) : choose_by_content(out, path, source, err);
}

static tare_status read_into(tare_model *m, const char *path, const tare_open_options *opt, tare_error *err)
{
	if (path) {
		m->path = strdup(path);
		if (!m->path)
			return tare_fail_nomem(err);
	}
	TARE_TRY(choose(&m->format, path, m->files[0].source, opt ? opt->from : NULL, err));
	TARE_TRY(m->format->read(m, err));
	return tare_model_seal(m, err);
}

tare_status tare_format_open(tare_model **out, const char *path, tare_source *source, const tare_open_options *opt, tare_error *err)
{
	tare_model *m;
	tare_status st;

	*out = NULL;
	st = tare_model_new(&m, opt, err);
	if (st != TARE_OK) {
		tare_source_close(source);
		return st;
	}
	st = tare_model_add_file(m, path, source, err);
	if (st == TARE_OK)
		st = read_into(m, path, opt, err);
	if (st != TARE_OK) {
		tare_error_in_file(err, path && !strcmp(path, "-") ? "standard input" : path);
		tare_close(m);
		return st;
	}
	*out = m;
	return TARE_OK;
}

tare_status tare_format_between(const tare_model *out, uint32_t file, uint64_t from, uint64_t to, tare_sink *sink, tare_error *err)
{
	static const uint8_t zeros[4096];
	size_t k;

	if (from < to && out->format->between)
		return out->format->between(out, file, from, to, sink, err);
	for (; from < to; from += k) {
		k = to - from < sizeof zeros ? (size_t)(to - from) : sizeof zeros;
		TARE_TRY(tare_sink_put(sink, zeros, k, err));
	}
	return TARE_OK;
}

const char *tare_model_format(const tare_model *m)
{
	return m->format ? m->format->name : "";
}
