/* tare.h: read, measure, quantize and write machine-learning model files.
 *
 * Words: a *tensor* is a stored array; its *type* says how elements are encoded; a *format* is what one file is; a *model* is what was
 * read from one file or a set of files; a *recipe* says what should become of each tensor; a *plan* is a recipe resolved against a model,
 * with every size and offset known; *loss* is the measured difference between source and result.
 *
 * Every call that can fail returns a tare_status and describes the failure in *err (which may be NULL). Nothing here prints, exits or
 * aborts. Out-pointers are NULL after a failure, so freeing them is always safe. Objects are not shared between threads unless the
 * declaration says so. Shapes are given slowest dimension first; sizes are bytes; counts are items; offsets are from the start of a file.
 */
#ifndef TARE_H
#define TARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

#define TARE_VERSION "0.1.0"

#if defined(__GNUC__)
#define TARE_API __attribute__((visibility("default")))
#define TARE_PRINTF(f, a) __attribute__((format(printf, f, a)))
#define TARE_MUST_USE __attribute__((warn_unused_result))
#else
#define TARE_API
#define TARE_PRINTF(f, a)
#define TARE_MUST_USE
#endif

/* ---- errors ---- */

typedef enum tare_status {
	TARE_OK = 0,
	TARE_E_ARG,         /* the caller's mistake: a bad argument, or arguments that exclude each other */
	TARE_E_NOMEM,
	TARE_E_IO,          /* the system refused; sys_errno says why */
	TARE_E_FORMAT,      /* no known format */
	TARE_E_DATA,        /* a known format with damaged contents */
	TARE_E_UNSUPPORTED, /* sound, but beyond what this version reads or writes */
	TARE_E_LIMIT,       /* a limit on untrusted input was met; see tare_limits */
	TARE_E_RECIPE,      /* a recipe is wrong; line and column say where */
	TARE_E_REFUSED,     /* understood and refused: a gate not met, NaN in a source, an importance matrix missing */
	TARE_E_CANCELLED    /* the progress callback asked to stop */
} tare_status;

#define TARE_NOWHERE UINT64_MAX

/* Caller-owned; set up with TARE_ERROR_INIT. The first failure stays until tare_error_clear(). */
typedef struct tare_error {
	tare_status status;
	int sys_errno;       /* errno for TARE_E_IO, else 0 */
	uint64_t offset;     /* byte in the input, TARE_NOWHERE if none */
	uint32_t line;       /* of a text input, counted from 1; 0 if none */
	uint32_t column;
	char file[512];      /* the file concerned, "" if none; untrusted bytes escaped */
	char message[512];   /* one line, untrusted bytes escaped */
} tare_error;

#define TARE_ERROR_INIT { TARE_OK, 0, TARE_NOWHERE, 0, 0, "", "" }

TARE_API void tare_error_clear(tare_error *err);
/* "file: message (byte N)" or "file:line:column: message" into buf, always terminated. Returns buf. */
TARE_API const char *tare_error_text(const tare_error *err, char *buf, size_t size);
TARE_API const char *tare_version(void);
/* Versions of the libraries in use and the CPU features chosen, one per line. Static storage. */
TARE_API const char *tare_features(void);

/* ---- bytes that may hold anything ---- */

/* A run of bytes, usually text; may hold NUL and invalid UTF-8; not terminated. Owned by the object it came from. */
typedef struct tare_str {
	const char *ptr;
	size_t len;
} tare_str;

/* Text fit for a terminal: control bytes, quotes' backslash and invalid UTF-8 become \xNN, \n, \t; "..." marks a cut at about
 * max_columns (0 = never cut). Writes at most size bytes including NUL; returns buf. */
TARE_API const char *tare_escape(tare_str s, size_t max_columns, char *buf, size_t size);

/* ---- limits on untrusted input ---- */

typedef struct tare_limits {
	uint64_t value[16]; /* indexed by enum tare_limit, see libformat/base/limits.def */
} tare_limits;

typedef struct tare_limit_info {
	const char *name;
	uint64_t fallback;  /* the default */
	const char *text;
} tare_limit_info;

TARE_API void tare_limits_init(tare_limits *lim);
/* assignment: "name=value", value with an optional K, M, G or T (powers of 1024). */
TARE_API tare_status tare_limits_set(tare_limits *lim, const char *assignment, tare_error *err);
/* The i-th limit, NULL past the last. */
TARE_API const tare_limit_info *tare_limit_at(size_t i);

