/* safetensors: what its reader, its writer and the bundle of its index share. man/tare-safetensors.5 says how models travel in it. */
#ifndef TARE_FORMATS_SAFETENSORS_H
#define TARE_FORMATS_SAFETENSORS_H

#include "base/json.h"
#include "formats/format.h"

/* The format's own limit on a header, kept by its reference reader and writer. */
#define TARE_ST_HEADER_MAX 100000000u
/* The key of __metadata__ under which our note stands, and the version of the note. */
#define TARE_ST_NOTE "tare"
enum { TARE_ST_NOTE_VERSION = 1 };

/* A dtype of the format. Rows are in the order of the reference, by which its writer sorts, last first. */
typedef struct tare_st_dtype {
	const char *name;
	const tare_type *type;
	unsigned bits;          /* of one element */
} tare_st_dtype;

/* NULL if there is none. */
const tare_st_dtype *tare_st_dtype_find(tare_str name);
const tare_st_dtype *tare_st_dtype_of(const tare_type *type);
const tare_st_dtype *tare_st_dtype_raw(void); /* U8, which holds what the format has no dtype for */

/* The name under which a tensor is stored: its own, or "hex:..." when the header could not hold that. Lives in arena; ptr NULL when
 * memory is short. */
tare_str tare_st_stored_name(tare_arena *arena, tare_str name);
/* Can the header hold this name as it is? */
bool tare_st_is_plain_name(tare_str name);
/* The dtype in the file: of the type itself, or U8. */
const tare_st_dtype *tare_st_dtype_in_file(const tare_tensor *t);
/* The order in which tensors are written: by file, dtype (the reference's, last first), stored name. */
int tare_st_compare(const tare_tensor *a, const tare_tensor *b);

/* One tensor of the header, in the header's order. */
typedef struct tare_st_item {
	tare_str name;
	const tare_st_dtype *dtype;
	const uint64_t *dim;
	uint32_t n_dims;
	uint64_t begin, end;    /* in the payload */
	size_t at;              /* of its key, in the header */
} tare_st_item;

typedef struct tare_st_reader {
	tare_model *m;
	tare_json json;
	tare_arena scratch;     /* the note's text */
	tare_st_item *items;
	size_t n_items, cap_items;
	tare_strmap by_name;    /* items */
	tare_strmap keys;       /* of __metadata__: index into m->meta, or the note */
	uint64_t *dims;         /* of the shape being read */
	size_t cap_dims;
	tare_str note;
	bool has_metadata;
	size_t n_lax;           /* departures met, of which the first few are told */
	tare_error *err;
} tare_st_reader;

/* Departures told one by one. */
enum { TARE_ST_TOLD = 20 };

tare_status tare_st_read(tare_model *m, tare_error *err);
/* All members of the header's object, which the walker has entered. */
tare_status tare_st_read_entries(tare_st_reader *r);
/* What the reference lets pass and the specification does not: refused when strict, else a warning. at: an index into the header. */
tare_status tare_st_lax(tare_st_reader *r, size_t at, const char *fmt, ...) TARE_PRINTF(3, 4);
/* "tensor 'x': ..." */
tare_status tare_st_in_tensor(tare_st_reader *r, const tare_st_item *t, size_t at, const char *fmt, ...) TARE_PRINTF(4, 5);
tare_status tare_st_layout(tare_model *out, const tare_layout_options *opt, tare_error *err);
tare_status tare_st_header(const tare_model *out, uint32_t file, tare_sink *sink, tare_error *err);
/* Gives a set of n files their names, and the index's; one file gets path itself. */
tare_status tare_st_name_files(tare_model *out, const char *path, uint32_t n, tare_error *err);
/* The index of a set, file number m->n_files - 1 of a laid out set. */
tare_status tare_st_put_index(const tare_model *out, tare_sink *sink, tare_error *err);
/* Length of PREFIX in "PREFIX-00001-of-00003.safetensors[.zst]", 0 if path is not named so. */
size_t tare_st_shard_prefix(const char *path);
/* Name of a file in the set's folder. */
tare_str tare_st_base_name(const char *path);

/* The text of the note in the header of m's file, "" if there is none; lives in arena or in the source. */
tare_status tare_st_find_note(tare_model *m, uint32_t file, tare_arena *arena, tare_str *note, tare_error *err);
/* Restores types, shapes, names and order of tensors, and with metadata also the metadata, from a note. A note that contradicts the file
 * is left alone, with a warning: *used false. Called again for a set when all its files are there. */
tare_status tare_st_apply_note(tare_model *m, tare_str note, bool metadata, bool *used, tare_error *err);
/* Is a note needed to get the outline back? */
bool tare_st_needs_note(const tare_model *out);
/* The note as JSON text (not yet as a string). */
tare_status tare_st_put_note(const tare_model *out, tare_sink *sink, tare_error *err);
/* May this entry stand in __metadata__ as it is? */
bool tare_st_is_plain(const tare_entry *e);

#endif
