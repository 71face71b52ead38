#include "formats/format.h"

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

const tare_format *tare_format_find(const char *name)
{
	size_t i;

	for (i = 0; i < N_FORMATS; i++)
		if (!strcasecmp(formats[i]->name, name))
			return formats[i];
	return NULL;
}

/* Length of path without the ending, 0 if it does not end so. */
static size_t without(const char *path, size_t len, const char *suffix)
{
	size_t n = strlen(suffix);

	return len > n && !strncasecmp(path + len - n, suffix, n) ? len - n : 0;
}

const tare_format *tare_format_of_suffix(const char *path)
{
	size_t len = strlen(path), bare = without(path, len, ".zst"), i;

	if (bare)
		len = bare;
	for (i = 0; i < N_FORMATS; i++)
		if (without(path, len, formats[i]->suffix))
			return formats[i];
	return NULL;
}

const tare_format *tare_format_probe(const uint8_t *head, size_t size)
{
	const tare_format *best = NULL;
	int bid = 0;
	size_t i;

	for (i = 0; i < N_FORMATS; i++) {
		int sure = formats[i]->probe(head, size);

		if (sure > bid) {
			bid = sure;
			best = formats[i];
		}
	}
	return best;
}

static void names_of_formats(char *buf, size_t size)
{
	size_t used = 0, i;

	*buf = '\0';
	for (i = 0; i < N_FORMATS && used < size; i++)
		used += (size_t)snprintf(buf + used, size - used, "%s%s", i ? ", " : "", formats[i]->name);
}

/* What a file is that nobody bids for, as far as its first bytes tell. */
static const char *look_alike(const uint8_t *head, size_t size)
{
	static const struct {
		const char *magic, *text;
	} known[] = {
		{ "tjgg", ": this is a GGJT file, older than GGUF; llama.cpp's convert-llama-ggml-to-gguf carries it over" },
		{ "lmgg", ": this is a GGML file, older than GGUF; llama.cpp's convert-llama-ggml-to-gguf carries it over" },
		{ "fmgg", ": this is a GGMF file, older than GGUF; llama.cpp's convert-llama-ggml-to-gguf carries it over" },
		{ "FUGG", ": GGUF with its magic reversed, which no specification allows" },
		{ "PK\003\004", ": a zip archive" },
		{ "version https://git-lfs", ": a Git LFS pointer, not the file itself; fetch it with git lfs pull" },
	};
	size_t i;

	if (!size)
		return ": the file is empty";
	for (i = 0; i < sizeof known / sizeof *known; i++) {
		size_t n = strlen(known[i].magic);

		if (size >= n && !memcmp(head, known[i].magic, n))
			return known[i].text;
	}
	return "";
}

static tare_status choose(const tare_format **out, tare_source *source, const char *from, tare_error *err)
{
	const uint8_t *head;
	uint64_t have;
	char names[200];

	names_of_formats(names, sizeof names);
	if (from) {
		*out = tare_format_find(from);
		return *out ? TARE_OK : tare_fail(err, TARE_E_ARG, TARE_NOWHERE, "no format is called '%s'; there are: %s", from, names);
	}
	TARE_TRY(tare_source_prefix(source, TARE_PROBE, &head, &have, err));
	have = have < TARE_PROBE ? have : TARE_PROBE;
	*out = tare_format_probe(head, (size_t)have);
	if (*out)
		return TARE_OK;
	return tare_fail(err, TARE_E_FORMAT, TARE_NOWHERE, "not a format that is known here (%s)%s", names, look_alike(head, (size_t)have));
}

static tare_status read_into(tare_model *m, const char *path, const tare_open_options *opt, tare_error *err)
{
	if (path) {
		m->path = strdup(path);
		if (!m->path)
			return tare_fail_nomem(err);
	}
	TARE_TRY(choose(&m->format, m->files[0].source, opt ? opt->from : NULL, err));
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
		tare_error_in_file(err, path);
		tare_close(m);
		return st;
	}
	*out = m;
	return TARE_OK;
}