/* ---- types ---- */

typedef struct tare_type tare_type; /* immutable, static, shared freely */

TARE_API const tare_type *tare_type_at(size_t i);             /* NULL past the last */
TARE_API const tare_type *tare_type_find(const char *name);   /* any letter case; NULL if none */
TARE_API const char *tare_type_name(const tare_type *t);      /* "q4_K" */
TARE_API uint32_t tare_type_block_len(const tare_type *t);    /* elements in a block; 1 for plain types */
TARE_API uint32_t tare_type_block_size(const tare_type *t);   /* bytes of a block */
TARE_API bool tare_type_is_quantized(const tare_type *t);
TARE_API bool tare_type_can_decode(const tare_type *t);
TARE_API bool tare_type_can_encode(const tare_type *t);
/* What the bytes of a quantized type's block are, in order, as one declares them: "f16 d, f16 dmin, u8 scales[12], u4 codes[256]" (u1, u2
 * and u4 are packed, and lie in whole bytes together). NULL for a type whose elements are its blocks. */
TARE_API const char *tare_type_fields(const tare_type *t);
/* nblocks whole blocks to f32. Never traps; NaN and infinity pass through. */
TARE_API tare_status tare_decode(const tare_type *t, const void *src, size_t nblocks, float *dst, tare_error *err);
/* rows x cols values to rows of blocks; cols must divide into blocks. weights: importance of each column (cols values), or NULL. */
TARE_API tare_status tare_encode(const tare_type *t, const float *src, size_t rows, size_t cols, const float *weights, void *dst,
				 tare_error *err);

/* ---- models ---- */

typedef struct tare_model tare_model;

typedef struct tare_open_options {
	const tare_limits *limits; /* NULL: the defaults */
	const char *from;          /* name of the format, NULL to look at the contents */
	bool strict;               /* exactly what the format's reference reader accepts */
	bool single;               /* open only this file even if it is one of a set */
} tare_open_options;

/* The type_id of a tensor of strings: elements vary in size, and its bytes are as its format stores them. */
#define TARE_TYPE_ID_TEXT 0x10008u

typedef struct tare_tensor {
	tare_str name;
	const tare_type *type; /* NULL: not known to this version; type_id tells */
	uint32_t type_id;      /* as the file says it, for formats that use numbers */
	uint32_t n_dims;
	const uint64_t *dim;   /* slowest first */
	uint64_t count;        /* elements */
	uint64_t size;         /* bytes */
	uint32_t file;         /* index of the file in the set; their number: it is not stored as plain bytes */
	uint64_t offset;       /* in that file */
} tare_tensor;

/* Kinds of metadata values; the numbers are GGUF's. */
typedef enum tare_kind {
	TARE_U8, TARE_I8, TARE_U16, TARE_I16, TARE_U32, TARE_I32, TARE_F32, TARE_BOOL, TARE_STRING, TARE_ARRAY, TARE_U64, TARE_I64, TARE_F64,
	TARE_KIND_COUNT
} tare_kind;

/* Elements packed as GGUF packs them, in the byte order named. Walk it with tare_array_next(). */
typedef struct tare_array {
	tare_kind kind;
	bool big_endian;
	uint64_t count;
	const uint8_t *bytes;
	size_t size;
} tare_array;

typedef struct tare_value {
	tare_kind kind;
	union {
		uint64_t u;      /* U8..U64; BOOL: the byte as stored */
		int64_t i;       /* I8..I64 */
		float f32;
		double f64;
		tare_str string;
		tare_array array;
	} as;
} tare_value;

typedef struct tare_array_iter {
	tare_array array;
	size_t at;           /* byte */
	uint64_t index;      /* element */
} tare_array_iter;

/* The i-th format's name, for lists of choices; NULL past the last. */
TARE_API const char *tare_format_name_at(size_t i);
/* The name of the format that a file of this name would be written in, by its end; NULL if that tells nothing. */
TARE_API const char *tare_format_name_of_path(const char *path);
/* path: a file, a folder, one of a sharded set, or "-" for standard input. */
TARE_API tare_status tare_open(tare_model **out, const char *path, const tare_open_options *opt, tare_error *err) TARE_MUST_USE;
TARE_API tare_status tare_open_memory(tare_model **out, const void *bytes, size_t size, const tare_open_options *opt, tare_error *err);
/* The model at path, which has a graph, with the bytes of those tensors that weights has under the same names. weights is *out's from then
 * on, even on failure. */
