/* GGUF's own parts. The format: ggml's docs/gguf.md; what its reader really checks: ggml's src/gguf.cpp of August 2026. */
#ifndef TARE_FORMATS_GGUF_H
#define TARE_FORMATS_GGUF_H

#include "formats/format.h"

enum {
	TARE_GGUF_VERSION = 3,
	TARE_GGUF_ALIGNMENT = 32,   /* unless general.alignment says otherwise */
	TARE_GGUF_DIMS = 4,
	TARE_GGUF_NAME = 64,        /* ggml's buffer for a tensor's name, with its NUL */
	TARE_GGUF_DEPTH = 256,      /* arrays in arrays, whatever the limit `depth` */
};

#define TARE_GGUF_KEY_ALIGNMENT "general.alignment"
#define TARE_GGUF_KEY_SPLIT_NO "split.no"
#define TARE_GGUF_KEY_SPLIT_COUNT "split.count"
#define TARE_GGUF_KEY_SPLIT_TENSORS "split.tensors.count"

/* What is accepted though it is not quite right: told once a file, with the first example and the number of cases. */
typedef enum tare_gguf_oddity {
	TARE_GGUF_ODD_KEY_LONG,
	TARE_GGUF_ODD_KEY_TEXT,
	TARE_GGUF_ODD_TEXT,
	TARE_GGUF_ODD_BOOL,
	TARE_GGUF_ODD_NESTED,
	TARE_GGUF_ODD_NAME_LONG,
	TARE_GGUF_ODD_NAME_TEXT,
	TARE_GGUF_ODD_TYPE,
	TARE_GGUF_ODD_ORDER,
	TARE_GGUF_ODD_EXTENT,
	TARE_GGUF_ODDITIES
} tare_gguf_oddity;

typedef struct tare_gguf_reader {
	tare_model *m;
	tare_source *source;
	tare_cursor c;
	uint64_t n_tensors, n_meta;  /* as declared */
	struct {
		uint64_t count;
		tare_str first;
	} odd[TARE_GGUF_ODDITIES];
	uint32_t odd_type;           /* the first unknown type's number */
} tare_gguf_reader;

/* gguf_read.c */
void tare_gguf_odd(tare_gguf_reader *r, tare_gguf_oddity what, tare_str example);
/* Bytes after the cursor, TARE_NOWHERE while a stream has not ended. */
uint64_t tare_gguf_left(const tare_gguf_reader *r);
/* The failure when the cursor went bad within `what`, which begins at byte `at`. */
tare_status tare_gguf_short(tare_gguf_reader *r, uint64_t at, const char *what, tare_str name, tare_error *err);
/* A length and that many bytes, which stay where they are. */
tare_status tare_gguf_string(tare_gguf_reader *r, const char *what, tare_str name, tare_str *out, tare_error *err);

/* gguf_meta.c: keys and values; gguf_tensors.c: the tensors' records; gguf_place.c: where their bytes are. */
tare_status tare_gguf_metadata(tare_gguf_reader *r, tare_error *err);
tare_status tare_gguf_tensors(tare_gguf_reader *r, tare_error *err);
tare_status tare_gguf_place(tare_gguf_reader *r, tare_error *err);

/* " (q4_2, removed)" for a number that once was a type, else "". */
const char *tare_gguf_removed(uint32_t type_id);
/* The next multiple of alignment, which need not be a power of two; false on overflow. */
bool tare_gguf_pad(uint64_t n, uint64_t alignment, uint64_t *out);

/* gguf_layout.c, gguf_write.c */
tare_status tare_gguf_layout(tare_model *out, const tare_layout_options *opt, tare_error *err);
tare_status tare_gguf_header(const tare_model *out, uint32_t file, tare_sink *sink, tare_error *err);
/* The header without the zeros that bring it to data_offset. */
tare_status tare_gguf_records(const tare_model *out, uint32_t file, tare_sink *sink, tare_error *err);

/* gguf_name.c: "PREFIX-00002-of-00003.gguf", also with .zst behind it. */
typedef struct tare_gguf_name {
	size_t prefix;               /* length of PREFIX */
	uint32_t number, count;      /* 2 of 3 */
	bool packed;                 /* ends in .zst */
} tare_gguf_name;
/* False if path is not named like a shard. */
bool tare_gguf_name_parse(const char *path, tare_gguf_name *out);
/* The file `number` of a set, malloc'ed; NULL when memory is short. */
char *tare_gguf_name_make(const char *path, const tare_gguf_name *name, uint32_t number);
/* How the shards of a model that the user called path are named. */
tare_gguf_name tare_gguf_name_for(const char *path);

#endif
