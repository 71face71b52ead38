/* What one file is: one row (formats.def) and one file per format. A format reads headers into a model, and gives an outline its
 * layout and its header bytes; it never sees another format. */
#ifndef TARE_FORMATS_FORMAT_H
#define TARE_FORMATS_FORMAT_H

#include "base/sink.h"
#include "model/model.h"

typedef struct tare_layout_options {
	const char *path;        /* the name given; NULL: "model" plus the suffix */
	uint64_t split_size;     /* most payload bytes in a file; 0: one file */
	uint64_t split_count;    /* most tensors in a file; 0: any */
	bool keep_split;         /* a new file wherever the tensors' own file changes */
	tare_external external;  /* where a format that has a choice puts weights */
	uint64_t external_least; /* bytes of a weight that goes beside the model if TARE_EXTERNAL_BESIDE; 0: 1024 */
	uint64_t align;          /* of weights in files of their own; 0: as in the source */
} tare_layout_options;

typedef struct tare_format {
	const char *name;        /* "gguf" */
	const char *title;       /* for people */
	const char *suffix;      /* ".gguf" */
	const char *also;        /* another one files go by, or NULL */
	/* How sure, 0 not mine .. 100 certain, from the first size bytes (at most TARE_PROBE). */
	int (*probe)(const uint8_t *head, size_t size);
	/* Reads m->files[0]: header only; fills version, byte order, alignment, metadata, tensors, data_offset. */
	tare_status (*read)(tare_model *m, tare_error *err);
	/* NULL if read only. Fills out->files (path, size, data_offset) and each tensor's file and offset; does not reorder tensors.
	 * TARE_E_UNSUPPORTED if the format cannot hold the outline. */
	tare_status (*layout)(tare_model *out, const tare_layout_options *opt, tare_error *err);
	/* The bytes of a laid out file from its start to data_offset (for a file without tensors: all of it). */
	tare_status (*header)(const tare_model *out, uint32_t file, tare_sink *sink, tare_error *err);
	/* The bytes from `from` to `to`, which lie before, between or behind tensors; NULL: zeros. */
	tare_status (*between)(const tare_model *out, uint32_t file, uint64_t from, uint64_t to, tare_sink *sink, tare_error *err);
} tare_format;

enum { TARE_PROBE = 4096 };

#define FORMAT(name) extern const tare_format tare_format_##name;
#include "formats/formats.def"
#undef FORMAT

const tare_format *tare_format_at(size_t i);              /* NULL past the last */
const tare_format *tare_format_find(const char *name);    /* NULL if none */
const tare_format *tare_format_of_suffix(const char *path); /* by the end of path (".zst" ignored), NULL if none */
/* What is to be written: by name (to), else by the end of path, else fallback; each may be NULL. An ending that promises another format is
 * a mistake, and a format that is only read is TARE_E_UNSUPPORTED. */
tare_status tare_format_to_write(const tare_format **out, const char *to, const char *path, const tare_format *fallback, tare_error *err);
/* What lies between tensors of a laid out file, as its format has it. */
tare_status tare_format_between(const tare_model *out, uint32_t file, uint64_t from, uint64_t to, tare_sink *sink, tare_error *err);
/* "a zip archive": what a file seems to be that no format reads, NULL if it tells nothing. */
const char *tare_format_look_alike(const uint8_t *head, size_t size);
/* Opens one file as one format (NULL: by content) without looking for siblings. Takes source over, also on failure. */
tare_status tare_format_open(tare_model **out, const char *path, tare_source *source, const tare_open_options *opt, tare_error *err);

#endif