TARE_API tare_status tare_open_graph(tare_model **out, const char *path, tare_model *weights, const tare_open_options *opt,
				     tare_error *err);
TARE_API void tare_close(tare_model *m); /* NULL is fine */

TARE_API const char *tare_model_format(const tare_model *m);   /* "gguf" */
TARE_API const char *tare_model_path(const tare_model *m);
TARE_API uint32_t tare_model_version(const tare_model *m);     /* of the format; 0 if it has none */
TARE_API bool tare_model_big_endian(const tare_model *m);
TARE_API uint64_t tare_model_alignment(const tare_model *m);   /* of tensors in the file */
TARE_API size_t tare_model_file_count(const tare_model *m);
TARE_API const char *tare_model_file_path(const tare_model *m, size_t i);
TARE_API uint64_t tare_model_file_size(const tare_model *m, size_t i); /* TARE_NOWHERE for a pipe */
TARE_API size_t tare_model_tensor_count(const tare_model *m);
TARE_API const tare_tensor *tare_model_tensor(const tare_model *m, size_t i); /* NULL past the last */
TARE_API size_t tare_model_metadata_count(const tare_model *m);
/* The i-th entry in file order; false past the last. */
TARE_API bool tare_model_metadata(const tare_model *m, size_t i, tare_str *key, tare_value *value);
TARE_API bool tare_model_find(const tare_model *m, const char *key, tare_value *value);
/* What was accepted though it is not quite right; NULL past the last. */
TARE_API const char *tare_model_warning(const tare_model *m, size_t i);
/* The role a name plays in its architecture ("attention.v", "mlp.down", "embedding"), NULL if not known. */
TARE_API const char *tare_tensor_role(const tare_model *m, const tare_tensor *t);
/* hits[i] becomes true where the name of tensor i fits any of n patterns, which are those of recipes: a glob for the whole name, or "re:"
 * and a regular expression. hits: one for each tensor, the caller's; the others are left as they are. */
TARE_API tare_status tare_model_match(const tare_model *m, const char *const *patterns, size_t n, bool *hits, tare_error *err);
/* The same for metadata: hits has one for each entry, which goes by its key. */
TARE_API tare_status tare_model_match_keys(const tare_model *m, const char *const *patterns, size_t n, bool *hits, tare_error *err);
/* Layer number from the name, -1 if it belongs to none. */
TARE_API int tare_tensor_layer(const tare_model *m, const tare_tensor *t);

TARE_API const char *tare_kind_name(tare_kind kind); /* "u32", "str", "arr" ... */
TARE_API void tare_array_start(tare_array_iter *it, const tare_array *a);
/* The next element; false at the end. */
TARE_API bool tare_array_next(tare_array_iter *it, tare_value *out);
/* A value as JSON text, malloc'ed; strings that are not UTF-8 become {"hex":"..."}; NaN and infinities "nan", "inf", "-inf". */
TARE_API char *tare_value_json(const tare_value *v);

/* ---- graphs: what is computed from the tensors (ONNX) ---- */

typedef struct tare_graph_facts {
	int64_t version;         /* of the container (ONNX: its IR) */
	int64_t model_version;
	tare_str name;           /* of the main graph */
	tare_str producer, producer_version, domain, doc;
	size_t nodes, initializers; /* of all graphs */
	size_t inner;            /* graphs inside nodes */
	size_t functions, training;
} tare_graph_facts;

typedef struct tare_axis {
	int64_t size;            /* -1: not known */
	tare_str symbol;         /* "batch"; empty: none */
} tare_axis;

/* What goes into a graph, or comes out of it. */
typedef struct tare_graph_port {
	tare_str name;
	const char *form;        /* "tensor", "sparse", "sequence", "map", "optional", "opaque", "unknown" */
	const tare_type *type;   /* of the elements; NULL: text, or not known */
	uint32_t type_id;        /* as tare_tensor has it */
	bool ranked;             /* n_dims is known */
	uint32_t n_dims;
	const tare_axis *dim;    /* slowest first */
} tare_graph_port;

typedef struct tare_graph_node {
	tare_str graph;          /* "" for the main graph, else where the graph is: "if_3.then_branch/" */
	tare_str name, domain, op; /* domain "": ONNX's own */
	const tare_str *input, *output; /* an empty one is left out */
	uint32_t n_inputs, n_outputs;
} tare_graph_node;

