/* The neutral form in which everything meets: metadata and tensors, read from files or about to be written (an outline: no sources).
 * Readers fill it, recipes turn one into another, layouts give an outline its offsets, writers render it. */
#ifndef TARE_MODEL_MODEL_H
#define TARE_MODEL_MODEL_H

#include "base/arena.h"
#include "base/limits.h"
#include "base/sink.h"
#include "base/strmap.h"
#include "io/source.h"
#include "types/type.h"

struct tare_format;
struct tare_graphs;

typedef struct tare_file {
	char *path;             /* malloc'ed; NULL for memory */
	tare_source *source;    /* NULL in an outline */
	uint64_t size;          /* bytes in all; TARE_NOWHERE while unknown (stream) */
	uint64_t data_offset;   /* where the payload starts */
	bool plain;             /* never packed: another file says what is where in it */
	bool made;              /* no file of its own: bytes put together while reading */
	uint64_t must_end;      /* of a stream: no byte may come from here on, which shows at its end; 0: any may */
} tare_file;

typedef struct tare_entry {
	tare_str key;
	tare_value value;
} tare_entry;

struct tare_model {
	const struct tare_format *format;
	char *path;             /* as the user gave it; malloc'ed */
	uint32_t version;       /* of the format, 0 if it has none */
	bool big_endian;
	bool strict;
	bool ordered;           /* the order of tensors is part of the model; a format that sorts them notes it */
	bool home_big;          /* big-endian in the format it came from first; one without a choice notes it */
	uint64_t alignment;
	tare_limits limits;
	tare_arena arena;       /* names, shapes, values that are not in a source */
	tare_entry *meta;
	size_t n_meta, cap_meta;
	tare_tensor *tensors;
	size_t n_tensors, cap_tensors;
	tare_file *files;
	size_t n_files, cap_files;
	char **warnings;        /* in arena */
	size_t n_warnings, cap_warnings;
	tare_strmap by_name;    /* tensors */
	tare_strmap by_key;     /* metadata; rebuilt by tare_model_remove */
	struct tare_graphs *graphs; /* what is computed from the tensors; NULL: that is not said here */
	/* Of an outline, one a tensor, in the arena: */
	const tare_tensor **taken; /* the source's tensor whose bytes it has, unchanged; NULL: they are made. NULL itself: all are made */
	bool *rendered;         /* its bytes are not payload: the format writes them with the header. Set by a layout; NULL: none */
	void *laid_out;         /* what a layout keeps for the header */
	tare_model *absorbed;   /* models whose tensors and memory this one took over */
};

tare_status tare_model_new(tare_model **out, const tare_open_options *opt, tare_error *err);
/* Takes the source over, also on failure. path may be NULL. */
tare_status tare_model_add_file(tare_model *m, const char *path, tare_source *source, tare_error *err);
/* Names file i of the model in err, as messages call it. */
void tare_model_blame(const tare_model *m, size_t i, tare_error *err);
/* t is copied; its name and dim must live in m's arena, a source of m, or longer. A name that is there already is TARE_E_DATA. */
tare_status tare_model_add_tensor(tare_model *m, const tare_tensor *t, uint64_t at, tare_error *err);
/* SIZE_MAX if absent. */
size_t tare_model_tensor_index(const tare_model *m, tare_str name);
/* Appends; a key that is there already is TARE_E_DATA at byte `at`. Key and value must live as long as m. */
tare_status tare_model_add_metadata(tare_model *m, tare_str key, const tare_value *value, uint64_t at, tare_error *err);
/* Replaces in place or appends. Copies key and strings into m's arena; arrays are referenced. */
tare_status tare_model_set(tare_model *m, const char *key, const tare_value *value, tare_error *err);
tare_status tare_model_set_u32(tare_model *m, const char *key, uint32_t v, tare_error *err);
tare_status tare_model_set_text(tare_model *m, const char *key, const char *text, tare_error *err);
/* True if it was there. Takes as long as there are entries: for several, */
bool tare_model_remove(tare_model *m, const char *key);
/* which takes no longer. gone: n of them, or NULL. */
void tare_model_remove_all(tare_model *m, const tare_str *keys, size_t n, bool *gone);
/* An integer of any kind under key, as u64; false if absent, negative or not an integer. */
bool tare_model_find_u64(const tare_model *m, const char *key, uint64_t *out);
/* A string under key; false if absent or not a string. */
bool tare_model_find_text(const tare_model *m, const char *key, tare_str *out);
/* One more line of warnings (memory trouble is ignored: a warning is not worth a failure). The last of TARE_WARNINGS says that there would
 * be more; what comes behind it is dropped. */
enum { TARE_WARNINGS = 500 };
void tare_model_warn(tare_model *m, const char *fmt, ...) TARE_PRINTF(2, 3);
/* Moves files and tensors of other behind m's own; metadata of other stays behind. other is owned by m from then on, even on failure. */
tare_status tare_model_absorb(tare_model *m, tare_model *other, tare_error *err);
/* m's tensors that other has too, under the same name, get other's bytes; types and shapes must agree, and other must have no tensor that m
 * has not. other is owned by m from then on, even on failure. */
tare_status tare_model_graft(tare_model *m, tare_model *other, tare_error *err);
/* What no format may skip: sizes match types and shapes, every tensor lies inside its file (streams: as far as known). */
tare_status tare_model_seal(tare_model *m, tare_error *err);
/* How many tensors file `file` of a laid out outline has, in which those of each file stand together, file after file. *first: index of the
 * first of them. */
size_t tare_model_tensors_of_file(const tare_model *m, uint32_t file, size_t *first);
/* Fills count and size of t from type and shape; false if the shape does not fit the type or overflows. */
bool tare_tensor_measure(tare_tensor *t);
/* Elements of a row (the fastest dimension; 1 for a scalar) and number of rows. */
uint64_t tare_tensor_cols(const tare_tensor *t);
uint64_t tare_tensor_rows(const tare_tensor *t);

/* A packed array under construction. */
typedef struct tare_array_builder {
	tare_kind kind;
	uint64_t count;
	tare_buffer bytes;
} tare_array_builder;
tare_status tare_array_add(tare_array_builder *b, const tare_value *v, tare_error *err); /* v->kind must be b->kind */
/* Moves the bytes into m's arena and frees the builder's; fills *out. */
tare_status tare_array_finish(tare_array_builder *b, tare_model *m, tare_value *out, tare_error *err);
/* Bytes of one packed element of a kind, 0 for strings and arrays. */
size_t tare_kind_size(tare_kind kind);
/* One value of a plain kind (not a string, not an array) at the cursor. */
void tare_value_get(tare_cursor *c, tare_kind kind, tare_value *out);
/* A value, or the elements of an array, packed in the sink's byte order (a value that is an array: its kind, count and elements). */
tare_status tare_value_put(const tare_value *v, tare_sink *s, tare_error *err);
tare_status tare_array_put(const tare_array *a, tare_sink *s, tare_error *err);

#endif