/* False if m's format has no graph. */
TARE_API bool tare_model_graph(const tare_model *m, tare_graph_facts *out);
/* Walks. Each gives the one behind `after`, which is what the last call returned (NULL: the first); NULL past the last. Inputs and outputs
 * are the main graph's, nodes those of all graphs. */
TARE_API const void *tare_graph_next_opset(const tare_model *m, const void *after, tare_str *domain, int64_t *version);
TARE_API const void *tare_graph_next_input(const tare_model *m, const void *after, tare_graph_port *out);
TARE_API const void *tare_graph_next_output(const tare_model *m, const void *after, tare_graph_port *out);
TARE_API const void *tare_graph_next_function(const tare_model *m, const void *after, tare_str *domain, tare_str *name, size_t *nodes);
TARE_API const void *tare_graph_next_node(const tare_model *m, const void *after, tare_graph_node *out);

/* What the operators of a graph read: tensors by operator, and weights that are stored quantized. */
typedef struct tare_survey tare_survey;

typedef struct tare_operator_facts {
	tare_str domain, op;
	size_t nodes;
	size_t tensors;          /* that such a node is the first to read */
	uint64_t weights, bytes; /* of these; weights as the mathematics has them */
} tare_operator_facts;

typedef struct tare_weight {
	tare_str name;           /* of the tensor of codes */
	tare_str node, op;       /* that reads it first */
	const char *scheme;      /* "matmulnbits", "gather_block_quantized", "qdq", "dynamic_int8", "static_int8", "bnb4" */
	unsigned bits;
	uint64_t block;          /* weights with one scale; 0: per channel or tensor */
	bool zero_points;        /* stored */
	uint64_t weights, bytes; /* of codes, scales and zero points */
} tare_weight;

TARE_API tare_status tare_survey_new(tare_survey **out, const tare_model *m, tare_error *err);
/* The i-th, false past the last. Operators by the bytes that they read, weights in the order of nodes. */
TARE_API bool tare_survey_operator(const tare_survey *s, size_t i, tare_operator_facts *out);
TARE_API bool tare_survey_weight(const tare_survey *s, size_t i, tare_weight *out);
TARE_API void tare_survey_free(tare_survey *s);

/* ---- one pass over the payload ---- */

/* total_bytes may grow when it was not known. Return false to stop: the call then fails with TARE_E_CANCELLED. */
typedef bool (*tare_progress_fn)(void *user, uint64_t done_bytes, uint64_t total_bytes);

typedef struct tare_run_options {
	unsigned threads;           /* 0: the machine's cores */
	tare_progress_fn progress;  /* NULL: none; called from the calling thread */
	void *user;
} tare_run_options;

#define TARE_HISTOGRAM 32

typedef struct tare_stats {
	uint64_t count, zeros, nans, infs;
	double min, max, mean, rms;           /* over finite values; 0 when there are none */
	uint64_t histogram[TARE_HISTOGRAM];   /* finite values, equal bins from min to max */
	uint64_t first_nonfinite;             /* element index, TARE_NOWHERE if none */
} tare_stats;

#define TARE_SCAN_HASH 1u  /* sha256 of the stored bytes */
#define TARE_SCAN_STATS 2u /* of the decoded values (two passes over the tensor) */

typedef struct tare_scan_result {
	uint8_t sha256[32];
	tare_stats stats;
	bool has_stats; /* false for a type that cannot be decoded */
} tare_scan_result;

/* results: tare_model_tensor_count() of them. The result does not depend on the number of threads. */
TARE_API tare_status tare_scan(tare_model *m, unsigned what, const tare_run_options *run, tare_scan_result *results, tare_error *err);
/* Digest of names, types, shapes and hashes, independent of order, sharding and alignment; defined in tare(7). */
TARE_API tare_status tare_content_digest(const tare_model *m, const tare_scan_result *results, uint8_t sha256[32], tare_error *err);
/* The tensor's values as f32; dst has room for t->count. */
TARE_API tare_status tare_read_f32(tare_model *m, const tare_tensor *t, float *dst, tare_error *err);
/* size bytes of the tensor from its byte `offset` on, as stored; dst has room for them. */
TARE_API tare_status tare_read_bytes(tare_model *m, const tare_tensor *t, uint64_t offset, size_t size, void *dst, tare_error *err);

/* ---- importance matrices ---- */

/* One file's matrix: how much each column of each weight matters, in either form of llama-imatrix. */
typedef struct tare_imatrix tare_imatrix;

TARE_API bool tare_model_is_imatrix(const tare_model *m);
/* Reads and checks all of m as a matrix. m must outlive it, and is spooled if it is a stream. */
TARE_API tare_status tare_imatrix_read(tare_imatrix **out, tare_model *m, tare_error *err);
TARE_API void tare_imatrix_free(tare_imatrix *im); /* NULL is fine */
TARE_API size_t tare_imatrix_count(const tare_imatrix *im); /* entries, in bytewise order of the weights' names */
/* The entry for the weight of this name, SIZE_MAX if there is none. */
TARE_API size_t tare_imatrix_find(const tare_imatrix *im, tare_str name);
/* As tare_model_match(): hits has one for each entry. */
TARE_API tare_status tare_imatrix_match(const tare_imatrix *im, const char *const *patterns, size_t n, bool *hits, tare_error *err);

/* What is known of one weight, over the slices (experts) that have data. */
typedef struct tare_imatrix_entry {
	tare_str name;           /* of the weight */
	uint64_t values;         /* columns of all slices */
	uint64_t slices;         /* counted apart; 1 for a plain weight, and in the older form */
	uint64_t empty;          /* of these, never seen: their columns count as equally important */
	uint64_t count;          /* tokens that the slice seen most has seen; calls in the older form */
	uint64_t zeros, outliers; /* values of 0; values above TARE_IMATRIX_OUTLIER times the mean of their slice */
	uint64_t peak;           /* index of the largest value */
	double min, max, mean;   /* mean squares of what the columns are multiplied with */
	double evenness;         /* (sum x)^2 / (n sum x^2): 1 when all matter the same, 1/n when only one does */
} tare_imatrix_entry;

#define TARE_IMATRIX_OUTLIER 10

/* Reads the entry's values; false past the last. */
TARE_API bool tare_imatrix_entry_at(const tare_imatrix *im, size_t i, tare_imatrix_entry *out);
/* How many values an entry for t must have: its columns, for each slice of the third dimension. */
TARE_API uint64_t tare_imatrix_values_for(const tare_tensor *t);
/* Does llama-quantize quantize such a tensor? */
TARE_API bool tare_tensor_is_quantizable(const tare_tensor *t);

typedef struct tare_imatrix_write_options {
	const char *to;             /* "gguf" or "imatrix-dat"; NULL: by path's suffix, else gguf */
	uint64_t chunk_size;        /* tokens of a chunk; 0: as the first part says that says it, else 512 */
	bool compress;              /* zstd whatever the name says */
	int zstd_level;             /* 0: 3 */
	unsigned zstd_threads;
	bool zstd_long;
} tare_imatrix_write_options;

typedef struct tare_imatrix_written {
	const char *form;           /* name of the format */
	size_t entries;
	size_t partial;             /* of these, with slices (experts) that were never seen */
	size_t left_out;            /* entries without any data, which the older form has no place for */
	uint64_t chunks, chunk_size;
	bool chunk_sizes_differ;    /* a part says another size than chunk_size */
	size_t datasets;            /* of all parts; the older form names the last one only */
	size_t tensors_left, keys_left; /* of GGUF parts: what belongs to no matrix and is left behind */
	uint64_t bytes;             /* unpacked */
} tare_imatrix_written;

/* The sum of n matrices (of one: the matrix) to path, in the bytes of llama-imatrix. path NULL: only *out is filled, which may be NULL. */
TARE_API tare_status tare_imatrix_write(tare_imatrix *const *parts, size_t n, const char *path, const tare_imatrix_write_options *opt,
					tare_imatrix_written *out, tare_error *err);

/* ---- recipes, plans, runs ---- */

typedef struct tare_recipe tare_recipe; /* immutable once loaded; may be shared between threads */
typedef struct tare_plan tare_plan;
typedef struct tare_report tare_report;

/* The i-th named mix (a recipe's base), for lists of choices; NULL past the last. */
TARE_API const char *tare_mix_name_at(size_t i);
/* file: the name for messages. */
TARE_API tare_status tare_recipe_parse(tare_recipe **out, const char *yaml, size_t size, const char *file, tare_error *err);
TARE_API tare_status tare_recipe_load(tare_recipe **out, const char *path, tare_error *err);
/* Replace (or add) one top-level key by a YAML fragment, as if the recipe had said so; origin names it in messages ("--pure"), which then
 * say no line. */
TARE_API tare_status tare_recipe_set(tare_recipe *r, const char *key, const char *yaml, const char *origin, tare_error *err);
/* Canonical YAML, malloc'ed: parsing it gives an equal recipe. */
TARE_API tare_status tare_recipe_print(const tare_recipe *r, char **yaml, tare_error *err);
/* The recipe that reproduces m's choice of types from a plain source, malloc'ed YAML. */
TARE_API tare_status tare_recipe_from_model(const tare_model *m, char **yaml, tare_error *err);
TARE_API void tare_recipe_free(tare_recipe *r);

/* True if base is {fit: SIZE, types: [...]}: which type a weight gets depends on what it would lose, and tare_fit_new() works it out. */
TARE_API bool tare_recipe_has_fit(const tare_recipe *r);

typedef enum tare_endian { TARE_ENDIAN_KEEP, TARE_ENDIAN_LITTLE, TARE_ENDIAN_BIG } tare_endian;

/* ONNX: weights are in the model's file or in data files beside it. */
typedef enum tare_external { TARE_EXTERNAL_KEEP, TARE_EXTERNAL_INSIDE, TARE_EXTERNAL_BESIDE } tare_external;

typedef struct tare_plan_options {
	const char *path;        /* what will be written: a file (shards take their names from it) or "-"; NULL for a plan only shown */
	const char *to;          /* format written; NULL: by path's suffix, else the source's */
	uint64_t split_size;     /* most payload bytes in a file; 0: one file */
	uint64_t split_count;    /* most tensors in a file; 0: any */
	tare_endian endian;
	tare_external external;
	uint64_t external_least; /* bytes of a weight that goes beside the model; 0: 1024 */
	uint64_t align;          /* of weights in data files, a power of two; 0: as in the source */
} tare_plan_options;

typedef struct tare_step {
	size_t source;           /* index of the source tensor */
	bool copies;             /* bytes are copied, not recoded */
	const char *rule;        /* what decided: "rules[2] (line 9)", "Q4_K_M", "not quantizable" */
	const char *note;        /* "row of 100 does not divide into q4_K: q5_0 instead", or NULL */
	const char *refused;     /* why it cannot be made so: "quantized already (q8_0) and would become q4_K"; NULL: it can */
	const char *scheme;      /* that spreads the weight over several tensors of the result; NULL: it becomes one */
	unsigned part;           /* which of them this is: 0, the codes, counts for the weight */
} tare_step;

/* m must outlive the plan. A plan that would be refused is still made, with the types and sizes that were asked for (a block that a row
 * only begins counts as a whole one); see tare_plan_refusal(). */
TARE_API tare_status tare_plan_new(tare_plan **out, tare_model *m, const tare_recipe *r, const tare_plan_options *opt, tare_error *err);
TARE_API const tare_model *tare_plan_model(const tare_plan *p); /* the outline of the result: types, shapes, offsets, file sizes */
TARE_API const tare_step *tare_plan_step(const tare_plan *p, size_t i); /* for the i-th tensor of the result */
TARE_API const char *tare_plan_refusal(const tare_plan *p, size_t i);   /* why it would be refused; NULL past the last */
TARE_API const char *tare_plan_note(const tare_plan *p, size_t i);      /* what deserves a line in the report; NULL past the last */
TARE_API void tare_plan_free(tare_plan *p);

/* A budget worked out. Unlike a plan this reads the payload, once, and encodes it in every type that comes into question; a stream is
 * spooled first. run may be NULL. Failure: TARE_E_REFUSED if not even the smallest types fit. */
typedef struct tare_fit tare_fit;

typedef struct tare_fit_point {
	uint64_t bytes;          /* of all files */
	double loss;             /* sum of squared errors, weighed with the importance matrix if there is one */
	double sqnr_db;          /* of the weights the budget is about, weighed alike */
} tare_fit_point;

TARE_API tare_status tare_fit_new(tare_fit **out, tare_model *m, const tare_recipe *r, const tare_plan_options *opt,
				  const tare_run_options *run, tare_error *err);
/* The same recipe with the types that were chosen instead of the budget; it is the fit's. */
TARE_API tare_recipe *tare_fit_recipe(tare_fit *f);
TARE_API const tare_fit_point *tare_fit_chosen(const tare_fit *f);
/* The curve of what could be had, from small to large; NULL past the last. */
TARE_API const tare_fit_point *tare_fit_point_at(const tare_fit *f, size_t i);
TARE_API void tare_fit_free(tare_fit *f);

typedef struct tare_loss {
	uint64_t count;          /* weights measured */
	uint64_t blocks, zero_blocks; /* blocks written; of these, all zero after decoding */
	double rmse, max_error;
	double sqnr_db;          /* 10 log10(sum x^2 / sum (x-y)^2); +inf when exact */
	double cosine;
} tare_loss;

typedef struct tare_write_options {
	tare_run_options run;
	bool measure;            /* fill the report with loss; implied by gates */
	int zstd_level;          /* for *.zst and zstd output; 0: 3 */
	unsigned zstd_threads;
	bool zstd_long;          /* long-distance matching, window of 128 MiB */
	bool compress;           /* zstd whatever the name says */
} tare_write_options;

/* Writes what the plan says to the plan's path. *report is filled on success and on TARE_E_REFUSED by a gate (nothing is left then). */
TARE_API tare_status tare_plan_write(tare_plan *p, const tare_write_options *opt, tare_report **report, tare_error *err);

TARE_API const tare_loss *tare_report_tensor(const tare_report *r, size_t i); /* i-th tensor of the result; NULL if it was copied */
TARE_API const tare_loss *tare_report_total(const tare_report *r);            /* over all recoded weights */
TARE_API uint64_t tare_report_bytes_in(const tare_report *r);
TARE_API uint64_t tare_report_bytes_out(const tare_report *r);
/* Gates, in recipe order: name, what was asked, what came out. False past the last. */
TARE_API bool tare_report_gate(const tare_report *r, size_t i, const char **name, double *limit, double *value, bool *passed);
TARE_API char *tare_report_json(const tare_report *r); /* malloc'ed; schemas/report-1.schema.json */
TARE_API void tare_report_free(tare_report *r);

/* How a model differs from what a plan would write. */
typedef struct tare_differences tare_differences;

typedef struct tare_difference {
	const char *kind;        /* "missing", "extra", "type", "shape", "bytes": a tensor; "metadata": a key; "file": all else */
	tare_str name;           /* of the tensor or key; empty for a file */
	const char *text;        /* "q6_K, expected q4_K" */
	uint64_t blocks, differ; /* bytes: the tensor's blocks, and how many of them differ; else 0 */
} tare_difference;

/* Works out what the plan would write and compares it with `of`, byte for byte; nothing is written, and gates on loss are not judged.
 * Streams as writing does; `of` is read at the same time (a pipe is spooled first). run may be NULL. */
TARE_API tare_status tare_plan_verify(tare_plan *p, tare_model *of, const tare_run_options *run, tare_differences **out, tare_error *err);
/* The i-th difference: tensors in the plan's order, then the others; NULL past the last. None: the files are the very same. */
TARE_API const tare_difference *tare_difference_at(const tare_differences *d, size_t i);
TARE_API void tare_differences_free(tare_differences *d);

/* ---- two models compared ---- */

/* What two models, a and b, have in common and where they differ, by what is in them: formats, byte order, sharding, alignment, and the
 * order and place of tensors do not show. Immutable; a and b must outlive it. */
typedef struct tare_comparison tare_comparison;

typedef struct tare_compare_options {
	tare_run_options run;
	const char *const *select; /* tensors: only those that fit any of these, as in tare_model_match(); none: all */
	size_t n_select;
	const char *const *ignore; /* neither tensors nor metadata of these names */
	size_t n_ignore;
	bool no_tensors;           /* then no payload is read */
	bool no_metadata;
	bool exact;                /* also what does not show otherwise, to the last byte: tare_comparison_outside() */
} tare_compare_options;

typedef enum tare_relation {
	TARE_SAME_BYTES,   /* in one byte order */
	TARE_SAME_VALUES,  /* each equal, in other bytes: of another type, or another spelling of the same numbers */
	TARE_OTHER_VALUES, /* how far apart was measured */
	TARE_OTHER_BYTES,  /* no values to compare: a type that cannot be decoded, or another number of elements */
	TARE_ONLY_IN_A,
	TARE_ONLY_IN_B
} tare_relation;

typedef enum tare_paired {
	TARE_PAIRED_BY_NAME,
	TARE_PAIRED_BY_CONTENT,    /* the same bytes under another name */
	TARE_PAIRED_BY_ROLE        /* another name for this role in this layer: the only one on either side, or the same bytes as well */
} tare_paired;

/* A tensor of a and what it is in b. What was measured is about OTHER_VALUES; equality is ==, of NaN with NaN, exact for all types. */
typedef struct tare_pair {
	size_t a, b;               /* indices of tensors; SIZE_MAX: none */
	tare_relation relation;
	tare_paired paired;
	bool renamed, retyped, reshaped;
	uint64_t first_byte;       /* of the payload that differs, TARE_NOWHERE: none, or of another type */
	uint64_t differ;           /* elements */
	uint64_t first;            /* element that differs, TARE_NOWHERE: none */
	double first_a, first_b;   /* its values */
	uint64_t nonfinite_a, nonfinite_b;
	uint64_t nonfinite_differ; /* elements that differ and are not finite on either side or both */
	tare_loss loss;            /* b against a, over elements that are finite in a */
	double signal, noise;      /* sum a^2, sum (a-b)^2: what adds up over several */
	double rel_error;          /* sqrt(noise / signal); +inf without signal */
	double mean_error;         /* mean |a-b|, of elements that are finite in both */
} tare_pair;

/* A run of elements, both ends among them. */
typedef struct tare_span {
	uint64_t first, last;
} tare_span;

/* A string of an array of strings that the other array has elsewhere or nowhere. */
typedef struct tare_element {
	tare_str text;
	uint64_t a, b;             /* index, TARE_NOWHERE: not there */
} tare_element;

/* An entry of metadata that is not the same. */
typedef struct tare_key_difference {
	tare_str key;
	size_t a, b;               /* indices of entries; SIZE_MAX: none */
	uint64_t differ;           /* of two arrays of one kind: elements that differ in place, with those that only the longer one has */
	const tare_span *spans;    /* where; the first TARE_SPANS of them */
	size_t n_spans;
	bool more_spans;
	bool has_elements;         /* two arrays of strings (tokens, merges), as sets: */
	uint64_t gained, lost, moved; /* only in b, only in a, in both at another index */
	const tare_element *elements; /* lost and moved in a's order, then gained; the first TARE_ELEMENTS of each */
	size_t n_elements;
} tare_key_difference;

enum { TARE_SPANS = 64, TARE_ELEMENTS = 100 };

/* opt: NULL for the defaults. Payload is read in one pass at the speed of reading where it is the same, and once more where values have to
 * be measured; a stream is spooled first. The result does not depend on the number of threads. */
TARE_API tare_status tare_compare(tare_comparison **out, tare_model *a, tare_model *b, const tare_compare_options *opt, tare_error *err);
TARE_API void tare_comparison_free(tare_comparison *c); /* NULL is fine */
/* 10 log10(signal / noise), the same digits on every machine; +inf without noise. */
TARE_API double tare_sqnr_db(double signal, double noise);
/* The i-th pair: a's tensors in their order, then those only in b; NULL past the last. */
TARE_API const tare_pair *tare_comparison_pair(const tare_comparison *c, size_t i);
/* The i-th entry of metadata that differs: a's in their order, then those only in b; NULL past the last. */
TARE_API const tare_key_difference *tare_comparison_key(const tare_comparison *c, size_t i);
TARE_API size_t tare_comparison_equal_keys(const tare_comparison *c);
/* Do the tensors that both have come in the same order? */
TARE_API bool tare_comparison_same_order(const tare_comparison *c);
/* With exact: the i-th difference outside tensors and metadata ("alignment: 32 -> 64"); NULL past the last. */
TARE_API const char *tare_comparison_outside(const tare_comparison *c, size_t i);
/* b against a as a unified diff without file names, with so many lines of context; "" if they are the same, NULL when memory is short.
 * malloc'ed. Text in one long line is cut behind template tags. Texts very far apart are shown as one taken out and the other put in. */
TARE_API char *tare_text_diff(tare_str a, tare_str b, unsigned context);

/* Removes temporary files not yet in place. Safe in a signal handler; the handler re-raises the signal afterwards. */
TARE_API void tare_emergency_cleanup(void);

#ifdef __cplusplus
}
#endif
#endif
